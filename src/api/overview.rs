//! What the daemon says of itself when it is asked for its state.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use director_core::snapshot::Snapshot;

use super::counters::Counters;
use super::peer_status::PeerStatus;
use super::takeover::ObservationStatus;

#[derive(Debug, Clone)]
pub struct Overview {
    pub snapshot: Snapshot,
    /// The file that the configuration is read from.
    pub configuration: PathBuf,
    /// Time left to a configuration that is on trial.
    pub trial_left: Option<Duration>,
    /// The time of the snapshot.
    pub at: SystemTime,
    pub counters: Counters,
    /// What would have been changed, if this daemon only observes.
    pub observation: Option<ObservationStatus>,
    /// The other director of a pair, if one is configured.
    pub peer: Option<PeerStatus>,
    /// Why metrics cannot be read by TCP, where that is configured.
    pub metrics_error: Option<String>,
}

impl Overview {
    /// A daemon of which no more is known than this.
    #[must_use]
    pub fn of(snapshot: Snapshot, configuration: PathBuf) -> Self {
        Self {
            snapshot,
            configuration,
            trial_left: None,
            at: UNIX_EPOCH,
            counters: Counters::default(),
            observation: None,
            peer: None,
            metrics_error: None,
        }
    }
}
