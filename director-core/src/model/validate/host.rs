//! What is wanted of this machine: VIPs on interfaces, a way of balancing, time limits.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::{Findings, sync_daemon};
use crate::definitions::{
    Definitions, Host, ListenDefinition, Placed, ServiceDefinition, VipDefinition,
};
use crate::model::{
    Forwarding, HostConfig, KernelTimeouts, LONGEST_TIMEOUT, OnFailure, OnStop, Vip, VirtualService,
};

/// The longest name of an interface (include/uapi/linux/if.h, IFNAMSIZ, less the closing NUL).
const LONGEST_INTERFACE: usize = 15;

pub(super) fn config(
    definitions: &Definitions,
    services: &[VirtualService],
    findings: &mut Findings,
) -> HostConfig {
    let host = &definitions.host;
    lint_resets(definitions, services, findings);
    lint_templates(definitions, services, findings);
    let (sync_daemons, sync_follower) =
        sync_daemon::daemons(host.sync.as_ref(), services, findings);
    HostConfig {
        vips: vips(definitions, findings),
        profile: host.profile.as_ref().map(|profile| profile.value),
        ipv4_nat: services
            .iter()
            .any(|service| has_nat(service, IpAddr::is_ipv4)),
        ipv6_nat: services
            .iter()
            .any(|service| has_nat(service, IpAddr::is_ipv6)),
        persistence: services
            .iter()
            .any(|service| service.scheduling.persistence.is_some()),
        removes: services.iter().any(|service| {
            service.removes_failed_servers()
                || service.recovery.leaving.is_none()
                || service.may_carry_datagrams()
        }),
        expire_nodest_conn: host.expire_nodest_conn.as_ref().map(|choice| choice.value),
        expire_quiescent_template: host
            .expire_quiescent_template
            .as_ref()
            .map(|choice| choice.value),
        one_way: services.iter().any(is_one_way),
        conn_reuse_mode: host.conn_reuse_mode.as_ref().map(|choice| choice.value),
        timeouts: KernelTimeouts {
            tcp: limit(host.tcp_timeout.as_ref(), findings),
            tcp_fin: limit(host.tcp_fin_timeout.as_ref(), findings),
            udp: limit(host.udp_timeout.as_ref(), findings),
        },
        sync_daemons,
        sync_follower,
        ..HostConfig::default()
    }
}

/// Removed servers whose clients are not told. A file that cannot say so has no line for it.
fn lint_resets(definitions: &Definitions, services: &[VirtualService], findings: &mut Findings) {
    let declined = definitions.host.expire_nodest_conn.as_ref();
    let declined = declined.filter(|choice| !choice.value && choice.place.line > 0);
    let mut removing = services
        .iter()
        .filter(|service| service.removes_failed_servers())
        .peekable();
    if let Some(choice) = declined
        && removing.peek().is_some()
    {
        // Those that would drain otherwise cannot.
        let could_drain = removing
            .all(|service| !service.scheduling.zero_turns_away() && !service.is_of_datagrams());
        findings.warning(
            &choice.place,
            "connections to removed servers are not reset, so clients of a failed server wait for their own timeout",
            match could_drain {
                true => "remove expire_nodest_conn, or write on_failure: drain",
                false => "remove expire_nodest_conn",
            },
        );
    }
}

/// Servers that fail and keep their persistent clients. A file that cannot say so has no line for it.
fn lint_templates(definitions: &Definitions, services: &[VirtualService], findings: &mut Findings) {
    let declined = definitions.host.expire_quiescent_template.as_ref();
    let declined = declined.filter(|choice| !choice.value && choice.place.line > 0);
    let keeps_clients = |service: &VirtualService| {
        service.scheduling.persistence.is_some() && service.on_failure == OnFailure::Quiesce
    };
    if let Some(choice) = declined
        && services.iter().any(keeps_clients)
    {
        findings.warning(
            &choice.place,
            "persistent clients stay at a server that has failed, until their persistence ends",
            "remove expire_quiescent_template, or write on_failure: remove in services with persistence",
        );
    }
}

/// Whether a server with such an address is reached by NAT.
fn has_nat(service: &VirtualService, is_of: fn(&IpAddr) -> bool) -> bool {
    let mut servers = service.real_servers.iter().chain(&service.fallback);
    servers.any(|server| server.forwarding == Forwarding::Masq && is_of(&server.endpoint.address))
}

/// Whether replies of a server reach the clients without passing this machine.
fn is_one_way(service: &VirtualService) -> bool {
    let mut servers = service.real_servers.iter().chain(&service.fallback);
    servers.any(|server| server.forwarding != Forwarding::Masq)
}

/// A time limit as the kernel takes it: whole seconds, and not none, which would leave it as it is.
fn limit(written: Option<&Placed<Duration>>, findings: &mut Findings) -> Option<Duration> {
    let written = written?;
    let span = written.value;
    let fault = match span {
        span if span.subsec_nanos() != 0 || span.is_zero() => {
            "the kernel takes whole seconds, at least 1"
        }
        span if span > LONGEST_TIMEOUT => "the kernel takes at most 2147483s (24 days)",
        _ => return Some(span),
    };
    findings.error(
        &written.place,
        format!("this timeout cannot be set: {fault}"),
        "write a duration such as 15m",
    );
    None
}

/// Each VIP once; services that share one must agree about it, and it stays as long as one of them wants it to.
fn vips(definitions: &Definitions, findings: &mut Findings) -> Vec<(Vip, OnStop)> {
    let mut known: BTreeMap<IpAddr, (Vip, OnStop)> = BTreeMap::new();
    for service in &definitions.services {
        let Some(written) = &service.vip else {
            continue;
        };
        let Some((vip, on_stop)) = vip(service, written, findings) else {
            continue;
        };
        let place = &written.interface.place;
        let known = known
            .entry(vip.address)
            .or_insert_with(|| (vip.clone(), on_stop));
        if known.0 != vip {
            findings.error(
                place,
                format!("the vip is {vip} here and {} in another service", known.0),
                "write the same interface and prefix in both, or remove vip from one",
            );
        }
        if on_stop == OnStop::Keep {
            known.1 = OnStop::Keep;
        }
    }
    known.into_values().collect()
}

/// Reports a name that no interface can have.
pub(super) fn check_interface_name(written: &Placed<String>, findings: &mut Findings) {
    let name = &written.value;
    let fits = (1..=LONGEST_INTERFACE).contains(&name.len());
    if !fits || name.contains(|c: char| c == '/' || c == ':' || c.is_whitespace()) {
        findings.error(
            &written.place,
            format!("{name:?} is not a valid interface name"),
            "write a name from `ip link`, such as eth0",
        );
    }
}

fn vip(
    service: &ServiceDefinition,
    written: &VipDefinition,
    findings: &mut Findings,
) -> Option<(Vip, OnStop)> {
    let place = &written.interface.place;
    let ListenDefinition::Address { host, .. } = &service.listen.value else {
        findings.error(
            place,
            "a service of a firewall mark has no address, so vip cannot be set",
            "remove vip, and add the addresses of the mark by other means",
        );
        return None;
    };
    // A name that could not be resolved has been reported.
    let Host::Address(address) = host else {
        return None;
    };
    let interface = written.interface.value.clone();
    check_interface_name(&written.interface, findings);
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match &written.prefix {
        None => longest,
        Some(prefix) => match u8::try_from(prefix.value) {
            Ok(length) if (1..=longest).contains(&length) => length,
            _ => {
                findings.error(
                    &prefix.place,
                    format!("prefix {} is out of range", prefix.value),
                    format!("write 1 to {longest}, or remove prefix for the address alone"),
                );
                longest
            }
        },
    };
    let default = service
        .on_stop
        .as_ref()
        .map_or(OnStop::default(), |stop| stop.value);
    let on_stop = written.on_stop.as_ref().map_or(default, |stop| stop.value);
    Some((
        Vip {
            address: *address,
            prefix,
            interface,
        },
        on_stop,
    ))
}
