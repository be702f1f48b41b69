//! One virtual service: what it listens on, how it chooses, its real servers and its fallback.

use director_core::definitions::{
    DrainDefinition, ForwardingDefinition, JudgingDefinition, ListenDefinition, Placed,
    PortDefinition, RealServerDefinition, RecoveryDefinition, ServiceDefinition,
};
use director_core::model::{Family, OnFailure, OnStop, Protocol};

use super::scope::Scope;
use super::{advice, check};
use crate::directives::{Key, Used};
use crate::findings::Findings;
use crate::quirks::Quirk;
use crate::values::{Listen, ProtocolWord};

pub(super) fn lower(
    scope: &Scope<'_>,
    findings: &mut Findings,
    used: &mut Vec<Used>,
) -> ServiceDefinition {
    check_protocol(scope, findings);
    let own = scope.own;
    let plan = check::Plan::of(scope);
    let service = ServiceDefinition {
        place: scope.place().clone(),
        name: None,
        listen: Placed::new(listen(scope), scope.head.value.place.clone()),
        vip: None,
        scheduler: Some(
            own.text(Key::Scheduler)
                .unwrap_or_else(|| scope.default("wrr".to_owned())),
        ),
        scheduler_flags: own.flags(),
        persistence: own.number(Key::Persistent),
        mask: mask(scope, findings),
        persistence_engine: None,
        persistence_each_port: None,
        publish: None,
        one_packet: one_packet(scope, findings),
        forwarding: None,
        check: plan.lower(scope),
        judging: JudgingDefinition::default(),
        on_failure: Some(
            scope
                .yes_no(Key::Quiescent)
                .unwrap_or_else(|| scope.default(false))
                .map(|quiescent| {
                    if quiescent {
                        OnFailure::Quiesce
                    } else {
                        OnFailure::Remove
                    }
                }),
        ),
        on_stop: Some(
            scope
                .yes_no(Key::CleanStop)
                .unwrap_or_else(|| scope.default(true))
                .map(|clean| if clean { OnStop::Remove } else { OnStop::Keep }),
        ),
        real_servers: real_servers(scope, &plan, findings),
        fallback: fallback(scope, findings),
        // A server that leaves the file leaves the table at once.
        recovery: RecoveryDefinition {
            drain: Some(DrainDefinition {
                place: scope.place().clone(),
                off: true,
                timeout: None,
                then: None,
            }),
            ..RecoveryDefinition::default()
        },
    };
    // Without a port nothing can be said about the service that belongs to it.
    if !scope.has_unusable_port() {
        advice::give(scope, &plan, findings);
    }
    plan.record(scope, used);
    service
}

fn listen(scope: &Scope<'_>) -> ListenDefinition {
    match scope.listen {
        Listen::Address { host, port, family } => ListenDefinition::Address {
            protocol: scope.protocol().unwrap_or(Protocol::Tcp),
            host: host.value.clone(),
            port: port.definition.clone(),
            family: Some(*family),
        },
        Listen::Mark { mark, family } => ListenDefinition::Mark {
            family: *family,
            mark: *mark,
        },
    }
}

fn check_protocol(scope: &Scope<'_>, findings: &mut Findings) {
    let Some(written) = scope.own.protocol() else {
        return;
    };
    let is_mark = matches!(scope.listen, Listen::Mark { .. });
    if is_mark && written.value != ProtocolWord::Mark {
        let message = "a firewall mark has protocol fwm";
        findings.error(
            &written.place,
            message,
            "write protocol=fwm, or an address and port after virtual",
        );
    } else if !is_mark && written.value == ProtocolWord::Mark {
        let message =
            "fwm is the protocol of firewall marks, and this service has an address and port";
        findings.error(
            &written.place,
            message,
            "write protocol=tcp or protocol=udp",
        );
    }
}

fn mask(scope: &Scope<'_>, findings: &mut Findings) -> Option<Placed<String>> {
    let written = scope.own.text(Key::Netmask)?;
    let text = written.value.as_str();
    let numbers: Vec<&str> = text.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let good = match scope.family() {
        Family::Ipv4 => numbers.len() == 4 && numbers.iter().all(digits),
        Family::Ipv6 => text
            .parse::<u8>()
            .is_ok_and(|length| (1..=128).contains(&length)),
    };
    if !good {
        let (message, hint) = match scope.family() {
            Family::Ipv4 => (
                "the mask of an IPv4 service is four numbers with dots",
                "write a mask such as 255.255.255.0",
            ),
            Family::Ipv6 => (
                "the mask of an IPv6 service is a prefix length",
                "write a number from 1 to 128",
            ),
        };
        findings.error(&written.place, message, hint);
        return None;
    }
    if scope.own.get(Key::Persistent).is_none() {
        let message = "netmask has no effect without persistent";
        findings.quirk(
            Quirk::NetmaskAlone,
            &written.place,
            message,
            "add persistent=SECONDS, or remove it",
        );
        return None;
    }
    // Leading zeros mean nothing here, and an address with them is no address elsewhere.
    Some(written.map(|text| {
        let plain = |part: &str| {
            part.parse::<u32>()
                .map_or_else(|_| part.to_owned(), |number| number.to_string())
        };
        text.split('.').map(plain).collect::<Vec<_>>().join(".")
    }))
}

fn one_packet(scope: &Scope<'_>, findings: &mut Findings) -> Option<Placed<bool>> {
    let written = scope.own.yes_no(Key::Ops)?;
    if written.value && scope.protocol() != Some(Protocol::Udp) {
        let message = "ops has no effect, because the protocol is not udp";
        findings.quirk(Quirk::OpsWithoutUdp, &written.place, message, "remove it");
        return None;
    }
    Some(written)
}

fn real_servers(
    scope: &Scope<'_>,
    plan: &check::Plan,
    findings: &mut Findings,
) -> Vec<RealServerDefinition> {
    let (expected, place_of) = match scope.family() {
        Family::Ipv4 => (Key::Real, "real"),
        Family::Ipv6 => (Key::Real6, "real6"),
    };
    let mut servers = Vec::new();
    for (key, written) in scope.own.real_servers() {
        if key != expected {
            let message = format!(
                "{} is not allowed below {}",
                key.directive().name,
                scope.head.key.directive().name
            );
            findings.error(&written.place, message, format!("write {place_of}"));
            continue;
        }
        let mut server = written.clone();
        // A missing port is port 0, as it is in the kernel's table.
        server.port.get_or_insert_with(|| {
            Placed::new(PortDefinition::Number(0), server.host.place.clone())
        });
        server.request = server
            .request
            .map(|request| request.map(|text| plan.request_of_server(&text)));
        let uses_receive = plan.uses().contains(&Key::Receive);
        server.receive = server.receive.filter(|_| uses_receive);
        servers.push(server);
    }
    servers
}

fn fallback(scope: &Scope<'_>, findings: &mut Findings) -> Option<RealServerDefinition> {
    let (key, other) = match scope.family() {
        Family::Ipv4 => (Key::Fallback, Key::Fallback6),
        Family::Ipv6 => (Key::Fallback6, Key::Fallback),
    };
    if let Some(place) = scope.own.place(other) {
        let message = format!(
            "{} is not allowed below {}",
            other.directive().name,
            scope.head.key.directive().name
        );
        findings.error(place, message, format!("write {}", key.directive().name));
    }
    let fallback = scope
        .own
        .fallback(key)
        .or_else(|| scope.globals.fallback(key))?;
    debug_assert!(fallback.forwarding.as_ref().is_none_or(|method| {
        matches!(
            method.value,
            ForwardingDefinition::Direct | ForwardingDefinition::Masq | ForwardingDefinition::Ipip
        )
    }));
    Some(fallback)
}
