//! A keepalived.conf makes the same table here as with Debian's keepalived: `tests/lab/keepalived/tables` wrote what that
//! made of each file. Where ours differs on purpose, the file `NAME.differs` says which lines and why.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/keepalived/cases")
}

fn names() -> Vec<String> {
    let entries = fs::read_dir(cases()).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let configurations =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "conf"));
    let mut names: Vec<String> = configurations
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// The name of this machine in conditions. The files are for a machine called `here`.
fn config_id() -> String {
    let output = std::process::Command::new("uname")
        .arg("-n")
        .output()
        .unwrap();
    let name = String::from_utf8(output.stdout).unwrap();
    name.trim().split('.').next().unwrap().to_owned()
}

/// A directory with the files, for this machine.
fn site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    copy(&cases(), site.path(), &config_id());
    site
}

fn copy(from: &Path, to: &Path, id: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&path, &target, id);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let text = text
                .replace("@here ", &format!("@{id} "))
                .replace("@^here ", &format!("@^{id} "));
            fs::write(target, text).unwrap();
        }
    }
}

fn ipvsctl(arguments: &[&str]) -> (String, String, Option<i32>) {
    ipvsctl_in(Path::new("."), arguments)
}

fn ipvsctl_in(directory: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::cargo_bin("ipvsctl").unwrap();
    let output = command
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code(),
    )
}

/// The table when all servers are up. A file without a usable service is refused, as it would empty the table.
fn table(file: &Path) -> BTreeSet<String> {
    let file = file.to_str().unwrap();
    let (table, errors, status) = ipvsctl(&["plan", "--assume", "up", "--output", "ipvsadm", file]);
    if errors.contains("error: this file has no virtual_server that can be used") {
        assert_eq!(status, Some(2), "{file}");
        return BTreeSet::new();
    }
    assert_eq!(status, Some(0), "{file}: {errors}");
    lines(&table)
}

/// The lines of keepalived with the listed differences applied. Each of them must be one.
fn expected(name: &str) -> BTreeSet<String> {
    let mut table = lines(&fs::read_to_string(cases().join(format!("{name}.ipvsadm"))).unwrap());
    let Ok(differs) = fs::read_to_string(cases().join(format!("{name}.differs"))) else {
        return table;
    };
    for line in differs.lines().filter(|line| !line.starts_with('#')) {
        let changed = match line.split_at(1) {
            ("-", gone) => table.remove(gone),
            ("+", new) => table.insert(new.to_owned()),
            _ => false,
        };
        assert!(changed, "{name}.differs: {line:?} changes nothing");
    }
    table
}

#[test]
fn every_file_makes_the_table_that_keepalived_makes() {
    let site = site();
    let mut faults = Vec::new();
    for name in names() {
        let (ours, theirs) = (
            table(&site.path().join(format!("{name}.conf"))),
            expected(&name),
        );
        for line in theirs.difference(&ours) {
            faults.push(format!("{name}: -{line}"));
        }
        for line in ours.difference(&theirs) {
            faults.push(format!("{name}: +{line}"));
        }
    }
    assert!(names().len() >= 99);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_converted_file_makes_the_same_table() {
    let site = site();
    for name in names() {
        let file = site.path().join(format!("{name}.conf"));
        if expected(&name).is_empty() {
            continue;
        }
        let (yaml, errors, status) = ipvsctl(&["convert", file.to_str().unwrap()]);
        assert_eq!(status, Some(0), "{name}: {errors}");
        let converted = site.path().join(format!("{name}.yaml"));
        fs::write(&converted, &yaml).unwrap();
        assert_eq!(table(&converted), table(&file), "{name}:\n{yaml}");
    }
}

/// What is said about a file, and what becomes of it in YAML. UPDATE=1 writes them.
#[test]
fn findings_and_conversions_are_as_recorded() {
    let site = site();
    let update = std::env::var_os("UPDATE").is_some();
    let mut faults = Vec::new();
    for name in names() {
        let file = format!("{name}.conf");
        let (summary, findings, _) = ipvsctl_in(site.path(), &["check", &file]);
        let (yaml, _, _) = ipvsctl_in(site.path(), &["convert", &file]);
        let text = format!("-- check --\n{findings}{summary}-- convert --\n{yaml}");
        let golden = cases().join(format!("{name}.golden"));
        if update {
            fs::write(&golden, &text).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != text {
            faults.push(format!("{name}:\n{text}"));
        }
    }
    assert!(
        faults.is_empty(),
        "UPDATE=1 writes them\n{}",
        faults.join("\n")
    );
}
