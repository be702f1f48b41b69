//! The definitions as YAML that reads as the same. Comments are the caller's.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{Definitions, GuardDefinition, Placed};
use director_core::diagnostic::Place;
use director_core::model::MarkRange;

use super::keys::director::{DIRECTOR, DirectorText};
use super::mapping::flow;
use super::shorten::ServicesText;

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
    /// Program and arguments that run when the configuration has changed.
    pub on_change: Option<Vec<String>>,
    /// Lines of comment above a service.
    pub comments: &'a dyn Fn(&Place) -> Vec<String>,
}

/// The definitions as the text of a file. What services share is written once.
#[must_use]
pub fn emit(definitions: &Definitions, remarks: &Remarks<'_>) -> String {
    let shared = ServicesText::of(&definitions.services);
    written(definitions, &shared, remarks, &|_| Vec::new())
}

/// The same for services without checks. The defaults say so, so that a service may have a check in the place of its `inside`
/// comments, which follow its first line.
#[must_use]
pub fn emit_unchecked(
    definitions: &Definitions,
    remarks: &Remarks<'_>,
    inside: &dyn Fn(&Place) -> Vec<String>,
) -> String {
    const CHECK: &str = "check";
    let mut shared = ServicesText::of(&definitions.services);
    let services = shared.services.iter_mut();
    for lines in services.chain([&mut shared.service]) {
        lines.retain(|(key, _)| *key != CHECK);
    }
    shared.service.push((CHECK, "none".to_owned()));
    written(definitions, &shared, remarks, inside)
}

fn written(
    definitions: &Definitions,
    shared: &ServicesText,
    remarks: &Remarks<'_>,
    inside: &dyn Fn(&Place) -> Vec<String>,
) -> String {
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
    section(&mut text, "director:", "  ", &DIRECTOR.lines(&settings));
    notify(&mut text, remarks);
    if definitions.services.is_empty() {
        text.push_str("services: []\n");
        return text;
    }
    defaults(&mut text, shared);
    section(&mut text, "checks:", "  ", &shared.checks);
    section(&mut text, "groups:", "  ", &shared.groups);
    text.push_str("services:\n");
    for (service, lines) in definitions.services.iter().zip(&shared.services) {
        for comment in (remarks.comments)(&service.place) {
            // Writing into a text never fails.
            let _ = writeln!(text, "{comment}");
        }
        let mut indent = "- ";
        for (key, value) in lines {
            line(&mut text, indent, key, value);
            if indent == "- " {
                for comment in inside(&service.place) {
                    let _ = writeln!(text, "  {comment}");
                }
            }
            indent = "  ";
        }
    }
    text
}

fn section<K: AsRef<str>>(text: &mut String, head: &str, indent: &str, lines: &[(K, String)]) {
    if !lines.is_empty() {
        text.push_str(head);
        text.push('\n');
    }
    for (key, value) in lines {
        line(text, indent, key.as_ref(), value);
    }
}

fn defaults(text: &mut String, shared: &ServicesText) {
    let mut own = String::new();
    section(&mut own, "  service:", "    ", &shared.service);
    let mappings = [
        ("check", &shared.check),
        ("real_server", &shared.real_server),
    ];
    for (key, lines) in mappings {
        if !lines.is_empty() {
            line(&mut own, "  ", key, &flow(lines));
        }
    }
    if !own.is_empty() {
        text.push_str("defaults:\n");
        text.push_str(&own);
    }
}

fn notify(text: &mut String, remarks: &Remarks<'_>) {
    let mut entries = Vec::new();
    if let Some(mails) = &remarks.mails {
        let to: Vec<String> = mails.to.iter().map(|to| quoted(to)).collect();
        let mut mail = format!("to: [{}]", to.join(", "));
        for (key, value) in [("from", &mails.from), ("relay", &mails.relay)] {
            if let Some(value) = value {
                // Writing into a text never fails.
                let _ = write!(mail, ", {key}: {}", quoted(value));
            }
        }
        entries.push(format!("{{mail: {{{mail}}}, topics: [servers]}}"));
    }
    if let Some(command) = &remarks.on_change {
        let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        let words = words.join(", ");
        entries.push(format!("{{command: [{words}], topics: [configuration]}}"));
    }
    if !entries.is_empty() {
        text.push_str("notify:\n");
    }
    for entry in entries {
        let _ = writeln!(text, "- {entry}");
    }
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

/// A time span as people write it.
pub(super) fn span(span: Duration) -> String {
    const UNITS: [(u128, &str); 3] = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let milliseconds = span.as_millis();
    let whole = |(size, _): &&(u128, &str)| milliseconds.is_multiple_of(*size) && milliseconds > 0;
    match UNITS.iter().find(whole) {
        Some((size, unit)) => format!("{}{unit}", milliseconds / size),
        None if milliseconds == 0 => "0s".to_owned(),
        None => format!("{milliseconds}ms"),
    }
}

/// A text that reads as itself: in double quotes, whose escapes every YAML reader knows, unless it is plain.
pub(super) fn quoted(text: &str) -> String {
    if is_plain(text) {
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

/// Whether every YAML reader takes the text for itself, inside brackets too.
fn is_plain(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "./_-:=?&%+~@".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    // With three dots it is an address and no number.
    let is_address =
        text.starts_with(|c: char| c.is_ascii_digit()) && text.matches('.').count() > 2;
    (begins || is_address) && text.chars().all(is_letter) && !text.ends_with(':') && !is_word(text)
}

/// Words that YAML takes for something else than text.
pub(super) fn is_word(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "y" | "n"
    )
}
