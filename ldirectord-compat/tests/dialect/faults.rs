//! The README's tables of faults: each names who shows that the fault has ended, and those exist; the serious ones have a
//! scenario of the lab each.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rows of the table between these marks, as cells; none when there are no such marks.
fn rows(name: &str) -> Vec<Vec<String>> {
    let readme = fs::read_to_string(root().join("ldirectord-compat/README.md")).unwrap_or_default();
    let open = format!("<!-- {name} -->\n");
    let behind = readme.split_once(&open).map_or("", |(_, behind)| behind);
    let table = behind.split("<!-- end -->").next().unwrap_or_default();
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_matches('|');
        line.split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    table.lines().skip(2).map(cells).collect()
}

/// The names between backticks in the last cell.
fn shown_by(row: &[String]) -> Vec<String> {
    let last = row.last().map_or("", String::as_str);
    last.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn is_scenario(name: &str) -> bool {
    root()
        .join(format!("tests/lab/scenarios/{name}.sh"))
        .exists()
}

fn is_case(name: &str) -> bool {
    root()
        .join(format!("tests/lab/differential/cases/{name}.cf"))
        .exists()
}

/// The text of all Rust files.
fn sources() -> String {
    let mut text = String::new();
    let mut open: Vec<PathBuf> = ["src", "tests", "director-core", "ldirectord-compat"]
        .map(|part| root().join(part))
        .into();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text += &fs::read_to_string(&path).unwrap_or_default();
            }
        }
    }
    text
}

#[test]
fn every_fault_is_shown_to_have_ended() {
    let sources = sources();
    assert!(
        rows("small").len() > 20,
        "the table of the smaller faults is gone"
    );
    let is_test = |name: &str| sources.contains(&format!("fn {name}("));
    for row in rows("serious").iter().chain(&rows("small")) {
        assert!(!shown_by(row).is_empty(), "nobody shows this: {row:?}");
        for name in shown_by(row) {
            assert!(
                is_scenario(&name) || is_case(&name) || is_test(&name),
                "there is no test {name}: {row:?}"
            );
        }
    }
}

#[test]
fn the_serious_faults_are_all_there_with_a_scenario_each() {
    let serious = rows("serious");
    for number in 1..=20 {
        let fault = format!("B{number}");
        let row = serious.iter().find(|row| row[0] == fault);
        let row = row.unwrap_or_else(|| panic!("no row for {fault}"));
        let names = shown_by(row);
        assert!(
            names.iter().any(|name| is_scenario(name)),
            "no scenario: {row:?}"
        );
    }
}

#[test]
fn every_fault_that_the_suite_lists_is_in_the_table() {
    let known: Vec<String> = rows("serious")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    let cases = root().join("tests/lab/differential/cases");
    for entry in fs::read_dir(cases).expect("the cases").flatten() {
        if entry
            .path()
            .extension()
            .is_none_or(|extension| extension != "differs")
        {
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("a readable list");
        for line in text.lines().filter(|line| line.starts_with("@ ")) {
            let fault = line
                .split(" : ")
                .nth(1)
                .and_then(|rest| rest.split(' ').next());
            let fault = fault.unwrap_or_else(|| panic!("no fault: {line}"));
            assert!(
                known.iter().any(|name| name == fault),
                "{fault} is in no table: {line}"
            );
        }
    }
}
