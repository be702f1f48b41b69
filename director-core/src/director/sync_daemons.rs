//! What became of the wanted sync daemons.

use std::collections::BTreeSet;

use super::{Director, HostOutcome, HostResult};
use crate::model::{HostChange, SyncDaemon};

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
        let wanted = self.model.host().sync_daemons.iter();
        let state = |daemon: &SyncDaemon| {
            let change = HostChange::SyncDaemon(daemon.clone());
            SyncDaemonState {
                daemon: daemon.clone(),
                running: self.host.sync_daemons.contains(daemon),
                error: self.host.told.get(&change).cloned(),
            }
        };
        wanted.map(state).collect()
    }
}
