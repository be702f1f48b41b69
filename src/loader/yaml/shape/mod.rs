//! The format as one table: which keys a mapping may have, what each takes, its default and what it means. The reader, the
//! advice in messages, the JSON Schema and docs/configuration.md all come from these rows; a new key is one more row.

mod check;
mod file;
mod judging;
mod notify;
mod protocols;
mod recovery;
mod service;

pub(super) use check::{
    ALONE, CHECK, COMMAND, CONNECTS_BETWEEN, DAMPING, EXPECT, HTTP, HTTPS, KINDS, NO_SETTINGS,
    PING, WINDOW,
};
pub(super) use file::{DEFAULTS, DIRECTOR, FILE, RESOLVE, TIMEOUTS};
pub(super) use judging::{AGENT, FREEZE, WEIGHT_SOURCE};
pub(super) use notify::{NOTIFY, NOTIFY_MAIL};
pub(super) use recovery::{DRAIN, FALLBACK, GUARD, MINIMUM, SLOW_START};
pub(super) use service::{PERSISTENCE, REAL_SERVER, SCHEDULER, SERVICE, TUNNEL, VIP};

/// A mapping of the format.
#[derive(Debug)]
pub(super) struct Shape {
    /// Its name in the schema and its heading on the page.
    pub(super) name: &'static str,
    /// What it describes, with its article, for messages.
    pub(super) what: &'static str,
    /// The keys that it may have, in the order in which they are best written.
    pub(super) keys: &'static [Key],
}

/// A key of a mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// The key.
    pub(super) name: &'static str,
    /// A value as it may be written.
    pub(super) example: &'static str,
    /// What it takes.
    pub(super) takes: Takes,
    /// What counts when it is not written; none for a key that must be written.
    pub(super) default: Option<&'static str>,
    /// What it is for, in sentences.
    pub(super) meaning: &'static str,
}

/// What may stand as a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// Nobody has said yet; a test finds such rows.
    Unsaid,
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number of these.
    Number(&'static str),
    /// A share, per cent.
    Share,
    /// A time with its unit.
    Span,
    /// A number of bytes with its unit.
    Size,
    /// `true` or `false`.
    Truth,
    /// A port's number or name.
    Port,
    /// What a service listens on.
    Listen,
    /// Address and port of a real server.
    Server,
    /// Any number of these.
    List(&'static Takes),
    /// A mapping with these keys.
    Mapping(&'static Shape),
    /// A mapping with some of these keys, for a mapping elsewhere to be completed by.
    Part(&'static Shape),
    /// A mapping from names of the operator's choice to these.
    Named(&'static Takes),
    /// Any one of these forms.
    Either(&'static [Takes]),
}

impl Shape {
    /// The key by its name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The mapping that the key takes.
    pub(super) fn mapping(&self, name: &str) -> Option<&'static Shape> {
        match self.key(name)?.takes {
            Takes::Mapping(shape) => Some(shape),
            _ => None,
        }
    }

    /// Its keys, in a sentence part.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        match names.is_empty() {
            true => "it has no keys; write {}".to_owned(),
            false => format!("its keys are {}", names.join(", ")),
        }
    }
}

impl Key {
    /// What may stand as its value.
    const fn takes(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    /// What counts when it is not written.
    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// What it is for.
    const fn means(mut self, meaning: &'static str) -> Self {
        self.meaning = meaning;
        self
    }
}

impl Takes {
    /// Whether one of its forms is such.
    pub(super) fn admits(&self, form: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            Self::Either(forms) => forms.iter().any(|takes| takes.admits(form)),
            other => form(other),
        }
    }
}

/// A row. One without `default` must be written.
const fn key(name: &'static str, example: &'static str) -> Key {
    Key {
        name,
        example,
        takes: Takes::Unsaid,
        default: None,
        meaning: "",
    }
}
