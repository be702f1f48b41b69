//! A director that takes over connections of another and balances what that one forwards to it.

use director_core::model::SyncRole;

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let of = |role: SyncRole| {
        facts
            .sync_daemons
            .iter()
            .find(move |daemon| daemon.role == role)
    };
    let Some(backup) = of(SyncRole::Backup) else {
        return Vec::new();
    };
    // With backup_only the kernel balances nothing. A director whose backup daemon runs on while it is the active one needs
    // to.
    let mut wanted = facts.wanted_sync_daemons.iter();
    let stays = of(SyncRole::Master).is_some()
        || wanted.any(|one| one.role == SyncRole::Backup)
        || facts.has_clients();
    if stays || !facts.is_director() || facts.setting("net.ipv4.vs.backup_only") != Some(0) {
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
