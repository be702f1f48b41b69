//! From reports to verdicts: what a probe found, and the judgement over several of them.

mod machine;
mod report;
mod schedule;

pub use machine::{Health, Transition, Verdict};
pub use report::{Outcome, Report};
pub use schedule::{ProbeId, Schedule};
