//! A director that takes over connections of another and balances what that one forwards to it.

use crate::doctor::{Finding, HostFacts};
use crate::ipvs::SyncRole;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let backup = facts
        .sync_daemons
        .iter()
        .find(|daemon| daemon.role == SyncRole::Backup);
    let Some(backup) = backup else {
        return Vec::new();
    };
    if !facts.is_director() || facts.setting("net.ipv4.vs.backup_only") != Some(0) {
        return Vec::new();
    }
    vec![Finding {
        fault: "backup-balances",
        subject: format!("sync daemon on {}", backup.interface),
        observed: "a backup sync daemon runs here, this machine has services, and net.ipv4.vs.backup_only=0".to_owned(),
        why: "if this machine is also a real server of the active director, it balances packets a second time and \
            they loop".to_owned(),
        fix: "sysctl -w net.ipv4.vs.backup_only=1".to_owned(),
    }]
}
