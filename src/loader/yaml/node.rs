//! The file as a tree: what stands where, before anything is known about what it means.

use std::ops::Range;

use director_core::diagnostic::Place;

use super::other_words;

/// One value of the file.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Where it stands; for a mapping over several lines its first key, for a list its first item.
    pub(super) place: Place,
    /// What it is.
    pub(super) content: Content,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Nothing written, or `null` or `~`.
    Nothing,
    /// A word, a number, a text: YAML's own guess at the type is of no interest, since each key knows what it takes.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys and values, each key once.
    Mapping(Vec<Entry>),
}

/// A single value.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    /// The text without quotes.
    pub(super) text: String,
    /// Characters before the text begins, when the text stands in the file as it is; none when it was put together
    /// from escapes or several lines, so that no part of it has a place of its own.
    quotes: Option<u32>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key stands.
    pub(super) place: Place,
    /// The value.
    pub(super) value: Node,
}

impl Scalar {
    /// A scalar that takes up `place` in the file, between quotes unless it is `plain`.
    pub(super) fn new(text: String, place: &Place, plain: bool) -> Self {
        let quotes = if plain { 0 } else { 1 };
        let stands_as_it_is = text.chars().count() + 2 * quotes as usize == place.length as usize;
        Self {
            text,
            quotes: stands_as_it_is.then_some(quotes),
        }
    }
}

impl Node {
    /// The scalar, when it is one.
    pub(super) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entry of a key, with or without a value.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The value of a key, unless it is empty.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let value = &self.entry(key)?.value;
        (!matches!(value.content, Content::Nothing)).then_some(value)
    }

    /// The place of some bytes of a scalar's text; the whole place when they have none of their own.
    pub(super) fn part(&self, bytes: Range<usize>) -> Place {
        let Some(scalar) = self.scalar() else {
            return self.place.clone();
        };
        let (Some(quotes), Some(before), Some(part)) = (
            scalar.quotes,
            scalar.text.get(..bytes.start),
            scalar.text.get(bytes),
        ) else {
            return self.place.clone();
        };
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Place {
            column: self.place.column + quotes + count(before),
            length: count(part).max(1),
            ..self.place.clone()
        }
    }

    /// The value in one line; none where it may hold a secret.
    pub(super) fn flow(&self) -> Option<String> {
        let text = self.in_flow();
        other_words::is_public(&text).then_some(text)
    }

    fn in_flow(&self) -> String {
        let list = |texts: Vec<String>| texts.join(", ");
        match &self.content {
            Content::Nothing => String::new(),
            Content::Scalar(scalar) => other_words::bare(&scalar.text),
            Content::List(items) => {
                format!("[{}]", list(items.iter().map(Self::in_flow).collect()))
            }
            Content::Mapping(entries) => {
                let entry = |entry: &Entry| format!("{}: {}", entry.key, entry.value.in_flow());
                format!("{{{}}}", list(entries.iter().map(entry).collect()))
            }
        }
    }

    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Nothing => "nothing",
            Content::Scalar(_) => "a single value",
            Content::List(_) => "a list",
            Content::Mapping(_) => "a mapping",
        }
    }

    /// About how many bytes a copy of it takes.
    pub(super) fn bytes(&self) -> usize {
        const EACH: usize = 32;
        EACH + match &self.content {
            Content::Nothing => 0,
            Content::Scalar(scalar) => scalar.text.len(),
            Content::List(items) => items.iter().map(Self::bytes).sum(),
            Content::Mapping(entries) => {
                let bytes = |entry: &Entry| entry.key.len() + entry.value.bytes();
                entries.iter().map(bytes).sum()
            }
        }
    }

    /// How many values it is made of, itself included.
    pub(super) fn size(&self) -> usize {
        1 + match &self.content {
            Content::Nothing | Content::Scalar(_) => 0,
            Content::List(items) => items.iter().map(Self::size).sum(),
            Content::Mapping(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
        }
    }
}
