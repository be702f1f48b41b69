//! A configuration of which some services stay as they are in force, because the new addresses of their host names exceed the
//! safety limits. All others follow their names.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use director_core::definitions::{
    Definitions, Host, HostName, ListenDefinition, ServiceDefinition,
};
use director_core::model::ServiceId;
use director_core::model::validate::{service_id, validate_shared};

use super::Loaded;

/// The new configuration with these services of the one in force. Both come from the same text, with other addresses. None if
/// the two cannot be combined.
#[must_use]
pub fn with_services_in_force(
    new: &Loaded,
    in_force: &Loaded,
    held: &BTreeSet<ServiceId>,
) -> Option<Loaded> {
    let (before, after) = (&in_force.definitions, &new.definitions);
    if before.services.len() != after.services.len() {
        return None;
    }
    let mut definitions = Definitions::clone(after);
    let mut addresses = BTreeSet::new();
    for (service, former) in definitions.services.iter_mut().zip(&before.services) {
        let is_held = service_id(&former.listen.value).is_some_and(|id| held.contains(&id));
        if !is_held {
            continue;
        }
        if service.listen.place != former.listen.place {
            return None;
        }
        addresses.extend(addresses_of(former));
        service.clone_from(former);
    }
    // The state file keeps what is in use, so that a restart begins with it.
    for name in &mut definitions.names {
        let mut known = before.names.iter();
        let former = known.find(|former| former.name == name.name);
        if let Some(former) = former.filter(|former| is_in_use(former, &addresses, &before.names)) {
            name.clone_from(former);
        }
    }
    let definitions = Arc::new(definitions);
    let (model, _) = validate_shared(&definitions);
    Some(Loaded {
        model: Arc::new(model?),
        definitions,
        ..new.clone()
    })
}

fn addresses_of(service: &ServiceDefinition) -> impl Iterator<Item = IpAddr> {
    let listen = match &service.listen.value {
        ListenDefinition::Address { host, .. } => Some(host),
        ListenDefinition::Mark { .. } => None,
    };
    let pool = service.recovery.fallback_pool.iter();
    let pool = pool.flat_map(|pool| &pool.real_servers);
    let servers = service.real_servers.iter().chain(&service.fallback);
    let hosts = servers.chain(pool).map(|server| &server.host.value);
    hosts.chain(listen).filter_map(|host| match host {
        Host::Address(address) => Some(*address),
        _ => None,
    })
}

/// Whether a name stood for one of these addresses, by itself or by a target of its SRV records.
fn is_in_use(name: &HostName, addresses: &BTreeSet<IpAddr>, all: &[HostName]) -> bool {
    let is_used = |name: &HostName| name.addresses.iter().any(|one| addresses.contains(one));
    let is_target = |other: &HostName| {
        let mut records = name.records.iter();
        records.any(|record| record.target == other.name)
    };
    is_used(name) || all.iter().any(|other| is_target(other) && is_used(other))
}
