//! Sync daemons whose interface is missing or down.

use std::collections::BTreeSet;

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let daemons = facts.sync_daemons.iter().chain(&facts.wanted_sync_daemons);
    let names: BTreeSet<&str> = daemons.map(|daemon| daemon.interface.as_str()).collect();
    let finding = |name: &str| {
        let known = facts.interfaces.iter().find(|one| one.name == name);
        let (observed, fix) = match known {
            None => (
                format!("this machine has no interface {name}"),
                "name an interface from `ip link` in director.sync, or create this one".to_owned(),
            ),
            Some(interface) if interface.up => return None,
            Some(_) => (format!("{name} is down"), format!("ip link set {name} up")),
        };
        Some(Finding {
            fault: "sync-interface-down",
            subject: format!("sync daemons on {name}"),
            observed,
            why: "no connection is copied to the other director, so open connections break when it takes over"
                .to_owned(),
            fix,
        })
    };
    names.into_iter().filter_map(finding).collect()
}
