//! From reports to verdicts: what a probe found, and the judgement over several of them.

mod machine;
mod report;

pub use machine::{Health, Transition, Verdict};
pub use report::{Outcome, Report};
