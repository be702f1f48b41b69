//! The vocabulary: retired words stay away from identifiers and file names, and a type's name means one thing.

use std::collections::{BTreeMap, BTreeSet};

use super::{everything, sources};

pub(super) const RETIRED: &str = include_str!("retired-words.txt");

/// Type names that are still declared twice. An entry goes when its second declaration has a name of its own.
const DECLARED_TWICE: &[&str] = &[
    "Address",
    "Applied",
    "Asked",
    "Block",
    "Check",
    "Entry",
    "Fault",
    "Findings",
    "Input",
    "Journal",
    "Key",
    "Kind",
    "Mode",
    "Named",
    "Options",
    "Outcome",
    "Phase",
    "Plan",
    "Reader",
    "Request",
    "Row",
    "Scope",
    "Settings",
    "Target",
    "TunnelKind",
    "Value",
    "View",
];

#[test]
fn no_retired_word_returns() {
    let retired: BTreeMap<&str, &str> = RETIRED
        .lines()
        .filter(|line| {
            !line.starts_with('#') && !line.starts_with("text: ") && !line.starts_with("plain: ")
        })
        .filter_map(|line| line.split_once(' '))
        .collect();
    let mut faults = BTreeSet::new();
    for (path, text) in everything() {
        let code = code_of(&text);
        let names = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in names.chain(path.split(['/', '.', '-'])) {
            for word in words_of(name) {
                if let Some(instead) = retired.get(word.as_str()) {
                    faults.insert(format!("{path}: {name}: say {}", instead.trim()));
                }
            }
        }
    }
    assert_eq!(faults, BTreeSet::new());
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let mut declared: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources(&[
        "src",
        "director-core/src",
        "keepalived-compat/src",
        "ldirectord-compat/src",
    ]) {
        if path.contains("tests") {
            continue;
        }
        for name in text.lines().filter_map(type_declared) {
            declared
                .entry(name.to_owned())
                .or_default()
                .insert(path.clone());
        }
    }
    declared.retain(|name, places| places.len() > 1 && !DECLARED_TWICE.contains(&name.as_str()));
    assert_eq!(declared, BTreeMap::new());
}

#[test]
fn words_are_found_inside_names() {
    assert_eq!(words_of("LdirectordHerald"), ["ldirectord", "herald"]);
    assert_eq!(words_of("thaw_all"), ["thaw", "all"]);
    assert_eq!(words_of("MEND"), ["mend"]);
    assert_eq!(type_declared("pub(super) struct Road<'a> {"), Some("Road"));
    assert_eq!(type_declared("let structure = 1;"), None);
    assert_eq!(code_of("a \"b \\\" c\" d // e\n"), "a  d ");
}

/// The lower-case words of a name: `HTTPProbe_two` gives `httpprobe` and `two`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for character in name.chars() {
        if character == '_' || (character.is_ascii_uppercase() && after_small) {
            words.push(String::new());
        }
        after_small = character.is_ascii_lowercase() || character.is_ascii_digit();
        if let Some(word) = words.last_mut().filter(|_| character != '_') {
            word.push(character.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn type_declared(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    if let Some(public) = rest.strip_prefix("pub") {
        rest = public.trim_start_matches(|c| c != ' ').trim_start();
    }
    let keywords = ["struct ", "enum ", "trait "];
    let name = keywords
        .iter()
        .find_map(|keyword| rest.strip_prefix(keyword))?;
    name.split(|c: char| !c.is_ascii_alphanumeric()).next()
}

/// The code of a file: its lines without comments and without what stands in quotes on one line.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let mut quoted = false;
        let mut escaped = false;
        let mut before = ' ';
        for character in line.chars() {
            let ends_quote = character == '"' && !escaped;
            escaped = quoted && character == '\\' && !escaped;
            if ends_quote {
                quoted = !quoted;
            } else if !quoted {
                if character == '/' && before == '/' {
                    code.pop();
                    break;
                }
                code.push(character);
            }
            before = character;
        }
    }
    code
}
