//! What several words say of one key, as one value.

use super::super::keys::kinds;
use super::super::node::{Entry, Node};
use super::tree::{Leaf, Tree};
use super::values::translated;
use super::{Context, Example, Says, blocks, misplaced, row_of, scalar};

/// Values of the table that are no examples: the word alone says them.
const FIXED: [&str; 16] = [
    "wlc",
    "wrr",
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

/// What a foreign key says: keys to write, or why to remove it.
pub(super) type Meant = Result<Vec<Leaf>, String>;

impl Context<'_> {
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.siblings.iter().find(|entry| entry.key == key)
    }

    /// The text of the first of these keys that is there.
    fn text_of(&self, keys: &[&str]) -> Option<&str> {
        let mut found = keys.iter().filter_map(|key| self.entry(key));
        scalar(&found.next()?.value)
    }

    /// What a foreign key says; none where no key here has its meaning.
    pub(super) fn meant(&self, entry: &Entry) -> Option<Meant> {
        let Some(row) = row_of(&entry.key, self.within) else {
            let leaves = misplaced::leaves(entry, self.within);
            return leaves.or_else(|| self.setting(entry)).map(Ok);
        };
        let Says::Keys(keys) = &row.says else {
            return self.setting(entry).map(Ok);
        };
        if let Some(hint) = super::without_a_key(entry, self.siblings, self.within) {
            return Some(Err(hint.to_owned()));
        }
        if let Some(leaves) = self.block(entry, keys) {
            return Some(Ok(leaves));
        }
        if keys[0].kind == Some("kind")
            && let Some(meant) = self.kind_word(entry, &keys[0])
        {
            return Some(meant);
        }
        if let Some(hint) = self.of_each_server(entry, &keys[0]) {
            return Some(Err(hint));
        }
        let leaves = self.leaves(keys, &entry.value, &entry.key);
        let word = &entry.key;
        // The protocol may have a key of that name.
        let is_said = leaves.first().is_some_and(|leaf| leaf.is_said);
        if let Some(own) = self.setting(entry).filter(|_| !is_said) {
            return Some(Ok(own));
        }
        Some(match (leaves.is_empty(), self.kind.meant) {
            (true, Some(kind)) => Err(format!("remove it; {kind} has no {word}")),
            _ if leaves.iter().any(|leaf| self.is_other_kind(leaf)) => Err(self.one_protocol()),
            _ => Ok(leaves),
        })
    }

    /// What a block of words in the place of a check says.
    pub(super) fn block(&self, entry: &Entry, keys: &[Example]) -> Option<Vec<Leaf>> {
        let below: &[&str] = match self.within {
            "check" => &[],
            "service" | "defaults" => &["check"],
            _ => return None,
        };
        let rest = keys[0].path.strip_prefix(below)?;
        let is_whole =
            rest.is_empty() || kinds::names().any(|kind| kind == rest[0].trim_start_matches('*'));
        let mut leaves = match keys[0].kind {
            Some("options") => blocks::options(entry)?,
            _ if is_whole => blocks::check(&entry.key, &entry.value)?,
            _ => return None,
        };
        for leaf in &mut leaves {
            leaf.path
                .splice(0..0, below.iter().map(|key| (*key).to_owned()));
        }
        Some(leaves)
    }

    /// A setting of the protocol that stands beside it.
    fn setting(&self, entry: &Entry) -> Option<Vec<Leaf>> {
        let below: &[&str] = match self.within {
            "check" => &[],
            "service" => &["check"],
            _ => return None,
        };
        let kind = self.kind.meant?;
        let shape = kinds::shape(kind)?;
        let mut path: Vec<String> = below.iter().map(|key| (*key).to_owned()).collect();
        path.push(kind.to_owned());
        let mut leaves = if shape.has(&entry.key) {
            let mut tree = Tree::default();
            tree.absorb(std::slice::from_ref(&entry.key), &entry.value, ("", ""));
            tree.leaves()
        } else {
            row_of(&entry.key, kind)?;
            let inside = Context::new(std::slice::from_ref(entry), shape);
            inside.meant(entry)?.ok()?
        };
        for leaf in &mut leaves {
            leaf.path.splice(0..0, path.iter().cloned());
        }
        Some(leaves)
    }

    /// A word whose value is the protocol of the check, where another word or key has that too.
    fn kind_word(&self, entry: &Entry, example: &Example) -> Option<Meant> {
        let (written, meant) = (self.kind.written, self.kind.meant?);
        let named = self.named_kind(entry);
        if let Some(own) = self.setting(entry).filter(|_| named.is_none()) {
            return Some(Ok(own));
        }
        let fits = named
            .is_some_and(|named| named == meant || Some(meant) == super::kind::with_tls(named));
        Some(match (fits, written) {
            (true, Some(written)) if written == meant => Err(format!("remove it; {meant} is set")),
            (false, Some(written)) if named.is_none() => {
                Err(format!("remove it; {written} is set"))
            }
            (false, Some(_)) => Err(self.one_protocol()),
            (false, None) if named.is_none() && self.siblings.len() == 1 => return None,
            _ => Ok(vec![Leaf {
                path: with_kind(&example.path, meant),
                value: match meant {
                    "command" => "[/usr/local/bin/check]".to_owned(),
                    _ => "{}".to_owned(),
                },
                is_said: meant != "command",
            }]),
        })
    }

    fn one_protocol(&self) -> String {
        let kind = self.kind.written.or(self.kind.meant).unwrap_or_default();
        format!("remove it; a check has one protocol, and {kind} is set")
    }

    /// Whether it belongs to another protocol than that of the check.
    fn is_other_kind(&self, leaf: &Leaf) -> bool {
        let mut own = leaf.path.iter();
        let kind = own.find(|key| kinds::names().any(|name| name == *key));
        kind.is_some_and(|kind| self.kind.meant.is_some_and(|meant| meant != kind))
    }

    /// What a word with this value says.
    fn leaves(&self, keys: &[Example], value: &Node, word: &str) -> Vec<Leaf> {
        let protocol = self.kind.meant;
        let leaf = |(position, example): (usize, &Example)| {
            let kind = example.kind.filter(|_| position == 0);
            // What is a path in HTTP is a text in other protocols.
            let kind = kind.map(|kind| match (kind, protocol) {
                ("path", Some("command")) => "program",
                ("path", Some(protocol)) if !matches!(protocol, "http" | "https") => "text",
                _ => kind,
            });
            let said = kind.and_then(|kind| self.value(kind, value, word));
            let is_said = said.is_some() || kind.is_none() && FIXED.contains(&example.value);
            let path = of_protocol(with_kind(&example.path, "http"), protocol)?;
            let value = said.unwrap_or_else(|| self.example(&example.path, example.value));
            // That a check uses TLS is in the name of its protocol.
            let is_name = path
                .last()
                .is_some_and(|last| Some(last.as_str()) == protocol);
            let (path, value) = match path.last().map(String::as_str) {
                Some("tls") if path.iter().any(|key| key == "https") => {
                    (path[..path.len() - 1].to_vec(), "{}".to_owned())
                }
                _ if is_name && example.path.last() == Some(&"tls") => (path, "{}".to_owned()),
                _ => (path, value),
            };
            Some(Leaf {
                path,
                value,
                is_said,
            })
        };
        let mut leaves: Vec<Leaf> = keys.iter().enumerate().filter_map(leaf).collect();
        leaves.extend(protocol.and_then(|protocol| needs_tls(&leaves, protocol)));
        leaves
    }

    /// An example, with what the mapping says of it already.
    fn example(&self, path: &[&str], example: &str) -> String {
        let number = |keys: &[&str]| self.text_of(keys)?.parse::<u64>().ok();
        // keepalived needs one server unless quorum says another number.
        let quorum = number(&["quorum", "minimum_healthy", "servers"]).unwrap_or(1);
        let more = self.hysteresis().unwrap_or(1);
        match path {
            ["minimum_healthy", "servers"] => self.lost_below(quorum).to_string(),
            ["minimum_healthy", "back_at"] | ["back_at"] => quorum.saturating_add(more).to_string(),
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
            "each_weight" | "each_upper" | "each_lower" => self.each_server(value),
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
}

/// A path with the name of a check in it.
fn with_kind(path: &[&str], kind: &str) -> Vec<String> {
    let key = |key: &&str| match key.strip_prefix('*') {
        Some(_) => kind.to_owned(),
        None => (*key).to_owned(),
    };
    path.iter().map(key).collect()
}

/// The key without which keys for TLS have no effect in a protocol that begins in plain text.
fn needs_tls(leaves: &[Leaf], protocol: &str) -> Option<Leaf> {
    const OF_TLS: [&str; 5] = ["ca", "certificate", "key", "verify", "server_name"];
    let own = leaves.iter().find(|leaf| {
        let key = leaf
            .path
            .last()
            .is_some_and(|key| OF_TLS.contains(&key.as_str()));
        key && leaf.path.iter().any(|key| key == protocol)
    })?;
    let key = ["tls", "starttls"]
        .into_iter()
        .find(|key| kinds::has(protocol, key))?;
    let mut path = own.path.clone();
    path.pop();
    path.push(key.to_owned());
    let is_own = kinds::has(protocol, "verify") && protocol.ends_with('s');
    (!is_own).then(|| Leaf {
        path,
        value: "true".to_owned(),
        is_said: false,
    })
}

/// The same for a check in another protocol than HTTP, as far as that one has such a key.
fn of_protocol(mut path: Vec<String>, protocol: Option<&str>) -> Option<Vec<String>> {
    let at = path.iter().position(|key| key == "http" || key == "https");
    let (Some(protocol), Some(at)) = (protocol, at) else {
        return Some(path);
    };
    if matches!(protocol, "http" | "https") {
        protocol.clone_into(&mut path[at]);
        return Some(path);
    }
    let below: Vec<&str> = path[at + 1..].iter().map(String::as_str).collect();
    let key = match below.as_slice() {
        [] => return Some(path),
        ["path"] if protocol == "command" => {
            path.truncate(at);
            path.push(protocol.to_owned());
            return Some(path);
        }
        ["path"] => "request",
        ["expect", "body"] => "receive",
        [key] => key,
        _ => return None,
    };
    // The name of a protocol within TLS says that already.
    let has_it = protocol.ends_with('s') && key == "tls" && kinds::has(protocol, "verify");
    let key = match has_it {
        true => {
            return Some(
                path[..at]
                    .iter()
                    .cloned()
                    .chain([protocol.to_owned()])
                    .collect(),
            );
        }
        false => kinds::has(protocol, key).then(|| key.to_owned())?,
    };
    path.truncate(at);
    path.extend([protocol.to_owned(), key]);
    Some(path)
}
