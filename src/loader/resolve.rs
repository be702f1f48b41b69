//! Host and service names become addresses and ports, in place. The one step of loading that may block, on the name
//! service of the system. A name that cannot be resolved is reported and marked as unusable.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

use director_core::definitions::{
    Definitions, Host, ListenDefinition, PortDefinition, RealServerDefinition, ServiceDefinition,
};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::{Family, Protocol};
use dns_lookup::{AddrInfoHints, getaddrinfo};

/// Who knows the addresses of a host.
pub(super) type HostLookup = fn(&str) -> io::Result<Vec<IpAddr>>;

/// The name service of the system: /etc/hosts, DNS and whatever else it is set up to ask.
pub(super) fn system_hosts(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok(dns_lookup::lookup_host(name)?.collect())
}

/// Resolves every name of the definitions, each host once.
pub(super) fn resolve(definitions: &mut Definitions, hosts: HostLookup) -> Vec<Diagnostic> {
    let mut resolver = Resolver {
        hosts,
        known: HashMap::new(),
        findings: Vec::new(),
    };
    for service in &mut definitions.services {
        resolver.service(service);
    }
    resolver.findings
}

struct Resolver {
    hosts: HostLookup,
    known: HashMap<String, Result<Vec<IpAddr>, String>>,
    findings: Vec<Diagnostic>,
}

impl Resolver {
    fn service(&mut self, service: &mut ServiceDefinition) {
        let place = service.listen.place.clone();
        let (protocol, family) = match &mut service.listen.value {
            ListenDefinition::Address {
                protocol,
                host,
                port,
                family,
            } => {
                self.port(port, *protocol, &place);
                self.host(host, *family, &place);
                let family = match host {
                    Host::Address(vip) => Some(Family::of(*vip)),
                    Host::Name(_) | Host::Unusable => *family,
                };
                (*protocol, family)
            }
            // Behind a mark any protocol may stand; names of ports are nearly always the same for TCP and UDP.
            ListenDefinition::Mark { family, .. } => (Protocol::Tcp, Some(*family)),
        };
        let further = service.judging.further_checks.iter_mut();
        for check in std::iter::once(&mut service.check).chain(further) {
            if let Some(port) = &mut check.port {
                self.port(&mut port.value, protocol, &port.place);
            }
        }
        for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
            self.server(server, protocol, family);
        }
    }

    fn server(
        &mut self,
        server: &mut RealServerDefinition,
        protocol: Protocol,
        family: Option<Family>,
    ) {
        for host in std::iter::once(&mut server.host).chain(&mut server.last) {
            self.host(&mut host.value, family, &host.place);
        }
        if let Some(port) = &mut server.port {
            self.port(&mut port.value, protocol, &port.place);
        }
    }

    fn host(&mut self, host: &mut Host, family: Option<Family>, place: &Place) {
        let Host::Name(name) = host else {
            return;
        };
        let lookup = self.hosts;
        let known = self
            .known
            .entry(name.clone())
            .or_insert_with(|| lookup(name).map_err(|error| error.to_string()));
        // Where any family will do IPv4 is taken, so that the answer does not hang on the order of the name service.
        let wanted = family.unwrap_or(Family::Ipv4);
        let resolved = match known {
            // A tunnel may lead to the other family, so an address of it is better than none.
            Ok(addresses) => addresses
                .iter()
                .find(|address| Family::of(**address) == wanted)
                .or(addresses.first())
                .ok_or("it has no address"),
            Err(reason) => Err(reason.as_str()),
        };
        *host = match resolved {
            Ok(address) => Host::Address(*address),
            Err(reason) => {
                let message = format!("the host name {name} could not be resolved: {reason}");
                self.findings
                    .push(Diagnostic::error(place, message).hint(
                        "write the address itself, or check /etc/hosts and the name service",
                    ));
                Host::Unusable
            }
        };
    }

    fn port(&mut self, port: &mut PortDefinition, protocol: Protocol, place: &Place) {
        let PortDefinition::Name(name) = port else {
            return;
        };
        *port = match service_port(name, protocol) {
            Some(number) => PortDefinition::Number(u64::from(number)),
            None => {
                let message =
                    format!("there is no {protocol} service named {name} in /etc/services");
                self.findings
                    .push(Diagnostic::error(place, message).hint("write the port's number"));
                PortDefinition::Unusable
            }
        };
    }
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::Arc;

    use super::*;
    use crate::loader::yaml;

    thread_local! {
        static LOOKUPS: Cell<usize> = const { Cell::new(0) };
    }

    fn hosts(name: &str) -> io::Result<Vec<IpAddr>> {
        LOOKUPS.set(LOOKUPS.get() + 1);
        let addresses: &[&str] = match name {
            "both" => &["2001:db8::7", "192.0.2.7"],
            "six" => &["2001:db8::6"],
            "empty" => &[],
            _ => return Err(io::Error::other("nobody knows it")),
        };
        Ok(addresses.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn resolved(services: &str) -> (Vec<String>, Vec<String>) {
        let text = format!("services:\n{services}");
        let read = yaml::read(&text, &Arc::from("t.yaml"));
        assert_eq!(read.findings, Vec::new());
        let mut definitions = read.definitions.unwrap();
        let findings = resolve(&mut definitions, hosts);
        let servers = definitions.services.iter().flat_map(|service| {
            let listen = match &service.listen.value {
                ListenDefinition::Address { host, port, .. } => format!("{host} {port:?}"),
                ListenDefinition::Mark { mark, .. } => mark.to_string(),
            };
            let servers = service.real_servers.iter().chain(&service.fallback);
            std::iter::once(listen).chain(servers.map(|server| server.host.value.to_string()))
        });
        let findings = findings.iter().map(ToString::to_string).collect();
        (servers.collect(), findings)
    }

    #[test]
    fn names_become_addresses_of_the_family_of_the_service() {
        let (hosts, findings) = resolved(
            "  - {listen: 'tcp://both:http', real_servers: [both, six], fallback: both}\n  \
             - {listen: 'udp://six:domain', real_servers: [both]}\n  \
             - {listen: 'fwmark6:1', real_servers: [both]}\n",
        );
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(
            hosts,
            [
                "192.0.2.7 Number(80)",
                "192.0.2.7",
                "2001:db8::6",
                "192.0.2.7",
                "2001:db8::6 Number(53)",
                "2001:db8::7",
                "1",
                "2001:db8::7",
            ]
        );
        assert_eq!(LOOKUPS.get(), 2, "each name is asked for once");
    }

    #[test]
    fn each_unknown_name_is_reported_where_it_stands() {
        let (hosts, findings) = resolved(
            "  - {listen: 'tcp://none:nonsense', real_servers: [empty], fallback: 'six:x'}\n",
        );
        assert_eq!(hosts, ["? Unusable", "?", "2001:db8::6"]);
        let messages = [
            "no tcp service named nonsense",
            "host name none could not be resolved: nobody knows it",
            "host name empty could not be resolved: it has no address",
            "no tcp service named x",
        ];
        assert_eq!(findings.len(), messages.len(), "{findings:?}");
        for (finding, message) in findings.iter().zip(messages) {
            assert!(finding.contains(message), "{finding}");
        }
    }
}
