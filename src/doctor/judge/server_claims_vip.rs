//! A real server answers ARP for the VIP: the ARP problem, or its like with IPv6, where whoever has an address on an Ethernet
//! answers the neighbours' solicitations, and whoever has it on the loopback does not.

use std::net::IpAddr;

use director_core::realserver::{Setup, arguments};

use crate::doctor::{Finding, ForwardingPath, HostFacts};
use crate::net::MacAddress;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (vip, known) in &facts.vips {
        for mac in &known.answered_by {
            let Some(path) = server_with(facts, *mac, *vip) else {
                continue;
            };
            let server = path.server.address;
            findings.push(Finding {
                fault: "server-claims-vip",
                subject: format!("{vip} on real server {server}"),
                observed: format!("{mac}, which is {server}, answers for {vip}"),
                why: "clients that receive this answer connect directly to this one server: no balancing, and an \
                    outage when it fails".to_owned(),
                fix: fix(*vip, path),
            });
        }
    }
    findings
}

/// From here nobody sees where the address stands on the server: quietly set up it is silent, whatever else the machine
/// needs for this path; NAT needs no VIP there at all.
fn fix(vip: IpAddr, path: &ForwardingPath) -> String {
    let server = path.server.address;
    let prefix = if vip.is_ipv4() { 32 } else { 128 };
    let removed =
        format!("ip address del {vip}/{prefix} dev INTERFACE (ip address show to {vip} names it)");
    match Setup::of_road(vip, server, path.forwarding) {
        None => format!("on {server}: {removed}; a real server behind NAT has no VIP"),
        Some(setup) => format!(
            "on {server}: ipvsctl realserver up {}; if the VIP is on an Ethernet interface there, first: {removed}",
            arguments(&setup)
        ),
    }
}

/// The real server that this hardware address belongs to, by the path of this VIP where there is one.
pub(super) fn server_with(
    facts: &HostFacts,
    mac: MacAddress,
    vip: IpAddr,
) -> Option<&ForwardingPath> {
    let has_it = |path: &&ForwardingPath| path.macs.contains(&mac);
    let mut paths = facts.paths.iter().filter(has_it);
    let of_this_vip = paths.clone().find(|path| path.vip() == Some(vip));
    of_this_vip.or_else(|| paths.next())
}
