//! What stands beside the checks of a server: the freeze of all verdicts, and those who advise about a weight.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Probe;

/// When all verdicts stand still, since all servers failing at once speaks against the director and not against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Freeze {
    /// Failures this close together count as at once, beyond what the intervals of the checks make of it.
    pub within: Duration,
    /// Servers, by address, that have to fail: with fewer it may well be their own fault.
    pub servers: usize,
    /// How long it lasts at most; until an answer is good or the operator ends it, when nothing is said.
    pub lasts: Option<Duration>,
}

/// One who is asked about a server's weight, over and over.
#[derive(Debug, Clone, PartialEq)]
pub struct Adviser {
    /// The question.
    pub probe: Probe,
    /// From one question to the next.
    pub every: Duration,
}
