//! The definitions as YAML that reads as the same. Comments are the caller's.

use std::fmt::Write;
use std::time::Duration;

use director_core::definitions::{Definitions, GuardDefinition};
use director_core::model::MarkRange;

use super::keys::director::{DIRECTOR, DirectorText};
use super::keys::service::{SERVICE, ServiceText};

/// The definitions as the text of a file, without comments.
#[must_use]
pub fn emit(definitions: &Definitions) -> String {
    let mut text = String::new();
    let mut head = definitions.without_services();
    let usual = MarkRange::USUAL;
    let usual = (u64::from(usual.first), u64::from(usual.last));
    head.probe_marks = head.probe_marks.filter(|marks| marks.value != usual);
    // A file of the other dialect says nothing about the guard, and gets the usual one with its new form.
    head.guard = head.guard.filter(|guard| !is_usual(guard));
    let settings = DIRECTOR.lines(&DirectorText::of(head));
    if !settings.is_empty() {
        text.push_str("director:\n");
    }
    for (key, value) in settings {
        line(&mut text, "  ", key, &value);
    }
    if definitions.services.is_empty() {
        text.push_str("services: []\n");
        return text;
    }
    text.push_str("services:\n");
    for service in &definitions.services {
        let mut indent = "  - ";
        for (key, value) in SERVICE.lines(&ServiceText::of(service.clone())) {
            line(&mut text, indent, key, &value);
            indent = "    ";
        }
    }
    text
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
