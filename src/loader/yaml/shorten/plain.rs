//! A service without what need not be written: values that are the default, ports that are those of the service, and what all of
//! its real servers say alike. The service stays the same.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, ForwardingDefinition, HttpCheckDefinition,
    ListenDefinition, Placed, PortDefinition, ProtocolCheckDefinition, RealServerDefinition,
    ServiceDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::Protocol;

use crate::loader::yaml::address::print_server;
use crate::loader::yaml::keys::kinds;
use crate::loader::yaml::value::Value;

/// The same service without what is the default anyway.
pub(super) fn plain(mut service: ServiceDefinition) -> ServiceDefinition {
    let listen = ListenParts::of(&service.listen.value);
    service.mask = service.mask.and_then(short_mask);
    hoist_forwarding(&mut service);
    for server in &mut service.real_servers {
        drop_port(server, listen.port);
    }
    for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
        drop_default(&mut server.weight, &1);
        drop_default(&mut server.upper_threshold, &0);
        drop_default(&mut server.lower_threshold, &0);
    }
    if let Some(fallback) = &mut service.fallback {
        // A fallback that is not checked is one server anyway.
        fallback.single = None;
    }
    let without_port = PortlessServers::of(&service.real_servers, listen.port);
    if service.judging.further_checks.is_empty() {
        hoist_requests(&mut service);
        plain_check(&mut service.check, &listen, without_port);
    }
    service
}

/// Writes the forwarding method of fallbacks that several services share but whose services differ in it, so that they stay
/// the same text.
pub(super) fn same_fallbacks(services: &mut [ServiceDefinition]) {
    let own: BTreeSet<String> = services
        .iter()
        .filter_map(|service| service.fallback.as_ref())
        .filter_map(|fallback| Some(identity(fallback, fallback.forwarding.as_ref()?.value)))
        .collect();
    for service in services {
        let (Some(fallback), Some(usual)) = (&mut service.fallback, &service.forwarding) else {
            continue;
        };
        if fallback.forwarding.is_none() && own.contains(&identity(fallback, usual.value)) {
            fallback.forwarding = Some(usual.clone());
        }
    }
}

/// A server by its address, port and forwarding method.
fn identity(server: &RealServerDefinition, forwarding: ForwardingDefinition) -> String {
    format!("{} {}", print_server(server), forwarding.print())
}

/// What a service listens on, as far as ports and transports follow from it.
struct ListenParts {
    /// None of a firewall mark, whose servers have none either.
    port: Option<u64>,
    protocol: Option<Protocol>,
}

impl ListenParts {
    fn of(listen: &ListenDefinition) -> Self {
        match listen {
            ListenDefinition::Address { port, protocol, .. } => Self {
                port: match port {
                    PortDefinition::Number(number) => Some(*number),
                    _ => None,
                },
                protocol: Some(*protocol),
            },
            ListenDefinition::Mark { .. } => Self {
                port: Some(0),
                protocol: None,
            },
        }
    }
}

/// The length of a prefix for a netmask; none where each address is a client of its own.
fn short_mask(mask: Placed<String>) -> Option<Placed<String>> {
    let bits = mask.value.parse::<Ipv4Addr>().map(Ipv4Addr::to_bits);
    let is_prefix = |bits: &u32| *bits != 0 && bits.leading_ones() + bits.trailing_zeros() == 32;
    match bits.ok().filter(is_prefix) {
        Some(u32::MAX) => None,
        Some(bits) => Some(mask.map(|_| bits.leading_ones().to_string())),
        None => Some(mask),
    }
}

/// A server without a port has that of its service.
fn drop_port(server: &mut RealServerDefinition, service_port: Option<u64>) {
    let own = server.port.as_ref().map(|port| &port.value);
    if let (Some(PortDefinition::Number(own)), Some(service_port)) = (own, service_port)
        && *own == service_port
    {
        server.port = None;
    }
}

/// How many real servers have no port that could be probed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PortlessServers {
    None,
    Some,
    All,
}

impl PortlessServers {
    fn of(servers: &[RealServerDefinition], service_port: Option<u64>) -> Self {
        let is_without = |server: &&RealServerDefinition| match &server.port {
            None => service_port == Some(0),
            Some(port) => port.value == PortDefinition::Number(0),
        };
        match servers.iter().filter(is_without).count() {
            0 => Self::None,
            all if all == servers.len() => Self::All,
            _ => Self::Some,
        }
    }
}

/// The forwarding method that most of its servers have is that of the service.
fn hoist_forwarding(service: &mut ServiceDefinition) {
    let methods = |servers: &[RealServerDefinition]| -> Vec<Placed<ForwardingDefinition>> {
        let written = servers
            .iter()
            .filter_map(|server| server.forwarding.clone());
        written.collect()
    };
    let own = methods(&service.real_servers);
    let fallback = service.fallback.as_ref();
    let Some(usual) = most_frequent(&own, |method| method.value)
        .or(fallback.and_then(|fallback| fallback.forwarding.clone()))
    else {
        return;
    };
    let says_all = own.len() == service.real_servers.len()
        && fallback.is_none_or(|fallback| fallback.forwarding.is_some());
    if service.forwarding.is_some() || service.recovery.fallback_pool.is_some() || !says_all {
        return;
    }
    for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
        drop_default(&mut server.forwarding, &usual.value);
    }
    service.forwarding = Some(usual);
}

/// What most of the real servers are asked, and what most must answer, stands in the check.
fn hoist_requests(service: &mut ServiceDefinition) {
    let Some(kind) = &mut service.check.kind else {
        return;
    };
    let kind = &mut kind.value;
    let servers = &mut service.real_servers;
    let takes = ["request", "receive"].map(|key| kinds::takes(kind, key));
    for server in servers.iter_mut() {
        // It has no effect.
        server.request = server.request.take().filter(|_| takes[0]);
        server.receive = server.receive.take().filter(|_| takes[1]);
    }
    match kind {
        CheckKindDefinition::Http(http) => {
            let HttpCheckDefinition { path, body, .. } = &mut **http;
            // What is not written is this.
            path.get_or_insert_with(|| text("/"));
            body.get_or_insert_with(|| text(""));
            hoist(path, servers, |server| &mut server.request);
            hoist(body, servers, |server| &mut server.receive);
        }
        CheckKindDefinition::Protocol(check) => {
            let ProtocolCheckDefinition {
                request, receive, ..
            } = &mut **check;
            receive.get_or_insert_with(|| text(""));
            hoist(request, servers, |server| &mut server.request);
            hoist(receive, servers, |server| &mut server.receive);
        }
        _ => {}
    }
}

fn text(text: &str) -> Placed<String> {
    Placed::new(text.to_owned(), Place::whole_file(&Arc::from("")))
}

fn hoist(
    shared: &mut Option<Placed<String>>,
    servers: &mut [RealServerDefinition],
    own: impl Fn(&mut RealServerDefinition) -> &mut Option<Placed<String>>,
) {
    let written: Option<Vec<Placed<String>>> = servers
        .iter_mut()
        .map(|server| own(server).clone().or_else(|| shared.clone()))
        .collect();
    // Where one of them has none, that is what it needs.
    let Some(written) = written else { return };
    let Some(usual) = most_frequent(&written, |text| text.value.clone()) else {
        return;
    };
    for (server, text) in servers.iter_mut().zip(written) {
        *own(server) = (text.value != usual.value).then_some(text);
    }
    *shared = Some(usual);
}

/// The most frequent value, the first one where several are.
pub(super) fn most_frequent<T: Clone, K: PartialEq>(
    values: &[T],
    key: impl Fn(&T) -> K,
) -> Option<T> {
    let mut counts: Vec<(K, usize, &T)> = Vec::new();
    for value in values {
        let own = key(value);
        match counts.iter_mut().find(|(known, _, _)| *known == own) {
            Some((_, count, _)) => *count += 1,
            None => counts.push((own, 1, value)),
        }
    }
    let most = counts.iter().map(|(_, count, _)| *count).max()?;
    let first = counts.iter().find(|(_, count, _)| *count == most)?;
    Some(first.2.clone())
}

fn plain_check(check: &mut CheckDefinition, listen: &ListenParts, portless: PortlessServers) {
    let is_fixed = is_fixed(check);
    let default_port = check.default_port.take().filter(|port| {
        let is_usual = listen.port == Some(u64::from(*port));
        check.port.is_none() && !is_fixed && portless != PortlessServers::None && !is_usual
    });
    match (default_port, portless, &check.kind) {
        // For all of them is the plainer word.
        (Some(port), PortlessServers::All, Some(kind)) => {
            let port = PortDefinition::Number(u64::from(port));
            check.port = Some(Placed::new(port, kind.place.clone()));
        }
        (port, ..) => check.default_port = port,
    }
    if is_fixed {
        // Nothing is probed, so that no time matters.
        check.every = None;
        check.timeout = None;
        check.rise = None;
        check.fall = None;
    }
    match check.kind.as_mut().map(|kind| &mut kind.value) {
        Some(CheckKindDefinition::Http(http)) => plain_http(http),
        Some(CheckKindDefinition::Protocol(protocol)) => {
            let usual = protocol.protocol.row().transport(listen.protocol);
            protocol.transport = protocol.transport.filter(|own| *own != usual);
        }
        _ => {}
    }
}

/// Whether the check sends nothing.
pub(super) fn is_fixed(check: &CheckDefinition) -> bool {
    let kind = check.kind.as_ref().map(|kind| &kind.value);
    let says_nothing = matches!(
        kind,
        Some(CheckKindDefinition::AlwaysUp | CheckKindDefinition::AlwaysDown)
    );
    says_nothing && check.connects_between.is_none()
}

fn plain_http(http: &mut HttpCheckDefinition) {
    let usual = match http.content {
        None => "GET",
        Some(_) => "POST",
    };
    drop_default(&mut http.method, &usual.to_owned());
    drop_default(&mut http.path, &"/".to_owned());
    drop_default(&mut http.follow_redirects, &0);
    // An empty expression is found everywhere.
    drop_default(&mut http.body, &String::new());
    if matches!(http.status.as_slice(), [only] if only.value == "2xx") {
        http.status.clear();
    }
}

pub(super) fn drop_default<T: PartialEq>(value: &mut Option<Placed<T>>, default: &T) {
    if value.as_ref().is_some_and(|value| value.value == *default) {
        *value = None;
    }
}
