//! Sync daemons whose interface cannot send to their multicast group. The kernel starts them on most of such interfaces.

use std::collections::BTreeSet;

use director_core::model::SyncDaemon;

use crate::doctor::{Finding, HostFacts};
use crate::net::Interface;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let daemons = facts.sync_daemons.iter().chain(&facts.wanted_sync_daemons);
    let faults: BTreeSet<(&str, String, String)> =
        daemons.filter_map(|daemon| fault(facts, daemon)).collect();
    let finding = |(name, observed, fix): (&str, String, String)| {
        Finding {
        fault: "sync-group-unreachable",
        subject: format!("sync daemons on {name}"),
        observed,
        why: "their messages do not reach the other director, so open connections break when it takes over".to_owned(),
        fix,
    }
    };
    faults.into_iter().map(finding).collect()
}

/// The name of the interface, what was seen, and the fix. One that is missing or down has a finding of its own.
fn fault<'a>(facts: &'a HostFacts, daemon: &SyncDaemon) -> Option<(&'a str, String, String)> {
    let mut interfaces = facts.interfaces.iter();
    let interface = interfaces.find(|one| one.name == daemon.interface && one.up)?;
    let name = interface.name.as_str();
    if !interface.multicast {
        return Some((
            name,
            format!("{name} does not send to multicast groups"),
            format!("ip link set {name} multicast on; or use another interface"),
        ));
    }
    let group = daemon.group.filter(|group| group.is_ipv6())?;
    (!has_ipv6(facts, interface)).then(|| {
        (
            name,
            format!("the group is {group}, and {name} has no IPv6 address"),
            format!("sysctl -w net.ipv6.conf.{name}.disable_ipv6=0; or use an IPv4 group"),
        )
    })
}

fn has_ipv6(facts: &HostFacts, interface: &Interface) -> bool {
    let mut addresses = facts.addresses.iter();
    addresses.any(|one| one.interface == interface.index && one.address.is_ipv6())
}
