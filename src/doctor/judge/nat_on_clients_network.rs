//! A server behind NAT in the network of the VIP: it answers clients of that network past the director.

use std::net::IpAddr;

use director_core::model::Forwarding;

use crate::doctor::{Finding, ForwardingPath, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let masqueraded = facts
        .paths
        .iter()
        .filter(|path| path.forwarding == Forwarding::Masq && !is_local(path));
    masqueraded
        .filter_map(|path| {
            let vip = path.vip()?;
            let server = path.server.address;
            let network = shared_network(facts, vip, server)?;
            Some(Finding {
                fault: "nat-on-clients-network",
                subject: format!("{} at {server}", facts.name(&path.service)),
                observed: format!("{server} and the VIP {vip} are both in {network}"),
                why: "the server replies directly to clients in that network; they drop the replies, because these \
                    come from an unknown address".to_owned(),
                fix: format!(
                    "move {server} to a network of its own behind this machine, or use direct routing (forwarding: dr) and, on {server}: ipvsctl realserver up --vip {vip} --mode dr"
                ),
            })
        })
        .collect()
}

fn is_local(path: &ForwardingPath) -> bool {
    path.route.as_ref().is_some_and(|route| route.local)
}

/// A network of this machine that holds both.
fn shared_network(facts: &HostFacts, vip: IpAddr, server: IpAddr) -> Option<String> {
    facts
        .addresses
        .iter()
        .filter(|own| own.prefix < if own.address.is_ipv4() { 32 } else { 128 })
        .find(|own| own.is_neighbour_of(vip) && own.is_neighbour_of(server))
        .and_then(|own| ipnetwork::IpNetwork::new(own.address, own.prefix).ok())
        .map(|network| format!("{}/{}", network.network(), network.prefix()))
}
