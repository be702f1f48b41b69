//! A director that has the VIP, and balances nothing since a backup sync daemon runs.

use director_core::model::SyncRole;

use crate::doctor::{Finding, HostFacts};

/// With `backup_only` the kernel passes over all packets while a backup daemon runs, also beside a master daemon
/// (net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_hook; include/net/ip_vs.h, sysctl_backup_only).
pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let mut daemons = facts.sync_daemons.iter();
    let backup = daemons.any(|daemon| daemon.role == SyncRole::Backup);
    let only = facts.setting("net.ipv4.vs.backup_only").unwrap_or(0) != 0;
    let active = facts.is_director() && facts.has_clients();
    if !(backup && only && active) {
        return Vec::new();
    }
    vec![Finding {
        fault: "backup-stops-balancing",
        subject: "net.ipv4.vs.backup_only".to_owned(),
        observed: "it is 1, a backup sync daemon runs here, and clients reach a VIP here".to_owned(),
        why: "the kernel balances no packet while a backup daemon runs, so clients get no answer".to_owned(),
        fix: "sysctl -w net.ipv4.vs.backup_only=0; or end the backup daemon while this machine has the VIP (ipvsadm \
              --stop-daemon backup)"
            .to_owned(),
    }]
}
