//! Which servers are asked by the clients' road, for the probes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use director_core::model::{Model, ServiceId};

use crate::probe::Roads;

/// The servers that are asked by the clients' road, and all VIPs when there are any.
pub(super) fn probe_paths_of(model: &Model) -> Roads {
    let services = model.services().iter();
    let servers = services.clone().flat_map(|service| &service.real_servers);
    let probes = servers.flat_map(|server| &server.probes);
    let asked: BTreeSet<(IpAddr, IpAddr)> = probes
        .filter_map(|probe| Some((probe.road?.toward, probe.address)))
        .collect();
    if asked.is_empty() {
        return Roads::default();
    }
    let vips = services.filter_map(|service| match service.id {
        ServiceId::Address { vip, .. } => Some(vip),
        ServiceId::Mark { .. } => None,
    });
    // A mark has no VIP; its checks name one.
    let named = asked.iter().map(|(_, vip)| *vip);
    let vips = vips.chain(named).collect();
    Roads { vips, asked }
}
