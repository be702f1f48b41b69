//! The order in which a plan is carried out, the same for every kernel: stage by stage, and a service in which an
//! operation was refused takes no part in later stages, so that a failed add never leads to the removal of what it was
//! to replace.

use std::collections::BTreeSet;

use director_core::plan::{Op, OpFailure, Plan};

use super::error::{KernelError, RefusedOperation};
use super::{Applied, explain};

/// Carries the plan out. `execute` does the operations it is given, independently of each other and in order, and
/// returns the indices of those that were refused.
pub(super) fn carry_out(
    plan: &Plan,
    mut execute: impl FnMut(&[&Op]) -> Result<Vec<(usize, RefusedOperation)>, KernelError>,
) -> Applied {
    let mut applied = Applied::default();
    let mut stopped = BTreeSet::new();
    let stages = plan
        .steps
        .chunk_by(|left, right| left.op.stage() == right.op.stage());
    for stage in stages {
        let (skipped, turn): (Vec<&Op>, Vec<&Op>) = stage
            .iter()
            .map(|step| &step.op)
            .partition(|op| stopped.contains(&op.service()));
        applied.skipped.extend(skipped.into_iter().cloned());
        if turn.is_empty() {
            continue;
        }
        match execute(&turn) {
            Ok(refused) => {
                for (index, refusal) in refused {
                    let Some(op) = turn.get(index) else { continue };
                    stopped.insert(op.service());
                    applied.failures.push(failure(op, &refusal));
                }
            }
            Err(error) => {
                applied.interrupted = Some(error);
                return applied;
            }
        }
    }
    applied
}

fn failure(op: &Op, refusal: &RefusedOperation) -> OpFailure {
    OpFailure {
        op: op.clone(),
        errno: refusal.errno,
        message: explain::refused(op, refusal),
    }
}

#[cfg(test)]
#[path = "staged_tests.rs"]
mod tests;
