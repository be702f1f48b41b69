//! Merge keys (`<<`) of YAML 1.1, which this format does not have. What one carries counts as written where it stands, so that
//! nothing says that it is missing, and one message says what to write in its place.

use std::collections::BTreeSet;

use director_core::diagnostic::Diagnostic;

use super::node::{Content, Entry, Node};
use super::other_words::all_of;

pub(super) const KEY: &str = "<<";

/// Bytes of the longest text that a hint repeats.
const SHOWN: usize = 400;

/// The merge keys of a file so far.
#[derive(Debug, Default)]
pub(super) struct Merges {
    /// Keys of the file below which are anchors that merge keys use.
    holders: BTreeSet<String>,
    /// Those whose anchors have other uses.
    shared: BTreeSet<String>,
    /// Those of the merge keys that are read, each with the depth of its mapping.
    open: Vec<(usize, String)>,
}

impl Merges {
    /// Notes the use of an anchor below this key of the file, by the merge key of a mapping at this depth or otherwise.
    pub(super) fn uses(&mut self, holder: &str, merged_into: Option<usize>) {
        if super::is_key(holder) {
            return;
        }
        match merged_into {
            None => drop(self.shared.insert(holder.to_owned())),
            Some(depth) => {
                self.holders.insert(holder.to_owned());
                self.open.push((depth, holder.to_owned()));
            }
        }
    }

    /// Puts what a merge key of these entries carries in its place, and says what to write there.
    pub(super) fn resolve(&mut self, entries: &mut Vec<Entry>, depth: usize) -> Option<Diagnostic> {
        let at = entries.iter().position(|entry| entry.key == KEY)?;
        let merge = entries.remove(at);
        let carried: Vec<&Entry> = match &merge.value.content {
            Content::Mapping(carried) => carried.iter().collect(),
            Content::List(items) => items.iter().flat_map(entries_of).collect(),
            _ => Vec::new(),
        };
        let mut added: Vec<Entry> = Vec::new();
        for entry in carried {
            let has = |own: &Entry| own.key == entry.key;
            if !entries.iter().any(has) && !added.iter().any(has) {
                added.push(entry.clone());
            }
        }
        let texts: Option<Vec<String>> = added
            .iter()
            .map(|entry| Some(format!("{}: {}", entry.key, entry.value.flow()?)))
            .collect();
        let text = texts.map(|texts| texts.join(", "));
        let text = text.filter(|text| text.len() <= SHOWN);
        let used = self.open.extract_if(.., |(at, _)| *at == depth);
        let holders: BTreeSet<String> = used.map(|(_, holder)| holder).collect();
        let holders: Vec<&str> = holders.iter().map(String::as_str).collect();
        let rest = match holders.is_empty() {
            true => String::new(),
            false => format!("; then remove {}", all_of(&holders)),
        };
        let hint = match text {
            _ if added.is_empty() => format!("remove it{rest}"),
            Some(text) => format!("write {text} in its place{rest}"),
            None => format!("write out in its place what it refers to{rest}"),
        };
        entries.splice(at..at, added);
        let message = "merge keys (<<) are not supported";
        Some(Diagnostic::error(&merge.place, message).hint(hint))
    }

    /// Removes what is not of this format and holds only what other places use, and gives the messages about it. Where merge keys
    /// use it, their hints say that it has to go.
    pub(super) fn drop_holders(&self, root: &mut Node) -> Vec<Diagnostic> {
        let Content::Mapping(entries) = &mut root.content else {
            return Vec::new();
        };
        let held = entries.extract_if(.., |entry| {
            self.holders.contains(&entry.key) || self.shared.contains(&entry.key)
        });
        let shared = held.filter(|entry| !self.holders.contains(&entry.key));
        let found = shared.map(|entry| {
            let key = &entry.key;
            let message = format!("the file has no key {key:?}");
            let hint =
                format!("move each value with its & to where its * comes first, and remove {key}");
            Diagnostic::error(&entry.place, message).hint(hint)
        });
        found.collect()
    }
}

fn entries_of(node: &Node) -> &[Entry] {
    match &node.content {
        Content::Mapping(entries) => entries,
        _ => &[],
    }
}
