//! The addresses and marks of a virtual server, each of which becomes a service.

use director_core::definitions::{Host, ListenDefinition, PortDefinition};
use director_core::diagnostic::Place;
use director_core::model::{Family, Protocol};

use super::group::{AddressGroup, Member};
use super::listen::VirtualAddress;
use super::virtual_server::VirtualServer;
use crate::findings::Findings;

/// Seconds that a client keeps its server where every port is balanced.
pub(super) const PERSISTENCE_OF_ALL_PORTS: u64 = 360;

/// What one service listens on, and where that is written.
pub(super) struct Listening {
    pub(super) listen: ListenDefinition,
    pub(super) family: Family,
    pub(super) port: u16,
    pub(super) place: Place,
}

impl Listening {
    /// Whether it is an address without a port.
    pub(super) fn is_of_all_ports(&self) -> bool {
        self.port == 0 && matches!(self.listen, ListenDefinition::Address { .. })
    }
}

/// Everything that a virtual server listens on.
pub(super) fn listening(
    server: &VirtualServer<'_>,
    groups: &[AddressGroup],
    findings: &mut Findings,
) -> Vec<Listening> {
    let place = || server.place.clone();
    match &server.listen {
        VirtualAddress::Address { address, port } => {
            vec![of_address(server, *address, *port, place())]
        }
        VirtualAddress::Mark(mark) => vec![of_mark(*mark, server.family_of_mark(), place())],
        VirtualAddress::Group(name) => {
            let Some(group) = groups.iter().find(|group| group.name == *name) else {
                let message = format!(
                    "there is no virtual_server_group {name}; keepalived ignores this virtual_server"
                );
                findings.faulty(
                    &server.place,
                    message,
                    "define the group, or correct its name",
                );
                return Vec::new();
            };
            group
                .members
                .iter()
                .flat_map(|member| of_member(server, member))
                .collect()
        }
    }
}

fn of_member(server: &VirtualServer<'_>, member: &Member) -> Vec<Listening> {
    match member {
        Member::Mark {
            mark,
            family,
            place,
        } => {
            let family = family.unwrap_or_else(|| server.family_of_mark());
            vec![of_mark(*mark, family, place.clone())]
        }
        Member::Addresses {
            first,
            last,
            port,
            place,
        } => Member::addresses(*first, *last)
            .into_iter()
            .map(|address| of_address(server, address, *port, place.clone()))
            .collect(),
    }
}

fn of_mark(mark: u64, family: Family, place: Place) -> Listening {
    Listening {
        listen: ListenDefinition::Mark { family, mark },
        family,
        port: 0,
        place,
    }
}

/// A virtual server without a protocol is of UDP, as in the kernel.
fn of_address(
    server: &VirtualServer<'_>,
    address: std::net::IpAddr,
    port: u16,
    place: Place,
) -> Listening {
    let protocol = server
        .protocol
        .as_ref()
        .map_or(Protocol::Udp, |protocol| protocol.value);
    Listening {
        listen: ListenDefinition::Address {
            protocol,
            host: Host::Address(address),
            port: PortDefinition::Number(port.into()),
            family: Some(Family::of(address)),
        },
        family: Family::of(address),
        port,
        place,
    }
}

/// Reports settings that keepalived supplies or ignores, so that a slip is seen.
pub(super) fn report_usual(
    server: &VirtualServer<'_>,
    listening: &[Listening],
    findings: &mut Findings,
) {
    let is_mark = |listen: &Listening| matches!(listen.listen, ListenDefinition::Mark { .. });
    let has_address = listening.iter().any(|listen| !is_mark(listen));
    let place = &server.place;
    if has_address && server.protocol.is_none() {
        let message = "without protocol this virtual_server is of UDP";
        findings.faulty(place, message, "write protocol TCP, or protocol UDP");
    }
    if let Some(protocol) = server
        .protocol
        .as_ref()
        .filter(|_| !has_address && !listening.is_empty())
    {
        let message = "protocol has no effect with a firewall mark";
        findings.faulty(&protocol.place, message, "remove it");
    }
    if server.scheduler.is_none() {
        findings.faulty(
            place,
            "without lb_algo the scheduler is wlc",
            "write lb_algo wlc",
        );
    }
    let mut methods = server.servers.iter().map(|server| &server.forwarding);
    if server.forwarding.is_none() && methods.any(Option::is_none) {
        findings.faulty(
            place,
            "without lb_kind the servers are reached by NAT",
            "write lb_kind NAT",
        );
    }
    let all_ports = listening.iter().any(Listening::is_of_all_ports);
    if all_ports && server.persistence.is_none() {
        let message = format!(
            "a virtual_server without a port is persistent; keepalived uses {PERSISTENCE_OF_ALL_PORTS} s"
        );
        findings.faulty(place, message, "write persistence_timeout 360, or a port");
    }
    if let Some(place) = &server.one_packet {
        let is_udp = server
            .protocol
            .as_ref()
            .is_none_or(|protocol| protocol.value == Protocol::Udp);
        if has_address && !is_udp {
            let message = "ops needs UDP; keepalived ignores the line";
            findings.faulty(place, message, "remove it");
        }
    }
}
