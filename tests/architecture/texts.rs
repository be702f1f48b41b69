//! The vocabulary of what people read: retired words stay away from messages and documents, and docs/doctor.md has the findings
//! of the doctor.
//!
//! The list is `retired-words.txt`. A line there is a retired word or phrase with what to say in its place. With `text:` before
//! it, it may still be part of a name in the code. A line with `plain:` is a phrase that has one of the words and may stay.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::sources;
use super::words::RETIRED;

/// Pages and files for people that hold no code of ours.
const DOCUMENTS: &[&str] = &["docs", "examples", "dist"];
const SINGLE_DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "ldirectord-compat/README.md",
    "vagrant/README.md",
];

/// Where the tests inside a file begin.
const TESTS_INSIDE: &str = "#[cfg(test)]\nmod tests {";

/// What may not be said, and the phrases in which it may.
struct Vocabulary {
    /// Each padded with spaces, with what to say in its place.
    retired: Vec<(String, String)>,
    plain: Vec<String>,
}

impl Vocabulary {
    fn read(list: &str) -> Self {
        let mut vocabulary = Self {
            retired: Vec::new(),
            plain: Vec::new(),
        };
        for line in list.lines().filter(|line| !line.starts_with('#')) {
            if let Some((phrase, _)) = line.split_once("  ") {
                match phrase.split_once(": ") {
                    Some(("plain", phrase)) => vocabulary.plain.push(spoken(phrase)),
                    Some((_, phrase)) => vocabulary.retire(phrase, line),
                    None => vocabulary.retire(phrase, line),
                }
            }
        }
        // The longest phrase first, so that a part of it does not go alone.
        vocabulary
            .plain
            .sort_by_key(|phrase| usize::MAX - phrase.len());
        vocabulary
    }

    fn retire(&mut self, phrase: &str, line: &str) {
        let (_, instead) = line.split_once("  ").unwrap_or_default();
        self.retired
            .push((spoken(phrase), instead.trim().to_owned()));
    }

    /// The retired words in a text, each with what to say in its place.
    fn faults(&self, text: &str) -> Vec<String> {
        let mut rest = spoken(text);
        for plain in &self.plain {
            rest = rest.replace(plain, " ; ");
        }
        let found = self.retired.iter().filter(|(word, _)| rest.contains(word));
        found
            .map(|(word, instead)| format!("\"{}\": say {instead}", word.trim()))
            .collect()
    }
}

#[test]
fn no_message_has_a_retired_word() {
    let vocabulary = Vocabulary::read(RETIRED);
    let mut faults = BTreeSet::new();
    for (path, text) in sources(&[
        "src",
        "director-core/src",
        "keepalived-compat/src",
        "ldirectord-compat/src",
    ]) {
        if path.contains("tests") {
            continue;
        }
        let text = text.split(TESTS_INSIDE).next().unwrap_or_default();
        // One word alone is a name or a value.
        let messages = literals(text)
            .into_iter()
            .filter(|(_, text)| text.contains(' '));
        for (line, message) in messages {
            for fault in vocabulary.faults(&message) {
                faults.insert(format!("{path}:{line}: {fault}"));
            }
        }
    }
    assert_eq!(faults, BTreeSet::new());
}

#[test]
fn no_document_has_a_retired_word() {
    let vocabulary = Vocabulary::read(RETIRED);
    let mut faults = BTreeSet::new();
    for (path, text) in documents() {
        for (line, words) in paragraphs(&path, &text) {
            for fault in vocabulary.faults(&words) {
                faults.insert(format!("{path}:{line}: {fault}"));
            }
        }
    }
    assert_eq!(faults, BTreeSet::new());
}

#[test]
fn the_page_of_the_doctor_has_each_finding() {
    let mut findings = BTreeSet::new();
    for (path, text) in sources(&["src/doctor/judge"]) {
        if path.contains("tests") {
            continue;
        }
        let text = text.split(TESTS_INSIDE).next().unwrap_or_default();
        let names = literals(text).into_iter().map(|(_, text)| text);
        findings.extend(names.filter(|name| is_finding(name)));
    }
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md"));
    let page = page.unwrap();
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    let headings: BTreeSet<String> = headings.map(str::to_owned).collect();
    assert_eq!(headings, findings);
}

#[test]
fn retired_words_are_found_in_texts() {
    let list = "# a remark\nherald  alerts\ntext: stands still  is frozen\ntext: order  override\nplain: in this order  a sequence\n";
    let vocabulary = Vocabulary::read(list);
    let faults = vocabulary.faults("The Herald\nstands\nstill; write them in this order.");
    assert_eq!(
        faults,
        ["\"herald\": say alerts", "\"stands still\": say is frozen"]
    );
    assert_eq!(vocabulary.faults("an order"), ["\"order\": say override"]);
    assert_eq!(vocabulary.faults("heralds, borders"), Vec::<String>::new());
    let code = "f(\"one \\\n   two\\n\", '\"', b'x', 'a); // \"three\"\n r#\"fo\"ur\"# \"\"";
    let found: Vec<String> = literals(code).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["one two ", "fo\"ur", ""]);
    let page = "One `x/y`\ntwo.\n\n| `a b` | c |\n```\nleft out\n```\n```sh\nd\ne\n```\n";
    let found: Vec<String> = paragraphs("docs/x.md", page)
        .into_iter()
        .map(|(line, text)| format!("{line} {text}"))
        .collect();
    let expected = ["1 One  two. ", "4 | a b | c | ", "9 d ", "10 e "];
    assert_eq!(found, expected);
}

/// The words of a text in lower case, with one space before and after each.
fn spoken(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let mut spoken = String::from(" ");
    for word in words.filter(|word| !word.is_empty()) {
        spoken += &word.to_lowercase();
        spoken.push(' ');
    }
    spoken
}

/// `vip-missing`: small words joined by hyphens, and nothing else.
fn is_finding(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    text.contains('-') && text.split('-').all(is_word)
}

/// The texts in quotes with their lines, comments left out; an escape is a space, a continued line goes on.
fn literals(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(character) = rest.chars().next() {
        let start = code.len() - rest.len();
        let line = || code[..start].matches('\n').count() + 1;
        rest = if rest.starts_with("//") {
            rest.find('\n').map_or("", |end| &rest[end..])
        } else if let Some((text, after)) = raw_literal(rest) {
            found.push((line(), text.to_owned()));
            after
        } else if character == '"' {
            let (text, after) = literal(&rest[1..]);
            found.push((line(), text));
            after
        } else {
            let length = match character {
                '\'' => character_literal(rest),
                c if c.is_alphanumeric() || c == '_' => name(rest),
                c => c.len_utf8(),
            };
            &rest[length..]
        };
    }
    found
}

/// The text of `r"…"` or `r#"…"#`, and what follows.
fn raw_literal(code: &str) -> Option<(&str, &str)> {
    let inside = code.strip_prefix("br").or_else(|| code.strip_prefix('r'))?;
    let opening = inside.find('"')?;
    let hashes = &inside[..opening];
    if !hashes.chars().all(|c| c == '#') {
        return None;
    }
    inside[opening + 1..].split_once(&format!("\"{hashes}"))
}

/// The text up to the closing quote, and what follows.
fn literal(code: &str) -> (String, &str) {
    let mut text = String::new();
    let mut characters = code.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return (text, &code[place + 1..]),
            '\\' => match characters.next() {
                Some((place, '\n')) => {
                    let next = code[place..].find(|c: char| !c.is_whitespace());
                    let start = place + next.unwrap_or_default();
                    characters = code.char_indices();
                    characters.find(|(at, _)| at + 1 == start);
                }
                Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                _ => text.push(' '),
            },
            character => text.push(character),
        }
    }
    (text, "")
}

/// Bytes of `'a'` or `'\n'`; of a lifetime only its quote.
fn character_literal(code: &str) -> usize {
    let mut characters = code.char_indices().skip(1);
    let escaped = matches!(characters.next(), Some((_, '\\')));
    let mut rest = characters.skip(usize::from(escaped));
    match rest.next() {
        Some((place, '\'')) => place + 1,
        _ if escaped => rest
            .find(|(_, c)| *c == '\'')
            .map_or(1, |(place, _)| place + 1),
        _ => 1,
    }
}

/// Bytes of the name or number that the code starts with.
fn name(code: &str) -> usize {
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_');
    end.unwrap_or(code.len())
}

/// The paragraphs of a document with their first lines; each row of a table and each line of code is one. Without names of
/// the code, diagrams, and the table of renames.
fn paragraphs(path: &str, text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut fence = None;
    let mut goes_on = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(language) = line.strip_prefix("```") {
            fence = fence.is_none().then_some(language);
            goes_on = false;
            continue;
        }
        let is_row = line.starts_with('|');
        let is_left_out = fence == Some("") || (is_row && path == "CHANGELOG.md");
        if line.trim().is_empty() || is_left_out {
            goes_on = false;
            continue;
        }
        let is_alone = is_row || fence.is_some();
        if !goes_on || is_alone || line.starts_with("- ") {
            found.push((number + 1, String::new()));
        }
        goes_on = !is_alone;
        if let Some((_, words)) = found.last_mut() {
            *words += &without_names(line);
            words.push(' ');
        }
    }
    found
}

/// The line without the names between backquotes: `src/doctor/judge/`, but not `ipvsctl orders`.
fn without_names(line: &str) -> String {
    let parts = line.split('`').enumerate();
    let kept = parts.filter(|(place, part)| place % 2 == 0 || part.contains(' '));
    kept.map(|(_, part)| part).collect()
}

/// The documents by path from the root of the project.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<_> = DOCUMENTS.iter().map(|name| root.join(name)).collect();
    open.extend(SINGLE_DOCUMENTS.iter().map(|name| root.join(name)));
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let is_for_people = path.extension().is_some_and(|ending| {
            ["md", "yaml", "service", "cf"]
                .iter()
                .any(|known| ending == *known)
        });
        if is_for_people {
            let name = path.strip_prefix(root).unwrap();
            let text = fs::read_to_string(&path).unwrap();
            found.push((name.to_string_lossy().into_owned(), text));
        }
    }
    found.sort();
    found
}
