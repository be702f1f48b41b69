//! A service that listens on many addresses becomes a virtual service for each. Where both families are among them, each
//! takes the real servers of its own family. Tunnels lead to the other family only where it has none.

use director_core::definitions::{
    ForwardingDefinition, Host, ListenDefinition, Placed, PortDefinition, RealServerDefinition,
    ServiceDefinition,
};
use director_core::model::Family;

use super::keys::service::ServiceText;
use super::near_addresses;
use super::reader::Reader;

/// The virtual services of a service.
pub(super) fn services(text: ServiceText, reader: &mut Reader) -> Vec<ServiceDefinition> {
    let ServiceText { listens, service } = text;
    swallowed_ports(&listens, reader);
    // One that says nothing usable is a service all the same, so that the rest of it is judged.
    let listens = match listens.is_empty() {
        true => vec![service.listen.clone()],
        false => listens,
    };
    let listening = |listen| ServiceDefinition {
        listen,
        ..service.clone()
    };
    let mut services: Vec<ServiceDefinition> = listens.into_iter().map(listening).collect();
    part_families(&mut services, reader);
    services
}

/// Warns about servers that end in the port of the service: without brackets it is a part of the address.
fn swallowed_ports(listens: &[Placed<ListenDefinition>], reader: &mut Reader) {
    let is_port = |port: u16| {
        let port = u64::from(port);
        listens.iter().any(|listen| {
            matches!(&listen.value, ListenDefinition::Address { port: PortDefinition::Number(number), .. } if *number == port)
        })
    };
    for bare in std::mem::take(&mut reader.bare_ipv6) {
        let last = format!("{:x}", bare.value.segments()[7]);
        let Some(port) = last.parse().ok().filter(|port| is_port(*port)) else {
            continue;
        };
        let message = format!(
            "{} is an address without a port: {port} at its end is a part of it",
            bare.value
        );
        let text = bare.value.to_string();
        let hint = match near_addresses::with_port(&text) {
            Some(meant) => {
                format!("write \"{meant}\" for port {port}, or \"[{text}]\" for this address")
            }
            None => format!("write \"[{text}]\" if it is this address"),
        };
        reader.warning(&bare.place, message, hint);
    }
}

fn part_families(services: &mut [ServiceDefinition], reader: &mut Reader) {
    let families: Vec<Option<Family>> = services.iter().map(family).collect();
    let both = [Family::Ipv4, Family::Ipv6]
        .iter()
        .all(|family| families.contains(&Some(*family)));
    if !both {
        return;
    }
    for (service, family) in services.iter_mut().zip(families) {
        let Some(family) = family else { continue };
        let forwarding = service.forwarding.as_ref().map(|choice| choice.value);
        own_family(&mut service.real_servers, family, forwarding);
        if let Some(pool) = &mut service.recovery.fallback_pool {
            own_family(&mut pool.real_servers, family, forwarding);
        }
        let is_lost = |server: &mut RealServerDefinition| {
            !is_of_family(server, family) && !is_by_tunnel(server, forwarding)
        };
        if let Some(server) = service.fallback.take_if(is_lost) {
            let message = format!(
                "the {family} services of this list have no fallback; {} is of the other family",
                server.host.value
            );
            let hint =
                "write a fallback of each family: fallback: [10.0.0.99:80, \"[2001:db8::99]:80\"]";
            reader.warning(&server.host.place, message, hint);
        }
    }
}

/// Leaves the servers of this family, to which a host name may belong. Where there is none, tunnels lead to the other family;
/// without tunnels all stay, so that validation says why they cannot serve.
fn own_family(
    servers: &mut Vec<RealServerDefinition>,
    family: Family,
    forwarding: Option<ForwardingDefinition>,
) {
    let is_own = |server: &RealServerDefinition| is_of_family(server, family);
    let crosses = |server: &RealServerDefinition| is_by_tunnel(server, forwarding);
    if servers.iter().any(is_own) {
        servers.retain(is_own);
    } else if servers.iter().any(crosses) {
        servers.retain(crosses);
    }
}

fn is_of_family(server: &RealServerDefinition, family: Family) -> bool {
    !matches!(&server.host.value, Host::Address(address) if Family::of(*address) != family)
}

fn is_by_tunnel(server: &RealServerDefinition, forwarding: Option<ForwardingDefinition>) -> bool {
    let own = server.forwarding.as_ref().map(|choice| choice.value);
    own.or(forwarding).is_some_and(is_tunnel)
}

fn family(service: &ServiceDefinition) -> Option<Family> {
    match &service.listen.value {
        ListenDefinition::Mark { family, .. } => Some(*family),
        ListenDefinition::Address {
            host: Host::Address(address),
            ..
        } => Some(Family::of(*address)),
        ListenDefinition::Address { family, .. } => *family,
    }
}

fn is_tunnel(forwarding: ForwardingDefinition) -> bool {
    matches!(
        forwarding,
        ForwardingDefinition::Ipip
            | ForwardingDefinition::Gue { .. }
            | ForwardingDefinition::Gre { .. }
    )
}
