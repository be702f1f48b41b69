//! The kernel's synchronisation daemons: ranges of their settings, and what the kernel runs them with.

use std::net::{IpAddr, Ipv4Addr};

use super::Findings;
use super::host::check_interface_name;
use crate::definitions::{Placed, SyncDefinition, SyncRoles};
use crate::model::{
    Family, SHORTEST_SYNC_MESSAGE, SyncDaemon, SyncFollower, SyncRole, VirtualService,
    longest_sync_message,
};

/// What the kernel takes without other words (include/net/ip_vs.h, IP_VS_SYNC_GROUP and IP_VS_SYNC_PORT;
/// net/netfilter/ipvs/ip_vs_sync.c, start_sync_thread).
const USUAL_GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 81));
const USUAL_PORT: u16 = 8848;
const USUAL_TTL: u8 = 1;

/// The daemons that shall run: those of fixed roles, or one that follows a VIP.
pub(super) fn daemons(
    written: Option<&SyncDefinition>,
    services: &[VirtualService],
    findings: &mut Findings,
) -> (Vec<SyncDaemon>, Option<SyncFollower>) {
    let Some(written) = written else {
        return (Vec::new(), None);
    };
    let vip = vip(written, findings);
    check_interface_name(&written.interface, findings);
    check_families(written, services, findings);
    let group = group(written.group.as_ref(), findings);
    let roles = written
        .role
        .as_ref()
        .map_or(SyncRoles::default(), |role| role.value);
    let roles: &[SyncRole] = match roles {
        SyncRoles::Master => &[SyncRole::Master],
        SyncRoles::Backup | SyncRoles::FollowVip => &[SyncRole::Backup],
        SyncRoles::Both => &[SyncRole::Master, SyncRole::Backup],
    };
    let shortest = match roles {
        [SyncRole::Master] => 1,
        _ => u64::from(SHORTEST_SYNC_MESSAGE),
    };
    let longest = u64::from(longest_sync_message(group));
    let in_range = |name, written: Option<&Placed<u64>>, least, most, findings: &mut Findings| {
        written.map(|written| number(name, written, least..=most, findings))
    };
    let maxlen = in_range(
        "maxlen",
        written.maxlen.as_ref(),
        shortest,
        longest,
        findings,
    );
    let port = in_range("port", written.port.as_ref(), 1, u16::MAX.into(), findings);
    let ttl = in_range("ttl", written.ttl.as_ref(), 1, u8::MAX.into(), findings);
    let id = number("id", &written.id, 0..=u8::MAX.into(), findings);
    let daemon = |role: &SyncRole| SyncDaemon {
        role: *role,
        interface: written.interface.value.clone(),
        sync_id: u32::try_from(id).unwrap_or_default(),
        max_length: maxlen.map_or(0, |bytes| u16::try_from(bytes).unwrap_or_default()),
        group: Some(group),
        port: port.map_or(USUAL_PORT, |port| u16::try_from(port).unwrap_or_default()),
        ttl: ttl.map_or(USUAL_TTL, |ttl| u8::try_from(ttl).unwrap_or_default()),
    };
    let mut daemons: Vec<SyncDaemon> = roles.iter().map(daemon).collect();
    let follower = vip.and_then(|vip| {
        let backup = daemons.pop()?;
        Some(SyncFollower { vip, backup })
    });
    (daemons, follower)
}

/// The VIP that is followed.
fn vip(written: &SyncDefinition, findings: &mut Findings) -> Option<IpAddr> {
    let role = written.role.as_ref();
    let follows = role.filter(|role| role.value == SyncRoles::FollowVip);
    match (follows, &written.vip) {
        (Some(_), Some(vip)) => Some(vip.value),
        (Some(role), None) => {
            findings.error(
                &role.place,
                "role follow_vip needs the VIP to follow",
                "write it, as in vip: 192.0.2.10",
            );
            None
        }
        (None, Some(vip)) => {
            findings.error(
                &vip.place,
                "vip has no effect without role: follow_vip",
                "write role: follow_vip, or remove vip",
            );
            None
        }
        (None, None) => None,
    }
}

/// A number as it is written, reported where the kernel does not take it.
fn number(
    name: &str,
    written: &Placed<u64>,
    range: std::ops::RangeInclusive<u64>,
    findings: &mut Findings,
) -> u64 {
    if !range.contains(&written.value) {
        findings.error(
            &written.place,
            format!(
                "{name} {} of the sync daemon is out of range",
                written.value
            ),
            format!("write {} to {}", range.start(), range.end()),
        );
    }
    written.value
}

fn group(written: Option<&Placed<IpAddr>>, findings: &mut Findings) -> IpAddr {
    let Some(written) = written else {
        return USUAL_GROUP;
    };
    if !written.value.is_multicast() {
        findings.error(
            &written.place,
            format!("{} is not a multicast address", written.value),
            "write a multicast group such as 224.0.0.81, or remove group",
        );
    }
    written.value
}

/// The kernel runs no sync daemon beside servers of the other family than their service, and takes no such servers while one
/// runs (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_genl_new_daemon and ip_vs_add_dest).
fn check_families(written: &SyncDefinition, services: &[VirtualService], findings: &mut Findings) {
    let is_mixed = |service: &&VirtualService| {
        let mut servers = service.real_servers.iter().chain(&service.fallback);
        servers.any(|server| Family::of(server.endpoint.address) != service.id.family())
    };
    if let Some(service) = services.iter().find(is_mixed) {
        findings.error(
            &written.interface.place,
            format!(
                "the kernel runs no sync daemon while a service has real servers of another IP version, as service {} has",
                service.name
            ),
            "remove sync, or use real servers with addresses of the same IP version as their services",
        );
    }
}
