//! The identity of a virtual service.

use std::collections::BTreeSet;

use super::{Findings, unresolved};
use crate::definitions::{Definitions, Host, ListenDefinition, PortDefinition, ServiceDefinition};
use crate::model::{Family, HeldServices, Protocol, ServiceId, WaitingService, no_vip};

/// The identity, when it is valid.
pub(super) fn identity(written: &ServiceDefinition, findings: &mut Findings) -> Option<ServiceId> {
    let place = &written.listen.place;
    match &written.listen.value {
        ListenDefinition::Mark { family, mark } => match u32::try_from(*mark) {
            Ok(mark) if mark > 0 => Some(ServiceId::Mark {
                family: *family,
                mark,
            }),
            _ => {
                let message = format!("firewall mark {mark} is out of range");
                findings.error(place, message, "write a mark from 1 to 2147483647");
                None
            }
        },
        ListenDefinition::Address {
            protocol,
            host,
            port,
            family,
        } => {
            let port = findings.port(port, place);
            let vip = match host {
                Host::Address(vip) => *vip,
                // The service waits for it.
                Host::Name(_) => return None,
                Host::Unusable => {
                    findings.unusable = true;
                    return None;
                }
            };
            if let Some(fault) = no_vip(vip) {
                findings.error(
                    place,
                    format!("{vip} is {fault}"),
                    "write a unicast address of this director",
                );
                return None;
            }
            if let Some(family) = family.filter(|family| *family != Family::of(vip)) {
                findings.error(
                    place,
                    format!("{vip} is not an {family} address"),
                    format!("write an {family} address"),
                );
                return None;
            }
            let port = port?;
            if port == 0 && written.persistence.is_none() {
                let message = "port 0 means every port, which needs persistence";
                findings.error(
                    place,
                    message,
                    "write a port, or set persistence on the service",
                );
                return None;
            }
            Some(ServiceId::Address {
                protocol: *protocol,
                vip,
                port,
            })
        }
    }
}

/// The transport protocol; none for a mark, behind which any may stand.
pub(super) fn protocol(written: &ServiceDefinition) -> Option<Protocol> {
    match &written.listen.value {
        ListenDefinition::Address { protocol, .. } => Some(*protocol),
        ListenDefinition::Mark { .. } => None,
    }
}

/// The family, as far as it is known; IPv4 when the address is not valid.
pub(super) fn family(written: &ServiceDefinition, id: Option<&ServiceId>) -> Family {
    match (id, &written.listen.value) {
        (Some(id), _) => id.family(),
        (None, ListenDefinition::Mark { family, .. }) => *family,
        (
            None,
            ListenDefinition::Address {
                host: Host::Address(address),
                ..
            },
        ) => Family::of(*address),
        (None, ListenDefinition::Address { family, .. }) => family.unwrap_or(Family::Ipv4),
    }
}

/// The identity by which all else that is written about a service is checked: while its VIP has no address, one with the
/// address of an example.
pub(super) fn assumed_identity(
    written: &ServiceDefinition,
    id: Option<ServiceId>,
) -> Option<ServiceId> {
    let ListenDefinition::Address {
        protocol,
        host: Host::Name(_),
        port: PortDefinition::Number(port),
        family,
    } = &written.listen.value
    else {
        return id;
    };
    Some(ServiceId::Address {
        protocol: *protocol,
        vip: unresolved::example(family.unwrap_or(Family::Ipv4)),
        port: u16::try_from(*port).ok()?,
    })
}

/// Services that wait for an address of their VIP.
pub(super) fn waiting(definitions: &Definitions) -> Vec<WaitingService> {
    let waiting = definitions.services.iter().filter_map(|written| {
        let ListenDefinition::Address {
            host: Host::Name(host),
            ..
        } = &written.listen.value
        else {
            return None;
        };
        Some(WaitingService {
            name: written
                .name
                .as_ref()
                .map_or_else(|| host.clone(), |name| name.value.clone()),
            host: host.clone(),
        })
    });
    waiting.collect()
}

/// Services that stay as they are because it is not known what is wanted of them.
pub(super) fn held(definitions: &Definitions) -> HeldServices {
    let is_waiting = |listen: &&ListenDefinition| {
        matches!(
            listen,
            ListenDefinition::Address {
                host: Host::Name(_),
                ..
            }
        )
    };
    let written = definitions.services.iter();
    let waiting = written.map(|service| &service.listen.value);
    let unknown = definitions
        .left_out
        .iter()
        .chain(waiting.filter(is_waiting));
    let ids: Option<BTreeSet<ServiceId>> = unknown.map(service_id).collect();
    ids.map_or(HeldServices::All, HeldServices::These)
}

/// The identity of a service that listens there, if its VIP and port are known.
#[must_use]
pub fn service_id(listen: &ListenDefinition) -> Option<ServiceId> {
    match listen {
        ListenDefinition::Mark { family, mark } => Some(ServiceId::Mark {
            family: *family,
            mark: u32::try_from(*mark).ok()?,
        }),
        ListenDefinition::Address {
            protocol,
            host: Host::Address(vip),
            port: PortDefinition::Number(port),
            ..
        } => Some(ServiceId::Address {
            protocol: *protocol,
            vip: *vip,
            port: u16::try_from(*port).ok()?,
        }),
        ListenDefinition::Address { .. } => None,
    }
}
