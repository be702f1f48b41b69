//! Which protocol a check has, where words of other programs say it: a check has one.

use super::super::keys::kinds;
use super::super::node::{Content, Entry};
use super::{Context, Says, row_of, scalar};

/// The protocol of a check.
#[derive(Clone, Copy, Default)]
pub(super) struct Kind {
    /// What the file says with a key of this format.
    pub(super) written: Option<&'static str>,
    /// What is meant, with all words together.
    pub(super) meant: Option<&'static str>,
}

/// Words for the protocol of a check, the more exact first: with `checktype: ping` ldirectord has no use for `service: http`.
const EXACT: [&str; 3] = ["checktype", "type", "protocol_check"];

fn known(name: &str) -> Option<&'static str> {
    kinds::names().find(|kind| *kind == name)
}

/// The same protocol within TLS.
pub(super) fn with_tls(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "http" => "https",
        "imap" => "imaps",
        "pop" => "pops",
        "ldap" => "ldaps",
        _ => return None,
    })
}

/// Whether such a check does not care what the servers say.
fn is_plain(kind: &str) -> bool {
    matches!(kind, "tcp" | "none")
}

impl Context<'_> {
    /// The protocol that this mapping is about, if it is about a check.
    pub(super) fn kind(&self) -> Kind {
        if !matches!(self.within, "check" | "service" | "defaults") {
            return Kind::default();
        }
        let written = self.written_kind();
        let said = self.said_kind();
        let needs = |kind: &str| self.details().any(|needed| needed == kind);
        let meant = match written.or(said) {
            None if needs("https") => Some("https"),
            None if needs("http") => Some("http"),
            Some(kind) if with_tls(kind).is_some_and(|tls| needs("https") || said == Some(tls)) => {
                with_tls(kind)
            }
            Some(kind)
                if is_plain(kind) && written.is_some() && self.details().next().is_some() =>
            {
                match needs("https") {
                    true => Some("https"),
                    false => Some("http"),
                }
            }
            kind => kind,
        };
        Kind { written, meant }
    }

    /// The key of a protocol that the check has.
    fn written_kind(&self) -> Option<&'static str> {
        if self.within == "check" {
            return self.siblings.iter().find_map(|entry| known(&entry.key));
        }
        let check = &self.entry("check")?.value;
        match &check.content {
            Content::Scalar(scalar) => super::protocol(&scalar.text),
            Content::Mapping(entries) => entries.iter().find_map(|entry| known(&entry.key)),
            _ => None,
        }
    }

    /// The protocol that a word of another program names.
    fn said_kind(&self) -> Option<&'static str> {
        let mut named: Vec<(bool, &'static str)> = Vec::new();
        for entry in self.foreign() {
            if let Some(kind) = self.named_kind(entry) {
                named.push((!EXACT.contains(&entry.key.as_str()), kind));
            } else if self.within != "check" && known(&entry.key).is_some() {
                named.push((false, known(&entry.key)?));
            } else if let Some(kind) = self.fixed_kind(entry) {
                named.push((true, kind));
            }
        }
        named.sort_by_key(|(is_vague, _)| *is_vague);
        named.first().map(|(_, kind)| *kind)
    }

    /// The protocol that is the value of a word.
    pub(super) fn named_kind(&self, entry: &Entry) -> Option<&'static str> {
        let row = row_of(&entry.key, self.within)?;
        let Says::Keys(keys) = &row.says else {
            return None;
        };
        let is_kind = keys[0].kind == Some("kind");
        super::protocol(scalar(&entry.value)?).filter(|_| is_kind)
    }

    /// The protocol that a word has by itself, such as `misc_check`. What belongs to HTTP may belong to others too.
    fn fixed_kind(&self, entry: &Entry) -> Option<&'static str> {
        let key = entry.key.to_ascii_lowercase();
        if key == "http_get" || key == "httpchk" {
            return Some("http");
        }
        let row = row_of(&entry.key, self.within)?;
        let Says::Keys(keys) = &row.says else {
            return None;
        };
        let kind = keys[0].path.iter().find_map(|key| known(key))?;
        (!matches!(kind, "http" | "https")).then_some(kind)
    }

    /// `http` or `https` for each word that says what a check by HTTP does.
    fn details(&self) -> impl Iterator<Item = &'static str> {
        self.foreign().filter_map(|entry| {
            let Some(row) = row_of(&entry.key, self.within) else {
                let has =
                    |kind: &&str| kinds::shape(kind).is_some_and(|shape| shape.has(&entry.key));
                let is_misplaced = super::misplaced::leaves(entry, self.within).is_some();
                return ["http", "https"]
                    .into_iter()
                    .find(has)
                    .filter(|_| !is_misplaced);
            };
            let Says::Keys(keys) = &row.says else {
                return None;
            };
            if super::without_a_key(entry, self.siblings, self.within).is_some() {
                return None;
            }
            let mut path = keys.first()?.path.iter();
            path.find_map(|key| ["http", "https"].into_iter().find(|kind| kind == key))
        })
    }
}
