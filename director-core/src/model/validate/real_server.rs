//! Real servers and the fallback of a service, ranges expanded.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::surroundings::Surroundings;
use super::timing::{self, all_of};
use super::{Findings, advice, check, probe_addresses, unresolved};
use crate::definitions::{
    CheckDefinition, ForwardingDefinition, Host, Placed, RealServerDefinition,
};
use crate::diagnostic::Place;
use crate::model::{
    Check, Endpoint, FIRST_TIER, Family, Forwarding, LARGEST_THRESHOLD, LARGEST_WEIGHT, RealServer,
    ServiceId, Tunnel, UnresolvedServer, no_real_server,
};

/// Most servers that one range may name; a slip of a digit should not make a million.
const LARGEST_RANGE: u128 = 65536;

/// The real servers of a service.
pub(super) struct ListedServers {
    pub(super) servers: Vec<RealServer>,
    /// Those without an address.
    pub(super) without_address: Vec<UnresolvedServer>,
    /// The checks of those that have their own.
    pub(super) own_checks: BTreeMap<Endpoint, Vec<Check>>,
}

/// All real servers, and those without an address; a second entry for one address and port is left out with a warning.
pub(super) fn all(around: &Surroundings<'_>, findings: &mut Findings) -> ListedServers {
    let mut servers: Vec<RealServer> = Vec::new();
    let mut without_address: Vec<UnresolvedServer> = Vec::new();
    let mut own_checks = BTreeMap::new();
    let mut seen: BTreeMap<Endpoint, &Place> = BTreeMap::new();
    let shared: Vec<&CheckDefinition> = all_of(around.written).collect();
    check::shared_faults(around, shared.iter().copied(), findings);
    advice::shared_faults(around, findings);
    for written in &around.written.real_servers {
        let own: Vec<&CheckDefinition> = written.checks.iter().collect();
        check::shared_faults(around, own.iter().copied(), findings);
        let own_timing = timing::named(&own, findings);
        let asked = if own.is_empty() { &shared } else { &own };
        if let Some(host) = unresolved::name(written) {
            without_address.extend(unresolved::server(around, written, host, asked, findings));
            continue;
        }
        for address in addresses(written, findings) {
            let Some(server) = one(around, written, address, asked, findings) else {
                continue;
            };
            if let Some(first) = seen.get(&server.endpoint) {
                findings.warning(
                    &written.place,
                    format!("real server {} is listed twice in this service; the first entry, at {first}, applies", server.endpoint),
                    "remove one of the two",
                );
                continue;
            }
            seen.insert(server.endpoint, &written.place);
            if !own_timing.is_empty() {
                own_checks.insert(server.endpoint, own_timing.clone());
            }
            servers.push(RealServer {
                agent: advice::agent(around, address).map(Box::new),
                weight_source: advice::weight_source(around, address, server.port).map(Box::new),
                ..server
            });
        }
    }
    ListedServers {
        servers,
        without_address,
        own_checks,
    }
}

/// The fallback. A single one is not probed, so it always counts as up; those of a pool are, since another one is there.
pub(super) fn fallback(
    around: &Surroundings<'_>,
    real_servers: &[RealServer],
    findings: &mut Findings,
) -> (Vec<RealServer>, Vec<UnresolvedServer>) {
    let mut servers: Vec<RealServer> = Vec::new();
    let mut without_address: Vec<UnresolvedServer> = Vec::new();
    let real = |fallback: &RealServer| {
        let mut known = real_servers.iter();
        known.find(|server| server.endpoint == fallback.endpoint)
    };
    if let Some(written) = &around.written.fallback {
        if let Some(host) = unresolved::name(written) {
            without_address.extend(unresolved::server(around, written, host, &[], findings));
        }
        let address = addresses(written, findings).into_iter().next();
        let server = address.and_then(|address| one(around, written, address, &[], findings));
        if let Some(server) = server.as_ref().filter(|server| real(server).is_some()) {
            let fallback = server.endpoint;
            findings.warning(
                &written.place,
                format!("fallback {fallback} is also a real server of this service"),
                "write another server; a failed real server cannot be its own fallback",
            );
        }
        servers.extend(server);
    }
    let Some(pool) = &around.written.recovery.fallback_pool else {
        return (servers, without_address);
    };
    check::shared_faults(around, std::iter::once(&pool.check), findings);
    for written in &pool.real_servers {
        if let Some(host) = unresolved::name(written) {
            let checks = [&pool.check];
            without_address.extend(unresolved::server(around, written, host, &checks, findings));
        }
        for address in addresses(written, findings) {
            let Some(server) = one(around, written, address, &[&pool.check], findings) else {
                continue;
            };
            let endpoint = server.endpoint;
            if let Some(real) = real(&server) {
                findings.unfit(
                    &written.place,
                    server.host.is_some() || real.host.is_some(),
                    format!("fallback server {endpoint} is also a real server of this service"),
                    "write another server, or set a higher tier on the real server",
                );
            } else if servers.iter().any(|known| known.endpoint == endpoint) {
                findings.warning(
                    &written.place,
                    format!("server {endpoint} is listed twice in this fallback"),
                    "remove one of the two",
                );
            } else {
                servers.push(server);
            }
        }
    }
    (servers, without_address)
}

fn tier(written: Option<&Placed<u64>>, findings: &mut Findings) -> u32 {
    let Some(written) = written else {
        return FIRST_TIER;
    };
    match u32::try_from(written.value) {
        Ok(tier) if tier >= FIRST_TIER => tier,
        _ => {
            let message = format!("tier {} is out of range", written.value);
            findings.error(&written.place, message, "write 1 or more");
            FIRST_TIER
        }
    }
}

pub(super) fn one(
    around: &Surroundings<'_>,
    written: &RealServerDefinition,
    address: IpAddr,
    asked: &[&CheckDefinition],
    findings: &mut Findings,
) -> Option<RealServer> {
    let forwarding = forwarding(around, written, findings);
    let port = match &written.port {
        None => Some(around.id.as_ref().and_then(ServiceId::port).unwrap_or(0)),
        Some(port) => findings.port(&port.value, &port.place),
    };
    let weight = number(
        written.weight.as_ref(),
        1,
        LARGEST_WEIGHT.into(),
        "weight",
        findings,
    );
    let upper = number(
        written.upper_threshold.as_ref(),
        0,
        LARGEST_THRESHOLD,
        "upper threshold",
        findings,
    );
    let lower = number(
        written.lower_threshold.as_ref(),
        0,
        LARGEST_THRESHOLD,
        "lower threshold",
        findings,
    );
    if let (Some(upper), Some(lower), Some(place)) = (upper, lower, &written.lower_threshold) {
        threshold_order(upper, lower, &place.place, findings);
    }
    let tier = tier(written.tier.as_ref(), findings);
    let usable = usable(around, address, forwarding, written, findings);
    let (forwarding, port) = (forwarding?, port?);
    // The wire knows no other port with direct routing and tunnels, so the kernel's entry carries the service's.
    let kernel_port = match around.id.as_ref().and_then(ServiceId::port) {
        Some(service_port) if forwarding.keeps_port() => service_port,
        _ => port,
    };
    probe_addresses::address_fault(written.check_address.as_ref(), findings);
    let probes = check::probes(around, asked, written, address, port, forwarding, findings)?;
    usable.then_some(RealServer {
        endpoint: Endpoint {
            address,
            port: kernel_port,
        },
        host: written.resolved_from.clone(),
        port,
        forwarding,
        weight: weight?,
        tier,
        upper_threshold: upper?,
        lower_threshold: lower?,
        probes,
        agent: None,
        weight_source: None,
    })
}

fn threshold_order(upper: u32, lower: u32, place: &Place, findings: &mut Findings) {
    if lower > upper {
        let message = format!("the lower threshold {lower} is above the upper threshold {upper}");
        findings.error(place, message, "make the lower threshold the smaller one");
    }
}

fn number(
    written: Option<&Placed<i64>>,
    default: u32,
    largest: i64,
    what: &str,
    findings: &mut Findings,
) -> Option<u32> {
    let Some(written) = written else {
        return Some(default);
    };
    if (0..=largest).contains(&written.value) {
        return u32::try_from(written.value).ok();
    }
    let message = format!("{what} {} is out of range", written.value);
    findings.error(
        &written.place,
        message,
        format!("write a number from 0 to {largest}"),
    );
    None
}

fn forwarding(
    around: &Surroundings<'_>,
    written: &RealServerDefinition,
    findings: &mut Findings,
) -> Option<Forwarding> {
    let Some(choice) = written
        .forwarding
        .as_ref()
        .or(around.written.forwarding.as_ref())
    else {
        let message = format!(
            "real server {} has no forwarding method",
            written.host.value
        );
        findings.error(
            &written.place,
            message,
            "set forwarding on the service or this server: nat, dr or tunnel",
        );
        return None;
    };
    Some(match choice.value {
        ForwardingDefinition::Masq => Forwarding::Masq,
        ForwardingDefinition::Direct => Forwarding::Direct,
        ForwardingDefinition::Ipip => Forwarding::Tunnel(Tunnel::Ipip),
        ForwardingDefinition::Gre { checksum } => Forwarding::Tunnel(Tunnel::Gre { checksum }),
        ForwardingDefinition::Unusable => {
            findings.unusable = true;
            return None;
        }
        ForwardingDefinition::Gue { port, checksum } => match u16::try_from(port) {
            Ok(port) if port > 0 => Forwarding::Tunnel(Tunnel::Gue { port, checksum }),
            _ => {
                let message = format!("tunnel port {port} is out of range");
                findings.error(&choice.place, message, "write a port from 1 to 65535");
                return None;
            }
        },
    })
}

/// Whether the kernel would take the address.
fn usable(
    around: &Surroundings<'_>,
    address: IpAddr,
    forwarding: Option<Forwarding>,
    written: &RealServerDefinition,
    findings: &mut Findings,
) -> bool {
    let place = &written.host.place;
    if let Some(fault) = no_real_server(address) {
        findings.error(
            place,
            format!("{address} is {fault}"),
            "write the unicast address of the real server",
        );
        return false;
    }
    let same_family = Family::of(address) == around.family;
    if !same_family && !matches!(forwarding, None | Some(Forwarding::Tunnel(_))) {
        let message = format!(
            "{address} is {} and the service is {}; only tunnels cross address families",
            Family::of(address),
            around.family
        );
        findings.error(
            place,
            message,
            format!(
                "write an {} address, or use forwarding: tunnel",
                around.family
            ),
        );
        return false;
    }
    true
}

/// The addresses of an entry, ranges expanded.
fn addresses(written: &RealServerDefinition, findings: &mut Findings) -> Vec<IpAddr> {
    let first = resolved(&written.host, findings);
    let Some(last) = &written.last else {
        return first.into_iter().collect();
    };
    let (Some(first), Some(end)) = (first, resolved(last, findings)) else {
        return Vec::new();
    };
    let is_resolved = written.resolved_from.is_some();
    let span = match (first, end) {
        (IpAddr::V4(a), IpAddr::V4(b)) => b.to_bits().checked_sub(a.to_bits()).map(u128::from),
        (IpAddr::V6(a), IpAddr::V6(b)) => b.to_bits().checked_sub(a.to_bits()),
        _ => {
            findings.unfit(
                &last.place,
                is_resolved,
                "this range mixes two address families",
                "write both ends in one family",
            );
            return Vec::new();
        }
    };
    match span {
        None => {
            let message = format!("this range ends at {end}, below its start {first}");
            let hint = format!("swap {end} and {first}");
            findings.unfit(&last.place, is_resolved, message, hint);
            Vec::new()
        }
        Some(span) if span >= LARGEST_RANGE => {
            let message = format!(
                "this range has {} servers; the limit is {LARGEST_RANGE}",
                span.saturating_add(1)
            );
            let hint = "check both ends, or split the range";
            findings.unfit(&last.place, is_resolved, message, hint);
            Vec::new()
        }
        Some(span) => (0..=span).map(|offset| nth(first, offset)).collect(),
    }
}

fn nth(first: IpAddr, offset: u128) -> IpAddr {
    match first {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits().wrapping_add(offset as u32)).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits().wrapping_add(offset)).into(),
    }
}

fn resolved(host: &Placed<Host>, findings: &mut Findings) -> Option<IpAddr> {
    match &host.value {
        Host::Address(address) => Some(*address),
        // It is not available until the name is resolved.
        Host::Name(_) => None,
        Host::Unusable => {
            findings.unusable = true;
            None
        }
    }
}
