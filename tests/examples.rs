//! Every file of `examples/` is in order, and the table it gives is the one beside it: `NAME.table` in the form of
//! `ipvsadm -S -n`, for both dialects alike. `UPDATE=1 cargo test --test examples` writes the tables again.

#![cfg(test)]

mod golden;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use golden::{files_below, updating};

/// Where one begins with each way of balancing; a file that is gone would otherwise only be one that nobody asks for.
const PROMISED: [&str; 10] = [
    "dr",
    "fwmark-web",
    "ipv6",
    "maglev",
    "persistence",
    "sctp",
    "tunnel-gre",
    "tunnel-gue",
    "tunnel-ipip",
    "udp-dns",
];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn definitions() -> Vec<PathBuf> {
    let files: Vec<PathBuf> = ["yaml", "cf"]
        .iter()
        .flat_map(|ending| files_below(&examples(), ending))
        // What others include is no example by itself.
        .filter(|file| {
            file.parent()
                .is_none_or(|directory| !directory.ends_with("conf.d"))
        })
        .collect();
    let missing: Vec<&str> = PROMISED
        .into_iter()
        .filter(|name| !files.contains(&examples().join(name).with_extension("yaml")))
        .collect();
    assert!(missing.is_empty(), "{missing:?} are not among {files:?}");
    files
}

fn ipvsctl(arguments: &[&str], file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ipvsctl"))
        .args(arguments)
        .arg(file)
        .output()
        .unwrap()
}

/// The examples as an operator keeps them: some hold secrets, so that not all users may read them.
fn private_copies() -> tempfile::TempDir {
    let copies = tempfile::tempdir().unwrap();
    for file in ["yaml", "cf", "token"]
        .iter()
        .flat_map(|ending| files_below(&examples(), ending))
    {
        let copy = copies.path().join(file.strip_prefix(examples()).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&file, &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o640)).unwrap();
    }
    copies
}

#[test]
fn every_example_loads_without_a_finding() {
    let copies = private_copies();
    for file in definitions() {
        let file = copies.path().join(file.strip_prefix(examples()).unwrap());
        let output = ipvsctl(&["check", "--strict"], &file);
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(complaints, "", "{}", file.display());
        assert!(output.status.success(), "{}", file.display());
    }
}

#[test]
fn every_example_gives_the_table_beside_it() {
    for file in definitions() {
        let golden = file.with_extension("table");
        let mut table = String::new();
        for (verdict, heading) in [
            ("up", "# every real server up\n"),
            ("down", "# every real server down\n"),
        ] {
            let output = ipvsctl(&["plan", "--assume", verdict, "--output", "ipvsadm"], &file);
            assert!(output.status.success(), "{}", file.display());
            table += heading;
            table += &String::from_utf8(output.stdout).unwrap();
        }
        if updating() {
            fs::write(&golden, &table).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(table, expected, "{}", file.display());
    }
}

/// As the file says: without "services: []", and without "# " before the lines below it.
#[test]
fn the_configuration_of_the_package_is_valid_as_it_is_and_uncommented_as_it_says() {
    let text = include_str!("../dist/ipvsd.yaml");
    let (head, below) = text.split_once("services: []\n").unwrap();
    let uncommented = |line: &str| format!("{}\n", line.strip_prefix("# ").unwrap_or(line));
    let used: String = below.lines().map(uncommented).collect();
    assert!(used.contains("\nservices:\n"), "{used}");
    let directory = tempfile::tempdir().unwrap();
    for text in [text.to_owned(), format!("{head}{used}")] {
        let file = directory.path().join("ipvsd.yaml");
        fs::write(&file, &text).unwrap();
        let output = ipvsctl(&["check", "--strict"], &file);
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(complaints, "", "{text}");
        assert!(output.status.success(), "{text}");
    }
}

#[test]
fn no_table_lies_beside_nothing() {
    let names = |ending: &str| -> BTreeSet<PathBuf> {
        files_below(&examples(), ending)
            .iter()
            .map(|file| file.with_extension(""))
            .collect()
    };
    let defined: BTreeSet<PathBuf> = definitions()
        .iter()
        .map(|file| file.with_extension(""))
        .collect();
    assert_eq!(names("table"), defined);
}
