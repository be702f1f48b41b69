//! The identity of a virtual service.

use super::Findings;
use crate::definitions::{Host, ListenDefinition, ServiceDefinition};
use crate::model::{Family, Protocol, ServiceId, no_vip};

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
                findings.error(place, message, "write a mark from 1 to 4294967295");
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
                Host::Name(name) => {
                    let message = format!("cannot resolve host name {name}");
                    findings.error(place, message, "write the virtual IP address");
                    return None;
                }
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
