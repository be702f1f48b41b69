//! What the lab's differential suite covers and has found: its files hold every directive of ldirectord, and its committed
//! table a row without a difference for each of them.

use std::fs;
use std::path::{Path, PathBuf};

use ldirectord_compat::directives::{DIRECTIVES, Key};

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lab/differential")
}

/// The names of the cases and the text of all their files.
fn cases() -> (Vec<String>, String) {
    let mut names = Vec::new();
    let mut text = String::new();
    for entry in fs::read_dir(suite().join("cases"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".cf") else {
            continue;
        };
        text += &fs::read_to_string(entry.path()).unwrap_or_default();
        if !name.ends_with(".reload") {
            names.push(name.to_owned());
        }
    }
    (names, text)
}

#[test]
fn every_directive_of_ldirectord_is_in_a_file_of_the_suite() {
    let (_, text) = cases();
    let written: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key.trim())
        .collect();
    let missing: Vec<&str> = DIRECTIVES
        .iter()
        // ldirectord does not know these.
        .filter(|directive| {
            !matches!(
                directive.key,
                Key::VerifyCertificate | Key::FallbackCommandAtStop
            )
        })
        .map(|directive| directive.name)
        .filter(|name| !written.contains(name))
        .collect();
    assert!(missing.is_empty(), "in no file of the suite: {missing:?}");
}

#[test]
fn the_committed_table_holds_every_file_and_no_difference() {
    let (names, _) = cases();
    assert!(names.len() >= 40, "{} files", names.len());
    let table = fs::read_to_string(suite().join("RESULTS.md")).expect("RESULTS.md");
    for name in names {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| {name} |")))
            .unwrap_or_else(|| panic!("no row for {name}: run make differential"));
        let cells: Vec<&str> = row.split('|').map(str::trim).skip(2).take(8).collect();
        for cell in cells {
            assert!(cell == "equal" || cell.starts_with("listed "), "{row}");
        }
    }
}
