//! Words of other programs whose value is a block of words: `http_get: {url: {path: /x}}`, `healthcheck: {interval: 5}`,
//! `default-server: inter 2s fall 3`.

use super::super::keys::check::CHECK;
use super::super::keys::kinds;
use super::super::keys::server::REAL_SERVER;
use super::super::mapping::Shape;
use super::super::node::{Content, Entry, Node, Scalar};
use super::tree::{Leaf, Tree, shown};
use super::values::{is_public, server_entry};
use super::{Context, Example, Says, row_of, scalar};

/// Blocks within blocks, which say no more than what is in them.
const PLAIN: [&str; 3] = ["url", "httpheaders", "match"];

/// What a block in the place of a check says, as keys of a check; none where a word of it has no key.
pub(super) fn check(word: &str, value: &Node) -> Option<Vec<Leaf>> {
    let Content::Mapping(entries) = &value.content else {
        return None;
    };
    let mut all = Vec::new();
    // The word itself may name the protocol.
    let row = row_of(word, "check");
    if let Some(Says::Keys(keys)) = row.map(|row| &row.says)
        && keys[0]
            .path
            .iter()
            .any(|key| kinds::names().any(|kind| kind == *key))
    {
        let node = Node {
            place: value.place.clone(),
            content: Content::Nothing,
        };
        all.push(Entry {
            key: word.to_owned(),
            place: value.place.clone(),
            value: node,
        });
    }
    let has_word = !all.is_empty();
    flatten(entries, &mut all);
    let context = Context::new(&all, &CHECK);
    let mut tree = Tree::default();
    if let Some(kind) = context.kind.meant {
        tree.add(Leaf {
            path: vec![kind.to_owned()],
            value: "{}".to_owned(),
            is_said: true,
        });
    }
    for entry in all.iter().skip(usize::from(has_word)) {
        if context.is_own(entry) {
            tree.absorb(std::slice::from_ref(&entry.key), &entry.value, ("", ""));
            continue;
        }
        let leaves = context.meant(entry)?.ok()?;
        leaves.into_iter().for_each(|leaf| tree.add(leaf));
    }
    let mut leaves = tree.leaves();
    // The protocol first, by which these keys are put together.
    leaves.sort_by_key(|leaf| context.kind.meant != Some(leaf.path[0].as_str()));
    (!leaves.is_empty()).then_some(leaves)
}

fn flatten(entries: &[Entry], all: &mut Vec<Entry>) {
    for entry in entries {
        match &entry.value.content {
            Content::Mapping(inner) if PLAIN.contains(&&*entry.key.to_ascii_lowercase()) => {
                flatten(inner, all);
            }
            _ => all.push(entry.clone()),
        }
    }
}

/// What to write for words of checks at a real server, all of them together.
pub(super) fn of_servers(entry: &Entry, siblings: &[Entry], shape: &dyn Shape) -> Option<String> {
    let text = |entry: &Entry| match row_of(&entry.key, "real_server").map(|row| &row.says) {
        Some(Says::Text(text)) if !shape.has(&entry.key) => Some(*text),
        _ => None,
    };
    let is_of_check =
        |entry: &&Entry| text(entry).is_some_and(|text| text.contains("as in check:"));
    if !is_of_check(&entry) {
        return None;
    }
    let all: Vec<Entry> = siblings.iter().filter(is_of_check).cloned().collect();
    let context = Context::new(&all, &CHECK);
    let mut tree = Tree::default();
    for entry in &all {
        let leaves = match &entry.value.content {
            Content::Mapping(inner) if entry.key == "check" => {
                let mut inside = Tree::default();
                for entry in inner.iter().filter(|entry| CHECK.has(&entry.key)) {
                    inside.absorb(std::slice::from_ref(&entry.key), &entry.value, ("", ""));
                }
                inside.leaves()
            }
            Content::Mapping(_) => check(&entry.key, &entry.value)?,
            Content::Scalar(scalar) if entry.key == "check" => {
                let kind = super::protocol(&scalar.text)?;
                vec![Leaf {
                    path: vec![kind.to_owned()],
                    value: "{}".to_owned(),
                    is_said: kind != "command",
                }]
            }
            _ if context.is_own(entry) => {
                tree.absorb(std::slice::from_ref(&entry.key), &entry.value, ("", ""));
                continue;
            }
            _ => context.meant(entry)?.ok()?,
        };
        leaves.into_iter().for_each(|leaf| tree.add(leaf));
    }
    (!tree.is_example()).then(|| {
        let check = tree.entries();
        format!("write check: {{{check}}} in the service, for all of its servers")
    })
}

/// What options of HAProxy's `default-server` say of a check.
pub(super) fn options(entry: &Entry) -> Option<Vec<Leaf>> {
    let text = scalar(&entry.value)?;
    let mut words = text.split_whitespace();
    let mut all = Vec::new();
    while let Some(word) = words.next() {
        let key = word.to_ascii_lowercase();
        if matches!(
            key.as_str(),
            "inter" | "fastinter" | "downinter" | "fall" | "rise" | "port"
        ) {
            all.push(Entry {
                key,
                place: entry.place.clone(),
                value: Node {
                    place: entry.place.clone(),
                    content: Content::Scalar(Scalar::new(
                        words.next()?.to_owned(),
                        &entry.place,
                        true,
                    )),
                },
            });
        }
    }
    let context = Context::new(&all, &CHECK);
    let mut leaves = Vec::new();
    for entry in &all {
        let own = match context.is_own(entry) {
            true => vec![Leaf {
                path: vec![entry.key.clone()],
                value: shown(&entry.key, &entry.value),
                is_said: true,
            }],
            false => context.meant(entry)?.ok()?,
        };
        leaves.extend(own);
    }
    (!leaves.is_empty()).then_some(leaves)
}

impl Context<'_> {
    /// What to do with a key of real servers at a service whose servers cannot all be repeated.
    pub(super) fn of_each_server(&self, entry: &Entry, example: &Example) -> Option<String> {
        let key = key_of_each(example)?;
        if self.each_server(&entry.value).is_some() {
            return None;
        }
        let value = shown(key, &entry.value);
        Some(format!(
            "remove it, or write {key}: {value} at each real server"
        ))
    }

    /// Real servers that each have this key, in the place of those of the service; none for a group or many of them.
    pub(super) fn each_server(&self, value: &Node) -> Option<String> {
        const MANY: usize = 8;
        let _: u32 = scalar(value)?.parse().ok()?;
        // All such keys together, since they replace the same list.
        let numbers: Vec<(&str, u32)> = self
            .foreign()
            .filter_map(|entry| {
                let Says::Keys(keys) = &row_of(&entry.key, self.within)?.says else {
                    return None;
                };
                let number = scalar(&entry.value)?.parse().ok()?;
                Some((key_of_each(&keys[0])?, number))
            })
            .collect();
        let servers = self.siblings.iter().find(|entry| {
            entry.key == "real_servers"
                || row_of(&entry.key, self.within)
                    .is_some_and(|row| matches!(&row.says, Says::Keys(keys) if keys[0].path == ["real_servers"] && keys[0].kind == Some("servers")))
        })?;
        let Content::List(items) = &servers.value.content else {
            return None;
        };
        if items.len() > MANY {
            return None;
        }
        let with = |item: &Node| -> Option<String> {
            let text = match &item.content {
                Content::Scalar(scalar) => server_entry(&scalar.text)?,
                Content::Mapping(entries)
                    if entries.iter().all(|entry| REAL_SERVER.has(&entry.key)) =>
                {
                    item.flow().filter(|text| is_public(text))?
                }
                _ => return None,
            };
            let inside = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'));
            let mut inside = inside.map_or_else(|| format!("address: {text}"), str::to_owned);
            for (key, number) in &numbers {
                if !inside.contains(&format!("{key}: ")) {
                    inside = format!("{inside}, {key}: {number}");
                }
            }
            Some(format!("{{{inside}}}"))
        };
        let all: Option<Vec<String>> = items.iter().map(with).collect();
        Some(format!("[{}]", all?.join(", ")))
    }
}

/// The key that each real server gets.
fn key_of_each(example: &Example) -> Option<&'static str> {
    Some(match example.kind? {
        "each_weight" => "weight",
        "each_upper" => "upper_threshold",
        "each_lower" => "lower_threshold",
        _ => return None,
    })
}
