//! Settings that differ from what the chosen way of balancing needs.

use director_core::model::{HostConfig, SyncDaemon};

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let Some(profile) = facts.profile else {
        return Vec::new();
    };
    let config = HostConfig {
        profile: Some(profile),
        expire_quiescent_template: facts.persistent_clients_stay.then_some(false),
        one_way: super::reused_ports_stay::one_way_service(facts).is_some(),
        conn_reuse_mode: facts.reused_ports_stay.then_some(false),
        sync_daemons: sync_daemons(facts),
        ..HostConfig::default()
    };
    config
        .settings(false)
        // Settings that a service needs have a file of their own.
        .filter(|(wanted_by, _)| *wanted_by == profile.name())
        .filter_map(|(_, wanted)| {
            let found = facts.settings.get(wanted.name)?;
            (found != wanted.value).then(|| Finding {
                fault: "profile-differs",
                subject: wanted.name.to_owned(),
                observed: format!("it is {found}; the profile {profile} has {}", wanted.value),
                why: wanted.reason.to_owned(),
                fix: format!("sysctl -w {}={}", wanted.name, wanted.value),
            })
        })
        .collect()
}

/// Those that decide about `backup_only`: the configured ones, or both of another program.
fn sync_daemons(facts: &HostFacts) -> Vec<SyncDaemon> {
    let both = facts.sync_daemons.len() > 1;
    match facts.wanted_sync_daemons.is_empty() && both {
        true => facts.sync_daemons.clone(),
        false => facts.wanted_sync_daemons.clone(),
    }
}
