//! The configuration with the host names that its files have in place of the addresses that were found for them.

use std::collections::BTreeMap;

use director_core::definitions::{
    Definitions, Host, ListenDefinition, RealServerDefinition, ServiceDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::Family;

use super::Loaded;

/// What was written, with host names where they mean the same in YAML. The ends of a range stay addresses, and so does a VIP of
/// IPv6: a range has no names there, and the name of a VIP is one of IPv4 first.
#[must_use]
pub fn with_host_names(loaded: &Loaded) -> Definitions {
    let written = loaded
        .written
        .as_ref()
        .and_then(|written| written.definitions.as_ref());
    let written = written.map_or(&[][..], |definitions| &definitions.services);
    let listens: BTreeMap<&Place, &ListenDefinition> = written
        .iter()
        .map(|service| (&service.place, &service.listen.value))
        .collect();
    let mut definitions = Definitions::clone(&loaded.definitions);
    for service in &mut definitions.services {
        if let Some(listen) = listens.get(&service.place) {
            name_vip(&mut service.listen.value, listen);
        }
        for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
            if let (Some(name), None) = (&server.resolved_from, &server.last) {
                server.host.value = Host::Name(name.clone());
            }
        }
    }
    definitions
}

fn name_vip(vip: &mut ListenDefinition, written: &ListenDefinition) {
    if let (
        ListenDefinition::Address { host, .. },
        ListenDefinition::Address {
            host: Host::Name(name),
            family: Some(Family::Ipv4),
            ..
        },
    ) = (vip, written)
    {
        *host = Host::Name(name.clone());
    }
}

/// Whether a real server of it has a host name.
#[must_use]
pub fn has_host_names(definitions: &Definitions) -> bool {
    let is_named = |server: &RealServerDefinition| matches!(server.host.value, Host::Name(_));
    let has_names = |service: &ServiceDefinition| service.real_servers.iter().any(is_named);
    definitions.services.iter().any(has_names)
}
