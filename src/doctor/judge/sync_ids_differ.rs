//! A master and a backup sync daemon of this machine that use different ids.

use director_core::model::SyncRole;

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let of = |role: SyncRole| {
        facts
            .sync_daemons
            .iter()
            .find(move |daemon| daemon.role == role)
    };
    let (Some(master), Some(backup)) = (of(SyncRole::Master), of(SyncRole::Backup)) else {
        return Vec::new();
    };
    // A backup daemon with the id 0 takes all.
    if backup.sync_id == 0 || master.sync_id == backup.sync_id {
        return Vec::new();
    }
    vec![Finding {
        fault: "sync-ids-differ",
        subject: "sync daemons".to_owned(),
        observed: format!(
            "the master daemon sends with id {}, and the backup daemon takes id {}",
            master.sync_id, backup.sync_id
        ),
        why: "two directors that take turns need the same id for all four daemons; a backup daemon drops the messages of \
              another id"
            .to_owned(),
        fix: format!(
            "use one id on both directors: director: {{sync: {{interface: {}, id: {}}}}}",
            master.interface, master.sync_id
        ),
    }]
}
