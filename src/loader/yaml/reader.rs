//! What reading goes by and what it finds. It goes on after a fault: what is not there, or not as it should be, gives
//! nothing, and the finding is already on the list.

use std::net::Ipv6Addr;
use std::rc::Rc;
use std::time::Duration;

use director_core::definitions::Placed;
use director_core::diagnostic::{Diagnostic, Place, nearest};

use super::duration::{self, DurationFault};
use super::layers::{Defaults, Library};
use super::mapping::Input;
use super::node::{Content, Node};
use super::other_words;
use super::secrets::SecretFiles;
use crate::loader::findings::KEPT;

/// The findings so far, and what the value that is read may refer to.
#[derive(Default)]
pub(super) struct Reader {
    /// In the order in which they were found.
    pub(super) findings: Vec<Diagnostic>,
    /// What has a name, in all files together.
    pub(super) library: Rc<Library>,
    /// What applies in the file that is read.
    pub(super) defaults: Rc<Defaults>,
    /// Files with secrets that the values name.
    pub(super) secret_files: SecretFiles,
    /// IPv6 addresses of servers without brackets and port, in the service that is read.
    pub(super) bare_ipv6: Vec<Placed<Ipv6Addr>>,
    /// Only whether something is accepted matters, and no advice.
    pub(super) tries_out: bool,
    /// Bytes that named checks, groups and defaults have been copied into.
    copied: usize,
}

/// Bytes that named checks, groups and defaults may be copied into. Ten thousand services with a group of a hundred servers
/// each take most of it.
const COPY_LIMIT: usize = 64 << 20;

impl Reader {
    /// Adds an error with advice.
    pub(super) fn error(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if self.findings.len() >= KEPT {
            return;
        }
        self.findings
            .push(Diagnostic::error(place, message).hint(hint));
    }

    /// Adds a warning with advice.
    pub(super) fn warning(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings
            .push(Diagnostic::warning(place, message).hint(hint));
    }

    /// Counts a value that is used in another place than its own.
    pub(super) fn copies(&mut self, node: &Node) {
        self.copied = self.copied.saturating_add(node.bytes());
    }

    /// Why it is no use to read on, if it is not.
    pub(super) fn overflow(&self) -> Option<(String, &'static str)> {
        if self.findings.len() >= KEPT {
            let message =
                format!("more than {KEPT} findings; the rest of the configuration is not read");
            return Some((message, "fix the first ones, and check it again"));
        }
        if self.copied > COPY_LIMIT {
            let mebibytes = COPY_LIMIT >> 20;
            let message = format!(
                "named checks, groups and defaults are used so often that their copies take more than {mebibytes} MiB"
            );
            return Some((
                message,
                "shorten their values, or use them in fewer services",
            ));
        }
        None
    }

    /// The items of a list.
    pub(super) fn list<'n>(&mut self, input: &Input<'n>) -> Option<&'n [Node]> {
        match &input.node.content {
            Content::List(items) => Some(items),
            _ => {
                let kind = input.node.kind();
                let message = format!("{} must be a list, not {kind}", input.key.name);
                let hint = match as_list(input.key.name, input.node) {
                    Some(list) => format!("write {}: {list}", input.key.name),
                    None => format!("write a list, as in {}", input.key.example()),
                };
                self.error(&input.node.place, message, hint);
                None
            }
        }
    }

    /// A single value as text.
    pub(super) fn text<'n>(&mut self, input: &Input<'n>) -> Option<&'n str> {
        if let Some(scalar) = input.node.scalar() {
            return Some(&scalar.text);
        }
        let kind = input.node.kind();
        let message = format!("a single value belongs here, and this is {kind}");
        let hint = format!("write one value, as in {}", input.key.example());
        self.error(&input.node.place, message, hint);
        None
    }

    /// A word of a closed set.
    pub(super) fn word<T: Copy>(&mut self, input: &Input<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(input)?;
        let known = words.iter().find(|(word, _)| *word == text);
        if let Some((_, meaning)) = known {
            return Some(*meaning);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let message = format!("unknown {} {text:?}", input.key.name);
        let meant = other_words::word_for(input.key.name, text);
        let hint = match meant.filter(|meant| names.contains(meant)) {
            Some(meant) => format!("write {meant}"),
            None => choice(text, &names),
        };
        self.error(&input.node.place, message, hint);
        None
    }

    /// A time span with its unit.
    pub(super) fn duration(&mut self, input: &Input<'_>) -> Option<Duration> {
        let text = self.text(input)?;
        let fault = match duration::parse(text) {
            Ok(span) => return Some(span),
            Err(fault) => fault,
        };
        let (message, hint) = match fault {
            DurationFault::NoUnit => (
                format!("duration {text} has no unit"),
                without_unit(text, input.key.name),
            ),
            DurationFault::TooLong => (
                format!("duration {text} is too long"),
                "write at most 10000d".to_owned(),
            ),
            DurationFault::NotATime => (format!("{text:?} is not a time"), meant_time(text, input)),
        };
        self.error(&input.node.place, message, hint);
        None
    }
}

/// Advice against a time without a unit. Some programs count milliseconds in checks, and none does elsewhere.
fn without_unit(text: &str, key: &str) -> String {
    const MANY: u64 = 500;
    if text == "0" && matches!(key, "persistence" | "drain") {
        return "remove it".to_owned();
    }
    let of_a_check = key == "timeout" || key.starts_with("every");
    let above_zero = of_a_check
        || matches!(
            key,
            "resync" | "slow_start" | "window" | "half_life" | "tcp" | "tcp_fin" | "udp"
        );
    if text == "0" && above_zero {
        return "write a duration such as 5s".to_owned();
    }
    match text.parse::<u64>() {
        Ok(count) if of_a_check && count >= MANY => {
            let seconds = count / 1_000;
            match count % 1_000 {
                0 => format!("write {seconds}s or {count}ms; if it counts seconds, {count}s"),
                _ => format!("write {count}ms; if it counts seconds, {count}s"),
            }
        }
        _ => format!("write {text}s for seconds; ms, s, m, h and d are the units"),
    }
}

/// Advice against a text that is no time.
fn meant_time(text: &str, input: &Input<'_>) -> String {
    let is_none = matches!(text, "none" | "never" | "null");
    match (other_words::other_time(text), other_words::truth(text)) {
        (Some(meant), _) => format!("write {meant}"),
        (None, Some(true)) => format!("write {}", input.key.example()),
        (None, Some(false)) => "remove it".to_owned(),
        (None, None) if is_none => "remove it".to_owned(),
        (None, None) => "write a number and a unit, such as 500ms, 5s or 1m30s".to_owned(),
    }
}

/// A single value or a mapping as a list, where that can be shown.
fn as_list(key: &str, node: &Node) -> Option<String> {
    let text = match &node.content {
        Content::Scalar(scalar) if scalar.text.starts_with('/') => {
            return Some(other_words::program(&scalar.text))
                .filter(|_| other_words::is_public(&scalar.text));
        }
        Content::Scalar(scalar) if other_words::is_public(&scalar.text) => {
            return item(key, scalar.text.trim());
        }
        Content::Mapping(entries) if key == "checks" => {
            let each: Option<Vec<String>> = entries
                .iter()
                .map(|entry| match &entry.value.content {
                    Content::Nothing => Some(entry.key.clone()),
                    _ => Some(format!("{{{}: {}}}", entry.key, entry.value.flow()?)),
                })
                .collect();
            each?.join(", ")
        }
        Content::Mapping(_) if is_item(key, node) => node.flow()?,
        _ => return None,
    };
    Some(format!("[{text}]"))
}

/// A single value as a list of one.
fn item(key: &str, text: &str) -> Option<String> {
    let item = match key {
        "checks" => other_words::protocol(text)?.to_owned(),
        "notify" if text.contains('@') => {
            format!("{{mail: {{to: [{}]}}}}", other_words::plain(text))
        }
        "to" | "alpn" | "include" | "flags" => other_words::plain(text),
        "topics" if text == "all" => return None,
        "topics" => other_words::plain(text),
        _ => return None,
    };
    Some(format!("[{item}]"))
}

/// Whether a mapping is one item of the list that this key takes.
fn is_item(key: &str, node: &Node) -> bool {
    let keys: &[&str] = match key {
        "notify" => &["command", "webhook", "mail"],
        "real_servers" => &["address", "group", "srv", "from"],
        "services" => &["listen"],
        _ => &[],
    };
    keys.iter().any(|key| node.entry(key).is_some())
}

/// Advice against a word that is none of these.
pub(super) fn choice(word: &str, known: &[&str]) -> String {
    match nearest(&word.to_ascii_lowercase(), known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("write {}", alternatives(known)),
    }
}

/// `a, b or c`.
pub(super) fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
