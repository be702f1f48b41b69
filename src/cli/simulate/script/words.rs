//! The words of one line of a script: blanks part them, a comma joins those of a list, quotes keep blanks, # begins a
//! comment. What the words mean is none of its business.

use std::fmt;
use std::time::Duration;

use crate::loader::duration;

/// One word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// It stood in quotes.
    pub(super) quoted: bool,
    /// Where it begins, from 1.
    pub(super) column: usize,
    /// Characters that it takes in the line.
    pub(super) length: usize,
}

/// What is wrong with a line, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScriptError {
    pub(super) column: usize,
    pub(super) length: usize,
    pub(super) message: String,
    pub(super) hint: String,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.quoted {
            write!(f, "\"{}\"", self.text)
        } else {
            f.write_str(&self.text)
        }
    }
}

impl Word {
    pub(super) fn fault(&self, message: impl Into<String>, hint: impl Into<String>) -> ScriptError {
        ScriptError {
            column: self.column,
            length: self.length,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// Whether it is this word, or the option of that name.
    fn is(&self, name: &str) -> bool {
        !self.quoted && self.text.trim_start_matches("--") == name
    }
}

/// The words of a line.
pub(super) fn words(line: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open: Option<Word> = None;
    let mut inside = false;
    for (place, letter) in line.chars().enumerate() {
        match letter {
            '"' => {
                inside = !inside;
                let word = open.get_or_insert_with(|| begun(place));
                word.quoted = true;
                word.length = place + 2 - word.column;
            }
            '#' if !inside => break,
            letter if letter.is_whitespace() && !inside => {
                words.extend(open.take());
            }
            letter => {
                let word = open.get_or_insert_with(|| begun(place));
                word.text.push(letter);
                word.length = place + 2 - word.column;
            }
        }
    }
    words.extend(open);
    words.into_iter().fold(Vec::new(), joined)
}

fn begun(place: usize) -> Word {
    Word {
        text: String::new(),
        quoted: false,
        column: place + 1,
        length: 0,
    }
}

/// What follows a comma belongs to the same list.
fn joined(mut words: Vec<Word>, next: Word) -> Vec<Word> {
    match words.last_mut() {
        Some(last)
            if !last.quoted
                && !next.quoted
                && (last.text.ends_with(',') || next.text.starts_with(',')) =>
        {
            last.text.push_str(&next.text);
            last.length = next.column + next.length - last.column;
        }
        _ => words.push(next),
    }
    words
}

/// Takes `for 40s` out of the words.
pub(super) fn lasts(words: &mut Vec<Word>) -> Result<Option<Duration>, ScriptError> {
    let Some((name, value)) = option(words, "for") else {
        return Ok(None);
    };
    let time = value.as_ref().and_then(|value| duration(&value.text));
    match time.filter(|time| !time.is_zero()) {
        Some(time) => Ok(Some(time)),
        None => {
            let at = value.unwrap_or(name);
            Err(at.fault(
                format!("{:?} is not a duration", at.text),
                "write how long it lasts, as in for 40s",
            ))
        }
    }
}

/// Takes an option and its value out of the words.
pub(super) fn option(words: &mut Vec<Word>, name: &str) -> Option<(Word, Option<Word>)> {
    let place = words.iter().position(|word| word.is(name))?;
    let name = words.remove(place);
    let value = (place < words.len()).then(|| words.remove(place));
    Some((name, value))
}

/// Takes an option without a value out of the words.
pub(super) fn flag(words: &mut Vec<Word>, name: &str) -> bool {
    let place = words.iter().position(|word| word.is(name));
    place.map(|place| words.remove(place)).is_some()
}

/// Takes the quoted words out of the words, as one text.
pub(super) fn quoted(words: &mut Vec<Word>) -> Option<String> {
    let (quoted, others): (Vec<Word>, Vec<Word>) = words.drain(..).partition(|word| word.quoted);
    *words = others;
    let texts: Vec<String> = quoted.into_iter().map(|word| word.text).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        words(line).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn blanks_part_words_quotes_keep_them_and_commas_join_lists() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("  # all of it", &[]),
            (
                "10s web2 fails \"status 503 # no\" # yes",
                &["10s", "web2", "fails", "status 503 # no"],
            ),
            ("10s a, b ,c works", &["10s", "a,b,c", "works"]),
            ("10s a,b works", &["10s", "a,b", "works"]),
            ("1s a fails \"\"", &["1s", "a", "fails", ""]),
        ];
        for (line, expected) in cases {
            assert_eq!(texts(line), *expected, "{line}");
        }
    }

    #[test]
    fn a_word_knows_its_place() {
        let words = words("10s a, b fails \"x y\"");
        let places: Vec<_> = words
            .iter()
            .map(|word| (word.column, word.length))
            .collect();
        assert_eq!(places, [(1, 3), (5, 4), (10, 5), (16, 5)]);
    }

    #[test]
    fn options_are_taken_out_wherever_they_stand() {
        let mut line = words("drain web --force a --for 5m \"for good\"");
        assert_eq!(lasts(&mut line), Ok(Some(Duration::from_secs(300))));
        assert!(flag(&mut line, "force"));
        assert!(!flag(&mut line, "force"));
        assert_eq!(quoted(&mut line).as_deref(), Some("for good"));
        let left: Vec<_> = line.into_iter().map(|word| word.text).collect();
        assert_eq!(left, ["drain", "web", "a"]);
        assert!(lasts(&mut words("a fails for")).is_err());
        assert!(lasts(&mut words("a fails for ever")).is_err());
    }
}
