//! The definitions as YAML that reads as the same. Comments are the caller's.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{Definitions, GuardDefinition, Placed};
use director_core::diagnostic::Place;
use director_core::model::MarkRange;

use super::keys::director::{DIRECTOR, DirectorText};
use super::keys::service::{SERVICE, ServiceText};
use super::shorten::{Lines, SharedText, plain};

/// Mails about servers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mails {
    /// Recipients.
    pub to: Vec<String>,
    /// Sender; the user of ipvsd at this host when nothing is written.
    pub from: Option<String>,
    /// Relay; the local `sendmail` when nothing is written.
    pub relay: Option<String>,
}

/// What the text of a file says in addition to its definitions.
pub struct Remarks<'a> {
    /// Whether changes of the file are taken up by themselves.
    pub reload_on_change: bool,
    /// Mails about servers that fail and return.
    pub mails: Option<Mails>,
    /// Lines of comment above a service.
    pub comments: &'a dyn Fn(&Place) -> Vec<String>,
}

/// The definitions as the text of a file. What services share is written once.
#[must_use]
pub fn emit(definitions: &Definitions, remarks: &Remarks<'_>) -> String {
    let comments = remarks.comments;
    let mut text = String::new();
    let mut head = definitions.without_services();
    let usual = MarkRange::USUAL;
    let usual = (u64::from(usual.first), u64::from(usual.last));
    head.probe_marks = head.probe_marks.filter(|marks| marks.value != usual);
    // A file of the other dialect says nothing about the guard, and gets the usual one with its new form.
    head.guard = head.guard.filter(|guard| !is_usual(guard));
    let mut settings = DirectorText::of(head);
    settings.reload_on_change = remarks
        .reload_on_change
        .then(|| Placed::new(true, Place::whole_file(&Arc::from(""))));
    let settings = DIRECTOR.lines(&settings);
    if !settings.is_empty() {
        text.push_str("director:\n");
    }
    for (key, value) in settings {
        line(&mut text, "  ", key, &value);
    }
    if let Some(mails) = &remarks.mails {
        text.push_str(&notify(mails));
    }
    if definitions.services.is_empty() {
        text.push_str("services: []\n");
        return text;
    }
    let services = definitions.services.iter();
    let mut lines: Vec<Lines> = services
        .map(|service| SERVICE.lines(&ServiceText::of(plain(service.clone()))))
        .collect();
    shared(&SharedText::of(&mut lines), &mut text);
    text.push_str("services:\n");
    for (service, lines) in definitions.services.iter().zip(&lines) {
        for comment in comments(&service.place) {
            // Writing into a text never fails.
            let _ = writeln!(text, "  {comment}");
        }
        let mut indent = "  - ";
        for (key, value) in lines {
            line(&mut text, indent, key, value);
            indent = "    ";
        }
    }
    text
}

/// Defaults, named checks and groups.
fn shared(shared: &SharedText, text: &mut String) {
    if !shared.defaults.is_empty() {
        text.push_str("defaults:\n  service:\n");
        for (key, value) in &shared.defaults {
            line(text, "    ", key, value);
        }
    }
    for (section, entries) in [("checks", &shared.checks), ("groups", &shared.groups)] {
        if !entries.is_empty() {
            // Writing into a text never fails.
            let _ = writeln!(text, "{section}:");
        }
        for (name, value) in entries {
            // Lists stand less deep here than in a service.
            line(text, "  ", name, &value.replace("\n      - ", "\n    - "));
        }
    }
}

fn notify(mails: &Mails) -> String {
    let to: Vec<String> = mails.to.iter().map(|to| quoted(to)).collect();
    let mut mail = format!("to: [{}]", to.join(", "));
    for (key, value) in [("from", &mails.from), ("relay", &mails.relay)] {
        if let Some(value) = value {
            let _ = write!(mail, ", {key}: {}", quoted(value));
        }
    }
    format!("notify:\n  - {{mail: {{{mail}}}, topics: [servers]}}\n")
}

fn is_usual(guard: &GuardDefinition) -> bool {
    matches!(
        guard,
        GuardDefinition::Limits {
            servers: None,
            services: None,
            connections: None,
            ..
        }
    )
}

fn line(text: &mut String, indent: &str, key: &str, value: &str) {
    // Writing into a text never fails.
    let _ = match value.starts_with('\n') {
        true => writeln!(text, "{indent}{key}:{value}"),
        false => writeln!(text, "{indent}{key}: {value}"),
    };
}

/// A time span as the format has it.
pub(super) fn span(span: Duration) -> String {
    if span.subsec_millis() == 0 {
        format!("{}s", span.as_secs())
    } else {
        format!("{}ms", span.as_millis())
    }
}
/// A text that reads as itself: in double quotes, whose escapes every YAML reader knows.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "./_-".contains(c);
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(plain)
        && !is_word(text)
    {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that YAML takes for something else than text.
fn is_word(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "y" | "n"
    )
}
