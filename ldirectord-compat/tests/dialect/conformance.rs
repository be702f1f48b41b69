//! Files that were given to the Perl program, and what it made of each, in `conformance/*.txt`. What it accepts gives the
//! same table here; what it refuses is refused, or accepted with a warning where only a trifle was wrong.
//!
//! A case is a line `VERDICT: FILE`, and below it, indented, the table that the file gives, or `nothing`; without one it is
//! that of `V⏎R`. In FILE, `⏎` ends a line, `V` and `R` as whole lines stand for the virtual service and the real server below,
//! `···· ␣ → ␍ ␌ ⍽ ￾` for four blanks, a blank, a tab, a carriage return, a form feed, a no-break space, a byte order mark.
//!
//! - `same`: accepted by both, without a warning here;
//! - `warned`: accepted by both, and a warning says what it means;
//! - `trifle`: refused by the Perl program, accepted here with a warning;
//! - `refused N`: refused by both, with the first error in line N.

use std::fs;
use std::path::Path;

use crate::judged::judge;

const V: &str = "virtual=10.0.0.1:80";
const R: &str = "    real=10.0.1.1:80 gate";
const PLAIN: [&str; 2] = ["-t 10.0.0.1:80 -s wrr", "  -r 10.0.1.1:80 -g -w 1"];
const SIGNS: &[(&str, &str)] = &[
    ("····", "    "),
    ("␣", " "),
    ("→", "\t"),
    ("␍", "\r"),
    ("␌", "\x0c"),
    ("⍽", "\u{a0}"),
    ("￾", "\u{feff}"),
];

#[derive(Debug)]
struct Case {
    verdict: String,
    shown: String,
    file: String,
    table: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let (Some(entry), Some(case)) = (line.strip_prefix("    "), cases.last_mut()) {
            case.table.push(entry.to_owned());
        } else if let Some((verdict, shown)) = line.split_once(": ") {
            cases.push(Case {
                verdict: verdict.to_owned(),
                shown: shown.to_owned(),
                file: file(shown),
                table: Vec::new(),
            });
        }
    }
    for case in cases.iter_mut().filter(|case| case.table.is_empty()) {
        case.table = PLAIN.iter().map(|line| (*line).to_owned()).collect();
    }
    for case in &mut cases {
        case.table.retain(|line| line != "nothing");
    }
    cases
}

fn file(shown: &str) -> String {
    let mut lines = Vec::new();
    for line in shown.split('⏎') {
        let plain = SIGNS.iter().fold(line.to_owned(), |text, (sign, meaning)| {
            text.replace(sign, meaning)
        });
        let (text, end) = plain
            .strip_suffix('\r')
            .map_or((plain.as_str(), ""), |text| (text, "\r"));
        let text = match text.trim_start() {
            "V" => text.replace('V', V),
            "R" => text.replace('R', R),
            _ => text.to_owned(),
        };
        lines.push(text + end);
    }
    lines.join("\n")
}

/// What is wrong with our reading of a case.
fn fault(case: &Case) -> Option<String> {
    let judged = judge(case.file.as_bytes());
    let errors = judged.error_lines();
    let warned = !judged.parsed.diagnostics.is_empty();
    let good = match case.verdict.split_once(' ') {
        Some(("refused", line)) => errors.first().map(u32::to_string).as_deref() == Some(line),
        _ => {
            let warning_due = case.verdict != "same";
            errors.is_empty() && warned == warning_due && judged.table() == case.table
        }
    };
    (!good).then(|| {
        let findings: Vec<String> = judged.findings.iter().map(ToString::to_string).collect();
        format!(
            "{}: {}\n{findings:#?}\n{:#?}",
            case.verdict,
            case.shown,
            judged.table()
        )
    })
}

#[test]
fn every_file_means_what_it_means_to_the_perl_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut count = 0;
    let mut faults = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let cases = cases(&fs::read_to_string(&path).expect("a file of cases"));
        assert!(!cases.is_empty(), "{path:?}");
        count += cases.len();
        faults.extend(cases.iter().filter_map(fault));
    }
    assert!(count >= 180, "{count} cases");
    assert!(
        faults.is_empty(),
        "{} of {count}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
