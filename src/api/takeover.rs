//! What the control interface says of a daemon that observes the table of another program.

use director_core::director::{Differences, TableDifference};
use director_core::moment::Moment;

use serde::{Deserialize, Serialize};

/// A request to manage the table that was only observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeOverRequest {
    /// For how long the end of the other program is waited for, at most [`LONGEST_WAIT_SECONDS`].
    #[serde(default)]
    pub wait_seconds: u64,
    /// Even while another program manages it.
    #[serde(default)]
    pub force: bool,
}

/// The longest wait of one request for the end of another program.
pub const LONGEST_WAIT_SECONDS: u64 = 60;

/// The daemon starts again and manages the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeOverOutcome {
    /// Changes that it will make at once.
    pub differences: usize,
}

/// What a daemon that observes would have changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObservationStatus {
    /// For how long it has observed.
    pub age_seconds: f64,
    /// Changes that it would make now.
    pub current: Vec<DifferenceStatus>,
    /// The last ones that are no longer needed, the oldest first.
    pub ended: Vec<DifferenceStatus>,
    /// How many have ended so far.
    pub ended_count: u64,
}

/// One change that would have been made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifferenceStatus {
    /// The virtual service: `tcp 192.0.2.10:80`.
    pub service: String,
    /// The real server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The change, as a plan shows it.
    pub change: String,
    /// Why; empty where the configuration alone says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// How long ago it began.
    pub began_seconds_ago: f64,
    /// How long it has lasted.
    pub lasted_seconds: f64,
}

impl ObservationStatus {
    /// What is known at this moment.
    #[must_use]
    pub fn of(since: Moment, differences: &Differences, now: Moment) -> Self {
        let status = |difference: &TableDifference| DifferenceStatus::of(difference, now);
        Self {
            age_seconds: now.since(since).as_secs_f64(),
            current: differences.current().map(status).collect(),
            ended: differences.ended().map(status).collect(),
            ended_count: differences.ended_count(),
        }
    }
}

impl DifferenceStatus {
    fn of(difference: &TableDifference, now: Moment) -> Self {
        let op = &difference.step.op;
        Self {
            service: op.service().to_string(),
            server: op.server().map(|server| server.to_string()),
            change: op.to_string(),
            reason: difference.step.reason.clone(),
            began_seconds_ago: now.since(difference.since).as_secs_f64(),
            lasted_seconds: difference.lasted(now).as_secs_f64(),
        }
    }
}
