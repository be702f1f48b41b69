//! Checks and groups of real servers that have a name, and the places that use them. Everything happens to the tree before
//! it is read, so that each value keeps the place where it was written.

use std::collections::BTreeMap;

use director_core::diagnostic::{Place, nearest};

use super::check::is_kind;
use super::gather::Part;
use super::node::{Content, Entry, Node};
use super::reader::Reader;
use super::shape;

/// What has a name, in all files together.
#[derive(Debug, Default)]
pub(super) struct Library {
    checks: BTreeMap<String, Entry>,
    groups: BTreeMap<String, Entry>,
}

impl Library {
    /// The named checks and groups of all files.
    pub(super) fn of(parts: &[Part], reader: &mut Reader) -> Self {
        let mut library = Self::default();
        for part in parts {
            for entry in &part.entries {
                match entry.key.as_str() {
                    "checks" => collect(&mut library.checks, entry, "check", reader),
                    "groups" => collect(&mut library.groups, entry, "group", reader),
                    _ => {}
                }
            }
        }
        for entry in library.checks.values() {
            if shape::ALONE.contains(&entry.key.as_str()) {
                let message = format!("{} is a kind of check, and no name for one", entry.key);
                reader.error(&entry.place, message, "choose another name");
            }
        }
        library
    }

    /// The named checks with all that they start from.
    pub(super) fn checks(&self, reader: &mut Reader) -> Vec<Node> {
        let mut all = Vec::new();
        for (name, entry) in &self.checks {
            all.push(self.followed(&entry.value, &mut vec![name], reader));
        }
        all
    }

    /// The named groups with all that they hold.
    pub(super) fn groups(&self, reader: &mut Reader) -> Vec<Node> {
        let groups = self.groups.iter();
        let all =
            groups.flat_map(|(name, entry)| self.listed(&entry.value, &mut vec![name], reader));
        all.collect()
    }

    /// Puts named checks and groups into a fallback of several servers.
    pub(super) fn in_fallback(&self, node: &mut Node, reader: &mut Reader) {
        match &mut node.content {
            Content::List(_) => *node = self.servers(node, reader),
            Content::Mapping(entries) => {
                let pool = entries.iter().any(|entry| entry.key == "real_servers");
                for entry in entries.iter_mut().filter(|_| pool) {
                    match entry.key.as_str() {
                        "check" => entry.value = self.check(&entry.value, reader),
                        "real_servers" => entry.value = self.servers(&entry.value, reader),
                        _ => {}
                    }
                }
            }
            Content::Scalar(_) | Content::Nothing => {}
        }
    }

    /// A check as written in a service, with all that it starts from.
    pub(super) fn check(&self, node: &Node, reader: &mut Reader) -> Node {
        self.followed(node, &mut Vec::new(), reader)
    }

    fn followed<'s>(&'s self, node: &Node, path: &mut Vec<&'s str>, reader: &mut Reader) -> Node {
        match &node.content {
            Content::Scalar(scalar) => {
                if shape::ALONE.contains(&scalar.text.as_str()) {
                    return node.clone();
                }
                match self.named_check(&scalar.text, &node.place, false, path, reader) {
                    Some(check) => check,
                    None => node.clone(),
                }
            }
            Content::Mapping(entries) => {
                let mut own: Vec<Entry> = entries.clone();
                let Some(place) = own.iter().position(|entry| entry.key == "use") else {
                    return node.clone();
                };
                let start = own.remove(place).value;
                let base = start.scalar().and_then(|scalar| {
                    self.named_check(&scalar.text, &start.place, true, path, reader)
                });
                let base = base.map(|base| entries_of_check(&base)).unwrap_or_default();
                Node {
                    place: node.place.clone(),
                    content: Content::Mapping(over(own, base)),
                }
            }
            _ => node.clone(),
        }
    }

    /// A check by its name. What is not one may be a slip of a kind, which the reader of checks knows better to tell,
    /// unless `must_be`.
    fn named_check<'s>(
        &'s self,
        name: &str,
        place: &Place,
        must_be: bool,
        path: &mut Vec<&'s str>,
        reader: &mut Reader,
    ) -> Option<Node> {
        let Some((name, entry)) = self.checks.get_key_value(name) else {
            let near = nearest(name, self.checks.keys().map(String::as_str));
            if must_be || near.is_some() {
                unknown("check", "checks", name, near, place, reader);
            }
            return must_be
                .then(|| nothing(place))
                .or(near.map(|_| nothing(place)));
        };
        if path.contains(&name.as_str()) {
            let message = format!("check {name} starts from itself");
            reader.error(place, message, "let it start from another, or from none");
            return Some(nothing(place));
        }
        path.push(name);
        let check = self.followed(&entry.value, path, reader);
        path.pop();
        Some(check)
    }

    /// The real servers of a list, groups taken apart.
    pub(super) fn servers(&self, node: &Node, reader: &mut Reader) -> Node {
        let listed = match &node.content {
            Content::List(_) => self.listed(node, &mut Vec::new(), reader),
            Content::Scalar(scalar) => {
                self.group(&scalar.text, &node.place, &[], &mut Vec::new(), reader)
            }
            _ => return node.clone(),
        };
        Node {
            place: node.place.clone(),
            content: Content::List(listed),
        }
    }

    fn listed<'s>(
        &'s self,
        node: &Node,
        path: &mut Vec<&'s str>,
        reader: &mut Reader,
    ) -> Vec<Node> {
        let Content::List(items) = &node.content else {
            let message = format!(
                "a group is a list of real servers, and this is {}",
                node.kind()
            );
            reader.error(&node.place, message, "write [10.0.0.11:80, 10.0.0.12:80]");
            return Vec::new();
        };
        let mut servers = Vec::new();
        for item in items {
            let group = match &item.content {
                Content::Mapping(entries) => entries.iter().find(|entry| entry.key == "group"),
                _ => None,
            };
            match (group, &item.content) {
                (Some(group), Content::Mapping(entries)) => {
                    let others: Vec<Entry> = entries
                        .iter()
                        .filter(|entry| entry.key != "group")
                        .cloned()
                        .collect();
                    if let Some(address) = others.iter().find(|entry| entry.key == "address") {
                        let message = "a group and an address in one entry";
                        reader.error(&address.place, message, "give each an entry of its own");
                    }
                    let name = group.value.scalar().map_or("", |scalar| &scalar.text);
                    servers.extend(self.group(name, &group.value.place, &others, path, reader));
                }
                _ => servers.push(item.clone()),
            }
        }
        servers
    }

    fn group<'s>(
        &'s self,
        name: &str,
        place: &Place,
        others: &[Entry],
        path: &mut Vec<&'s str>,
        reader: &mut Reader,
    ) -> Vec<Node> {
        let Some((name, entry)) = self.groups.get_key_value(name) else {
            let near = nearest(name, self.groups.keys().map(String::as_str));
            unknown("group", "groups", name, near, place, reader);
            return Vec::new();
        };
        if path.contains(&name.as_str()) {
            let message = format!("group {name} holds itself");
            reader.error(place, message, "name its servers, or other groups");
            return Vec::new();
        }
        path.push(name);
        let mut servers = self.listed(&entry.value, path, reader);
        path.pop();
        if !others.is_empty() {
            for server in &mut servers {
                let under = entries_of_server(server);
                server.content = Content::Mapping(merged(others.to_vec(), under));
            }
        }
        servers
    }
}

fn collect(into: &mut BTreeMap<String, Entry>, section: &Entry, what: &str, reader: &mut Reader) {
    let Content::Mapping(entries) = &section.value.content else {
        if !matches!(section.value.content, Content::Nothing) {
            let message = format!(
                "{} is a mapping from names, and this is {}",
                section.key,
                section.value.kind()
            );
            reader.error(
                &section.value.place,
                message,
                format!("write one {what} a name"),
            );
        }
        return;
    };
    for entry in entries {
        if let Some(first) = into.get(&entry.key) {
            let message = format!(
                "{what} {} is defined twice; the first is at {}",
                entry.key, first.place
            );
            reader.error(&entry.place, message, "give one of the two another name");
        } else {
            into.insert(entry.key.clone(), entry.clone());
        }
    }
}

fn unknown(
    what: &str,
    section: &str,
    name: &str,
    near: Option<&str>,
    place: &Place,
    reader: &mut Reader,
) {
    let hint = match near {
        Some(near) => format!("did you mean {near}?"),
        None if what == "group"
            && (name.contains(':') || name.parse::<std::net::IpAddr>().is_ok()) =>
        {
            format!("real servers stand in a list: write real_servers: [\"{name}\"]")
        }
        None => format!("define it under {section}, in this file or in one that belongs to it"),
    };
    reader.error(place, format!("there is no {what} named {name:?}"), hint);
}

fn nothing(place: &Place) -> Node {
    Node {
        place: place.clone(),
        content: Content::Mapping(Vec::new()),
    }
}

/// The entries of a check in its long form.
pub(super) fn entries_of_check(node: &Node) -> Vec<Entry> {
    match &node.content {
        Content::Scalar(scalar) => vec![Entry {
            key: scalar.text.clone(),
            place: node.place.clone(),
            value: Node {
                place: node.place.clone(),
                content: Content::Nothing,
            },
        }],
        Content::Mapping(entries) => entries.clone(),
        _ => Vec::new(),
    }
}

/// The entries of a real server in its long form.
pub(super) fn entries_of_server(node: &Node) -> Vec<Entry> {
    match &node.content {
        Content::Mapping(entries) => entries.clone(),
        Content::Nothing => Vec::new(),
        _ => vec![Entry {
            key: "address".to_owned(),
            place: node.place.clone(),
            value: node.clone(),
        }],
    }
}

/// Entries, and those of `under` whose keys are not among them.
pub(super) fn merged(mut entries: Vec<Entry>, under: Vec<Entry>) -> Vec<Entry> {
    for entry in under {
        if entries.iter().all(|known| known.key != entry.key) {
            entries.push(entry);
        }
    }
    entries
}

/// The same for checks: a check asks one question, so a kind hides those below it, and keys of the same kind go together.
pub(super) fn over(mut entries: Vec<Entry>, under: Vec<Entry>) -> Vec<Entry> {
    let asks = entries.iter().any(|entry| is_kind(&entry.key));
    for below in under {
        match entries.iter_mut().find(|entry| entry.key == below.key) {
            Some(same) if is_kind(&below.key) => {
                if let (Content::Mapping(own), Content::Mapping(base)) =
                    (&same.value.content, below.value.content)
                {
                    same.value.content = Content::Mapping(merged(own.clone(), base));
                }
            }
            Some(_) => {}
            None if asks && is_kind(&below.key) => {}
            None => entries.push(below),
        }
    }
    entries
}
