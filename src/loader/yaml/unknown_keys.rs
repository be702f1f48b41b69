//! Keys that the format does not have: what to write instead, and which key they stand for, so that it does not count as missing.

use director_core::diagnostic::nearest;

use super::keys::check::CHECK;
use super::mapping::Shape;
use super::node::Entry;
use super::other_words;
use super::reader::Reader;
use super::slips;

/// The names of the keys, for advice.
pub(super) fn names(shape: &dyn Shape) -> String {
    let names: Vec<&str> = shape.keys().iter().map(|(key, _)| key.name).collect();
    match names.is_empty() {
        true => "it has no keys; write {}".to_owned(),
        false => format!("its keys are {}", names.join(", ")),
    }
}

/// Reports a key that the format does not have, and gives the one that it stands for.
pub(super) fn unknown_key(
    entry: &Entry,
    siblings: &[Entry],
    shape: &dyn Shape,
    reader: &mut Reader,
) -> Option<String> {
    let siblings = few(siblings);
    if other_words::is_part_of_another(entry, siblings, shape.name()) {
        return None;
    }
    let message = format!("{} has no key {:?}", shape.what(), entry.key);
    let (hint, meant) = meant(entry, siblings, shape);
    reader.error(&entry.place, message, hint);
    meant
}

/// The keys of a mapping that are looked at together; none of one that is wrong in every line.
fn few(entries: &[Entry]) -> &[Entry] {
    const MANY: usize = 64;
    match entries.len() {
        0..=MANY => entries,
        _ => &[],
    }
}

/// Advice against an unknown key, and the key of this mapping that it stands for.
fn meant(entry: &Entry, siblings: &[Entry], shape: &dyn Shape) -> (String, Option<String>) {
    if let Some(instead) = other_words::instead_of(entry, siblings, shape.name()) {
        return (instead.hint, instead.stands_for);
    }
    if let Some(meant) = slips::without_blank(&entry.key)
        && let Some((key, _)) = meant.split_once(':')
        && shape.has(key)
    {
        let hint = format!("write {meant}; a space is missing after the colon");
        return (hint, Some(key.to_owned()));
    }
    // A check such as tcp has no keys of its own.
    if shape.keys().is_empty() && CHECK.has(&entry.key) {
        let hint = format!(
            "{} belongs next to the type of check, as in check: {{tcp: {{}}, {0}: …}}",
            entry.key
        );
        return (hint, None);
    }
    let key = entry.key.to_ascii_lowercase().replace('-', "_");
    match nearest(&key, shape.keys().iter().map(|(key, _)| key.name)) {
        Some(near) => (format!("did you mean {near}?"), Some(near.to_owned())),
        None => (names(shape), None),
    }
}

/// Whether a mapping has a key, or one that stands for it.
pub(super) fn says(entries: &[Entry], key: &str, shape: &dyn Shape) -> bool {
    let stands_for = |entry: &Entry| {
        !shape.has(&entry.key) && meant(entry, few(entries), shape).1.as_deref() == Some(key)
    };
    entries
        .iter()
        .any(|entry| entry.key == key || stands_for(entry))
}
