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

/// Reports the keys that the format does not have, and gives those that they stand for. Keys that one thing is to be written
/// for are one mistake. `name` is the key whose value they are in.
pub(super) fn unknown_keys(
    entries: &[Entry],
    shape: &dyn Shape,
    name: &str,
    reader: &mut Reader,
) -> Vec<String> {
    let siblings = few(entries);
    let mut mistakes: Vec<(Vec<&Entry>, String)> = Vec::new();
    let mut stands_for = Vec::new();
    for entry in entries.iter().filter(|entry| !shape.has(&entry.key)) {
        let (hint, meant) = meant(entry, siblings, shape, name);
        stands_for.extend(meant);
        let is_own = hint.starts_with("remove it") || hint.starts_with("did you mean ");
        let known = mistakes.iter_mut().find(|(_, known)| *known == hint);
        match known.filter(|_| !is_own && !siblings.is_empty()) {
            Some((entries, _)) => entries.push(entry),
            None => mistakes.push((vec![entry], hint)),
        }
    }
    for (entries, hint) in mistakes {
        let keys: Vec<String> = entries
            .iter()
            .map(|entry| format!("{:?}", entry.key))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let no = match keys.len() {
            1 => "no key",
            _ => "no keys",
        };
        let message = format!("{} has {no} {}", shape.what(), other_words::all_of(&keys));
        let hint = match keys.len() {
            1 => hint,
            _ => of_several(&hint),
        };
        reader.error(&entries[0].place, message, hint);
    }
    stands_for
}

/// Advice about one key as advice about several.
fn of_several(hint: &str) -> String {
    let words = [
        ("it is a key of", "they are keys of"),
        ("move it", "move them"),
        ("indent it", "indent them"),
        ("that it belongs to", "that they belong to"),
        ("write it ", "write them "),
    ];
    let mut hint = hint.to_owned();
    for (one, several) in words {
        hint = hint.replace(one, several);
    }
    hint
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
fn meant(
    entry: &Entry,
    siblings: &[Entry],
    shape: &dyn Shape,
    name: &str,
) -> (String, Option<String>) {
    if let Some(instead) = other_words::instead_of(entry, siblings, shape, name) {
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
        !shape.has(&entry.key) && meant(entry, few(entries), shape, "").1.as_deref() == Some(key)
    };
    entries
        .iter()
        .any(|entry| entry.key == key || stands_for(entry))
}
