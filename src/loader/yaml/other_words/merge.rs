//! What several words say of one key, as one value.

use super::super::keys::kinds;
use super::super::node::{Content, Entry, Node};
use super::values::{plain, translated};
use super::{Context, Example, Says, row_of, scalar};

/// Mappings that a single value may stand for, with the key that it is then.
const SHORT: [(&str, &str); 3] = [
    ("persistence", "timeout"),
    ("scheduler", "name"),
    ("minimum_healthy", "servers"),
];

/// Values of the table that are no examples: the word alone says them.
const FIXED: [&str; 14] = [
    "{}",
    "dr",
    "nat",
    "tunnel",
    "sh",
    "[port]",
    "[fallback]",
    "v1",
    "v2",
    "2",
    "3",
    "true",
    "require",
    "[h2, http/1.1]",
];

/// A key below the mapping, with its value.
pub(super) struct Leaf {
    pub(super) path: Vec<String>,
    value: String,
    /// Whether the file has this value, which then counts before an example.
    pub(super) is_said: bool,
}

/// A value, or keys with their values in the order in which they came.
#[derive(Default)]
pub(super) struct Tree {
    value: Option<(String, bool)>,
    keys: Vec<(String, Tree)>,
}

impl Tree {
    pub(super) fn add(&mut self, leaf: Leaf) {
        let mut tree = self;
        for key in leaf.path {
            let known = tree.keys.iter().position(|(known, _)| *known == key);
            let position = known.unwrap_or_else(|| {
                tree.keys.push((key, Self::default()));
                tree.keys.len() - 1
            });
            tree = &mut tree.keys[position].1;
        }
        let had_said = tree.value.as_ref().is_some_and(|(_, is_said)| *is_said);
        if leaf.is_said || !had_said {
            tree.value = Some((leaf.value, leaf.is_said));
        }
    }

    fn get(&self, key: &str) -> Option<&Self> {
        let known = self.keys.iter().find(|(known, _)| known == key);
        known.map(|(_, tree)| tree)
    }

    /// Whether nothing in it is said by the file or follows from the word alone.
    fn is_example(&self) -> bool {
        let is_said = self.value.as_ref().is_some_and(|(_, is_said)| *is_said);
        !is_said && self.keys.iter().all(|(_, tree)| tree.is_example())
    }

    /// In one line, as the value of this key.
    fn print(&self, key: &str) -> String {
        let short = SHORT.iter().find(|(mapping, _)| *mapping == key);
        match (self.keys.as_slice(), &self.value) {
            ([], value) => value.as_ref().map_or("{}", |(text, _)| text).to_owned(),
            ([(only, tree)], _) if short.is_some_and(|(_, short)| only == short) => {
                tree.print(only)
            }
            _ => format!("{{{}}}", self.entries()),
        }
    }

    /// The keys with their values.
    fn entries(&self) -> String {
        let entries = self.keys.iter();
        let entries: Vec<String> = entries
            .map(|(key, tree)| format!("{key}: {}", tree.print(key)))
            .collect();
        entries.join(", ")
    }
}

impl Context<'_> {
    fn entry(&self, key: &str) -> Option<&Entry> {
        self.siblings.iter().find(|entry| entry.key == key)
    }

    /// The text of the first of these keys that is there.
    fn text_of(&self, keys: &[&str]) -> Option<&str> {
        let mut found = keys.iter().filter_map(|key| self.entry(key));
        scalar(&found.next()?.value)
    }

    /// What a word with this value says.
    pub(super) fn leaves(&self, keys: &[Example], value: &Node, word: &str) -> Vec<Leaf> {
        let protocol = self.protocol();
        let leaf = |(position, example): (usize, &Example)| {
            let kind = example.kind.filter(|_| position == 0);
            // What is a path in HTTP is a text in other protocols.
            let kind = kind.map(|kind| match (kind, protocol) {
                ("path", Some(protocol)) if protocol != "https" => "text",
                _ => kind,
            });
            let said = kind.and_then(|kind| self.value(kind, value, word));
            let is_said = said.is_some() || kind.is_none() && FIXED.contains(&example.value);
            let (path, value) = match said {
                Some(kind) if example.path.iter().any(|key| key.starts_with('*')) => {
                    let value = match kind.as_str() {
                        "command" => "[/usr/local/bin/check]",
                        _ => "{}",
                    };
                    (with_kind(&example.path, &kind), value.to_owned())
                }
                Some(value) => (with_kind(&example.path, "http"), value),
                None => (
                    with_kind(&example.path, "http"),
                    self.example(&example.path, example.value),
                ),
            };
            let path = of_protocol(path, protocol);
            Some(Leaf {
                path: path?,
                value,
                is_said,
            })
        };
        keys.iter().enumerate().filter_map(leaf).collect()
    }

    /// An example, with what the mapping says of it already.
    fn example(&self, path: &[&str], example: &str) -> String {
        let number = |keys: &[&str]| self.text_of(keys)?.parse::<u64>().ok();
        // keepalived needs one server unless quorum says another number.
        let quorum = number(&["quorum", "minimum_healthy"]).unwrap_or(1);
        let more = self.hysteresis().unwrap_or(1);
        match path {
            ["minimum_healthy", "servers"] => self.lost_below(quorum).to_string(),
            ["minimum_healthy", "back_at"] => quorum.saturating_add(more).to_string(),
            _ => example.to_owned(),
        }
    }

    fn value(&self, kind: &str, value: &Node, word: &str) -> Option<String> {
        match kind {
            "listen" => self.listen(scalar(value)?, &word.to_ascii_lowercase()),
            "server_port" => {
                let port: u16 = scalar(value)?.parse().ok()?;
                let host = self.text_of(&["address"])?;
                let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
                Some(format!("{host}:{port}")).filter(|_| !host.contains(':'))
            }
            "address" if self.within == "real_server" => {
                let host = translated(kind, value)?;
                let port = self
                    .text_of(&["port"])
                    .and_then(|port| port.parse::<u16>().ok());
                Some(match port {
                    Some(port) if !host.contains(':') => format!("{host}:{port}"),
                    _ => host,
                })
            }
            "count" if word.eq_ignore_ascii_case("quorum") => {
                let quorum: u64 = scalar(value)?.parse().ok()?;
                Some(self.lost_below(quorum).to_string())
            }
            _ => translated(kind, value),
        }
    }

    fn hysteresis(&self) -> Option<u64> {
        self.text_of(&["hysteresis"])?.parse().ok()
    }

    /// keepalived loses the quorum below `quorum - hysteresis`, and regains it at `quorum + hysteresis`.
    fn lost_below(&self, quorum: u64) -> u64 {
        quorum.saturating_sub(self.hysteresis().unwrap_or(0)).max(1)
    }

    /// What a service listens on, from one of the words that say a part of it.
    fn listen(&self, text: &str, word: &str) -> Option<String> {
        if matches!(word, "fwmark" | "fwm") {
            return Some(format!("fwmark:{}", text.parse::<u32>().ok()?));
        }
        let native = self.text_of(&["listen"]);
        let scheme = native.and_then(|listen| Some(listen.split_once("://")?.0));
        let said = self.text_of(&["protocol"]).map(str::to_ascii_lowercase);
        let said = said.filter(|word| matches!(word.as_str(), "tcp" | "udp" | "sctp"));
        let protocol = said.as_deref().or(scheme).unwrap_or("tcp");
        let places = ["virtual", "virtual_server", "bind", "address", "vip", "ip"];
        let place = match word {
            "protocol" | "port" | "vip_port" => self.text_of(&places).or(native)?,
            _ => text,
        };
        let place = place.split_once("://").map_or(place, |(_, rest)| rest);
        let mut words = place.split_whitespace();
        let (host, next) = (words.next()?, words.next());
        let port = match word {
            "port" | "vip_port" => Some(text),
            _ => next.or_else(|| self.text_of(&["port", "vip_port"])),
        };
        let port = port.filter(|port| port.parse::<u16>().is_ok());
        let has_port = host.rsplit_once(':').is_some() && !host.ends_with(']');
        let place = match port {
            Some(port) if !has_port => format!("{host}:{port}"),
            _ if has_port => host.to_owned(),
            _ => return None,
        };
        let begins = place.starts_with(|c: char| c.is_ascii_alphanumeric());
        begins.then(|| format!("{protocol}://{place}"))
    }

    /// The check that the mapping or one of its words names, when it is none by HTTP.
    fn protocol(&self) -> Option<&'static str> {
        let named = self.siblings.iter().find_map(|entry| {
            let row = row_of(&entry.key, self.within)?;
            let is_kind = matches!(&row.says, Says::Keys(keys) if keys[0].kind == Some("kind"));
            let text = scalar(&entry.value).filter(|_| is_kind)?;
            super::protocol(text)
        });
        let keys = self.siblings.iter().map(|entry| entry.key.as_str());
        let mut own = keys.filter_map(|key| kinds::names().find(|name| *name == key));
        named
            .or_else(|| own.rfind(|_| self.within == "check"))
            .filter(|name| *name != "http")
    }

    /// What the mapping has of this key already, where it is a single value.
    pub(super) fn known(&self, root: &str, tree: &mut Tree) {
        let Some(text) = self.entry(root).and_then(|entry| scalar(&entry.value)) else {
            return;
        };
        let short = SHORT.iter().find(|(mapping, _)| *mapping == root);
        let (path, value) = match short {
            Some((_, short)) => ([root, short], plain(text)),
            None if root == "check" && kinds::names().any(|kind| kind == text) => {
                ([root, text], "{}".to_owned())
            }
            None if root == "check" => match super::protocol(text) {
                Some("command") => return,
                Some(kind) => ([root, kind], "{}".to_owned()),
                None => ([root, "use"], plain(text)),
            },
            None if root == "expect" => ([root, "body"], plain(text)),
            None => return,
        };
        tree.add(Leaf {
            path: path.map(str::to_owned).to_vec(),
            value,
            is_said: true,
        });
    }

    /// What to write for a word of checks by HTTP where the check is another.
    pub(super) fn only_in_http(&self, keys: &[Example], word: &str) -> String {
        let mut tree = Tree::default();
        for example in keys {
            tree.add(Leaf {
                path: with_kind(&example.path, "http"),
                value: example.value.to_owned(),
                is_said: false,
            });
        }
        let protocol = self.protocol().unwrap_or_default();
        format!("write {}; {protocol} has no {word}", tree.entries())
    }

    /// What to write, and where.
    pub(super) fn advice(&self, root: &str, tree: &Tree) -> String {
        let whole = match tree.is_example() {
            true => format!("use {root}, as in {}", tree.entries()),
            false => format!("write {}", tree.entries()),
        };
        let Some(entry) = self.entry(root).filter(|_| !tree.is_example()) else {
            return whole;
        };
        match &entry.value.content {
            Content::Mapping(_) => {
                let (mut name, mut node) = (root, &entry.value);
                let Some(mut inner) = tree.get(root) else {
                    return whole;
                };
                while let [(key, below)] = inner.keys.as_slice()
                    && let Some(next) = node.entry(key)
                    && matches!(next.value.content, Content::Mapping(_))
                    && !below.keys.is_empty()
                {
                    (name, node, inner) = (key, &next.value, below);
                }
                match inner.keys.is_empty() {
                    true => format!("remove it; {root} is set"),
                    false => format!("write {}; it belongs in {name}", inner.entries()),
                }
            }
            Content::Scalar(scalar) => {
                let text = plain(&scalar.text);
                match tree.get(root).map(|tree| tree.print(root)) {
                    Some(same) if same == text => format!("remove it; {root} is {text} already"),
                    _ => format!("{whole}; it replaces {root}: {text}"),
                }
            }
            _ => format!("{whole}; it replaces {root}"),
        }
    }
}

/// A path with the name of a check in it.
fn with_kind(path: &[&str], kind: &str) -> Vec<String> {
    let key = |key: &&str| match key.strip_prefix('*') {
        Some(_) => kind.to_owned(),
        None => (*key).to_owned(),
    };
    path.iter().map(key).collect()
}

/// The same for a check in another protocol than HTTP, as far as that one has such a key.
fn of_protocol(mut path: Vec<String>, protocol: Option<&str>) -> Option<Vec<String>> {
    let Some(protocol) = protocol else {
        return Some(path);
    };
    let Some(at) = path.iter().position(|key| key == "http") else {
        return Some(path);
    };
    if protocol == "https" {
        protocol.clone_into(&mut path[at]);
        return Some(path);
    }
    let below: Vec<&str> = path[at + 1..].iter().map(String::as_str).collect();
    let key = match below.as_slice() {
        [] => return Some(path),
        ["path"] => "request",
        ["expect", "body"] => "receive",
        ["login"] => "login",
        ["password"] => "password",
        _ => return None,
    };
    kinds::has(protocol, key).then(|| {
        path.truncate(at);
        path.extend([protocol.to_owned(), key.to_owned()]);
        path
    })
}
