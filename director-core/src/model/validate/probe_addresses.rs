//! Where a check sends its probes to and from, when that is not the real server's address and the kernel's choice.

use std::net::IpAddr;

use super::Findings;
use super::surroundings::Surroundings;
use crate::definitions::{CheckDefinition, CheckPath, Placed, RealServerDefinition};
use crate::model::{Family, Probe, ProbeKind, Protocol, no_real_server, no_vip};

/// Findings about the addresses of a check, once for its service.
pub(super) fn shared_faults(
    check: &CheckDefinition,
    kind: Option<&ProbeKind>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) {
    if let Some(source) = &check.source
        && let Some(fault) = no_vip(source.value)
    {
        let message = format!("source {} is {fault}", source.value);
        findings.error(&source.place, message, "write an address of this host");
    }
    address_fault(check.address.as_ref(), findings);
    with_path(check, findings);
    with_held_connection(check, findings);
    // A check that says no more is a connect or a ping.
    let usual = match around.protocol {
        Some(Protocol::Tcp) => ProbeKind::Connect,
        _ => ProbeKind::Ping { attempts: 1 },
    };
    let by_path = is_path_check(check) && check.to.is_some();
    let kind = match &check.kind {
        Some(_) => kind,
        None => Some(&usual).filter(|_| !by_path),
    };
    if let Some(kind) = kind {
        with_kind(check, kind, findings);
    }
}

/// Why an address cannot be probed.
pub(super) fn address_fault(address: Option<&Placed<IpAddr>>, findings: &mut Findings) {
    let Some(address) = address else { return };
    if let Some(fault) = no_real_server(address.value) {
        let message = format!("{} is {fault}, and cannot be probed", address.value);
        findings.error(&address.place, message, "write the address of one host");
    }
}

/// A path check goes to the VIP, from an address to which the answer comes back.
fn with_path(check: &CheckDefinition, findings: &mut Findings) {
    if !is_path_check(check) {
        return;
    }
    if let Some(source) = &check.source {
        findings.error(
            &source.place,
            "source cannot be used with via: vip: ipvsd probes from an address to which the real server answers by way of the VIP",
            "remove source or via",
        );
    }
    if let Some(address) = &check.address {
        findings.error(
            &address.place,
            "address cannot be used with via: vip, which probes the VIP",
            "remove address or via, or write a check for each",
        );
    }
}

/// The held connection belongs to all checks of a server and is a plain one.
fn with_held_connection(check: &CheckDefinition, findings: &mut Findings) {
    let held = check.hold_connection.as_ref().filter(|held| held.value);
    let Some(held) = held else { return };
    for (place, key) in [
        (check.source.as_ref().map(|source| &source.place), "source"),
        (
            check.proxy_header.as_ref().map(|header| &header.place),
            "proxy_header",
        ),
    ] {
        if place.is_some() {
            findings.error(
                &held.place,
                format!("hold_connection cannot be used with {key}"),
                format!("remove one of the two, or add a tcp check without {key} that holds the connection"),
            );
        }
    }
}

fn with_kind(check: &CheckDefinition, kind: &ProbeKind, findings: &mut Findings) {
    if let Some(header) = check.proxy_header.as_ref().filter(|_| !kind.uses_tcp()) {
        findings.error(
            &header.place,
            "proxy_header needs a check over TCP",
            "remove it, or use a check such as tcp or http",
        );
    }
    if let (Some(header), ProbeKind::Http(http)) = (&check.proxy_header, kind)
        && http.target.reveal().contains("://")
        && !http.proxy
    {
        findings.error(
            &header.place,
            "proxy_header is for the real server, and the path of this check names another host",
            "remove it, or write a path without a host, and the address as address",
        );
    }
    if kind.sends_packets() {
        return;
    }
    for (place, key) in [
        (check.source.as_ref().map(|source| &source.place), "source"),
        (
            check.address.as_ref().map(|address| &address.place),
            "address",
        ),
    ] {
        if let Some(place) = place {
            let message = format!("{key} has no effect: ipvsd sends no packets for this check");
            findings.error(place, message, format!("remove {key}"));
        }
    }
}

fn is_path_check(check: &CheckDefinition) -> bool {
    let path = check.path.as_ref();
    path.is_some_and(|path| path.value == CheckPath::Forwarding)
}

/// The probe with the addresses that the check and the server have for it. The server holds `vips` itself.
pub(super) fn take(
    probe: Probe,
    check: &CheckDefinition,
    written: &RealServerDefinition,
    vips: &[IpAddr],
    findings: &mut Findings,
) -> Probe {
    if probe.vip_path.is_some() {
        return probe;
    }
    let other = written.check_address.as_ref().or(check.address.as_ref());
    let other = other.filter(|_| probe.kind.sends_packets());
    let address = other.map_or(probe.address, |other| other.value);
    if let Some(source) = &check.source {
        if vips.contains(&source.value) && probe.kind.sends_packets() {
            let message = format!(
                "source {} is a VIP that this server has, too: its answers would not reach the director",
                source.value
            );
            findings.error(&source.place, message, "write another address of this host");
        }
        let (own, probed) = (Family::of(source.value), Family::of(address));
        if own != probed && probe.kind.sends_packets() {
            let message = format!(
                "source {} is {own}, and this check probes an address of {probed}",
                source.value
            );
            findings.unfit(
                &source.place,
                written.resolved_from.is_some(),
                message,
                format!("write an address of {probed}, and a service for each family"),
            );
        }
    }
    Probe {
        address,
        source: check.source.as_ref().map(|source| source.value),
        ..probe
    }
}
