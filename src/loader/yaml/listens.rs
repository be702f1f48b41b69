//! A service that listens on many addresses becomes a virtual service for each. Where both families are among them, each
//! takes the real servers that it can reach: those of its own family, and tunnels.

use director_core::definitions::{
    ForwardingDefinition, Host, ListenDefinition, RealServerDefinition, ServiceDefinition,
};
use director_core::model::Family;

use super::keys::service::ServiceText;

/// The virtual services of a service.
pub(super) fn services(text: ServiceText) -> Vec<ServiceDefinition> {
    let ServiceText { listens, service } = text;
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
    part_families(&mut services);
    services
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
