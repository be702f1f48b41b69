//! Files as operators write them who know another program. Each is corrected by following its hints to the letter, one after the
//! other: every step leaves fewer findings, none brings a new one, and the file that comes of it is valid.

mod follow;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use director_core::diagnostic::Diagnostic;
use follow::{followed, text_of};

use super::node::Node;
use super::tree;
use crate::loader::{LoadContext, LoadError, NameCache, load_with};

/// The files, with `---` between them. One that does not begin with a key of a file is part of a service.
const FILES: &str = include_str!("followed_tests/files.txt");

fn findings(text: &str) -> Vec<Diagnostic> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.yaml");
    fs::write(&path, text).unwrap();
    let context = LoadContext {
        names: NameCache::known_by(|_, _| Ok(vec!["10.0.0.250".parse().unwrap()])),
        ..LoadContext::default()
    };
    let found = match load_with(&path, None, &context) {
        Ok(loaded) => loaded.report.diagnostics,
        Err(LoadError::Invalid(report)) => report.diagnostics,
        Err(error) => panic!("{error}"),
    };
    let mut found: Vec<Diagnostic> = found.into_iter().filter(is_about_the_text).collect();
    for one in &mut found {
        one.place.file = Arc::from("t.yaml");
    }
    found
}

/// A file that is named in an example or by the operator is not there.
fn is_about_the_text(found: &Diagnostic) -> bool {
    found.is_error()
        && !found.message.contains("cannot be read")
        && !found.message.contains("cannot read")
}

fn parsed(text: &str) -> Node {
    let (root, found) = tree::parse(text, &Arc::from("t.yaml"));
    assert!(found.is_empty(), "{text}{found:?}");
    root.unwrap_or_else(|| panic!("{text}"))
}

fn file(part: &str) -> String {
    let is_file = [
        "services:",
        "defaults:",
        "director:",
        "notify:",
        "checks: {",
        "groups:",
        "file:",
    ]
    .iter()
    .any(|key| part.lines().any(|line| line.starts_with(key)));
    if is_file {
        return part.replace("file: {}\n", "");
    }
    let has = |key: &str| {
        part.lines()
            .any(|line| line.starts_with(&format!("{key}:")))
    };
    let mut text = "services:\n- name: web\n".to_owned();
    for (key, value) in [
        ("listen", "tcp://192.0.2.10:80"),
        ("scheduler", "wlc"),
        ("forwarding", "nat"),
        ("real_servers", "[10.0.0.1:80, 10.0.0.2:80]"),
    ] {
        let said = |words: &[&str]| words.iter().any(|word| has(word));
        let other = match key {
            "listen" => said(&["virtual", "bind", "vip", "address", "virtual_server", "ip"]),
            "real_servers" => said(&["real", "real_server", "servers", "server", "backends"]),
            _ => false,
        };
        if !has(key) && !other {
            text += &format!("  {key}: {value}\n");
        }
    }
    for line in part.lines() {
        text += &format!("  {line}\n");
    }
    text
}

fn parts() -> impl Iterator<Item = &'static str> {
    FILES
        .split("---\n")
        .map(|part| part.trim_start_matches('\n'))
        .filter(|part| !part.trim().is_empty())
}

/// Follows all hints of a file; why that does not work.
fn correct(part: &str) -> Result<(), String> {
    let mut text = file(part);
    let mut found = findings(&text);
    let mut steps = String::new();
    if found.is_empty() {
        return Err(format!("nothing is wrong with it:\n{text}"));
    }
    while let Some(first) = found.first() {
        steps += &format!("{text}\n    {first}\n    {:?}\n", first.hint);
        let mut root = parsed(&text);
        if followed(&mut root, first).is_none() {
            return Err(format!("{steps}cannot be followed"));
        }
        text = text_of(&root);
        let after = findings(&text);
        if after.len() >= found.len() {
            return Err(format!("{steps}{text}\nthen: {after:#?}"));
        }
        found = after;
    }
    Ok(())
}

#[test]
fn a_file_is_valid_once_its_hints_are_followed_to_the_letter() {
    let faults: Vec<String> = parts().filter_map(|part| correct(part).err()).collect();
    let count = parts().collect::<BTreeSet<_>>().len();
    assert!(count > 150, "only {count} files");
    assert!(
        faults.is_empty(),
        "{} of {count}:\n\n{}",
        faults.len(),
        faults.join("\n\n")
    );
}

#[test]
fn a_mistake_is_one_message() {
    let mut faults = Vec::new();
    for part in parts() {
        let text = file(part);
        let expected = match part
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# mistakes: "))
        {
            Some(count) => count.parse().unwrap(),
            None => 1,
        };
        let found = findings(&text);
        if found.len() != expected {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            faults.push(format!("{text}{}", found.join("\n")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn a_merge_key_is_one_message_and_what_it_says_is_accepted() {
    let service = |inside: &str, number: u8| {
        format!(
            "- {inside}\n  listen: tcp://192.0.2.1{number}:80\n  real_servers: [10.0.0.1:80, 10.0.0.2:80]\n"
        )
    };
    let base = "base: &b {scheduler: rr, forwarding: nat}\n";
    let merged = "write scheduler: rr, forwarding: nat in its place";
    for (wrong, hints, right) in [
        (
            format!("{base}services:\n{}", service("<<: *b", 1)),
            vec![format!("{merged}; then remove base")],
            format!(
                "services:\n{}",
                service("scheduler: rr\n  forwarding: nat", 1)
            ),
        ),
        (
            format!(
                "{base}services:\n{}{}",
                service("<<: *b", 1),
                service("<<: [*b]", 2)
            ),
            vec![format!("{merged}; then remove base"); 2],
            String::new(),
        ),
        (
            format!(
                "services:\n{}",
                service("<<: {scheduler: rr, forwarding: nat}", 1)
            ),
            vec![merged.to_owned()],
            String::new(),
        ),
        (
            format!("services:\n{}", service("<<:\n  forwarding: nat", 1)),
            vec!["remove it".to_owned()],
            String::new(),
        ),
        (
            format!(
                "x-check: &c {{every: 7s}}\nservices:\n{}",
                service("forwarding: nat\n  check: {<<: *c, tcp: }", 1)
            ),
            vec!["write every: 7s in its place; then remove x-check".to_owned()],
            format!(
                "services:\n{}",
                service("forwarding: nat\n  check: {every: 7s, tcp: }", 1)
            ),
        ),
        (
            format!(
                "x: &c {{tcp: }}\nservices:\n{}{}",
                service("forwarding: nat\n  check: *c", 1),
                service("forwarding: nat\n  check: *c", 2)
            ),
            vec!["move each value with its & to where its * comes first, and remove x".to_owned()],
            format!(
                "services:\n{}{}",
                service("forwarding: nat\n  check: &c {tcp: }", 1),
                service("forwarding: nat\n  check: *c", 2)
            ),
        ),
    ] {
        let found = findings(&wrong);
        let said: Vec<String> = found.iter().filter_map(|one| one.hint.clone()).collect();
        assert_eq!(said, hints, "{wrong}{found:#?}");
        if !right.is_empty() {
            assert_eq!(findings(&right), [], "{right}");
        }
    }
}
