//! Why a step is wanted, as one of a few kinds; the words of [`super::Step::reason`] say it to people.

use serde::{Deserialize, Serialize};

/// The kind of reason behind a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The definitions of the service itself say so.
    Defined,
    /// It is no longer defined.
    NoLongerDefined,
    /// The real server is, or is taken to be, up.
    ServerUp,
    /// The real server is down.
    ServerDown,
    /// A override says so.
    Override,
    /// The step is about the fallback, which comes and goes with the last real server.
    Fallback,
    /// The director stops.
    Stop,
}
