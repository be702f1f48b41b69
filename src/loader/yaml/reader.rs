//! Reads a tree by the table of keys and collects what is wrong with it. Reading goes on after a fault: whoever asks for
//! a value that is not there, or not as it should be, gets nothing, and the finding is already on the list.

use std::str::FromStr;
use std::time::Duration;

use director_core::definitions::Placed;
use director_core::diagnostic::{Diagnostic, Place, nearest};

use super::duration::{self, DurationFault};
use super::node::{Content, Entry, Node};
use super::shape::{Shape, Takes};

/// The findings so far.
#[derive(Default)]
pub(super) struct Reader {
    /// In the order in which they were found.
    pub(super) findings: Vec<Diagnostic>,
}

/// The values of one mapping, by its table of keys.
#[derive(Clone, Copy)]
pub(super) struct Fields<'n> {
    shape: &'static Shape,
    entries: &'n [Entry],
    /// Where the mapping begins.
    pub(super) place: &'n Place,
}

impl<'n> Fields<'n> {
    /// The value of a key, unless it is not written or left empty.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        debug_assert!(
            self.shape.key(key).is_some(),
            "{key} is not in the table of {}",
            self.shape.what
        );
        self.entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
            .filter(|node| !matches!(node.content, Content::Nothing))
    }

    /// The entries whose key is one of these, left empty or not.
    pub(super) fn entries_of(&self, keys: &[&str]) -> Vec<&'n Entry> {
        self.entries
            .iter()
            .filter(|entry| keys.contains(&entry.key.as_str()))
            .collect()
    }

    /// Whether the table says that a key takes this; the documentation is made from what it says.
    fn takes(&self, key: &str, form: impl Fn(&Takes) -> bool) -> bool {
        self.shape
            .key(key)
            .is_some_and(|key| key.takes.admits(&form))
    }

    /// How the value of a key may look.
    pub(super) fn example(&self, key: &str) -> String {
        let example = self.shape.key(key).map_or("…", |key| key.example);
        format!("{key}: {example}")
    }
}

impl Reader {
    /// Adds an error with advice.
    pub(super) fn error(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings
            .push(Diagnostic::error(place, message).hint(hint));
    }

    /// The fields of a mapping; unknown keys and keys without a value are reported. `may_be_empty` names keys that say
    /// something by standing there.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        shape: &'static Shape,
        may_be_empty: &[&str],
    ) -> Option<Fields<'n>> {
        let entries: &[Entry] = match &node.content {
            Content::Mapping(entries) => entries,
            _ => {
                let message = format!("{} is a mapping, and this is {}", shape.what, node.kind());
                self.error(&node.place, message, shape.names());
                return None;
            }
        };
        for entry in entries {
            match shape.key(&entry.key) {
                None => self.unknown_key(entry, shape),
                Some(key) => {
                    let empty = matches!(entry.value.content, Content::Nothing);
                    if empty && !may_be_empty.contains(&key.name) {
                        let message = format!("{} has no value", key.name);
                        let hint =
                            format!("write {}: {}, or leave the key out", key.name, key.example);
                        self.error(&entry.place, message, hint);
                    }
                }
            }
        }
        Some(Fields {
            shape,
            entries,
            place: &node.place,
        })
    }

    fn unknown_key(&mut self, entry: &Entry, shape: &Shape) {
        let message = format!("{} has no key {:?}", shape.what, entry.key);
        let names = shape.keys.iter().map(|key| key.name);
        let hint = match nearest(&entry.key, names) {
            Some(near) => format!("did you mean {near}?"),
            None => shape.names(),
        };
        self.error(&entry.place, message, hint);
    }

    /// The items of a list.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str, example: &str) -> &'n [Node] {
        match &node.content {
            Content::List(items) => items,
            _ => {
                let message = format!("{what} is a list, and this is {}", node.kind());
                self.error(&node.place, message, format!("write {example}"));
                &[]
            }
        }
    }

    /// A single value as text.
    pub(super) fn text(&mut self, node: &Node, example: &str) -> Option<Placed<String>> {
        match node.scalar() {
            Some(scalar) => Some(Placed::new(scalar.text.clone(), node.place.clone())),
            None => {
                let message = format!("a single value belongs here, and this is {}", node.kind());
                self.error(&node.place, message, format!("write {example}"));
                None
            }
        }
    }

    /// The text of a key.
    pub(super) fn text_of(&mut self, fields: &Fields<'_>, key: &str) -> Option<Placed<String>> {
        self.text(fields.get(key)?, &fields.example(key))
    }

    /// The whole number of a key.
    pub(super) fn number_of<N: FromStr>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
    ) -> Option<Placed<N>> {
        debug_assert!(
            fields.takes(key, |takes| matches!(takes, Takes::Number(_))),
            "the table of keys must say that {key} takes a number"
        );
        let text = self.text_of(fields, key)?;
        match text.value.parse() {
            Ok(number) => Some(Placed::new(number, text.place)),
            Err(_) => {
                let message = match text.value.parse::<i128>() {
                    Ok(_) => format!("{key} {} is out of range", text.value),
                    Err(_) => format!("{key} {:?} is not a whole number", text.value),
                };
                let hint = format!("write a whole number, as in {}", fields.example(key));
                self.error(&text.place, message, hint);
                None
            }
        }
    }

    /// The yes or no of a key.
    pub(super) fn truth_of(&mut self, fields: &Fields<'_>, key: &str) -> Option<Placed<bool>> {
        debug_assert!(
            fields.takes(key, |takes| matches!(takes, Takes::Truth)),
            "the table of keys must say that {key} takes true or false"
        );
        let text = self.text_of(fields, key)?;
        match text.value.as_str() {
            "true" => Some(Placed::new(true, text.place)),
            "false" => Some(Placed::new(false, text.place)),
            other => {
                let message = format!("{key} {other:?} is neither true nor false");
                let hint = match other.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" | "1" | "true" => "write true",
                    "no" | "off" | "n" | "0" | "false" => "write false",
                    _ => "write true or false",
                };
                self.error(&text.place, message, hint);
                None
            }
        }
    }

    /// The word of a key, one of a closed set.
    pub(super) fn word_of<T: Copy>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<Placed<T>> {
        let same = |known: &[&str]| known.iter().eq(words.iter().map(|(word, _)| word));
        debug_assert!(
            fields.takes(
                key,
                |takes| matches!(takes, Takes::Word(known) if same(known))
            ),
            "the table of keys must say which words {key} takes"
        );
        let text = self.text_of(fields, key)?;
        let meant = self.word(&text, key, words)?;
        Some(Placed::new(meant, text.place))
    }

    /// A word of a closed set.
    pub(super) fn word<T: Copy>(
        &mut self,
        text: &Placed<String>,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let known = words.iter().find(|(word, _)| *word == text.value);
        if let Some((_, meaning)) = known {
            return Some(*meaning);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let hint = match nearest(&text.value, names.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("write {}", alternatives(&names)),
        };
        self.error(
            &text.place,
            format!("{what} {:?} does not exist", text.value),
            hint,
        );
        None
    }

    /// The time span of a key, with its unit.
    pub(super) fn duration_of(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
    ) -> Option<Placed<Duration>> {
        debug_assert!(
            fields.takes(key, |takes| matches!(takes, Takes::Span)),
            "the table of keys must say that {key} takes a time"
        );
        let text = self.text_of(fields, key)?;
        self.duration(&text)
    }

    /// A time span with its unit.
    pub(super) fn duration(&mut self, text: &Placed<String>) -> Option<Placed<Duration>> {
        match duration::parse(&text.value) {
            Ok(span) => Some(Placed::new(span, text.place.clone())),
            Err(fault) => {
                let written = &text.value;
                let (message, hint) = match fault {
                    DurationFault::NoUnit => (
                        format!("the time {written} has no unit"),
                        format!("write {written}s for seconds; ms, s, m, h and d are the units"),
                    ),
                    DurationFault::TooLong => (
                        format!("the time {written} is too long"),
                        "write at most 10000d".to_owned(),
                    ),
                    DurationFault::NotATime => (
                        format!("{written:?} is not a time"),
                        "write a number and a unit, such as 500ms, 5s or 1m30s".to_owned(),
                    ),
                };
                self.error(&text.place, message, hint);
                None
            }
        }
    }
}

/// `a, b or c`.
pub(super) fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
