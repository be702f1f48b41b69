//! Host and service names become addresses and ports, in place. The one step of loading that may block, on the name
//! service of the system, for a limited time. A host name without an address is reported and stays one: its server is not
//! available until the name is resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use director_core::definitions::{
    Definitions, Host, ListenDefinition, PortDefinition, ServiceDefinition, is_service_name,
    is_source_name,
};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::{Family, Protocol};
use dns_lookup::{AddrInfoHints, getaddrinfo};

use super::dialect::Dialect;
use super::known_name::{NameUse, Purpose, list};
use super::names::NameCache;
use super::pools::Around;

/// How long a look waits for servers that SRV records name for the first time.
const NEW_TARGET_WAIT: Duration = Duration::from_secs(2);

/// How long a look at the names may take, and how long an answer of unknown life holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameLimits {
    pub(super) every: Duration,
    pub(super) wait: Duration,
}

/// Resolves every name of the configuration, and notes in it what was resolved to what.
pub(super) fn resolve(
    definitions: &mut Definitions,
    dialect: Dialect,
    names: &NameCache,
    limits: NameLimits,
) -> Vec<Diagnostic> {
    let end = Instant::now() + limits.wait;
    let mut wanted = names_in(definitions);
    names.learn(wanted.iter().map(String::as_str), limits.every, limits.wait);
    let services = wanted
        .iter()
        .filter(|name| is_service_name(name) || is_source_name(name));
    let targets: BTreeSet<String> = services
        .flat_map(|name| names.records(name))
        .map(|record| record.target)
        .collect();
    let left = end.saturating_duration_since(Instant::now());
    let (known, new): (Vec<&str>, Vec<&str>) = targets
        .iter()
        .map(String::as_str)
        .partition(|name| names.knows(name));
    names.learn(known, limits.every, left);
    // Without their addresses the change that names them would only take servers away.
    names.learn(
        new,
        limits.every,
        left.max(NEW_TARGET_WAIT.min(limits.wait)),
    );
    wanted.extend(targets);
    let mut resolver = Resolver {
        names,
        dialect,
        uses: BTreeMap::new(),
        taken: BTreeMap::new(),
        findings: Vec::new(),
    };
    // What is written comes before what a name stands for.
    let is_named = |service: &ServiceDefinition| {
        let listen = &service.listen.value;
        matches!(listen, ListenDefinition::Address { host, .. } if matches!(host, Host::Name(_)))
    };
    let (named, written): (Vec<_>, Vec<_>) = definitions
        .services
        .iter_mut()
        .partition(|service| is_named(service));
    for service in written.into_iter().chain(named) {
        resolver.listen(service);
    }
    let lists = families_of_lists(definitions);
    for service in &mut definitions.services {
        let both = lists.get(&service.place).is_some_and(|all| all.len() > 1);
        resolver.service(service, both);
    }
    for name in &wanted {
        names.set_uses(name, resolver.uses.remove(name).unwrap_or_default());
    }
    // An address stands for itself.
    let named = wanted.iter().filter(|name| name.parse::<IpAddr>().is_err());
    definitions.names = named.filter_map(|name| names.shown(name)).collect();
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

/// The families of the virtual services that one block makes; they share its place.
fn families_of_lists(definitions: &Definitions) -> BTreeMap<Place, BTreeSet<Family>> {
    let mut families: BTreeMap<Place, BTreeSet<Family>> = BTreeMap::new();
    for service in &definitions.services {
        let known = families.entry(service.place.clone()).or_default();
        known.extend(family(&service.listen.value));
    }
    families
}

fn family(listen: &ListenDefinition) -> Option<Family> {
    match listen {
        ListenDefinition::Mark { family, .. } => Some(*family),
        ListenDefinition::Address {
            host: Host::Address(vip),
            ..
        } => Some(Family::of(*vip)),
        ListenDefinition::Address { family, .. } => *family,
    }
}

pub(super) struct Resolver<'n> {
    pub(super) names: &'n NameCache,
    pub(super) dialect: Dialect,
    /// What each name is used for.
    pub(super) uses: BTreeMap<String, BTreeSet<NameUse>>,
    /// What services listen on, and where that is written.
    taken: BTreeMap<(Protocol, IpAddr, u64), Place>,
    pub(super) findings: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn listen(&mut self, service: &mut ServiceDefinition) {
        let place = &service.listen.place;
        let ListenDefinition::Address {
            protocol,
            host,
            port,
            family,
        } = &mut service.listen.value
        else {
            return;
        };
        self.port(port, *protocol, place);
        let number = match port {
            PortDefinition::Number(number) => Some(*number),
            _ => None,
        };
        let name = match &*host {
            Host::Name(name) => name,
            Host::Address(vip) => {
                let key = number.map(|number| (*protocol, *vip, number));
                self.taken.extend(key.map(|key| (key, place.clone())));
                return;
            }
            Host::Unusable => return,
        };
        let wanted = NameUse {
            // Where any family will do IPv4 is taken, so that the answer does not hang on the order of the name service.
            family: family.unwrap_or(Family::Ipv4),
            purpose: Purpose::Vip,
            is_single: true,
            is_optional: false,
        };
        let found = self.addresses(name, wanted, place);
        let hint = "write each address in a list of listen";
        self.warn_of_others(name, wanted, place, hint);
        let Some(address) = found.first() else { return };
        let key = number.map(|number| (*protocol, *address, number));
        if let Some(other) = key.and_then(|key| self.taken.get(&key)) {
            let message = format!(
                "host name {name} resolves to {address}, which the service at {other} uses; this service waits until the name has another address"
            );
            let finding = Diagnostic::warning(place, message);
            self.findings
                .push(finding.hint("check DNS, or merge the two services"));
            return;
        }
        self.taken.extend(key.map(|key| (key, place.clone())));
        *host = Host::Address(*address);
    }

    fn service(&mut self, service: &mut ServiceDefinition, has_both_families: bool) {
        // Behind a mark any protocol may stand; names of ports are nearly always the same for TCP and UDP.
        let protocol = match &service.listen.value {
            ListenDefinition::Address { protocol, .. } => *protocol,
            ListenDefinition::Mark { .. } => Protocol::Tcp,
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
        let own = service.real_servers.iter_mut();
        for check in own.flat_map(|server| &mut server.checks) {
            if let Some(port) = &mut check.port {
                self.port(&mut port.value, protocol, &port.place);
            }
        }
        let pool = service.recovery.fallback_pool.as_mut();
        if let Some(port) = pool.and_then(|pool| pool.check.port.as_mut()) {
            self.port(&mut port.value, protocol, &port.place);
        }
        let around = Around {
            protocol,
            family: family(&service.listen.value),
            forwarding: service.forwarding.as_ref().map(|written| written.value),
            has_both_families,
        };
        self.pool(&mut service.real_servers, &around);
        if let Some(pool) = &mut service.recovery.fallback_pool {
            self.pool(&mut pool.real_servers, &around);
        }
        self.fallback(&mut service.fallback, &around);
    }

    /// Notes this use of a name, so that a change of its addresses is noticed; the addresses that it has for it.
    pub(super) fn use_name(&mut self, name: &str, wanted: NameUse) -> Vec<std::net::IpAddr> {
        self.uses.entry(name.to_owned()).or_default().insert(wanted);
        self.names.addresses(name, wanted)
    }

    /// The addresses of a name in one use. What is wrong with them is reported.
    pub(super) fn addresses(
        &mut self,
        name: &str,
        wanted: NameUse,
        place: &Place,
    ) -> Vec<std::net::IpAddr> {
        let found = self.use_name(name, wanted);
        let failure = self.names.failure(name, wanted);
        match (found.as_slice(), failure) {
            ([], reason) => {
                let reason = reason.unwrap_or_else(|| "no lookup was made".to_owned());
                self.unresolved(name, &reason, place);
            }
            (_, None) => {}
            (known, Some(reason)) => {
                let kept = match known.len() {
                    1 => format!("its last address {}", list(known)),
                    _ => format!("its last addresses {}", list(known)),
                };
                let message = format!("cannot resolve host name {name}, keeping {kept}: {reason}");
                let finding = Diagnostic::warning(place, message);
                self.findings.push(finding.hint("check /etc/hosts and DNS"));
            }
        }
        found
    }

    pub(super) fn keeps_records(&mut self, name: &str, reason: &str, place: &Place) {
        let (message, hint) = match is_source_name(name) {
            true => (
                format!("cannot use {name}, keeping its last servers: {reason}"),
                "correct the list of servers",
            ),
            false => (
                format!("cannot resolve SRV name {name}, keeping its last records: {reason}"),
                "check the SRV records in DNS",
            ),
        };
        self.findings
            .push(Diagnostic::warning(place, message).hint(hint));
    }

    pub(super) fn unresolved(&mut self, name: &str, reason: &str, place: &Place) {
        if is_source_name(name) {
            let message = format!("cannot use {name}: {reason}");
            let hint = "its servers are out of service until the list can be used; correct it";
            self.findings
                .push(Diagnostic::warning(place, message).hint(hint));
            return;
        }
        let hint = match is_service_name(name) {
            true => {
                "its servers are out of service until the name is resolved; check the SRV records in DNS, or write the addresses"
            }
            false => {
                "it is out of service until the name is resolved; check /etc/hosts and DNS, or write the address"
            }
        };
        let message = format!("cannot resolve host name {name}: {reason}");
        self.findings
            .push(Diagnostic::warning(place, message).hint(hint));
    }

    /// A name with several addresses of which one is used.
    pub(super) fn warn_of_others(
        &mut self,
        name: &str,
        wanted: NameUse,
        place: &Place,
        hint: &str,
    ) {
        let used = self.names.addresses(name, wanted);
        let others = self.names.others(name, wanted);
        if others.is_empty() {
            return;
        }
        let (used, others) = (list(&used), list(&others));
        let message = format!(
            "host name {name} has several addresses, and only {used} is used; the others are {others}"
        );
        self.findings
            .push(Diagnostic::warning(place, message).hint(hint));
    }

    pub(super) fn port(&mut self, port: &mut PortDefinition, protocol: Protocol, place: &Place) {
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
#[path = "resolve_tests.rs"]
mod tests;
