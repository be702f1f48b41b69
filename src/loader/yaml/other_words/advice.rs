//! What to write in the place of foreign keys, and where: beside what the file has, or instead of it.

use super::super::node::{Content, Entry, Node};
use super::Context;
use super::tree::{Leaf, Tree, said, short_of, shown};
use super::values::bare;

impl Context<'_> {
    /// What the file has at this path.
    fn written_at(&self, path: &[String]) -> Option<&Node> {
        let (first, rest) = path.split_first()?;
        let renamed = |key: &String| match (self.kind.written, self.kind.meant) {
            (Some(written), Some(meant)) if meant == key => Some(written),
            _ => None,
        };
        let own = self.entry(first);
        let own = own.or_else(|| self.entry(renamed(first)?));
        let mut node = &own?.value;
        let mut name = first.as_str();
        for key in rest {
            node = match &node.content {
                Content::Mapping(_) => {
                    let own = node.entry(key);
                    &own.or_else(|| node.entry(renamed(key)?))?.value
                }
                Content::Scalar(_) if short_of(name) == Some(key) => node,
                _ => return None,
            };
            name = key;
        }
        (!matches!(node.content, Content::Nothing)).then_some(node)
    }

    /// What to do about a word whose meaning the file has already with the key that belongs there.
    pub(super) fn is_set(&self, leaves: &[Leaf]) -> Option<String> {
        let first = leaves.first()?;
        let [.., name, key] = first.path.as_slice() else {
            return None;
        };
        let node = self.written_at(&first.path)?;
        let above = self.written_at(&first.path[..first.path.len() - 1])?;
        if first.value == "{}" || above.scalar().is_some() && first.path.len() == 2 {
            return None;
        }
        let text = shown(key, node);
        let place = match self.kind.meant.is_some_and(|meant| meant == name) {
            true => self.kind.written.unwrap_or(name),
            false => name,
        };
        Some(match text == first.value {
            true => format!("remove it; {place} has {key}: {text} already"),
            false => format!("remove it, or change {key} in {place}; that has {key}: {text}"),
        })
    }

    /// The same without keys that the file has and that a word would only give an example of.
    pub(super) fn without_examples(&self, leaves: Vec<Leaf>) -> Vec<Leaf> {
        let is_needed = |leaf: &Leaf| {
            leaf.is_said || leaf.path.len() == 1 || self.written_at(&leaf.path).is_none()
        };
        leaves.into_iter().filter(is_needed).collect()
    }

    /// Whether another protocol replaces that of the check.
    fn replaces_kind(&self) -> Option<(&'static str, &'static str)> {
        let (written, meant) = (self.kind.written?, self.kind.meant?);
        (written != meant).then_some((written, meant))
    }

    /// What the mapping has of this key already, where it has to be written again.
    pub(super) fn known(&self, root: &str, tree: &mut Tree) {
        let replaced = self.replaces_kind();
        if let Some((written, meant)) = replaced.filter(|(_, meant)| *meant == root)
            && let Some(entry) = self.entry(written)
            && !matches!(written, "tcp" | "none")
        {
            tree.absorb(&[meant.to_owned()], &entry.value, ("", ""));
        }
        let Some(entry) = self.entry(root) else {
            return;
        };
        let path = |key: &str| vec![root.to_owned(), key.to_owned()];
        match &entry.value.content {
            Content::Mapping(_) if root == "check" => {
                if let Some(renamed) = replaced {
                    tree.absorb(&[root.to_owned()], &entry.value, renamed);
                }
            }
            Content::List(_) if short_of(root) == Some("run") => {
                tree.absorb(&[root.to_owned()], &entry.value, ("", ""));
            }
            Content::Scalar(scalar) => match (short_of(root), self.kind.meant) {
                (Some(short), _) => tree.add(said(path(short), &scalar.text)),
                (None, Some(meant)) if root == "check" && meant == "command" => {}
                (None, Some(meant)) if root == "check" && self.kind.written.is_some() => {
                    tree.add(said_empty(path(meant)));
                }
                (None, _) if root == "check" => tree.add(said(path("use"), &scalar.text)),
                _ => {}
            },
            _ => {}
        }
    }

    /// What to write, and where.
    pub(super) fn advice(&self, root: &str, mut tree: Tree, words: &[&str]) -> String {
        let example = tree.is_example();
        let whole = match example {
            true => format!("use {root}, as in {}", tree.entries()),
            false => format!("write {}", tree.entries()),
        };
        let several: Vec<&str> = words.iter().copied().filter(|_| words.len() > 1).collect();
        let replacing = |more: &str| {
            let all: Vec<&str> = several
                .iter()
                .copied()
                .chain([more])
                .filter(|text| !text.is_empty())
                .collect();
            match all.is_empty() {
                true => whole.clone(),
                false => format!("{whole}; it replaces {}", all_of(&all)),
            }
        };
        let Some(entry) = self.entry(root) else {
            let replaced = self.replaces_kind().filter(|(_, meant)| *meant == root);
            let other = replaced.filter(|(written, _)| self.entry(written).is_some());
            return replacing(other.map_or("", |(written, _)| written));
        };
        match &entry.value.content {
            Content::Mapping(_) if root == "check" && self.replaces_kind().is_some() => {
                replacing(root)
            }
            Content::Mapping(_) => self.inside(entry, root, &mut tree, words),
            Content::Nothing if tree.get(root).is_some_and(|tree| tree.keys.is_empty()) => {
                format!("remove it; {root} is set")
            }
            Content::Nothing => replacing(root),
            _ if example => format!("remove it; {root} is set"),
            Content::Scalar(scalar) => {
                let text = bare(&scalar.text);
                match tree.get(root).map(|tree| tree.print(root)) {
                    Some(same) if same == text => format!("remove it; {root} is {text} already"),
                    Some(same) if same == format!("{{{text}: {{}}}}") => {
                        format!("remove it; {root} is {text} already")
                    }
                    _ => replacing(&format!("{root}: {text}")),
                }
            }
            Content::List(_) => replacing(root),
        }
    }

    /// What to write into a mapping that the file has.
    fn inside(&self, entry: &Entry, root: &str, tree: &mut Tree, words: &[&str]) -> String {
        let mut path = vec![root.to_owned()];
        let mut node = &entry.value;
        let Some(mut inner) = tree.get(root) else {
            return format!("remove it; {root} is set");
        };
        while let [(key, below)] = inner.keys.as_slice()
            && let Some(next) = node.entry(key)
            && matches!(next.value.content, Content::Mapping(_))
        {
            (node, inner) = (&next.value, below);
            path.push(key.clone());
        }
        let name = match path[0].as_str() {
            "defaults" => path.join("."),
            _ => path[path.len() - 1].clone(),
        };
        let keys: Vec<String> = inner.keys.iter().map(|(key, _)| key.clone()).collect();
        if keys.is_empty() {
            return format!("remove it; {name} is set");
        }
        let there = |key: &&String| node.get(key).is_some();
        let there: Vec<&str> = keys.iter().filter(there).map(String::as_str).collect();
        for key in &there {
            if let Some(own) = node.get(key) {
                let path = [path.as_slice(), &[(*key).to_owned()]].concat();
                tree.absorb(&path, own, ("", ""));
            }
        }
        let mut inner = &*tree;
        for key in &path {
            inner = inner.get(key).unwrap_or(inner);
        }
        let text = inner.entries();
        let belongs = match words.len() {
            1 => "it belongs",
            _ => "they belong",
        };
        match there.is_empty() {
            true => format!("write {text}; {belongs} in {name}"),
            false => format!(
                "write {text} in {name}; it replaces {} there",
                all_of(&there)
            ),
        }
    }
}

fn said_empty(path: Vec<String>) -> Leaf {
    Leaf {
        path,
        value: "{}".to_owned(),
        is_said: true,
    }
}

/// `a, b and c`.
pub(in crate::loader::yaml) fn all_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
