//! Collects findings while the file is read: errors with their remedy and oddities by name. It keeps a bounded number,
//! so that a file full of rubbish costs neither memory nor patience.

use director_core::diagnostic::{Diagnostic, Place, Severity};
use director_core::model::raw_bytes;

use crate::quirks::Quirk;

/// Errors, and warnings, that are kept; the rest is counted.
const MOST_FINDINGS: usize = 500;

/// The findings of one file.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    quirks: Vec<Quirk>,
    errors: usize,
    warnings: usize,
}

impl Findings {
    /// Something that makes the file unusable, and what to write instead.
    pub(crate) fn error(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(Diagnostic::error(place, message).hint(hint));
    }

    /// One of the oddities of the dialect, with what it means here.
    pub(crate) fn quirk(
        &mut self,
        quirk: Quirk,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if !self.quirks.contains(&quirk) {
            self.quirks.push(quirk);
        }
        self.push(Diagnostic::warning(place, message).hint(hint));
    }

    fn push(&mut self, mut finding: Diagnostic) {
        finding.message = printable(&raw_bytes::readable(&finding.message));
        let count = match finding.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= MOST_FINDINGS {
            self.list.push(finding);
        }
    }

    /// The findings in the order of the file, and the oddities that occurred.
    pub(crate) fn finish(mut self, whole_file: &Place) -> (Vec<Diagnostic>, Vec<Quirk>) {
        // A global directive may be judged once for each service; it is reported once.
        self.list.sort_by(|one, other| {
            let key =
                |finding: &Diagnostic| (finding.place.line, finding.place.column, finding.severity);
            key(one)
                .cmp(&key(other))
                .then_with(|| one.message.cmp(&other.message))
        });
        self.list.dedup();
        let errors = self.errors.saturating_sub(MOST_FINDINGS);
        let warnings = self.warnings.saturating_sub(MOST_FINDINGS);
        if errors > 0 {
            let message = format!("{errors} more errors are not shown");
            let hint = "correct the others first";
            self.list
                .push(Diagnostic::error(whole_file, message).hint(hint));
        }
        if warnings > 0 {
            let message = format!("{warnings} more warnings are not shown");
            self.list.push(Diagnostic::warning(whole_file, message));
        }
        (self.list, self.quirks)
    }
}

/// Text of the file goes into messages, and a terminal must not be steered by it.
fn printable(message: &str) -> String {
    if !message.contains(char::is_control) {
        return message.to_owned();
    }
    let escape = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    message.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn control_characters_of_the_file_stay_out_of_messages() {
        let place = Place::whole_file(&Arc::from("a.cf"));
        let mut findings = Findings::default();
        findings.error(&place, "\x1b[2J is no value", "write an address");
        let (list, _) = findings.finish(&place);
        assert_eq!(list[0].message, "\\u{1b}[2J is no value");
    }
}
