//! Host and service names become addresses and ports, in place. The one step of loading that may block, on the name
//! service of the system. A name that cannot be resolved is reported and marked as unusable.

use std::io;
use std::net::IpAddr;

use director_core::definitions::{
    Definitions, Host, ListenDefinition, Placed, PortDefinition, RealServerDefinition,
    ServiceDefinition,
};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::{Family, Protocol};
use dns_lookup::{AddrInfoHints, getaddrinfo};

/// Resolves every name of the definitions.
pub(super) fn resolve(definitions: &mut Definitions) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for service in &mut definitions.services {
        resolve_service(service, &mut findings);
    }
    findings
}

fn resolve_service(service: &mut ServiceDefinition, findings: &mut Vec<Diagnostic>) {
    let place = service.listen.place.clone();
    let (protocol, family) = match &mut service.listen.value {
        ListenDefinition::Address {
            protocol,
            host,
            port,
            family,
        } => {
            resolve_port(port, *protocol, &place, findings);
            resolve_host(host, *family, &place, findings);
            let family = match host {
                Host::Address(vip) => Some(Family::of(*vip)),
                Host::Name(_) | Host::Unusable => *family,
            };
            (*protocol, family)
        }
        // Behind a mark any protocol may stand; names of ports are nearly always the same for TCP and UDP.
        ListenDefinition::Mark { family, .. } => (Protocol::Tcp, Some(*family)),
    };
    if let Some(Placed { value, place }) = &mut service.check.port {
        resolve_port(value, protocol, place, findings);
    }
    for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
        resolve_server(server, protocol, family, findings);
    }
}

fn resolve_server(
    server: &mut RealServerDefinition,
    protocol: Protocol,
    family: Option<Family>,
    findings: &mut Vec<Diagnostic>,
) {
    for host in std::iter::once(&mut server.host).chain(&mut server.last) {
        resolve_host(&mut host.value, family, &host.place, findings);
    }
    if let Some(Placed { value, place }) = &mut server.port {
        resolve_port(value, protocol, place, findings);
    }
}

fn resolve_host(
    host: &mut Host,
    family: Option<Family>,
    place: &Place,
    findings: &mut Vec<Diagnostic>,
) {
    let Host::Name(name) = host else {
        return;
    };
    // Where any family will do IPv4 is taken, so that the answer does not hang on the order of the name service.
    let wanted = family.unwrap_or(Family::Ipv4);
    let resolved = match addresses(name) {
        Ok(addresses) => {
            let fitting = addresses.iter().find(|a| Family::of(**a) == wanted);
            // A tunnel may lead to the other family, so an address of it is better than none.
            let best = fitting.or(addresses.first());
            best.copied().ok_or_else(|| "it has no address".to_owned())
        }
        Err(reason) => Err(reason.to_string()),
    };
    *host = match resolved {
        Ok(address) => Host::Address(address),
        Err(reason) => {
            findings.push(
                Diagnostic::error(
                    place,
                    format!("the host name {name} could not be resolved: {reason}"),
                )
                .hint("write the address itself, or check /etc/hosts and the name service"),
            );
            Host::Unusable
        }
    };
}

fn resolve_port(
    port: &mut PortDefinition,
    protocol: Protocol,
    place: &Place,
    findings: &mut Vec<Diagnostic>,
) {
    let PortDefinition::Name(name) = port else {
        return;
    };
    *port = match service_port(name, protocol) {
        Some(number) => PortDefinition::Number(u64::from(number)),
        None => {
            findings.push(
                Diagnostic::error(
                    place,
                    format!("there is no {protocol} service named {name} in /etc/services"),
                )
                .hint("write the port's number"),
            );
            PortDefinition::Unusable
        }
    };
}

fn addresses(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok(dns_lookup::lookup_host(name)?.collect())
}

fn service_port(name: &str, protocol: Protocol) -> Option<u16> {
    const STREAM: i32 = 1;
    const DATAGRAM: i32 = 2;
    let (socktype, number) = match protocol {
        Protocol::Tcp => (STREAM, 6),
        Protocol::Udp => (DATAGRAM, 17),
        Protocol::Sctp => (STREAM, 132),
    };
    let hints = AddrInfoHints {
        socktype,
        protocol: number,
        ..AddrInfoHints::default()
    };
    let found = getaddrinfo(None, Some(name), Some(hints)).ok()?;
    found
        .filter_map(Result::ok)
        .map(|info| info.sockaddr.port())
        .next()
}
