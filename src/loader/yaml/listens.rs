//! A service that listens on many addresses becomes a virtual service for each. Where both families are among them, each
//! takes the real servers that it can reach: those of its own family, and tunnels.

use director_core::definitions::{
    ForwardingDefinition, Host, ListenDefinition, RealServerDefinition, ServiceDefinition,
};
use director_core::model::Family;

use super::node::{Content, Node};
use super::reader::Reader;
use super::service;

/// The virtual services of a service.
pub(super) fn services(node: &Node, reader: &mut Reader) -> Vec<ServiceDefinition> {
    let Some(addresses) = addresses(node) else {
        return service::service(node, reader).into_iter().collect();
    };
    if addresses.is_empty() {
        let message = "this service has no listen address";
        reader.error(&node.place, message, "write listen: tcp://192.0.2.10:80");
    }
    let mut services: Vec<ServiceDefinition> = addresses
        .iter()
        .filter_map(|address| service::service(&listening(node, address), reader))
        .collect();
    part_families(&mut services);
    services
}

/// What is written as a list of addresses.
fn addresses(node: &Node) -> Option<&[Node]> {
    let Content::Mapping(entries) = &node.content else {
        return None;
    };
    let listen = entries.iter().find(|entry| entry.key == "listen")?;
    match &listen.value.content {
        Content::List(addresses) => Some(addresses),
        _ => None,
    }
}

/// The service with one of its addresses.
fn listening(node: &Node, address: &Node) -> Node {
    let mut node = node.clone();
    if let Content::Mapping(entries) = &mut node.content {
        for entry in entries.iter_mut().filter(|entry| entry.key == "listen") {
            entry.value = address.clone();
        }
    }
    node
}

fn part_families(services: &mut [ServiceDefinition]) {
    let families: Vec<Option<Family>> = services.iter().map(family).collect();
    let both = [Family::Ipv4, Family::Ipv6]
        .iter()
        .all(|family| families.contains(&Some(*family)));
    if !both {
        return;
    }
    for (service, family) in services.iter_mut().zip(families) {
        let Some(family) = family else { continue };
        let of_service = service.forwarding.as_ref().map(|choice| choice.value);
        let fits = |server: &RealServerDefinition| {
            let own = server.forwarding.as_ref().map(|choice| choice.value);
            let other = matches!(&server.host.value, Host::Address(address) if Family::of(*address) != family);
            !other || own.or(of_service).is_some_and(is_tunnel)
        };
        service.real_servers.retain(fits);
        service.fallback = service.fallback.take().filter(fits);
        if let Some(pool) = &mut service.recovery.fallback_pool {
            pool.real_servers.retain(fits);
        }
    }
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
