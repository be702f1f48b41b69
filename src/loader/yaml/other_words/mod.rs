//! Keys as ldirectord, keepalived, HAProxy and nginx call them, with what to write instead: the key here, with the value that the
//! file has, in the form that it has here. What several foreign keys say of one key here is put together.

mod advice;
mod blocks;
mod forms;
mod kind;
mod merge;
mod misplaced;
mod tree;
mod values;

use std::sync::LazyLock;

use super::keys::kinds;
use super::mapping::Shape;
use super::node::{Content, Entry, Node};
pub(super) use advice::all_of;
pub(super) use forms::{as_mapping, check};
use kind::Kind;
use tree::Tree;
pub(super) use values::{
    bare, forwarding, is_public, other_time, plain, program, protocol, server_with_words, truth,
    word_for,
};

/// What to do about a key that the format does not have.
pub(super) struct Instead {
    pub(super) hint: String,
    /// The key of the same mapping that it stands for.
    pub(super) stands_for: Option<String>,
}

/// A line of the table.
struct Row {
    mappings: Vec<&'static str>,
    words: Vec<&'static str>,
    says: Says,
}

enum Says {
    /// Running text.
    Text(&'static str),
    /// Keys to write; a value of the other program belongs to the first.
    Keys(Vec<Example>),
}

/// A key to write, below the mapping that has the foreign word, with a value.
struct Example {
    path: Vec<&'static str>,
    value: &'static str,
    kind: Option<&'static str>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| rows(include_str!("words.txt")));

fn rows(text: &'static str) -> Vec<Row> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(row).collect()
}

fn row(line: &'static str) -> Option<Row> {
    let (mappings, rest) = line.split_once(": ")?;
    let (words, says) = match rest.split_once(" => ") {
        Some((words, text)) => (words, Says::Text(text)),
        None => {
            let (words, keys) = rest.split_once(" -> ")?;
            let keys: Option<Vec<Example>> = keys.split(" & ").map(example).collect();
            (words, Says::Keys(keys?))
        }
    };
    Some(Row {
        mappings: mappings.split(' ').collect(),
        words: words.split(' ').collect(),
        says,
    })
}

fn example(text: &'static str) -> Option<Example> {
    let (path, rest) = text.split_once(" = ")?;
    let (value, kind) = match rest.split_once(" as ") {
        Some((value, kind)) => (value, Some(kind)),
        None => (rest, None),
    };
    Some(Example {
        path: path.split('.').collect(),
        value,
        kind,
    })
}

fn row_of(key: &str, within: &str) -> Option<&'static Row> {
    let key = key.to_ascii_lowercase().replace('-', "_");
    ROWS.iter()
        .find(|row| row.mappings.contains(&within) && row.words.contains(&key.as_str()))
}

/// What to write instead of a key that this mapping does not have, where another program has it. `siblings` are all keys of the
/// mapping, which is the value of the key `name`. What several of them say together is the same text for each.
pub(super) fn instead_of(
    entry: &Entry,
    siblings: &[Entry],
    shape: &dyn Shape,
    name: &str,
) -> Option<Instead> {
    let within = shape.name();
    let row = row_of(&entry.key, within);
    if let Some(hint) = misplaced::within_tls(entry, siblings, shape) {
        return Some(said(&hint));
    }
    if let Some(Says::Text(text)) = row.map(|row| &row.says)
        && Context::new(siblings, shape).meant(entry).is_none()
    {
        let hint = blocks::of_servers(entry, siblings, shape);
        let time = values::translated("seconds", &entry.value);
        let text = text.replace("60s", time.as_deref().unwrap_or("60s"));
        return Some(said(&hint.unwrap_or(text)));
    }
    if let Some(hint) = misplaced::beside(entry, siblings, shape, name) {
        return Some(said(&hint));
    }
    let context = Context::new(siblings, shape);
    let own = match context.meant(entry) {
        Some(Ok(own)) => own,
        Some(Err(hint)) => return Some(said(&hint)),
        None => return misplaced::elsewhere(entry, within),
    };
    let first = own.first()?;
    let root = first.path.first()?.clone();
    if let Some(Says::Keys(keys)) = row.map(|row| &row.says)
        && context.block(entry, keys).is_none()
        && let Some(name) = renamed(keys, &entry.value, keys[0].kind.is_some() && first.is_said)
    {
        return Some(Instead {
            hint: match context.entry(&root).is_some() {
                true => format!("remove it; {root} is set"),
                false => format!("did you mean {name}?"),
            },
            stands_for: Some(root),
        });
    }
    if root == "check" && context.entry("checks").is_some() && context.entry("check").is_none() {
        return Some(said(
            "remove it; keys of a check belong in the entries of checks",
        ));
    }
    if let Some(hint) = context.is_set(&own) {
        return Some(said(&hint));
    }
    let mut tree = Tree::default();
    context.known(&root, &mut tree);
    let mut words = Vec::new();
    for other in context.foreign() {
        let Some(Ok(leaves)) = context.meant(other) else {
            continue;
        };
        let is_same = leaves.first().is_some_and(|leaf| leaf.path[0] == root);
        if is_same && context.is_set(&leaves).is_none() {
            words.push(other.key.as_str());
            // What a block of words says of keys that the mapping has is not written twice.
            let is_new =
                |leaf: &tree::Leaf| leaf.path[0] == root || context.entry(&leaf.path[0]).is_none();
            let leaves = context.without_examples(leaves).into_iter();
            leaves.filter(is_new).for_each(|leaf| tree.add(leaf));
        }
    }
    Some(Instead {
        hint: context.advice(&root, tree, &words),
        stands_for: Some(root),
    })
}

fn said(hint: &str) -> Instead {
    let meant = hint.strip_prefix("did you mean ");
    Instead {
        hint: hint.to_owned(),
        stands_for: meant.map(|meant| meant.trim_end_matches('?').to_owned()),
    }
}

/// What to do about a word that asks for nothing here because of its value.
fn without_a_key(entry: &Entry, siblings: &[Entry], within: &str) -> Option<&'static str> {
    let text = scalar(&entry.value)?.to_ascii_lowercase();
    let word = entry.key.to_ascii_lowercase().replace('-', "_");
    match (within, word.as_str(), text.as_str()) {
        ("service" | "defaults", "mode", "http" | "tcp" | "health") => Some(
            "remove it; ipvsd forwards connections of any protocol, and check says how to probe the servers",
        ),
        (
            "check" | "service",
            "ssl" | "tls" | "check_ssl" | "use_ssl" | "use_tls" | "ssl_hello" | "secure",
            text,
        ) if truth(text) == Some(false) => Some("remove it; only protocols such as https use TLS"),
        (_, "proxy_protocol" | "send_proxy" | "proxy" | "check_send_proxy", text)
            if truth(text) == Some(false) =>
        {
            Some("remove it; that is the default")
        }
        ("service" | "defaults", "hysteresis", "0") => Some("remove it; 0 is the default"),
        ("service", "protocol", protocol) => {
            let listen = siblings.iter().find(|other| other.key == "listen")?;
            let listen = scalar(&listen.value)?;
            if listen.contains("mark") {
                return Some("remove it; a firewall mark has no protocol");
            }
            (listen.split_once("://")?.0 == protocol)
                .then_some("remove it; listen says the protocol")
        }
        ("real_server", "name", name) => {
            let is_address = name.contains(['.', ':']);
            let has_other = siblings.iter().any(|other| {
                other.place != entry.place && (is_for_address(&other.key) || other.key == "address")
            });
            (!is_address && has_other).then_some("remove it; its address names a real server")
        }
        _ => None,
    }
}

/// Whether a key of a real server is another word for its address.
fn is_for_address(key: &str) -> bool {
    let row = row_of(key, "real_server");
    row.is_some_and(|row| matches!(&row.says, Says::Keys(keys) if keys[0].kind == Some("address") && keys[0].path == ["address"]))
}

/// The key that a foreign one is another name of, where its value is a list or a mapping as here.
fn renamed(keys: &[Example], value: &Node, is_said: bool) -> Option<&'static str> {
    let first = keys.first()?;
    let is_whole = first.path.len() == 1;
    let same_form = match value.content {
        // A mapping far below, such as the headers of a check, is that key only.
        Content::Mapping(_) => match first.path.as_slice() {
            [only] => first.value.starts_with('{') || only.starts_with('*'),
            [name, key] if tree::short_of(name) == Some(*key) => true,
            path => !first.value.starts_with('{') && kinds::shape(path[0]).is_some(),
        },
        Content::List(_) => is_whole && first.value.starts_with('['),
        _ => false,
    };
    let name = first.path[0];
    (same_form && !is_said && !name.starts_with('*')).then_some(name)
}

fn scalar(node: &Node) -> Option<&str> {
    node.scalar().map(|scalar| scalar.text.trim())
}

/// The mapping that has the foreign words.
struct Context<'a> {
    siblings: &'a [Entry],
    shape: &'a dyn Shape,
    within: &'a str,
    kind: Kind,
}

impl<'a> Context<'a> {
    fn new(siblings: &'a [Entry], shape: &'a dyn Shape) -> Self {
        let mut context = Self {
            siblings,
            shape,
            within: shape.name(),
            kind: Kind::default(),
        };
        context.kind = context.kind();
        context
    }

    /// Whether the mapping has this key.
    fn is_own(&self, entry: &Entry) -> bool {
        self.shape.has(&entry.key)
    }

    /// The keys that the mapping does not have.
    fn foreign(&self) -> impl Iterator<Item = &'a Entry> {
        let shape = self.shape;
        self.siblings
            .iter()
            .filter(move |entry| !shape.has(&entry.key))
    }
}

#[cfg(test)]
mod tests;
