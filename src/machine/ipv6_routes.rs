//! Becoming a router of IPv6 without losing the way out: a router ignores router advertisements, and the kernel drops the
//! routes that it has from them at once, unless `accept_ra` is 2 (net/ipv6/addrconf.c, addrconf_fixup_forwarding).

use super::MachineError;
use crate::net::{Network, Sysctl};

/// Whether a setting makes this machine a router of IPv6.
pub(super) fn makes_a_router(name: &str, value: &str) -> bool {
    name == "net.ipv6.conf.all.forwarding" && value != "0"
}

/// Refuses to become a router where that would take this machine its routes.
pub(super) fn refuse_loss(network: &Network) -> Result<(), MachineError> {
    let advertised = network.advertised()?;
    for interface in network.interfaces()? {
        let accepts = Sysctl::of_interface("ipv6", &interface.name, "accept_ra");
        if advertised.contains(&interface.index) && accepts.number() == Some(1) {
            return Err(MachineError::LosesRoutes {
                interface: interface.name,
                setting: accepts.name().to_owned(),
            });
        }
    }
    Ok(())
}
