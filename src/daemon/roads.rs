//! Which VIPs are asked by the clients' road, for the probes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use director_core::model::{Model, ServiceId};

/// The VIPs, when any of them is asked by the clients' road.
pub(super) fn roads_to(model: &Model) -> BTreeSet<IpAddr> {
    let services = model.services().iter().map(|service| service.id);
    let vips = services.filter_map(|id| match id {
        ServiceId::Address { vip, .. } => Some(vip),
        ServiceId::Mark { .. } => None,
    });
    vips.filter(|_| !model.helpers().is_empty()).collect()
}
