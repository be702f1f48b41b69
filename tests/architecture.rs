//! The rules of the house that no compiler knows: who may import whom, how large a file may be, how it opens, and what no
//! module is called. The rows here are those of ARCHITECTURE.md; changing one means changing both.

#![cfg(test)]

#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/rows.rs"]
mod rows;
#[path = "architecture/texts.rs"]
mod texts;
#[path = "architecture/words.rs"]
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Files, Use, folder, uses};
use rows::{ROWS, Row, SIBLINGS};

/// Our own crates; all others are a matter of the Cargo.toml files.
const OUR_CRATES: &[&str] = &[
    "director_core",
    "keepalived_compat",
    "ldirectord_compat",
    "ipvsd",
];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "helper", "helpers", "manager", "misc", "besides", "more", "other",
];
const LONGEST_FILE: usize = 400;
/// Where larger circles of imports are left from before; an entry goes when its circle does.
const CIRCLES_LEFT: &[&str] = &[
    "director-core/src/director/",
    "director-core/src/model/",
    "src/loader/yaml/",
];

#[test]
fn every_module_imports_only_rows_below_it() {
    let mut faults = Vec::new();
    for (path, text) in sources(&[
        "src",
        "director-core/src",
        "keepalived-compat/src",
        "ldirectord-compat/src",
    ]) {
        let Some(row) = ROWS
            .iter()
            .filter(|row| path.starts_with(row.files))
            .max_by_key(|row| row.files.len())
        else {
            faults.push(format!("{path} belongs to no row"));
            continue;
        };
        let own = module_of(&path);
        for import in imports(&text, depth(&path)) {
            if import != own && !allowed(row, &import) {
                faults.push(format!("{path} imports {import}"));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// Files that import each other, by whatever way, are understood only together: they are at most two, side by side.
#[test]
fn circles_of_imports_are_of_two_files_in_one_folder() {
    let files = Files::read(&sources(&[
        "src",
        "director-core/src",
        "keepalived-compat/src",
        "ldirectord-compat/src",
    ]));
    let imports = files.imports();
    let mut faults = Vec::new();
    for circle in circles(&imports) {
        let folders: BTreeSet<String> = circle.iter().map(|path| folder(path)).collect();
        let is_left = |start: &&str| circle.iter().all(|path| path.starts_with(*start));
        if (circle.len() == 2 && folders.len() == 1) || CIRCLES_LEFT.iter().any(is_left) {
            continue;
        }
        let edges = circle.iter().flat_map(|path| {
            let inside = imports[path].iter().filter(|(to, _)| circle.contains(*to));
            inside.map(move |(to, name)| format!("{path} imports {name} of {to}"))
        });
        faults.push(edges.collect::<Vec<_>>().join("\n"));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn every_row_stands_for_something() {
    let sources = sources(&[
        "src",
        "director-core/src",
        "keepalived-compat/src",
        "ldirectord-compat/src",
    ]);
    for row in ROWS {
        assert!(
            sources.iter().any(|(path, _)| path.starts_with(row.files)),
            "no file begins with {}",
            row.files
        );
    }
}

#[test]
fn every_file_is_short_and_opens_with_its_job() {
    let mut faults = Vec::new();
    for (path, text) in everything() {
        let lines = text.lines().count();
        if lines >= LONGEST_FILE {
            faults.push(format!("{path} has {lines} lines"));
        }
        if !text.starts_with("//! ") {
            faults.push(format!("{path} does not open with //!"));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn no_module_has_a_name_without_meaning() {
    let faults: Vec<String> = everything()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            path.split(['/', '.'])
                .any(|part| EMPTY_NAMES.contains(&part))
        })
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn nothing_is_left_undone_or_left_out() {
    let marks = [
        ["#[", "ignore"],
        ["todo", "!("],
        ["unimplemented", "!("],
        ["allow(dead", "_code)"],
    ];
    let mut faults = Vec::new();
    for (path, text) in everything() {
        for mark in marks.map(|parts| parts.concat()) {
            if text.contains(&mark) {
                faults.push(format!("{path} holds {mark}"));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_reader_of_imports_sees_every_form() {
    let text = "
        use crate::model::{Family, Host};
        use crate::{table::Table, plan};
        //! [`crate::director`] is only mentioned
        fn f() -> crate::health::Verdict { director_core::moment::Moment::START }
        use super::super::daemon::x;
        use super::sibling;
    ";
    assert_eq!(
        imports(text, 2),
        [
            "daemon",
            "director_core",
            "health",
            "model",
            "plan",
            "table"
        ]
    );
    let row = rows::row("src/x", &["director_core", "model"]);
    assert!(allowed(&row, "model"));
    assert!(!allowed(&row, "daemon"));
}

#[test]
fn circles_are_found_by_whatever_way_they_close() {
    let text = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let texts = [
        text("src/lib.rs", "mod a;\nmod b;\nmod c;\n"),
        text(
            "src/a.rs",
            "use crate::b::{self, Two as Second};\nfn f() { b::f() }\n",
        ),
        // Passed on from c, so that b itself is no part of it.
        text("src/b.rs", "pub use super::c::Two;\npub fn f() {}\n"),
        text(
            "src/c.rs",
            "pub struct Two;\nfn f() -> crate::a::One { todo }\n",
        ),
        text(
            "src/d.rs",
            "// use crate::a::One;\nconst TEXT: &str = \"crate::a::One\";\n",
        ),
    ];
    let files = Files::read(&texts);
    let found = circles(&files.imports());
    assert_eq!(found, [BTreeSet::from(["src/a.rs", "src/c.rs"])]);
    let (found, _) = uses("pub use x::{y::{A, B as C}, self};\n");
    let names: Vec<&str> = found.iter().map(|one: &Use| one.name.as_str()).collect();
    assert_eq!(names, ["A", "C", "x"]);
    assert!(found.iter().all(|one| one.public));
    assert_eq!(found[1].path, ["x", "y", "B"]);
}

/// The largest sets of files each of which imports every other, directly or not.
fn circles<'a>(imports: &BTreeMap<&'a str, BTreeMap<&'a str, String>>) -> Vec<BTreeSet<&'a str>> {
    let reached = |start: &'a str| {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(path) = open.pop() {
            for next in imports[path].keys() {
                if reached.insert(*next) {
                    open.push(next);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|path| (*path, reached(path))).collect();
    let circles = reached.iter().filter_map(|(path, all)| {
        let circle: BTreeSet<&str> = all
            .iter()
            .copied()
            .filter(|other| reached[other].contains(path))
            .collect();
        (circle.len() > 1).then_some(circle)
    });
    let unique: BTreeSet<BTreeSet<&str>> = circles.collect();
    unique.into_iter().collect()
}

fn allowed(row: &Row, import: &str) -> bool {
    row.may_import.iter().any(|allowed| {
        *allowed == import || (*allowed == SIBLINGS && !OUR_CRATES.contains(&import))
    })
}

/// The module of a crate that a file belongs to: `src/cli/check.rs` is part of `cli`.
fn module_of(path: &str) -> String {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    let first = inside.split('/').next().unwrap_or(inside);
    first.trim_end_matches(".rs").to_owned()
}

/// How many modules a file is inside of, its own included.
fn depth(path: &str) -> usize {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    // A file of tests is a module inside the file that it tests, which names its path.
    let parts = inside.split('/').count() + usize::from(inside.ends_with("_tests.rs"));
    match inside.ends_with("/mod.rs") || matches!(inside, "lib.rs" | "main.rs") {
        true => parts - 1,
        false => parts,
    }
}

/// The modules of the own crate, and our own crates, that a text names.
fn imports(text: &str, depth: usize) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect();
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        found.extend(first_segments(&code[start + "crate::".len()..]));
    }
    let up_to_the_root = "super::".repeat(depth.max(1));
    for (start, _) in code.match_indices(&up_to_the_root) {
        found.extend(first_segments(&code[start + up_to_the_root.len()..]));
    }
    for name in OUR_CRATES {
        let path = format!("{name}::");
        for (start, _) in code.match_indices(&path) {
            // The binaries and the library of one package are one crate apart, so what they take is named in full.
            found.push(match *name {
                "ipvsd" => format!("ipvsd::{}", word(&code[start + path.len()..])),
                name => name.to_owned(),
            });
        }
    }
    found.retain(|name| !name.is_empty() && name != "super");
    found.sort();
    found.dedup();
    found
}

/// `a` of `a::b`, and `a` and `b` of `{a::x, b}`.
fn first_segments(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let mut open = 0_usize;
    let mut segments = vec![String::new()];
    for character in group.chars() {
        match character {
            '}' if open == 0 => break,
            '{' => open += 1,
            '}' => open -= 1,
            ',' if open == 0 => segments.push(String::new()),
            other if open == 0 => segments.iter_mut().last().unwrap().push(other),
            _ => {}
        }
    }
    segments.iter().map(|part| word(part.trim())).collect()
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
        .collect()
}

/// All Rust files of the project.
fn everything() -> Vec<(String, String)> {
    sources(&[
        "src",
        "tests",
        "benches",
        "director-core",
        "keepalived-compat",
        "ldirectord-compat",
    ])
}

/// The Rust files below these directories, by path from the root of the project.
fn sources(directories: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = directories.iter().map(|name| root.join(name)).collect();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no sources below {directories:?}");
    found.sort();
    found
}
