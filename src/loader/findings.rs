//! How many findings are kept, listed and logged: a file that is wrong in every line costs neither memory nor a log without
//! end.

use director_core::diagnostic::{Diagnostic, Place};

/// Findings of one reading that are kept, for `ipvsctl check --json`.
pub(super) const KEPT: usize = 10_000;
/// Findings that a daemon logs, remembers and answers with.
const REPORTED: usize = 100;

/// The findings that a daemon reports, with the count of the others.
#[must_use]
pub fn reported(findings: &[Diagnostic]) -> Vec<Diagnostic> {
    first(findings.to_vec(), REPORTED)
}

/// The first findings, with the count of the others. It is an error if one of them is.
pub(super) fn first(mut findings: Vec<Diagnostic>, most: usize) -> Vec<Diagnostic> {
    if findings.len() <= most {
        return findings;
    }
    let others = findings.split_off(most);
    let Some(first) = findings.first() else {
        return findings;
    };
    let place = Place::whole_file(&first.place.file);
    let message = match others.len() {
        1 => "and 1 more finding".to_owned(),
        more => format!("and {more} more findings"),
    };
    let note = match others.iter().any(Diagnostic::is_error) {
        true => Diagnostic::error(&place, message),
        false => Diagnostic::warning(&place, message),
    };
    findings.push(note.hint("fix the first ones; ipvsctl check lists more"));
    findings
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn findings_above_the_limit_are_counted() {
        let place = Place::whole_file(&Arc::from("a.yaml"));
        let warning = Diagnostic::warning(&place, "w");
        let error = Diagnostic::error(&place, "e");
        let all = vec![warning.clone(); REPORTED];
        assert_eq!(reported(&all), all);
        let shown = reported(&[all.clone(), vec![warning]].concat());
        assert_eq!(shown.len(), REPORTED + 1);
        assert_eq!(shown[REPORTED].message, "and 1 more finding");
        assert!(!shown[REPORTED].is_error());
        assert!(reported(&[all, vec![error]].concat())[REPORTED].is_error());
    }
}
