//! Keys as ldirectord, keepalived, HAProxy and nginx call them, with what to write instead: the key here, with the value that the
//! file has, in the form that it has here. What several foreign keys say of one key here is put together.

mod forms;
mod merge;
mod misplaced;
mod values;

use std::sync::LazyLock;

use super::node::{Content, Entry, Node};
pub(super) use forms::{as_mapping, check};
use merge::Tree;
pub(super) use values::{
    forwarding, is_public, other_time, plain, program, protocol, server_with_words, truth, word_for,
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
/// mapping.
pub(super) fn instead_of(entry: &Entry, siblings: &[Entry], within: &str) -> Option<Instead> {
    if entry.key == "<<" {
        let hint = "merge keys (<<) are not supported; write common keys once in defaults, or in a named check";
        return Some(said(hint));
    }
    let Some(row) = row_of(&entry.key, within) else {
        let below = misplaced::hint(entry, siblings, within).map(|hint| said(&hint));
        return below.or_else(|| misplaced::elsewhere(entry, within));
    };
    let keys = match &row.says {
        Says::Text(text) => return Some(said(text)),
        Says::Keys(keys) => keys,
    };
    if let Some(hint) = without_a_key(entry, siblings, within) {
        return Some(said(hint));
    }
    let context = Context { siblings, within };
    let own = context.leaves(keys, &entry.value, &entry.key);
    let Some(root) = own.first().and_then(|leaf| leaf.path.first()).cloned() else {
        return Some(said(&context.only_in_http(keys, &entry.key)));
    };
    if let Some(name) = renamed(
        keys,
        &entry.value,
        keys[0].kind.is_some() && own.first()?.is_said,
    ) {
        return Some(Instead {
            hint: format!("did you mean {name}?"),
            stands_for: Some(root),
        });
    }
    let mut tree = Tree::default();
    context.known(&root, &mut tree);
    for other in siblings.iter().filter(|other| other.place != entry.place) {
        let Some(Says::Keys(keys)) = row_of(&other.key, within).map(|row| &row.says) else {
            continue;
        };
        if without_a_key(other, siblings, within).is_some() {
            continue;
        }
        let leaves = context.leaves(keys, &other.value, &other.key);
        if leaves.first().is_some_and(|leaf| leaf.path[0] == root) {
            leaves.into_iter().for_each(|leaf| tree.add(leaf));
        }
    }
    own.into_iter().for_each(|leaf| tree.add(leaf));
    Some(Instead {
        hint: context.advice(&root, &tree),
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
    let word = entry.key.to_ascii_lowercase();
    match (within, word.as_str(), text.as_str()) {
        ("service" | "defaults", "mode", "http" | "tcp" | "health") => Some(
            "remove it; ipvsd forwards connections of any protocol, and check says how to probe the servers",
        ),
        ("service", "checktype", "negotiate") => Some(
            "remove it; the key of its protocol makes a check, as in check: {http: {path: /test.html}}",
        ),
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

/// Whether another foreign word of the mapping already says what this one does.
pub(super) fn is_part_of_another(entry: &Entry, siblings: &[Entry], within: &str) -> bool {
    let other = |is: &dyn Fn(&str) -> bool| {
        siblings
            .iter()
            .any(|other| other.place != entry.place && is(&other.key))
    };
    match (within, entry.key.as_str()) {
        ("real_server", "port") => other(&is_for_address),
        ("service", "protocol" | "port" | "vip_port") => {
            other(&|key| matches!(key, "virtual" | "bind" | "address" | "virtual_server"))
        }
        _ => false,
    }
}

/// The key that a foreign one is another name of, where its value is a list or a mapping as here.
fn renamed(keys: &[Example], value: &Node, is_said: bool) -> Option<&'static str> {
    let first = keys.first()?;
    let is_whole = first.path.len() == 1;
    let same_form = match value.content {
        // A mapping far below, such as the headers of a check, is that key only.
        Content::Mapping(_) => {
            is_whole == first.value.starts_with('{')
                || first.path.iter().any(|key| key.starts_with('*'))
        }
        Content::List(_) => first.path.len() == 1 && first.value.starts_with('['),
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
    within: &'a str,
}

#[cfg(test)]
mod tests;
