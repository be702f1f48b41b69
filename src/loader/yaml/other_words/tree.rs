//! Keys with their values as they are to be written.

use super::super::node::{Content, Node};
use super::values::{bare, is_public};

/// Mappings that a single value may stand for, with the key that it is then.
pub(super) const SHORT: [(&str, &str); 5] = [
    ("persistence", "timeout"),
    ("scheduler", "name"),
    ("minimum_healthy", "servers"),
    ("expect", "body"),
    ("command", "run"),
];

/// The key that a single value in place of this mapping stands for.
pub(super) fn short_of(mapping: &str) -> Option<&'static str> {
    let known = SHORT.iter().find(|(name, _)| *name == mapping);
    known.map(|(_, short)| *short)
}

/// A key below the mapping, with its value.
#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) path: Vec<String>,
    pub(super) value: String,
    /// Whether the file has this value, which then counts before an example.
    pub(super) is_said: bool,
}

/// A value, or keys with their values in the order in which they came.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) value: Option<(String, bool)>,
    pub(super) keys: Vec<(String, Tree)>,
}

impl Tree {
    fn below(&mut self, key: &str) -> &mut Self {
        let known = self.keys.iter().position(|(known, _)| known == key);
        let position = known.unwrap_or_else(|| {
            self.keys.push((key.to_owned(), Self::default()));
            self.keys.len() - 1
        });
        &mut self.keys[position].1
    }

    pub(super) fn add(&mut self, leaf: Leaf) {
        let mut tree = self;
        for key in &leaf.path {
            tree = tree.below(key);
        }
        // A program may get keys beside it.
        if leaf.path.last().is_some_and(|key| key == "command") {
            tree = tree.below("run");
        }
        let had_said = tree.value.as_ref().is_some_and(|(_, is_said)| *is_said);
        if leaf.is_said || !had_said {
            tree.value = Some((leaf.value, leaf.is_said));
        }
    }

    /// Adds what the file has at this path. A kind of check is called as `renamed` says.
    pub(super) fn absorb(&mut self, path: &[String], node: &Node, renamed: (&str, &str)) {
        let name = path.last().map_or("", String::as_str);
        let below = |key: &str| [path, &[key.to_owned()]].concat();
        if let Content::Mapping(entries) = &node.content {
            for entry in entries {
                let key = match entry.key == renamed.0 {
                    true => renamed.1,
                    false => &entry.key,
                };
                self.absorb(&below(key), &entry.value, renamed);
            }
            if !entries.is_empty() {
                return;
            }
        }
        let path = match (&node.content, short_of(name)) {
            (Content::Scalar(_), Some(short)) => below(short),
            (Content::List(_), Some("run")) => below("run"),
            _ => path.to_vec(),
        };
        self.add(Leaf {
            value: shown(name, node),
            path,
            is_said: true,
        });
    }

    /// All values in it, each with its path.
    pub(super) fn leaves(&self) -> Vec<Leaf> {
        let value = self.value.iter().filter(|_| self.keys.is_empty());
        let mut leaves: Vec<Leaf> = value
            .map(|(value, is_said)| Leaf {
                path: Vec::new(),
                value: value.clone(),
                is_said: *is_said,
            })
            .collect();
        for (key, tree) in &self.keys {
            for mut leaf in tree.leaves() {
                leaf.path.insert(0, key.clone());
                leaves.push(leaf);
            }
        }
        leaves
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let known = self.keys.iter().find(|(known, _)| known == key);
        known.map(|(_, tree)| tree)
    }

    /// Whether nothing in it is said by the file or follows from the word alone.
    pub(super) fn is_example(&self) -> bool {
        let is_said = self.value.as_ref().is_some_and(|(_, is_said)| *is_said);
        !is_said && self.keys.iter().all(|(_, tree)| tree.is_example())
    }

    /// In one line, as the value of this key.
    pub(super) fn print(&self, key: &str) -> String {
        let short = short_of(key);
        match (self.keys.as_slice(), &self.value) {
            ([], value) => value.as_ref().map_or("{}", |(text, _)| text).to_owned(),
            // Expecting a body is the shorter form of another mapping, which is the clearer one.
            ([(only, tree)], _) if key != "expect" && short == Some(only) => tree.print(only),
            _ => format!("{{{}}}", self.entries()),
        }
    }

    /// The keys with their values.
    pub(super) fn entries(&self) -> String {
        let entries = self.keys.iter();
        let entries: Vec<String> = entries
            .map(|(key, tree)| format!("{key}: {}", tree.print(key)))
            .collect();
        entries.join(", ")
    }
}

/// The value of a key as it is written in brackets, with its unit where a time has none; `…` for what may be a secret.
pub(super) fn shown(key: &str, node: &Node) -> String {
    let Some(text) = node.flow() else {
        return "…".to_owned();
    };
    let is_time = key == "timeout" || key.starts_with("every");
    let is_bare = is_time && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match is_public(&format!("{key}: {text}")) {
        _ if text.is_empty() => "{}".to_owned(),
        true if is_bare => format!("{text}s"),
        true => text,
        false => "…".to_owned(),
    }
}

/// A text of the file in the form of a leaf.
pub(super) fn said(path: Vec<String>, text: &str) -> Leaf {
    Leaf {
        path,
        value: bare(text),
        is_said: true,
    }
}
