//! Direct routing to a server of another network, or with a port of its own: neither can work.

use std::net::SocketAddr;

use director_core::model::{Forwarding, ServiceId};

use crate::doctor::{Finding, ForwardingPath, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in &facts.paths {
        if path.forwarding == Forwarding::Direct {
            findings.extend(other_network(facts, path));
        }
        if path.forwarding.keeps_port() {
            findings.extend(other_port(facts, path));
        }
    }
    findings
}

fn other_network(facts: &HostFacts, path: &ForwardingPath) -> Option<Finding> {
    let server = path.server.address;
    let observed = match &path.route {
        None => format!("there is no route to {server}"),
        Some(route) => format!("{server} is behind the router {}", route.gateway?),
    };
    Some(Finding {
        fault: "direct-other-network",
        subject: format!("{} at {server}", facts.name(&path.service)),
        observed,
        why: "direct routing sends the frame to the server itself; a router would forward the packet to the VIP, \
            not to the server".to_owned(),
        fix: format!(
            "use a tunnel (forwarding: tunnel) and, on {server}: ipvsctl realserver up --vip {} --mode ipip; or \
             move the server into a network of this machine",
            path.vip().map_or_else(|| "VIP".to_owned(), |vip| vip.to_string())
        ),
    })
}

fn other_port(facts: &HostFacts, path: &ForwardingPath) -> Option<Finding> {
    let ServiceId::Address { port, .. } = path.service else {
        return None;
    };
    let known = facts.own_ports.get(&(path.service, path.server));
    let own = known.copied().unwrap_or(path.server.port);
    let server = path.server.address;
    (own != port && own != 0 && port != 0).then(|| Finding {
        fault: "port-not-mapped",
        subject: format!("{} at {server}", facts.name(&path.service)),
        observed: format!("the service has port {port}, the server has port {own}, forwarding is {}", path.forwarding),
        why: "only NAT rewrites ports: packets arrive at the port of the service, where the server may not listen".to_owned(),
        fix: format!(
            "let the server listen on port {port} and write real_servers: [\"{}\"]; or use NAT (forwarding: nat)",
            SocketAddr::new(server, port)
        ),
    })
}
