//! What an operator does who follows a hint to the letter, as a change of the tree of the file.

use std::sync::Arc;

use director_core::diagnostic::{Diagnostic, Place};

use super::parsed;
use crate::loader::yaml::node::{Content, Entry, Node};
use crate::loader::yaml::{other_words, tree};

/// Entries that a hint says to write.
fn entries(text: &str) -> Option<Vec<Entry>> {
    let (root, found) = tree::parse(&format!("{{{text}}}"), &Arc::from("hint"));
    match root?.content {
        Content::Mapping(entries) if found.is_empty() => Some(entries),
        _ => None,
    }
}

fn mapping(node: &mut Node) -> Option<&mut Vec<Entry>> {
    match &mut node.content {
        Content::Mapping(entries) => Some(entries),
        _ => None,
    }
}

/// The mapping of which a key stands there, or the value of a key.
fn around<'n>(node: &'n mut Node, is: &dyn Fn(&Entry) -> bool) -> Option<&'n mut Vec<Entry>> {
    let here = mapping(node).is_some_and(|entries| entries.iter().any(is));
    if here {
        return mapping(node);
    }
    match &mut node.content {
        Content::Mapping(entries) => entries
            .iter_mut()
            .find_map(|entry| around(&mut entry.value, is)),
        Content::List(items) => items.iter_mut().find_map(|item| around(item, is)),
        _ => None,
    }
}

fn value_at<'n>(node: &'n mut Node, place: &Place) -> Option<&'n mut Node> {
    if node.place == *place && !matches!(node.content, Content::Mapping(_)) {
        return Some(node);
    }
    match &mut node.content {
        Content::Mapping(entries) => entries
            .iter_mut()
            .find_map(|entry| value_at(&mut entry.value, place)),
        Content::List(items) => items.iter_mut().find_map(|item| value_at(item, place)),
        _ => None,
    }
}

/// Keys in a list of words such as `lb_kind and forwarding: nat`.
fn keys_of(text: &str) -> Vec<&str> {
    let words = text.split([',']).flat_map(|part| part.split(" and "));
    words
        .map(|word| word.split(':').next().unwrap_or_default().trim())
        .filter(|word| !word.is_empty())
        .collect()
}

fn quoted(text: &str) -> Vec<String> {
    let words = text.split('"').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}

/// The file after what a finding advises; none where it says nothing to do.
pub(super) fn followed(root: &mut Node, found: &Diagnostic) -> Option<()> {
    let hint = found.hint.as_deref()?;
    let (first, rest) = hint.split_once("; ").unwrap_or((hint, ""));
    let Some((_, keys)) = found.message.split_once(" has no key") else {
        return of_value(root, found, first);
    };
    let keys = quoted(keys);
    let place = &found.place;
    let at = |entry: &Entry| entry.place == *place;
    if let Some((text, _)) = first.split_once(" in the service, for all of its servers") {
        around(root, &at)?.retain(|entry| !keys.contains(&entry.key));
        let service = around(root, &|entry| entry.key == "real_servers")?;
        service.extend(entries(text.strip_prefix("write ")?)?);
        return Some(());
    }
    if let Some((text, _)) = first.split_once(" beside ") {
        around(root, &at)?.retain(|entry| at(entry) || !keys.contains(&entry.key));
        // The key that it stands beside is the one whose value has it.
        let above = around(root, &|entry| {
            mapping(&mut entry.value.clone()).is_some_and(|inner| inner.iter().any(at))
        })?;
        for entry in above.iter_mut() {
            if let Some(inner) = mapping(&mut entry.value) {
                inner.retain(|entry| !at(entry));
            }
        }
        above.extend(entries(text.strip_prefix("write ")?)?);
        return Some(());
    }
    if let Some(name) = first.strip_prefix("did you mean ") {
        let entry = around(root, &at)?.iter_mut().find(|entry| at(entry))?;
        name.trim_end_matches('?').clone_into(&mut entry.key);
        return Some(());
    }
    // What the mapping is the value of is replaced as a whole.
    let replaced = rest
        .strip_prefix("it replaces ")
        .map(keys_of)
        .unwrap_or_default();
    let is_around = |entry: &Entry| {
        let mut value = entry.value.clone();
        replaced.contains(&entry.key.as_str())
            && mapping(&mut value).is_some_and(|inner| inner.iter().any(at))
    };
    if let Some(above) = around(root, &is_around) {
        above.retain(|entry| !is_around(entry));
        above.extend(entries(first.strip_prefix("write ")?)?);
        return Some(());
    }
    let own = around(root, &at)?;
    own.retain(|entry| !keys.contains(&entry.key));
    if first.starts_with("remove it") {
        return Some(());
    }
    let text = match first.strip_prefix("write ") {
        Some(text) => text,
        None => first.strip_prefix("use ")?.split_once(", as in ")?.1,
    };
    let inside = rest
        .strip_prefix("it belongs in ")
        .or_else(|| rest.strip_prefix("they belong in "));
    let replaced = rest.strip_prefix("it replaces ").unwrap_or_default();
    let (text, inside) = match (text.rsplit_once(" in "), replaced.strip_suffix(" there")) {
        (Some((text, name)), Some(_)) => (text, Some(name)),
        _ => (text, inside),
    };
    let replaced = keys_of(replaced.strip_suffix(" there").unwrap_or(replaced));
    let target = match inside {
        None => own,
        Some(name) => {
            let name = name.rsplit('.').next()?;
            let within = own
                .iter_mut()
                .find(|entry| entry.key == name || entry.value.entry(name).is_some())?;
            match within.key == name {
                true => mapping(&mut within.value)?,
                false => mapping(
                    &mut mapping(&mut within.value)?
                        .iter_mut()
                        .find(|entry| entry.key == name)?
                        .value,
                )?,
            }
        }
    };
    target.retain(|entry| !replaced.contains(&entry.key.as_str()));
    target.extend(entries(text)?);
    Some(())
}

fn of_value(root: &mut Node, found: &Diagnostic, first: &str) -> Option<()> {
    let text = match first.strip_prefix("write ") {
        Some(text) => text.split(" for seconds").next()?,
        None => first.strip_prefix("did you mean ")?.trim_end_matches('?'),
    };
    let node = value_at(root, &found.place)?;
    let written = parsed(&format!("[{text}]"));
    let Content::List(items) = written.content else {
        return None;
    };
    *node = items.into_iter().next()?;
    Some(())
}

/// The file as text.
pub(super) fn text_of(node: &Node) -> String {
    match &node.content {
        Content::Nothing => String::new(),
        Content::Scalar(scalar) => other_words::plain(&scalar.text),
        Content::List(items) => {
            let items: Vec<String> = items.iter().map(text_of).collect();
            format!("[{}]", items.join(", "))
        }
        Content::Mapping(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key, text_of(&entry.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
