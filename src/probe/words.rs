//! How durations, system errors and foreign texts read in a line of the log.

use std::fmt;
use std::io;
use std::time::Duration;

/// The text of an I/O error without its number: `too many open files`.
pub(super) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A duration the way people write it: `3 s`, `1.5 s`, `250 ms`.
pub(super) struct ShownDuration(pub(super) Duration);

impl fmt::Display for ShownDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            write!(f, "{} ms", self.0.as_millis())
        } else {
            write!(f, "{} s", self.0.as_secs_f64())
        }
    }
}

/// Characters of a reason, or of the words of a good answer, that are kept.
const KEPT: usize = 400;

/// A text that servers may have written parts of, as one line that is safe to log and to show: cut, and with escapes for
/// characters that terminals act on, or that end or reorder a line.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(KEPT));
    let mut letters = text.chars();
    for letter in letters.by_ref().take(KEPT) {
        match acts(letter) {
            true => line.extend(letter.escape_default()),
            false => line.push(letter),
        }
    }
    if letters.next().is_some() {
        line.push('…');
    }
    line
}

/// Whether a character does something else than to be shown: control characters, line and paragraph separators, marks of
/// direction (Unicode, UAX 9) and the mark of byte order.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text that someone else wrote, cut so that a line stays a line.
pub(super) struct Short<'a>(pub(super) &'a str);

/// Characters of a foreign text that are shown.
const SHOWN: usize = 80;

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = self.0.chars();
        for letter in letters.by_ref().take(SHOWN) {
            write!(f, "{}", if acts(letter) { '?' } else { letter })?;
        }
        if letters.next().is_some() {
            f.write_str("…")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_words() {
        let shown = |millis| ShownDuration(Duration::from_millis(millis)).to_string();
        assert_eq!(shown(3000), "3 s");
        assert_eq!(shown(1500), "1.5 s");
        assert_eq!(shown(250), "250 ms");
    }

    #[test]
    fn what_a_server_says_becomes_one_short_line_without_characters_that_act() {
        assert_eq!(one_line("caf\u{e9} \"OK\" 100%"), "caf\u{e9} \"OK\" 100%");
        assert_eq!(
            one_line("no\n2026 INFO\u{1b}[2J\u{9b}31m\u{202e}\u{2028}"),
            r"no\n2026 INFO\u{1b}[2J\u{9b}31m\u{202e}\u{2028}"
        );
        assert_eq!(one_line(&"\u{1b}".repeat(5_000_000)).len(), 400 * 6 + 3);
    }

    #[test]
    fn foreign_text_stays_on_one_short_line() {
        assert_eq!(Short("a\nb").to_string(), "a?b");
        assert_eq!(
            Short(&"x".repeat(200)).to_string(),
            format!("{}…", "x".repeat(80))
        );
    }
}
