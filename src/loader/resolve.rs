//! Host and service names become addresses and ports, in place. The one step of loading that may block, on the name
//! service of the system, for a limited time. A host name without an address is reported and stays one: its server is not
//! available until the name is resolved.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use director_core::definitions::{
    Definitions, ForwardingDefinition, Host, ListenDefinition, PortDefinition,
    RealServerDefinition, ServiceDefinition,
};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::{Family, Protocol, no_real_server};
use dns_lookup::{AddrInfoHints, getaddrinfo};

use super::names::NameCache;

/// Resolves every name of the configuration, and notes in it what was resolved to what.
pub(super) fn resolve(
    definitions: &mut Definitions,
    names: &NameCache,
    every: Duration,
    wait: Duration,
) -> Vec<Diagnostic> {
    let wanted: Vec<String> = names_in(definitions).into_iter().collect();
    names.learn(wanted.iter().map(String::as_str), every, wait);
    let mut resolver = Resolver {
        names,
        findings: Vec::new(),
    };
    for service in &mut definitions.services {
        resolver.service(service);
    }
    definitions.names = wanted.iter().filter_map(|name| names.shown(name)).collect();
    resolver.findings
}

fn names_in(definitions: &Definitions) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |host: &Host| {
        if let Host::Name(name) = host {
            names.insert(name.clone());
        }
    };
    for service in &definitions.services {
        if let ListenDefinition::Address { host, .. } = &service.listen.value {
            add(host);
        }
        let pool = service.recovery.fallback_pool.iter();
        let pool = pool.flat_map(|pool| &pool.real_servers);
        let servers = service.real_servers.iter().chain(&service.fallback);
        for server in servers.chain(pool) {
            add(&server.host.value);
            if let Some(last) = &server.last {
                add(&last.value);
            }
        }
    }
    names
}

/// What a host name without an address means, and what to do.
const NOT_AVAILABLE: &str = "it is out of service until the name is resolved; check /etc/hosts and DNS, or write the address";

struct Resolver<'n> {
    names: &'n NameCache,
    findings: Vec<Diagnostic>,
}

impl Resolver<'_> {
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
        if let Some(agent) = &mut service.judging.agent {
            let port = &mut agent.value.port;
            self.port(&mut port.value, Protocol::Tcp, &port.place);
        }
        let further = service.judging.further_checks.iter_mut();
        for check in std::iter::once(&mut service.check).chain(further) {
            if let Some(port) = &mut check.port {
                self.port(&mut port.value, protocol, &port.place);
            }
        }
        let pool = service.recovery.fallback_pool.as_mut();
        if let Some(port) = pool.and_then(|pool| pool.check.port.as_mut()) {
            self.port(&mut port.value, protocol, &port.place);
        }
        let forwarding = service.forwarding.as_ref().map(|written| written.value);
        let pool = service.recovery.fallback_pool.iter_mut();
        let pool = pool.flat_map(|pool| &mut pool.real_servers);
        let servers = service.real_servers.iter_mut().chain(&mut service.fallback);
        for server in servers.chain(pool) {
            self.server(server, protocol, family, forwarding);
        }
    }

    fn server(
        &mut self,
        server: &mut RealServerDefinition,
        protocol: Protocol,
        family: Option<Family>,
        forwarding: Option<ForwardingDefinition>,
    ) {
        // Only a tunnel leads to the other family.
        let forwarding = server
            .forwarding
            .as_ref()
            .map_or(forwarding, |own| Some(own.value));
        let needed = family.filter(|_| !forwarding.is_some_and(is_tunnel));
        for host in std::iter::once(&mut server.host).chain(&mut server.last) {
            let Host::Name(name) = host.value.clone() else {
                continue;
            };
            self.host(&mut host.value, family, &host.place);
            if let Host::Address(address) = host.value
                && let Some(misfit) = misfit(address, needed)
            {
                host.value = Host::Name(name);
                self.unresolved(&host.value, &misfit, &host.place);
            }
        }
        if let Some(port) = &mut server.port {
            self.port(&mut port.value, protocol, &port.place);
        }
    }

    fn host(&mut self, host: &mut Host, family: Option<Family>, place: &Place) {
        let Host::Name(name) = host else {
            return;
        };
        // Where any family will do IPv4 is taken, so that the answer does not hang on the order of the name service.
        let wanted = family.unwrap_or(Family::Ipv4);
        let address = self.names.address(name, wanted);
        let failure = self.names.shown(name).and_then(|known| known.failure);
        match (address, failure) {
            (Some(address), None) => *host = Host::Address(address),
            (Some(address), Some(reason)) => {
                let message = format!(
                    "cannot resolve host name {name}, keeping its last address {address}: {reason}"
                );
                self.findings
                    .push(Diagnostic::warning(place, message).hint("check /etc/hosts and DNS"));
                *host = Host::Address(address);
            }
            (None, reason) => {
                let reason = reason.unwrap_or_else(|| "no lookup was made".to_owned());
                self.unresolved(host, &reason, place);
            }
        }
    }

    fn unresolved(&mut self, host: &Host, reason: &str, place: &Place) {
        let message = format!("cannot resolve host name {host}: {reason}");
        self.findings
            .push(Diagnostic::warning(place, message).hint(NOT_AVAILABLE));
    }

    fn port(&mut self, port: &mut PortDefinition, protocol: Protocol, place: &Place) {
        let PortDefinition::Name(name) = port else {
            return;
        };
        *port = match service_port(name, protocol) {
            Some(number) => PortDefinition::Number(u64::from(number)),
            None => {
                let message = format!("no {protocol} service named {name} in /etc/services");
                self.findings
                    .push(Diagnostic::error(place, message).hint("write the port number"));
                PortDefinition::Unusable
            }
        };
    }
}

fn is_tunnel(forwarding: ForwardingDefinition) -> bool {
    match forwarding {
        ForwardingDefinition::Ipip
        | ForwardingDefinition::Gue { .. }
        | ForwardingDefinition::Gre { .. } => true,
        ForwardingDefinition::Masq
        | ForwardingDefinition::Direct
        | ForwardingDefinition::Unusable => false,
    }
}

/// Why a server cannot have the address that a name stands for. The name service may have a better one later.
fn misfit(address: IpAddr, needed: Option<Family>) -> Option<String> {
    match needed {
        Some(family) if Family::of(address) != family => {
            Some(format!("it has no {family} address, only {address}"))
        }
        _ => no_real_server(address).map(|fault| format!("{address} is {fault}")),
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
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::loader::yaml;

    fn hosts(name: &str) -> io::Result<Vec<IpAddr>> {
        let addresses: &[&str] = match name {
            "both" => &["2001:db8::7", "192.0.2.7"],
            "six" => &["2001:db8::6"],
            "empty" => &[],
            "blocked" => &["0.0.0.0"],
            _ => return Err(io::Error::other("host not found")),
        };
        Ok(addresses.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn resolved(services: &str) -> (Vec<String>, Vec<String>) {
        let text = format!("services:\n{services}");
        let read = yaml::read(&text, &Arc::from("t.yaml"));
        assert_eq!(read.findings, Vec::new());
        let mut definitions = read.definitions.unwrap();
        let names = NameCache::known_by(hosts);
        let findings = resolve(
            &mut definitions,
            &names,
            Duration::from_secs(60),
            Duration::from_secs(30),
        );
        let servers = definitions.services.iter().flat_map(|service| {
            let listen = match &service.listen.value {
                ListenDefinition::Address { host, port, .. } => format!("{host} {port:?}"),
                ListenDefinition::Mark { mark, .. } => mark.to_string(),
            };
            let pool = service.recovery.fallback_pool.iter();
            let pool = pool.flat_map(|pool| &pool.real_servers);
            let servers = service.real_servers.iter().chain(&service.fallback);
            let hosts = servers
                .chain(pool)
                .map(|server| server.host.value.to_string());
            std::iter::once(listen).chain(hosts)
        });
        let findings = findings.iter().map(ToString::to_string).collect();
        (servers.collect(), findings)
    }

    #[test]
    fn names_become_addresses_of_the_family_of_the_service() {
        let (hosts, findings) = resolved(
            "  - {listen: 'tcp://both:http', forwarding: tunnel, real_servers: [both, six], fallback: both}\n  \
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
    }

    #[test]
    fn an_address_that_its_service_cannot_use_is_none_yet() {
        let (hosts, findings) = resolved(
            "  - {listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [six, blocked, both]}\n  \
             - {listen: 'tcp://192.0.2.2:80', forwarding: tunnel, real_servers: [six]}\n",
        );
        let expected = ["192.0.2.1 Number(80)", "six", "blocked", "192.0.2.7"];
        assert_eq!(hosts[..4], expected);
        assert_eq!(hosts[4..], ["192.0.2.2 Number(80)", "2001:db8::6"]);
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].contains("it has no IPv4 address, only 2001:db8::6"));
        assert!(findings[1].contains("0.0.0.0 is"), "{findings:?}");
    }

    #[test]
    fn names_in_a_fallback_pool_are_resolved() {
        let (hosts, findings) =
            resolved("  - {listen: 'tcp://192.0.2.1:80', fallback: [both:80, 10.0.0.9:80]}\n");
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(hosts, ["192.0.2.1 Number(80)", "192.0.2.7", "10.0.0.9"]);
    }

    #[test]
    fn each_unknown_name_is_reported_where_it_stands() {
        let (hosts, findings) = resolved(
            "  - {listen: 'tcp://none:nonsense', forwarding: tunnel, real_servers: [empty], fallback: 'six:x'}\n",
        );
        assert_eq!(hosts, ["none Unusable", "empty", "2001:db8::6"]);
        let messages = [
            "no tcp service named nonsense",
            "cannot resolve host name none: host not found",
            "cannot resolve host name empty: it has no address",
            "no tcp service named x",
        ];
        assert_eq!(findings.len(), messages.len(), "{findings:?}");
        for (finding, message) in findings.iter().zip(messages) {
            assert!(finding.contains(message), "{finding}");
        }
    }
}
