//! What reading goes by and what it finds. It goes on after a fault: what is not there, or not as it should be, gives
//! nothing, and the finding is already on the list.

use std::rc::Rc;
use std::time::Duration;

use director_core::diagnostic::{Diagnostic, Place, nearest};

use super::duration::{self, DurationFault};
use super::layers::{Defaults, Library};
use super::mapping::Input;
use super::node::{Content, Node};
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
                let hint = format!("write {}", input.key.example());
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
        let hint = format!("write {}", input.key.example());
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
        self.error(&input.node.place, message, choice(text, &names));
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
                format!("write {text}s for seconds; ms, s, m, h and d are the units"),
            ),
            DurationFault::TooLong => (
                format!("duration {text} is too long"),
                "write at most 10000d".to_owned(),
            ),
            DurationFault::NotATime => (
                format!("{text:?} is not a time"),
                "write a number and a unit, such as 500ms, 5s or 1m30s".to_owned(),
            ),
        };
        self.error(&input.node.place, message, hint);
        None
    }
}

/// Advice against a word that is none of these.
pub(super) fn choice(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
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
