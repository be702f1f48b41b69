//! What happens on failure and return, and what is too much at once, as written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CheckDefinition, Placed, RealServerDefinition};
use crate::diagnostic::Place;
use crate::model::{BelowMinimum, Quantity, Then};

/// What a service wants on failure and return, as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RecoveryDefinition {
    /// How servers leave.
    pub drain: Option<DrainDefinition>,
    /// How servers return.
    pub slow_start: Option<SlowStartDefinition>,
    /// How many servers have to be available.
    pub minimum_healthy: Option<MinimumDefinition>,
    /// Several servers for the time when too few real servers are available, with a check of their own.
    pub fallback_pool: Option<FallbackPoolDefinition>,
}

/// A drain as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrainDefinition {
    /// Where it stands.
    pub place: Place,
    /// `off`: what leaves the definitions leaves the table at once.
    #[serde(default)]
    pub off: bool,
    /// How long open connections are waited for; for ever when nothing is said.
    pub timeout: Option<Placed<Duration>>,
    /// What happens at the end.
    pub then: Option<Placed<Then>>,
}

/// A slow start as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowStartDefinition {
    /// Where it stands.
    pub place: Place,
    /// Time to the full weight.
    pub window: Option<Placed<Duration>>,
    /// How steeply the weight rises at the beginning, as text of a decimal number.
    pub aggression: Option<Placed<String>>,
    /// The share of the weight to begin with, per cent.
    pub from: Option<Placed<u64>>,
}

/// The servers that have to be available, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinimumDefinition {
    /// Where it stands.
    pub place: Place,
    /// How many.
    pub servers: Option<Placed<Quantity>>,
    /// How many end the state of having too few.
    pub back_at: Option<Placed<Quantity>>,
    /// What happens while there are fewer.
    pub below: Option<Placed<BelowMinimum>>,
}

/// A fallback of several servers, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FallbackPoolDefinition {
    /// Where it stands.
    pub place: Place,
    /// The servers.
    pub real_servers: Vec<RealServerDefinition>,
    /// How they are probed; a TCP connect when nothing is written.
    pub check: CheckDefinition,
}

/// What one change may take out at most, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum GuardDefinition {
    /// Every change is let through.
    Off(Place),
    /// Limits; those that are not written have their defaults.
    Limits {
        /// Where they stand.
        place: Place,
        /// Serving real servers of one service.
        servers: Option<Placed<Quantity>>,
        /// Services.
        services: Option<Placed<Quantity>>,
        /// Active connections that would be cut off.
        connections: Option<Placed<u64>>,
    },
}
