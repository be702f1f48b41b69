//! Which server a probe is about. A script names servers, and probes may go elsewhere: to a VIP or to a management address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use director_core::model::{Model, Probe};

/// Addresses that belong to another server than the one that has them.
pub(super) struct Subjects {
    /// None where several servers share the address.
    owners: BTreeMap<IpAddr, Option<IpAddr>>,
}

impl Subjects {
    pub(super) fn of(model: &Model) -> Self {
        let mut owners: BTreeMap<IpAddr, Option<IpAddr>> = BTreeMap::new();
        for service in model.services() {
            for server in service.real_servers.iter().chain(&service.fallback) {
                let own = server.endpoint.address;
                let direct = server.probes.iter();
                for probe in direct.filter(|probe| probe.vip_path.is_none()) {
                    let owner = owners.entry(probe.address).or_insert(Some(own));
                    *owner = owner.filter(|known| *known == own);
                }
            }
        }
        Self { owners }
    }

    /// The server that a probe is about; the probed address itself where several servers share it.
    pub(super) fn of_probe(&self, probe: &Probe) -> IpAddr {
        if let Some(vip_path) = probe.vip_path {
            return vip_path.toward;
        }
        let owner = self.owners.get(&probe.address).copied().flatten();
        owner.unwrap_or(probe.address)
    }
}
