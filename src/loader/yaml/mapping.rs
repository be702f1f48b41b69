//! What the format knows about a mapping: its keys, and for each of them how it is read into a typed value, printed from
//! it and described. Everything else is made from these rows: the reader, the advice in messages, what `ipvsctl convert`
//! prints, the JSON Schema and the reference page.

use director_core::diagnostic::Place;

use super::node::{Content, Entry, Node};
use super::other_words;
use super::reader::Reader;
use super::unknown_keys::{names, unknown_keys};

/// A key as people see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What a number counts.
    pub(super) unit: &'static str,
    /// A value as it may be written.
    pub(super) example: &'static str,
    /// What applies when the key is absent; none for a required key.
    pub(super) default: Option<&'static str>,
    /// What it is for, in sentences.
    pub(super) meaning: &'static str,
}

impl Key {
    /// The key with an example, for advice.
    pub(super) fn example(&self) -> String {
        format!("{}: {}", self.name, self.example)
    }
}

/// What may stand as a value.
pub(super) enum Takes {
    Text,
    /// One of these words.
    Word(Vec<&'static str>),
    /// A whole number of these.
    Number(&'static str),
    Share,
    Span,
    Size,
    Truth,
    Port,
    Address,
    Listen,
    Server,
    List(Box<Takes>),
    Mapping(&'static dyn Shape),
    /// A mapping with some of these keys, which completes one elsewhere.
    Part(&'static dyn Shape),
    /// A mapping from names of the operator's choice to these.
    Named(Box<Takes>),
    Either(Vec<Takes>),
}

impl Takes {
    /// A list, or one item of it alone.
    pub(super) fn one_or_more(item: impl Fn() -> Self) -> Self {
        Self::Either(vec![item(), Self::List(Box::new(item()))])
    }
}

/// A mapping without the type of its value.
pub(super) trait Shape: Sync {
    /// Its name in the schema and its heading on the page.
    fn name(&self) -> &'static str;
    /// What it describes, with its article, for messages.
    fn what(&self) -> String;
    /// The keys that it may have, in the order in which they are best written, with what each takes.
    fn keys(&self) -> Vec<(&'static Key, Takes)>;
    /// Whether it has this key.
    fn has(&self, key: &str) -> bool;
}

/// Mappings whose other keys say something about the one that can stand alone: where that has a wrong name, nothing is known of them.
const MEANT_BY_SHORT: [&str; 2] = ["scheduler", "persistence"];

/// The value of a key in a file.
#[derive(Clone, Copy)]
pub(super) struct Input<'n> {
    pub(super) key: &'static Key,
    /// Where the key stands.
    pub(super) place: &'n Place,
    pub(super) node: &'n Node,
}

impl<'n> Input<'n> {
    /// An item of the value.
    pub(super) fn item(&self, node: &'n Node) -> Self {
        Self { node, ..*self }
    }
}

/// The way from a key to the part of a value that it fills, and back.
pub(super) struct Access<T> {
    pub(super) takes: fn(&Key) -> Takes,
    /// Gives nothing where the value cannot be used; a finding says why.
    pub(super) read: fn(&mut T, &Input<'_>, &mut Reader) -> Option<()>,
    /// None where the value is absent.
    pub(super) print: fn(&T, &Key) -> Option<String>,
    /// Whether the key says something without a value, and is read again where a further layer has it too.
    pub(super) layered: bool,
}

/// A key that no field alone stands for.
pub(super) trait Lens<T> {
    const LAYERED: bool = false;
    fn takes(key: &Key) -> Takes;
    fn read(value: &mut T, input: &Input<'_>, reader: &mut Reader) -> Option<()>;
    fn print(value: &T, key: &Key) -> Option<String>;
}

impl<T> Clone for Access<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Access<T> {}

impl<T> Clone for Row<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Row<T> {}

/// The lines of a mapping: keys and what stands behind them.
pub(super) type Lines = Vec<(&'static str, String)>;

/// A row of the table.
pub(super) struct Row<T> {
    pub(super) key: Key,
    pub(super) access: Access<T>,
}

/// A mapping of the format whose values are `T`.
pub(super) struct Mapping<T: 'static> {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// A value that nothing is known of yet.
    pub(super) blank: fn(&Place) -> T,
    /// The key that a value in place of the mapping stands for.
    pub(super) short: Option<&'static str>,
    pub(super) rows: &'static [Row<T>],
    /// Rows that are made from another table, and how many of `rows` come before them.
    pub(super) more: (usize, &'static [Row<T>]),
}

/// A value of which some keys are known. Layers of a file are read into it one after the other, the nearest first: what
/// stands there already counts.
#[derive(Debug, Clone)]
pub(super) struct Draft<T> {
    pub(super) value: T,
    /// The rows that were written, usable or not.
    written: u64,
    usable: u64,
}

impl<T> Draft<T> {
    /// Whether no layer had any key.
    pub(super) fn is_blank(&self) -> bool {
        self.written == 0
    }
}

impl<T> Shape for Mapping<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn what(&self) -> String {
        self.what.to_owned()
    }

    fn keys(&self) -> Vec<(&'static Key, Takes)> {
        self.rows()
            .map(|row| (&row.key, (row.access.takes)(&row.key)))
            .collect()
    }

    fn has(&self, key: &str) -> bool {
        self.bit(key) != 0
    }
}

impl<T> Mapping<T> {
    fn rows(&self) -> impl Iterator<Item = &'static Row<T>> + use<T> {
        let (before, more) = self.more;
        let (first, last) = self.rows.split_at(before);
        first.iter().chain(more).chain(last)
    }

    /// The place of a key in the sets of keys of a draft.
    fn bit(&self, key: &str) -> u64 {
        let row = self.rows().position(|row| row.key.name == key);
        row.map_or(0, |row| 1 << row)
    }

    /// A value without any key.
    pub(super) fn draft(&self, place: &Place) -> Draft<T> {
        Draft {
            value: (self.blank)(place),
            written: 0,
            usable: 0,
        }
    }

    /// The key by its name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        let row = self.rows().find(|row| row.key.name == name)?;
        Some(&row.key)
    }

    /// Whether a layer had this key.
    pub(super) fn is_written(&self, draft: &Draft<T>, key: &str) -> bool {
        draft.written & self.bit(key) != 0
    }

    /// Has no further layer fill these keys.
    pub(super) fn close(&self, draft: &mut Draft<T>, keys: &[&str]) {
        for key in keys {
            draft.written |= self.bit(key);
        }
    }

    /// Reads a layer into a value; false when it is nothing that such a mapping may be. Keys in `skipped` are another's to
    /// read.
    pub(super) fn fill(
        &'static self,
        draft: &mut Draft<T>,
        input: &Input<'_>,
        skipped: &[&str],
        reader: &mut Reader,
    ) -> bool {
        self.fill_as(self, draft, input, skipped, reader)
    }

    /// The same for a mapping that has only some of these keys, by the name of that one.
    pub(super) fn fill_as(
        &'static self,
        shape: &dyn Shape,
        draft: &mut Draft<T>,
        input: &Input<'_>,
        skipped: &[&str],
        reader: &mut Reader,
    ) -> bool {
        let before = draft.written;
        match (&input.node.content, self.short) {
            (Content::Mapping(entries), _) => {
                // The keys that unknown ones stand for are not missing.
                let meant = unknown_keys(entries, shape, input.key.name, reader);
                for key in &meant {
                    draft.written |= self.bit(key);
                }
                // The value of a key without one is beside it, by a slip of the indentation, and that was reported.
                let is_beside = |entry: &Entry| {
                    matches!(entry.value.content, Content::Nothing) && meant.contains(&entry.key)
                };
                let is_moot = self.short.is_some_and(|short| {
                    MEANT_BY_SHORT.contains(&shape.name()) && meant.iter().any(|key| key == short)
                });
                for entry in entries.iter().filter(|entry| shape.has(&entry.key)) {
                    let is_skipped = is_moot || skipped.contains(&entry.key.as_str());
                    if !is_skipped && !is_beside(entry) {
                        let (place, node) = (&entry.place, &entry.value);
                        if let Some(row) = self.row_to_fill(before, &entry.key) {
                            let key = &row.key;
                            self.fill_row(draft, row, Input { key, place, node }, reader);
                        }
                    }
                }
            }
            (_, Some(short)) => {
                if let Some(row) = self.row_to_fill(before, short) {
                    self.fill_row(draft, row, *input, reader);
                }
            }
            (_, None) => {
                let kind = input.node.kind();
                let message = format!("{} must be a mapping, not {kind}", shape.what());
                let meant = other_words::as_mapping(input.node, shape);
                let hint = meant.map(|meant| format!("write {meant}"));
                reader.error(
                    &input.node.place,
                    message,
                    hint.unwrap_or_else(|| names(shape)),
                );
                return false;
            }
        }
        true
    }

    /// The row of a key that a nearer layer (a bit in `written`) has not settled.
    fn row_to_fill(&'static self, written: u64, name: &str) -> Option<&'static Row<T>> {
        let row = self.rows().find(|row| row.key.name == name)?;
        (written & self.bit(name) == 0 || row.access.layered).then_some(row)
    }

    fn fill_row(
        &'static self,
        draft: &mut Draft<T>,
        row: &'static Row<T>,
        input: Input<'_>,
        reader: &mut Reader,
    ) {
        let bit = self.bit(row.key.name);
        draft.written |= bit;
        if matches!(input.node.content, Content::Nothing) && !row.access.layered {
            let hint = format!(
                "write a value, as in {}, or remove the key",
                input.key.example()
            );
            reader.error(
                input.place,
                format!("{} has no value", input.key.name),
                hint,
            );
            return;
        }
        if (row.access.read)(&mut draft.value, &input, reader).is_some() {
            draft.usable |= bit;
        }
    }

    /// Reports the required keys that no layer had; true when all of them can be used.
    pub(super) fn is_complete(&self, draft: &Draft<T>, place: &Place, reader: &mut Reader) -> bool {
        let mut complete = true;
        for row in self.rows().filter(|row| row.key.default.is_none()) {
            let bit = self.bit(row.key.name);
            complete &= draft.usable & bit != 0;
            if draft.written & bit == 0 {
                let message = format!("{} needs the key {:?}", self.what, row.key.name);
                let hint = format!("write it, as in {}", row.key.example());
                reader.error(place, message, hint);
            }
        }
        complete
    }

    /// The keys that are known of a value, each with its own in one line.
    pub(super) fn lines(&self, value: &T) -> Lines {
        self.rows()
            .filter_map(|row| Some((row.key.name, (row.access.print)(value, &row.key)?)))
            .collect()
    }

    /// A value in its shortest form.
    pub(super) fn print(&self, value: &T) -> String {
        let mut lines = self.lines(value);
        match (lines.as_mut_slice(), self.short) {
            ([(only, text)], Some(short)) if *only == short => std::mem::take(text),
            _ => flow(&lines),
        }
    }

    /// What may stand as such a value.
    pub(super) fn takes(&'static self) -> Takes {
        let short = self.rows().find(|row| Some(row.key.name) == self.short);
        match short {
            None => Takes::Mapping(self),
            Some(row) => {
                let short = (row.access.takes)(&row.key);
                let mut forms = match short {
                    Takes::Either(forms) => forms,
                    other => vec![other],
                };
                forms.push(Takes::Mapping(self));
                Takes::Either(forms)
            }
        }
    }
}

/// A mapping in one line.
pub(super) fn flow(lines: &[(&'static str, String)]) -> String {
    let lines: Vec<String> = lines
        .iter()
        .map(|(name, text)| format!("{name}: {text}"))
        .collect();
    format!("{{{}}}", lines.join(", "))
}
