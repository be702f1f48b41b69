//! What a service does on failure and return: drain, slow start, tiers, and the number of servers that it needs.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The tier of servers that name none, and the first to be used.
pub const FIRST_TIER: u32 = 1;

/// What a service does on failure and return.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Recovery {
    /// How servers leave that failed or are drained, where the definitions say it.
    pub drain: Option<DrainRule>,
    /// How servers and services leave that are no longer defined, and a fallback that is no longer needed; at once when none.
    pub leaving: Option<DrainRule>,
    /// How servers return; with their full weight when nothing is said.
    pub slow_start: Option<SlowStart>,
    /// How many servers it needs; one, with the fallback below it, when nothing is said.
    pub minimum: Option<Minimum>,
}

/// How servers leave: with weight 0 until no connection is active, or until time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DrainRule {
    /// How long open connections are waited for; as long as it takes when none.
    pub timeout: Option<Duration>,
    /// What happens at the end.
    pub then: Then,
}

/// How servers drain where nothing is said. A server that is overloaded, restarts or leaves finishes what it has begun; one that
/// is dead keeps nobody longer than this.
pub const DEFAULT_DRAIN: DrainRule = DrainRule {
    timeout: Some(Duration::from_secs(600)),
    then: Then::Remove,
};

/// What happens at the end of a drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// The server leaves the table; connections that are still open are cut off.
    #[default]
    Remove,
    /// The server stays with weight 0. One that is no longer defined stays as long as it has active connections.
    Keep,
}

/// How servers return: with a growing share of their weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowStart {
    /// Time to the full weight.
    pub window: Duration,
    /// 1 for a straight line; above 1 rises sooner, below 1 later.
    pub aggression: f64,
    /// The share to begin with, per cent, 1 to 100.
    pub from_percent: u32,
}

/// How many servers a service needs, and what happens while there are fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Minimum {
    /// How many have to be available.
    pub servers: Quantity,
    /// How many end the state of having too few; at least as many.
    pub back_at: Quantity,
    /// What happens while there are fewer.
    pub below: BelowMinimum,
}

impl Default for Minimum {
    /// One server, and the fallback without it.
    fn default() -> Self {
        Self {
            servers: Quantity::Number(1),
            back_at: Quantity::Number(1),
            below: BelowMinimum::Fallback,
        }
    }
}

/// What happens while fewer servers are available than needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BelowMinimum {
    /// The fallback serves in place of those that are left. Without one that works, those that are left go on.
    #[default]
    Fallback,
    /// Health is ignored: all servers serve, since most of them may well be up. A fallback serves when none is.
    KeepAll,
    /// The service leaves the kernel, so that clients or routers look elsewhere at once.
    Withdraw,
}

/// A number, or a share of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quantity {
    /// So many.
    Number(u64),
    /// Per cent of the whole, 0 to 100.
    Percent(u64),
}

impl Quantity {
    /// At least so many of a whole: shares are rounded up.
    #[must_use]
    pub fn at_least(self, whole: usize) -> usize {
        match self {
            Self::Number(number) => usize::try_from(number).unwrap_or(usize::MAX),
            Self::Percent(percent) => {
                (whole * usize::try_from(percent).unwrap_or(100)).div_ceil(100)
            }
        }
    }

    /// Whether a part of a whole is more than this.
    #[must_use]
    pub fn is_exceeded_by(self, part: usize, whole: usize) -> bool {
        match self {
            Self::Number(number) => part as u64 > number,
            Self::Percent(percent) => part as u64 * 100 > whole as u64 * percent,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Percent(percent) => write!(f, "{percent} %"),
        }
    }
}

/// What one change may remove at most without `--force`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guard {
    /// Serving real servers of one service, of those that serve now; none when that is not guarded.
    pub servers: Quantity,
    /// Services, of those that are defined now.
    pub services: Quantity,
    /// Active connections that would be cut off.
    pub connections: u64,
}

impl Default for Guard {
    /// Half of a pool, half of the services, a thousand connections.
    fn default() -> Self {
        Self {
            servers: Quantity::Percent(50),
            services: Quantity::Percent(50),
            connections: 1000,
        }
    }
}
