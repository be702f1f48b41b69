//! From reports to verdicts: what a probe found, and the judgement over several of them.

mod damping;
mod history;
mod machine;
mod report;
mod schedule;

pub use damping::Penalty;
pub use history::{HISTORY_LENGTH, History};
pub use machine::{Health, Transition, Verdict};
pub use report::{Outcome, Phases, Report};
pub use schedule::{ProbeId, Schedule};

use std::collections::BTreeMap;

use crate::model::{Endpoint, ServiceId};

/// What is known about every real server, by service and server.
pub type HealthBook = BTreeMap<(ServiceId, Endpoint), Health>;
