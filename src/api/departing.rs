//! What the control interface says about whoever leaves.

use director_core::moment::Moment;
use director_core::recovery::{Drain, DrainEnd};
use director_core::snapshot::DepartingView;
use serde::{Deserialize, Serialize};

use super::wire::ChainLink;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrainState {
    pub age_seconds: f64,
    /// Time left; none when it may take as long as it takes, or is over.
    pub seconds_left: Option<f64>,
    /// `waiting`, `empty` or `timed_out`.
    pub state: String,
}

/// A server that is no longer defined and stays for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DepartingServer {
    pub address: String,
    /// Weight in the kernel.
    pub weight: u32,
    /// Active connections in the kernel.
    pub active: u32,
    /// Inactive connections in the kernel.
    pub inactive: u32,
    /// How its weight came about.
    pub chain: Vec<ChainLink>,
    pub drain: Option<DrainState>,
}

/// A service that is no longer defined and stays until its connections have ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DepartingService {
    /// What it listens on.
    pub listen: String,
    pub servers: Vec<DepartingServer>,
}

impl DrainState {
    pub(super) fn of(drain: &Drain, now: Moment) -> Self {
        let left = drain.until().filter(|_| drain.end.is_none());
        Self {
            age_seconds: now.since(drain.since).as_secs_f64(),
            seconds_left: left.map(|until| until.since(now).as_secs_f64()),
            state: match drain.end {
                None => "waiting",
                Some(DrainEnd::Empty) => "empty",
                Some(DrainEnd::TimedOut(_)) => "timed_out",
            }
            .to_owned(),
        }
    }
}

impl DepartingServer {
    pub(super) fn all(departing: &[DepartingView], now: Moment) -> Vec<Self> {
        let leaving = |departing: &DepartingView| Self {
            address: departing.endpoint.to_string(),
            weight: departing.observed.settings.weight,
            active: departing.observed.connections.active,
            inactive: departing.observed.connections.inactive,
            chain: departing
                .chain
                .iter()
                .map(|link| ChainLink::of(link, now))
                .collect(),
            drain: departing
                .drain
                .as_ref()
                .map(|drain| DrainState::of(drain, now)),
        };
        departing.iter().map(leaving).collect()
    }
}
