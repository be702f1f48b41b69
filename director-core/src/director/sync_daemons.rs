//! What became of the wanted sync daemons.

use std::collections::BTreeSet;

use super::{Director, HostOutcome, HostResult};
use crate::model::{HostChange, SyncDaemon, SyncFollower, SyncRole};

/// A sync daemon that the configuration wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncDaemonState {
    pub daemon: SyncDaemon,
    /// Whether the kernel ran it at the last look.
    pub running: bool,
    /// Why it could not be started.
    pub error: Option<String>,
}

/// Those that were running already, or are now.
pub(super) fn running(outcomes: &[HostOutcome]) -> BTreeSet<SyncDaemon> {
    let running = |outcome: &HostOutcome| match (&outcome.change, &outcome.result) {
        (HostChange::SyncDaemon(daemon), HostResult::Unchanged | HostResult::Made(_)) => {
            Some(daemon.clone())
        }
        _ => None,
    };
    outcomes.iter().filter_map(running).collect()
}

impl Director {
    /// The wanted sync daemons, and what became of each at the last attempt.
    pub(crate) fn sync_daemon_states(&self) -> Vec<SyncDaemonState> {
        let host = self.model.host();
        let state = |daemon: SyncDaemon| {
            let change = HostChange::SyncDaemon(daemon.clone());
            SyncDaemonState {
                running: self.host.sync_daemons.contains(&daemon),
                error: self.host.told.get(&change).cloned(),
                daemon,
            }
        };
        let follower = host.sync_follower.as_ref().map(|follower| {
            let mut state = state(self.present_role(follower));
            let whole = HostChange::SyncFollower(follower.clone());
            state.error = state.error.or_else(|| self.host.told.get(&whole).cloned());
            state
        });
        let fixed = host.sync_daemons.iter().cloned().map(state);
        fixed.chain(follower).collect()
    }

    /// The role that it had, or could not have, at the last attempt.
    fn present_role(&self, follower: &SyncFollower) -> SyncDaemon {
        let master = follower.daemon(SyncRole::Master);
        let told = self
            .host
            .told
            .contains_key(&HostChange::SyncDaemon(master.clone()));
        match told || self.host.sync_daemons.contains(&master) {
            true => master,
            false => follower.daemon(SyncRole::Backup),
        }
    }
}
