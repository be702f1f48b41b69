//! What is said of a text that is no YAML.

use std::sync::Arc;

use director_core::diagnostic::{Diagnostic, Place};
use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use super::slips;

pub(super) fn syntax_error(error: &ScanError, text: &str, file: &Arc<str>) -> Diagnostic {
    let marker = error.marker();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let place = Place::new(file, number(marker.line()), number(marker.col() + 1), 1);
    let lines = marker.line().saturating_sub(1)..=marker.line();
    if let Some(finding) = slips::lookalike_in(text, lines, file) {
        return finding;
    }
    let message = format!("this is not valid YAML: {}", error.info());
    let in_line = text
        .lines()
        .nth(marker.line().saturating_sub(1))
        .unwrap_or_default();
    Diagnostic::error(&place, message).hint(advice(error.kind(), in_line))
}

/// The finding that a file is written for another program.
pub(super) fn other_format(text: &str, file: &Arc<str>) -> Option<Diagnostic> {
    let (name, hint) = slips::other_format(text)?;
    let message = format!("this is {name}, not YAML");
    Some(Diagnostic::error(&Place::whole_file(file), message).hint(hint))
}

/// What usually helps against a syntax error.
fn advice(kind: &ErrorKind, line: &str) -> &'static str {
    match kind {
        // The most likely cause by far: an IPv6 address at the start of a value.
        _ if line.contains("]:") && !line.contains(['"', '\'']) => {
            "put a value that begins with a bracket in quotes: \"[2001:db8::1]:80\""
        }
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar => "indent with spaces; YAML allows no tabs there",
        ErrorKind::UnclosedQuotedScalar => "close the quotes",
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence => "close every [ with ] and every { with }",
        ErrorKind::MappingValueNotAllowed => {
            "write one key: value per line, with a space after the colon; a text that contains \": \" needs quotes"
        }
        ErrorKind::UnknownAnchor => "use an anchor from a line above, or put the value in quotes",
        ErrorKind::UnknownQuotedScalarEscape => {
            "use single quotes around texts with backslashes, such as regular expressions"
        }
        _ => "check indentation, colons and quotes here and in the line above",
    }
}
