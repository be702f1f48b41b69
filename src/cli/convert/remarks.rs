//! What was found in a file, as comments: each thing once, with the lines that it is about.

use std::collections::BTreeSet;

use director_core::diagnostic::Diagnostic;
use director_core::model::validate::validate;

use crate::loader::Loaded;

/// Lines that are named one by one.
const NAMED: usize = 5;

/// The comments. What `ipvsctl check` finds in the converted file too is not among them.
pub(super) fn lines(loaded: &Loaded) -> Vec<String> {
    let (_, lasting) = validate(&loaded.definitions);
    let lasting: BTreeSet<&str> = lasting.iter().map(|found| found.message.as_str()).collect();
    let found = loaded.report.diagnostics.iter();
    grouped(found.filter(|finding| !lasting.contains(finding.message.as_str())))
}

fn grouped<'d>(findings: impl Iterator<Item = &'d Diagnostic>) -> Vec<String> {
    let mut groups: Vec<(String, Vec<u32>)> = Vec::new();
    for finding in findings {
        // What to change in the old file is no help in the new one.
        let words = finding.message.replace('\n', " ");
        let line = finding.place.line;
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, lines)) if lines.last() == Some(&line) => {}
            Some((_, lines)) => lines.push(line),
            None => groups.push((words, vec![line])),
        }
    }
    groups
        .into_iter()
        .map(|(words, lines)| format!("{}: {words}", places(&lines)))
        .collect()
}

pub(super) fn places(lines: &[u32]) -> String {
    let shown: Vec<String> = lines.iter().take(NAMED).map(u32::to_string).collect();
    let shown = shown.join(", ");
    match lines.len() {
        1 => format!("Line {shown}"),
        few if few <= NAMED => format!("Lines {shown}"),
        many => format!("Lines {shown} and {} more", many - NAMED),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use director_core::diagnostic::Place;

    use super::*;

    #[test]
    fn each_thing_is_said_once() {
        let found = |line, message| {
            Diagnostic::warning(&Place::new(&Arc::from("a.cf"), line, 1, 1), message).hint("do b")
        };
        let mut findings: Vec<Diagnostic> = (1..=7).map(|line| found(line, "a")).collect();
        findings.insert(1, found(1, "a"));
        findings.push(found(8, "c"));
        findings.extend([found(9, "d"), found(10, "d")]);
        assert_eq!(
            grouped(findings.iter()),
            [
                "Lines 1, 2, 3, 4, 5 and 2 more: a",
                "Line 8: c",
                "Lines 9, 10: d",
            ]
        );
    }
}
