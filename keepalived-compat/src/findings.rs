//! Findings while a file is read. keepalived runs files with nearly any fault and leaves out what it does not understand, so
//! most are warnings.

use director_core::diagnostic::{Diagnostic, Place};

/// Findings of each kind that are kept.
const MOST_FINDINGS: usize = 2_000;

/// The findings of one file and its includes.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
}

impl Findings {
    /// Something that makes the file unusable.
    pub(crate) fn error(&mut self, place: &Place, message: impl Into<String>, hint: &str) {
        self.push(Diagnostic::error(place, message).hint(hint));
    }

    /// A fault of the file that keepalived lives with, as ipvsd then does.
    pub(crate) fn faulty(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Diagnostic::warning(place, message).hint(hint));
    }

    /// Something that keepalived does and ipvsd does not, or does otherwise; and what to do about it.
    pub(crate) fn differs(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Diagnostic::warning(place, message).hint(hint));
    }

    fn push(&mut self, finding: Diagnostic) {
        if self.list.len() < MOST_FINDINGS && !self.list.contains(&finding) {
            self.list.push(finding);
        }
    }

    pub(crate) fn into_list(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|one, other| one.place.cmp(&other.place));
        self.list
    }
}
