//! Every word of `service` and `checktype` is asked of a real server in the lab, and `docs/checks.md` shows what came of it
//! in each state of the server.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ldirectord_compat::directives::keywords::{CHECK_TYPES, SERVICES};

/// No server can be had for it: asked in src/probe/tests/oracle.rs, of recorded bytes.
const WITHOUT_A_SERVER: &str = "oracle";
/// The number of `checktype`, as it stands in the table.
const NUMBER: &str = "N";
/// A wrong answer to these is not possible: they want no answer, or any.
const CONTENT_WITH_ANY_ANSWER: [&str; 5] = ["connect", "ping", "on", "off", "none"];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn words() -> Vec<&'static str> {
    let services = SERVICES.iter().map(|service| service.name);
    let types = CHECK_TYPES.iter().map(|(word, _)| *word);
    services.chain(types).chain([NUMBER]).collect()
}

fn scenarios() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/scenarios/checks");
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("/protocol-states-"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn every_check_word_runs_in_the_lab_with_a_wrong_answer_too() {
    let scenarios = scenarios();
    let mut wrongs: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last = "";
    for line in scenarios.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("asked") => {
                last = words.next().unwrap();
                wrongs.entry(last).or_default();
            }
            Some("wrong" | "refusals") => *wrongs.entry(last).or_default() += 1,
            _ => {}
        }
    }
    for word in words() {
        if word == WITHOUT_A_SERVER {
            continue;
        }
        let wrong = wrongs.get(word);
        assert!(wrong.is_some(), "no scenario asks {word}");
        let any = CONTENT_WITH_ANY_ANSWER.contains(&word);
        assert!(
            any || wrong > Some(&0),
            "no scenario lets {word} answer wrongly"
        );
    }
}

#[test]
fn the_table_has_a_full_row_for_every_word() {
    let page = read("docs/checks.md");
    let rows: BTreeMap<String, Vec<String>> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let mut cells = line.trim_end_matches(" |").split(" | ");
            let word = cells.next().unwrap().trim_end_matches('`').to_owned();
            (word, cells.map(str::to_owned).collect())
        })
        .collect();
    for word in words() {
        let cells = rows.get(word);
        let cells = cells.unwrap_or_else(|| panic!("docs/checks.md has no row for {word}"));
        assert_eq!(cells.len(), 5, "{word}: {cells:?}");
        let empty = cells.iter().filter(|cell| cell.as_str() == "–").count();
        let allowed = usize::from(CONTENT_WITH_ANY_ANSWER.contains(&word));
        assert_eq!(empty, allowed, "{word}: {cells:?}");
    }
    assert_eq!(rows.len(), words().len(), "a row for a word that is none");
}
