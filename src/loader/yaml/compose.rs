//! Services as they are meant: each with the defaults of its file, its named check and its groups of real servers in place.
//! The result is a tree like any other, to be read by the table of keys.

use director_core::diagnostic::Diagnostic;

use super::gather::{Gathered, Part};
use super::named::{Library, entries_of_check, entries_of_server, merged, over};
use super::node::{Content, Entry, Node, Scalar};
use super::reader::Reader;
use super::{check, service, shape};

/// Keys that no two services can share, and so are no default.
const NOT_SHARED: [(&str, &[&str]); 3] = [
    ("service", &["name", "listen"]),
    ("check", &["use", "name"]),
    ("real_server", &["address", "group"]),
];

/// A service of a file.
pub(super) struct Composed {
    /// Its tree, complete.
    pub(super) node: Node,
    /// Its name, where it has one.
    pub(super) name: Option<String>,
    /// What to call it in messages.
    pub(super) shown: String,
    /// What was found while it was put together.
    pub(super) findings: Vec<Diagnostic>,
}

/// All services of all files. What is wrong with defaults, checks and groups is reported even where nobody uses them.
pub(super) fn compose(gathered: &Gathered, reader: &mut Reader) -> Vec<Composed> {
    let library = Library::of(&gathered.parts, reader);
    for named in library.checks(reader) {
        check::check(&named, reader);
    }
    for server in library.groups(reader) {
        service::real_server(&server, reader);
    }
    let mut services = Vec::new();
    for part in &gathered.parts {
        let defaults = Defaults::of(part, reader);
        defaults.try_out(part, &library, reader);
        for node in written(part, reader) {
            let before = reader.findings.len();
            let composed = defaults.applied(node, &library, reader);
            let name = text_of(node, "name");
            services.push(Composed {
                shown: shown(name.as_deref(), node),
                name,
                node: composed,
                findings: reader.findings[before..].to_vec(),
            });
        }
    }
    services
}

/// The text of a service's own key.
fn text_of(node: &Node, key: &str) -> Option<String> {
    let Content::Mapping(entries) = &node.content else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key == key)?;
    let value = match &entry.value.content {
        Content::List(items) => items.first()?,
        _ => &entry.value,
    };
    value.scalar().map(|scalar| scalar.text.clone())
}

fn shown(name: Option<&str>, node: &Node) -> String {
    match (name, text_of(node, "listen")) {
        (Some(name), _) => format!("service {name}"),
        (None, Some(listen)) => format!("service {listen}"),
        (None, None) => "a service".to_owned(),
    }
}

fn written<'p>(part: &'p Part, reader: &mut Reader) -> &'p [Node] {
    let services = part.entries.iter().find(|entry| entry.key == "services");
    match services.map(|entry| &entry.value) {
        Some(node) if !matches!(node.content, Content::Nothing) => {
            let example = shape::FILE
                .key("services")
                .map_or_else(String::new, |key| format!("services: {}", key.example));
            reader.list(node, "services", &example)
        }
        _ => &[],
    }
}

/// The defaults of a file, the nearest first.
#[derive(Default)]
struct Defaults {
    service: Vec<Entry>,
    check: Vec<Entry>,
    real_server: Vec<Entry>,
}

impl Defaults {
    fn of(part: &Part, reader: &mut Reader) -> Self {
        let mut all = Self::default();
        for node in &part.defaults {
            let Some(fields) = reader.fields(node, &shape::DEFAULTS, &[]) else {
                continue;
            };
            for (name, refused) in NOT_SHARED {
                let Some(node) = fields.get(name) else {
                    continue;
                };
                let Content::Mapping(entries) = &node.content else {
                    let message = format!("defaults are a mapping, and this is {}", node.kind());
                    let hint = format!("write {}", fields.example(name));
                    reader.error(&node.place, message, hint);
                    continue;
                };
                for entry in entries.iter().filter(|e| refused.contains(&e.key.as_str())) {
                    let message = format!("{} is no default", entry.key);
                    let hint = "write it where it is meant";
                    reader.error(&entry.place, message, hint);
                }
                let entries = entries
                    .iter()
                    .filter(|entry| !refused.contains(&entry.key.as_str()))
                    .cloned();
                let (known, near): (&mut Vec<Entry>, _) = match name {
                    "service" => (&mut all.service, entries.collect()),
                    "check" => (&mut all.check, entries.collect()),
                    _ => (&mut all.real_server, entries.collect()),
                };
                let nearer = std::mem::take(known);
                *known = match name {
                    "check" => over(nearer, near),
                    _ => merged(nearer, near),
                };
            }
        }
        all
    }

    /// Reads a service that says nothing itself, so that every fault of the defaults is found.
    fn try_out(&self, part: &Part, library: &Library, reader: &mut Reader) {
        if part.defaults.is_empty() {
            return;
        }
        let scalar = |text: &str| Node {
            place: part.place.clone(),
            content: Content::Scalar(Scalar::new(text.to_owned(), &part.place, true)),
        };
        let entry = |key: &str, value: Node| Entry {
            key: key.to_owned(),
            place: part.place.clone(),
            value,
        };
        let listed = |node: Node| Node {
            place: part.place.clone(),
            content: Content::List(vec![node]),
        };
        let node = Node {
            place: part.place.clone(),
            content: Content::Mapping(vec![
                entry("listen", scalar("tcp://192.0.2.1:80")),
                entry("real_servers", listed(scalar("192.0.2.2:80"))),
            ]),
        };
        service::service(&self.applied(&node, library, reader), reader);
    }

    fn applied(&self, node: &Node, library: &Library, reader: &mut Reader) -> Node {
        let Content::Mapping(entries) = &node.content else {
            return node.clone();
        };
        // One check and several are two ways to say the same, so the nearer of them counts.
        let says = |key: &str| entries.iter().any(|entry| entry.key == key);
        let instead = match (says("check"), says("checks")) {
            (true, _) => "checks",
            (_, true) => "check",
            _ => "",
        };
        let defaults = self.service.iter().filter(|entry| entry.key != instead);
        let mut entries = merged(entries.clone(), defaults.cloned().collect());
        for entry in &mut entries {
            match entry.key.as_str() {
                "check" => {
                    let check = library.check(&entry.value, reader);
                    entry.value = self.with_check(check);
                }
                "checks" => {
                    if let Content::List(items) = &mut entry.value.content {
                        for item in items {
                            *item = self.with_check(library.check(item, reader));
                        }
                    }
                }
                "real_servers" => {
                    let mut servers = library.servers(&entry.value, reader);
                    self.with_servers(&mut servers);
                    entry.value = servers;
                }
                "fallback" => library.in_fallback(&mut entry.value, reader),
                _ => {}
            }
        }
        let has_check = entries
            .iter()
            .any(|entry| matches!(entry.key.as_str(), "check" | "checks"));
        if !self.check.is_empty() && !has_check {
            entries.push(Entry {
                key: "check".to_owned(),
                place: node.place.clone(),
                value: Node {
                    place: node.place.clone(),
                    content: Content::Mapping(self.check.clone()),
                },
            });
        }
        Node {
            place: node.place.clone(),
            content: Content::Mapping(entries),
        }
    }

    fn with_check(&self, check: Node) -> Node {
        let composable = matches!(check.content, Content::Mapping(_))
            || check
                .scalar()
                .is_some_and(|scalar| shape::ALONE.contains(&scalar.text.as_str()));
        if self.check.is_empty() || !composable {
            return check;
        }
        Node {
            content: Content::Mapping(over(entries_of_check(&check), self.check.clone())),
            place: check.place,
        }
    }

    fn with_servers(&self, servers: &mut Node) {
        let Content::List(items) = &mut servers.content else {
            return;
        };
        if self.real_server.is_empty() {
            return;
        }
        for item in items {
            let own = entries_of_server(item);
            if !own.is_empty() {
                item.content = Content::Mapping(merged(own, self.real_server.clone()));
            }
        }
    }
}

#[cfg(test)]
#[path = "compose_tests.rs"]
mod tests;
