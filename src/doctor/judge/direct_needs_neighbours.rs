//! Direct routing to a server of another network, or with a port of its own: neither can work.

use std::net::SocketAddr;

use director_core::model::{Forwarding, ServiceId};

use crate::doctor::{Facts, Finding, Road};

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for road in &facts.roads {
        if road.forwarding == Forwarding::Direct {
            findings.extend(other_network(facts, road));
        }
        if road.forwarding.keeps_port() {
            findings.extend(other_port(facts, road));
        }
    }
    findings
}

fn other_network(facts: &Facts, road: &Road) -> Option<Finding> {
    let server = road.server.address;
    let observed = match &road.route {
        None => format!("there is no route to {server}"),
        Some(route) => format!("{server} is reached by the router {}", route.gateway?),
    };
    Some(Finding {
        fault: "direct-other-network",
        subject: format!("{} at {server}", facts.name(&road.service)),
        observed,
        why: "direct routing hands the frame to the server itself; a router sends the packet, which is still addressed to the VIP, back or away".to_owned(),
        fix: format!(
            "use a tunnel (forwarding: tunnel) and, on {server}: ipvsctl realserver up --vip {} --mode ipip; or give the server an address in a network of this machine",
            road.vip().map_or_else(|| "VIP".to_owned(), |vip| vip.to_string())
        ),
    })
}

fn other_port(facts: &Facts, road: &Road) -> Option<Finding> {
    let ServiceId::Address { port, .. } = road.service else {
        return None;
    };
    let known = facts.own_ports.get(&(road.service, road.server));
    let own = known.copied().unwrap_or(road.server.port);
    let server = road.server.address;
    (own != port && own != 0 && port != 0).then(|| Finding {
        fault: "port-not-mapped",
        subject: format!("{} at {server}", facts.name(&road.service)),
        observed: format!("the service is on port {port}, the server with port {own}, by {}", road.forwarding),
        why: "only NAT rewrites ports: packets arrive with the port that the client used, where the server may not listen".to_owned(),
        fix: format!(
            "have the server listen on port {port}, and enter it so: real_servers: [\"{}\"]; or use NAT (forwarding: nat)",
            SocketAddr::new(server, port)
        ),
    })
}
