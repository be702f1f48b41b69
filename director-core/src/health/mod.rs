//! From reports to health: what a probe found, and the state that several of them determine.

mod advice;
mod answer;
mod damping;
mod history;
mod initial;
mod interval;
mod machine;
mod outage;
mod pending_change;
mod probe_task;
mod report;
mod schedule;
mod server;

pub use advice::{Advice, AdvisedState, AdvisedWeight};
pub use damping::Penalty;
pub use history::{HISTORY_LENGTH, History};
pub use machine::{CheckHealth, HealthState, Transition};
pub use outage::{FreezeScope, Frozen, Outage};
pub use pending_change::PendingChange;
pub use report::{Contact, Outcome, Phases, Report};
pub use schedule::{Concern, ProbeId, Schedule, Subscription};
pub use server::{Health, HealthChange};

use std::collections::BTreeMap;

use crate::model::{Endpoint, ServiceId};

/// What is known about every real server, by service and server.
pub type HealthByServer = BTreeMap<(ServiceId, Endpoint), Health>;
