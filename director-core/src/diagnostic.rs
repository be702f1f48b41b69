//! Messages with a place: what is wrong in which file, line and column, and what to write instead. Rendering with a
//! source snippet is the shell's work; this file only carries the facts.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration works, but not as the operator may expect.
    Warning,
    /// The definitions cannot be used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A stretch of one line of a definitions file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file as the operator named it.
    pub file: Arc<str>,
    /// Line, counted from 1; 0 when the finding is about the whole file.
    pub line: u32,
    /// Column of the first character, counted from 1 in characters.
    pub column: u32,
    /// Length in characters, at least 1 where a snippet makes sense.
    pub length: u32,
}

impl Place {
    /// The place of a finding that concerns the whole file.
    #[must_use]
    pub fn whole_file(file: &Arc<str>) -> Self {
        Self {
            file: Arc::clone(file),
            line: 0,
            column: 0,
            length: 0,
        }
    }

    /// A place of `length` characters in one line.
    #[must_use]
    pub fn new(file: &Arc<str>, line: u32, column: u32, length: u32) -> Self {
        Self {
            file: Arc::clone(file),
            line,
            column,
            length,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            f.write_str(&self.file)
        } else {
            write!(f, "{}:{}:{}", self.file, self.line, self.column)
        }
    }
}

/// One finding about the definitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, in one sentence without a final stop.
    pub message: String,
    /// What to write instead, when that can be said.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A finding that makes the definitions unusable.
    #[must_use]
    pub fn error(place: &Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place: place.clone(),
            message: short(message.into()),
            hint: None,
        }
    }

    /// A finding that leaves the definitions usable.
    #[must_use]
    pub fn warning(place: &Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(place, message)
        }
    }

    /// The same finding with advice on what to write.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(short(hint.into()));
        self
    }

    /// Whether this finding makes the definitions unusable.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Characters of the longest message. A value from the file may be much longer.
const LONGEST: usize = 1_000;

fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.severity, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The known word nearest to `word`, when it is near enough to be what was meant (Damerau-Levenshtein distance of at
/// most a third of the length, at least 1).
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = (length / 3).max(1);
    known
        .into_iter()
        // So that a word of a megabyte is compared with nothing.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Damerau-Levenshtein distance (optimal string alignment) in characters.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, &l) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, &r) in right.iter().enumerate() {
            let substitution = last[column] + usize::from(l != r);
            let mut best = substitution
                .min(last[column + 1] + 1)
                .min(current[column] + 1);
            if row > 0 && column > 0 && l == right[column - 1] && left[row - 1] == r {
                best = best.min(before_last[column - 1] + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_typing_slips_and_nothing_else() {
        let known = ["scheduler", "service", "request", "real"];
        assert_eq!(nearest("schedular", known), Some("scheduler"));
        assert_eq!(nearest("reqeust", known), Some("request"));
        assert_eq!(nearest("raal", known), Some("real"));
        assert_eq!(nearest("quiescent", known), None);
    }

    #[test]
    fn a_value_of_any_length_leaves_a_message_readable() {
        let place = Place::whole_file(&Arc::from("a.cf"));
        let long = Diagnostic::error(&place, "ü".repeat(5_000)).hint("x".repeat(5_000));
        assert_eq!(long.message.chars().count(), LONGEST + 1);
        assert_eq!(long.hint.unwrap().chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_diagnostic_names_file_line_column_and_remedy() {
        let place = Place::new(&Arc::from("a.cf"), 3, 5, 4);
        let text = Diagnostic::error(&place, "unknown directive")
            .hint("write \"real\"")
            .to_string();
        assert_eq!(text, "a.cf:3:5: error: unknown directive (write \"real\")");
    }
}
