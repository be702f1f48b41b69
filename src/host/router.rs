//! Becoming a router of IPv6 without losing the way out: a router ignores router advertisements, and the kernel drops the
//! routes that it has from them at once, unless `accept_ra` is 2 (net/ipv6/addrconf.c, addrconf_fixup_forwarding).

use crate::net::{Network, Sysctl};

/// Refuses a setting that would take this machine its routes.
pub(super) fn refuse_loss_of_routes(name: &str, value: &str) -> Result<(), String> {
    if name != "net.ipv6.conf.all.forwarding" || value == "0" {
        return Ok(());
    }
    let network = Network::open().map_err(|error| error.to_string())?;
    let interfaces = network.interfaces().map_err(|error| error.to_string())?;
    let advertised = network.advertised().map_err(|error| error.to_string())?;
    for interface in interfaces {
        let accepts = Sysctl::of_interface("ipv6", &interface.name, "accept_ra");
        if advertised.contains(&interface.index) && accepts.number() == Some(1) {
            return Err(format!(
                "not set: the kernel would drop the IPv6 routes that this machine has from router advertisements on {}; have it keep them first (sysctl -w {accepts}=2)",
                interface.name
            ));
        }
    }
    Ok(())
}
