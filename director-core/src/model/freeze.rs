//! What decides in addition to the checks of a server: the freeze, and the sources of advice about a weight.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Probe;

/// When all health is frozen, since a failure of all servers at once is probably the director's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Freeze {
    /// Failures this close together count as at once, beyond what the intervals of the checks make of it.
    pub within: Duration,
    /// Servers, by address, that have to fail: with fewer it may well be their own fault.
    pub servers: usize,
    /// How long it lasts at most; until an answer is good or the operator ends it, when nothing is said.
    pub lasts: Option<Duration>,
}

/// A source of a server's weight, read at an interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Adviser {
    /// The probe.
    pub probe: Probe,
    /// Check interval.
    pub every: Duration,
}
