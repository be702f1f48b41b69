//! Odd values of every directive, one file for each: what the Perl program made of it, as `tests/lab/differential/odd`
//! recorded it in `tests/odd/verdicts.txt`, and what we make of it. What it accepts is accepted here; what it refuses is
//! refused, or accepted with a warning. The README lists what is otherwise, with the reason.
//!
//! A line of the table is `VERDICT SCOPE KEY=VALUE`. `␣` and `→` stand for a blank and a tab. The scope says where in a
//! minimal file the line stands; `observe/Verdicts.pm` makes the same files. With `UPDATE=1` this test writes the lines
//! that are missing, as `unknown`, for the recorder to fill in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ldirectord_compat::directives::{DIRECTIVES, Directive, Key, Scope, ValueClass};

use crate::judged::judge;

mod values;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Where a line stands in its file.
fn places(directive: &Directive) -> &'static [&'static str] {
    match (directive.key, directive.scope) {
        (Key::Virtual, _) => &["head"],
        (Key::Virtual6, _) => &["head6"],
        (Key::Real6, _) => &["virtual6"],
        (Key::Fallback6, _) => &["global6", "virtual6"],
        (Key::Netmask, _) => &["virtual", "virtual6"],
        (_, Scope::Global) => &["global"],
        (_, Scope::Both) => &["global", "virtual"],
        (_, Scope::Virtual | Scope::Opening) => &["virtual"],
    }
}

fn shown(text: &str) -> String {
    text.replace(' ', "␣").replace('\t', "→")
}

fn written(text: &str) -> String {
    text.replace('␣', " ").replace('→', "\t")
}

/// The file in which a line stands.
fn file(place: &str, line: &str) -> String {
    let (four, six) = (
        "virtual=10.0.0.1:80\n\treal=10.0.1.1:80 gate\n",
        "virtual6=[2001:db8::1]:80\n\treal6=[2001:db8::11]:80 gate\n",
    );
    match place {
        "global" => format!("{line}\n{four}\n"),
        "global6" => format!("{line}\n{six}\n"),
        "virtual" => format!("{four}\t{line}\n\n"),
        "virtual6" => format!("{six}\t{line}\n\n"),
        "head" => format!("{line}\n\treal=10.0.1.1:80 gate\n\n"),
        _ => format!("{line}\n\treal6=[2001:db8::11]:80 gate\n\n"),
    }
}

/// All cases: place and line as they are shown.
fn cases() -> Vec<String> {
    let mut cases = Vec::new();
    for directive in DIRECTIVES {
        // The Perl program does not know these.
        if matches!(
            directive.key,
            Key::VerifyCertificate | Key::FallbackCommandAtStop
        ) {
            continue;
        }
        for place in places(directive) {
            let own = values::of(directive.value);
            for value in values::ANY.iter().chain(own) {
                let case = format!("{place} {}={}", directive.name, shown(value));
                if !cases.contains(&case) {
                    cases.push(case);
                }
            }
        }
    }
    cases
}

fn recorded() -> BTreeMap<String, String> {
    let text = fs::read_to_string(path("tests/odd/verdicts.txt")).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(verdict, case)| (case.to_owned(), verdict.to_owned()))
        .collect()
}

/// The cases that the README lists, with the reason.
fn listed() -> Vec<String> {
    let readme = fs::read_to_string(path("README.md")).unwrap_or_default();
    let behind = readme
        .split_once("<!-- odd -->\n")
        .map_or("", |(_, behind)| behind);
    let table = behind.split("<!-- end -->").next().unwrap_or_default();
    let cells = table
        .lines()
        .skip(2)
        .filter_map(|row| row.split('`').nth(1));
    cells.map(str::to_owned).collect()
}

/// What is wrong with our reading of a case.
fn fault(case: &str, verdict: &str) -> Option<String> {
    let (place, line) = case.split_once(' ').unwrap_or_default();
    let judged = judge(file(place, &written(line)).as_bytes());
    let refused = !judged.error_lines().is_empty();
    let wrong = match verdict {
        "accepted" => refused,
        "refused" => !refused && judged.findings.is_empty(),
        _ => true,
    };
    let findings: Vec<String> = judged.findings.iter().map(ToString::to_string).collect();
    wrong.then(|| format!("{verdict} {case}: {}", findings.join("; ")))
}

#[test]
fn every_odd_value_is_accepted_where_the_perl_program_accepts_it() {
    let cases = cases();
    let recorded = recorded();
    if std::env::var_os("UPDATE").is_some() {
        let mut text = String::new();
        for case in &cases {
            let verdict = recorded.get(case).map_or("unknown", String::as_str);
            let _ = writeln!(text, "{verdict} {case}");
        }
        fs::write(path("tests/odd/verdicts.txt"), text).expect("a writable table");
        return;
    }
    let listed = listed();
    let mut faults = Vec::new();
    for case in &cases {
        let verdict = recorded.get(case).map_or("unknown", String::as_str);
        match (fault(case, verdict), listed.contains(case)) {
            (Some(fault), false) => faults.push(fault),
            (None, true) => faults.push(format!("{case} is listed and need not be")),
            _ => {}
        }
    }
    assert!(cases.len() > 2000, "{} cases", cases.len());
    assert_eq!(
        recorded.len(),
        cases.len(),
        "the table is old: tests/lab/differential/odd"
    );
    assert!(
        listed.iter().all(|case| cases.contains(case)),
        "unknown cases are listed: {listed:?}"
    );
    assert!(
        faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        cases.len(),
        faults.join("\n")
    );
}

/// Values that only make sense for one class.
#[test]
fn every_class_that_is_no_plain_text_has_values_of_its_own() {
    for directive in DIRECTIVES {
        let plain = matches!(
            directive.value,
            ValueClass::Quoted
                | ValueClass::QuotedOrEmpty
                | ValueClass::Path
                | ValueClass::Command
                | ValueClass::Raw
                | ValueClass::RawPath
                | ValueClass::HostHeader
                | ValueClass::Number
                | ValueClass::NumberOrZero
                | ValueClass::Frequency
                | ValueClass::YesNo
        );
        assert!(
            plain || !values::of(directive.value).is_empty(),
            "{}",
            directive.name
        );
    }
}
