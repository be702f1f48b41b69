//! A logical line as words. A brace is a line of its own; so is what follows it.

use std::sync::Arc;

use director_core::diagnostic::Place;

use crate::text::Fragment;

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlacedWord {
    /// The text without quotes.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) place: Place,
}

/// A logical line, with at least one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogicalLine {
    /// The words; a quoted text is one.
    pub(crate) words: Vec<PlacedWord>,
    /// The text that they were made of.
    pub(crate) text: String,
    /// The whole of it.
    pub(crate) place: Place,
    /// Whether a quote is not closed; what follows it is lost.
    pub(crate) has_open_quote: bool,
}

impl LogicalLine {
    pub(crate) fn is(&self, word: &str) -> bool {
        self.words[0].text == word
    }
}

/// Splits a fragment before and after its first brace outside quotes.
pub(crate) fn split_at_brace(fragment: Fragment) -> (Fragment, Option<Fragment>) {
    let Some(at) = brace(&fragment.text) else {
        return (fragment, None);
    };
    let at = if at == 0 { 1 } else { at };
    let rest = &fragment.text[at..];
    let shown = rest.trim_start_matches([' ', '\t']);
    let skipped = fragment.text[..at].chars().count() + (rest.len() - shown.len());
    let residue = Fragment {
        text: shown.to_owned(),
        column: fragment.column + u32::try_from(skipped).unwrap_or(0),
        ..fragment.clone()
    };
    let first = Fragment {
        text: fragment.text[..at].trim_end_matches([' ', '\t']).to_owned(),
        ..fragment
    };
    (first, (!residue.text.is_empty()).then_some(residue))
}

fn brace(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, sign)| {
        quoted ^= sign == '"';
        (!quoted && matches!(sign, '{' | '}')).then_some(at)
    })
}

/// The words of a fragment; none when there is nothing but blanks.
pub(crate) fn line(fragment: &Fragment, files: &[Arc<str>]) -> Option<LogicalLine> {
    let file = &files[fragment.file];
    let length = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let whole = Place::new(file, fragment.line, fragment.column, length(&fragment.text));
    let mut words = Vec::new();
    let mut has_open_quote = false;
    let mut rest = fragment.text.as_str();
    loop {
        // A blank of another kind, such as U+3000, is a part of a word.
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let start = fragment.text.len() - rest.len();
        let (word, taken) = match rest.strip_prefix('"') {
            _ if rest.is_empty() => break,
            Some(quoted) => match quoted.find('"') {
                Some(end) => (&quoted[..end], end + 2),
                None => {
                    has_open_quote = true;
                    break;
                }
            },
            None => {
                let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '"');
                let end = end.unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        let place = match fragment.is_exact {
            true => {
                let column = fragment.column + length(&fragment.text[..start]);
                Place::new(file, fragment.line, column, length(&rest[..taken]).max(1))
            }
            false => whole.clone(),
        };
        words.push(PlacedWord {
            text: word.to_owned(),
            place,
        });
        rest = &rest[taken..];
    }
    (!words.is_empty()).then(|| LogicalLine {
        words,
        text: fragment.text.clone(),
        place: whole,
        has_open_quote,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(text: &str) -> Fragment {
        Fragment {
            text: text.to_owned(),
            file: 0,
            line: 3,
            column: 5,
            is_exact: true,
        }
    }

    #[test]
    fn a_brace_is_a_line_of_its_own() {
        let mut pieces = Vec::new();
        let mut next = Some(fragment("url { path \"/{a}\" } }"));
        while let Some(piece) = next {
            let (first, rest) = split_at_brace(piece);
            pieces.push((first.text, first.column));
            next = rest;
        }
        let pieces: Vec<(&str, u32)> = pieces
            .iter()
            .map(|(text, at)| (text.as_str(), *at))
            .collect();
        assert_eq!(
            pieces,
            [
                ("url", 5),
                ("{", 9),
                ("path \"/{a}\"", 11),
                ("}", 23),
                ("}", 25)
            ]
        );
    }

    #[test]
    fn a_quoted_text_is_one_word() {
        let files = [Arc::from("a.conf")];
        let line = line(&fragment("misc_path  \"/a b\"c d"), &files).unwrap();
        let words: Vec<(&str, u32)> = line
            .words
            .iter()
            .map(|word| (word.text.as_str(), word.place.column))
            .collect();
        assert_eq!(
            words,
            [("misc_path", 5), ("/a b", 16), ("c", 22), ("d", 24)]
        );
    }
}
