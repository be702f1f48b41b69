//! Which VIPs are asked by the clients' road, for the probes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use director_core::model::{Model, ServiceId};

/// The VIPs, when any of them is asked by the clients' road.
pub(super) fn roads_to(model: &Model) -> BTreeSet<IpAddr> {
    let services = model.services().iter();
    let vips = services.clone().filter_map(|service| match service.id {
        ServiceId::Address { vip, .. } => Some(vip),
        ServiceId::Mark { .. } => None,
    });
    // A mark has no VIP; its checks name one.
    let servers = services.flat_map(|service| &service.real_servers);
    let probes = servers.flat_map(|server| &server.probes);
    let asked = probes.filter(|probe| probe.road.is_some());
    vips.chain(asked.map(|probe| probe.address))
        .filter(|_| !model.helpers().is_empty())
        .collect()
}
