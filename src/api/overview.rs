//! What the daemon says of itself when it is asked for its state.

use std::path::PathBuf;
use std::time::Duration;

use director_core::snapshot::Snapshot;

#[derive(Debug)]
pub struct Overview {
    pub snapshot: Snapshot,
    /// The file that the configuration is read from.
    pub configuration: PathBuf,
    /// Time left to a configuration that is on trial.
    pub trial_left: Option<Duration>,
}
