//! New definitions that were refused, while the former ones stay in force.

use super::{Director, Effect, Notice};
use crate::diagnostic::Diagnostic;
use crate::moment::Moment;

/// New definitions that were refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// When.
    pub at: Moment,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Director {
    pub(super) fn load_refused(
        &mut self,
        diagnostics: Vec<Diagnostic>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Tell(Notice::LoadRefused {
            diagnostics: diagnostics.clone(),
        }));
        self.refusal = Some(Refusal {
            at: now,
            diagnostics,
        });
    }
}
