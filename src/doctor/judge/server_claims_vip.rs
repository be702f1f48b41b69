//! A real server answers ARP for the VIP: the ARP problem, or its like with IPv6, where whoever has an address on an Ethernet
//! answers the neighbours' solicitations, and whoever has it on the loopback does not.

use std::net::IpAddr;

use crate::doctor::{Facts, Finding, Road};
use crate::net::MacAddress;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (vip, known) in &facts.vips {
        for mac in &known.answered_by {
            let Some(road) = server_with(facts, *mac) else {
                continue;
            };
            let server = road.server.address;
            findings.push(Finding {
                fault: "server-claims-vip",
                about: format!("{vip} at real server {server}"),
                evidence: format!("asked who has {vip}, {mac} answered, which is {server}"),
                matters: "clients that hear it go straight to this one server: no balancing, and an outage when it fails".to_owned(),
                mend: match vip {
                    IpAddr::V4(_) => format!("on {server}: ipvsctl realserver up --vip {vip} --mode dr"),
                    IpAddr::V6(_) => format!(
                        "on {server}: ip address del {vip} dev INTERFACE; ipvsctl realserver up --vip {vip} --mode dr has it on the loopback"
                    ),
                },
            });
        }
    }
    findings
}

/// The real server that this hardware address belongs to.
pub(super) fn server_with(facts: &Facts, mac: MacAddress) -> Option<&Road> {
    facts.roads.iter().find(|road| road.macs.contains(&mac))
}
