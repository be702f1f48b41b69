//! Lints that know the kernel: definitions that it takes in silence and that do not do what they say. Warnings, each with
//! its reason; errors belong elsewhere.

use super::{Findings, lint_leaving, lint_patterns, lint_vip_paths, lint_weights, recovery};
use crate::definitions::{PortDefinition, RealServerDefinition, ServiceDefinition};
use crate::model::{ClientMask, OnFailure, ProbeKind, RealServer, VirtualService};

/// Schedulers that ask only whether a weight is 0 (net/netfilter/ipvs/ip_vs_rr.c, ip_vs_lc.c, ip_vs_dh.c).
const WEIGHTLESS: [&str; 3] = ["rr", "lc", "dh"];

/// Everything worth a warning about a valid service.
pub(super) fn lint(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    only_pinged(written, service, findings);
    hashing_without_fallback(written, service, findings);
    ignored_weights(written, service, findings);
    ignored_ports(written, service, findings);
    persistence(written, service, findings);
    recovery::lint_slow_start(written, &service.scheduling, findings);
    lint_leaving::lint(written, service, findings);
    lint_weights::lint(written, service, findings);
    lint_patterns::lint(written, findings);
    lint_vip_paths::lint(written, service, findings);
}

/// A service that is not TCP gets a ping where no check is written, which says nothing about what runs on the server.
fn only_pinged(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    let is_pinged = |server: &RealServer| {
        let mut probes = server.probes.iter();
        let has_own = service.own_checks.contains_key(&server.endpoint);
        !has_own && probes.any(|probe| matches!(*probe.kind, ProbeKind::Ping { .. }))
    };
    if written.check.kind.is_none() && service.real_servers.iter().any(is_pinged) {
        findings.warning(
            &written.listen.place,
            format!(
                "virtual service {} has no check, so its servers are only pinged; a server whose program is dead stays in \
                 service",
                service.name
            ),
            "set a check of its protocol, for example dns, or write check: ping",
        );
    }
}

fn hashing_without_fallback(
    written: &ServiceDefinition,
    service: &VirtualService,
    findings: &mut Findings,
) {
    let scheduling = &service.scheduling;
    let Some(place) = written.on_failure.as_ref().map(|choice| &choice.place) else {
        return;
    };
    // One that drains has weight 0 as well.
    if scheduling.zero_turns_away() && service.on_failure != OnFailure::Remove {
        let name = &scheduling.scheduler;
        findings.warning(
            place,
            format!(
                "scheduler {name}{} refuses the clients of a server with weight 0",
                unless_flag(name)
            ),
            match name.as_str() {
                "dh" => "write on_failure: remove".to_owned(),
                _ => format!(
                    "write scheduler: {{name: {name}, flags: [fallback]}}, or on_failure: remove"
                ),
            },
        );
    }
}

/// Only `sh` and `mh` have a flag for it.
pub(super) fn unless_flag(scheduler: &str) -> &'static str {
    match scheduler {
        "dh" => "",
        _ => " without its fallback flag",
    }
}

fn ignored_weights(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    let scheduler = service.scheduling.scheduler.as_str();
    if !WEIGHTLESS.contains(&scheduler) {
        return;
    }
    let mut weights = service
        .real_servers
        .iter()
        .map(|server| server.weight)
        .filter(|weight| *weight > 0);
    let first = weights.next();
    if weights.all(|weight| Some(weight) == first) {
        return;
    }
    let weighty = written
        .real_servers
        .iter()
        .filter_map(|server| server.weight.as_ref())
        .find(|weight| weight.value > 1);
    if let Some(weight) = weighty {
        let message = format!("scheduler {scheduler} ignores weights other than 0");
        let instead = if scheduler == "rr" { "wrr" } else { "wlc" };
        findings.warning(
            &weight.place,
            message,
            format!("use scheduler {instead}, or remove the weights"),
        );
    }
}

fn ignored_ports(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    let Some(own) = service.id.port() else { return };
    for entry in written.real_servers.iter().chain(&written.fallback) {
        let Some(port) = &entry.port else { continue };
        let other = matches!(port.value, PortDefinition::Number(number) if number != 0 && number != u64::from(own));
        let keeps = known(entry, service).is_some_and(|server| server.forwarding.keeps_port());
        if other && keeps {
            findings.warning(
                &port.place,
                format!("only NAT rewrites ports: this server receives its connections at port {own}"),
                format!(
                    "let the server listen on port {own}, or use NAT; probes use the port written here"
                ),
            );
        }
    }
}

fn known<'a>(entry: &RealServerDefinition, service: &'a VirtualService) -> Option<&'a RealServer> {
    let crate::definitions::Host::Address(address) = &entry.host.value else {
        return None;
    };
    service
        .real_servers
        .iter()
        .chain(&service.fallback)
        .find(|server| server.endpoint.address == *address)
}

fn persistence(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    let scheduling = &service.scheduling;
    if let Some(choice) = written
        .one_packet
        .as_ref()
        .filter(|_| scheduling.one_packet && scheduling.persistence.is_some())
    {
        let message = "one-packet scheduling keeps no connections, so persistence has no effect";
        findings.warning(&choice.place, message, "remove one of the two");
    }
    if let (Some(mask), ClientMask::V4(bits)) = (&written.mask, scheduling.mask) {
        let bits = bits.to_bits();
        let holes = bits.leading_ones() + bits.trailing_zeros() < u32::BITS;
        // An engine distinguishes clients by what they send, so an empty mask is right.
        let engine = written.persistence_engine.is_some();
        if scheduling.persistence.is_some() && (bits == 0 && !engine || holes) {
            let what = if bits == 0 {
                "makes all clients one"
            } else {
                "has holes"
            };
            let message = format!("the persistence mask {} {what}", mask.value);
            findings.warning(&mask.place, message, "write a mask such as 255.255.255.0");
        }
    }
}
