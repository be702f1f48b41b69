//! Regular expressions that answers are compared with: bytes, in the syntax of Perl, in which twenty years of health checks
//! are written. Leaves to the engines what a match is.

mod perl;

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

/// A regular expression over bytes, compared by its text. Plain expressions run in linear time; those with look-around
/// or back-references, which Perl knows, run on a backtracking engine over the text. As in Perl, `$` stands at the end and
/// before a last line end too.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Linear(regex::bytes::Regex),
    Backtracking(Box<fancy_regex::Regex>),
}

/// Why a regular expression is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError(String);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Compiles a regular expression.
    ///
    /// # Errors
    /// When neither engine understands it; the message is the backtracking engine's, which knows more syntax.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        // Answers are bytes and need not be UTF-8: a dot stands for any byte, as in Perl. An expression that speaks of
        // characters, like `\p{L}`, is compiled for those.
        let meant = perl::in_rust(text);
        let bytewise = regex::bytes::RegexBuilder::new(&meant)
            .unicode(false)
            .build();
        let engine = match bytewise.or_else(|_| regex::bytes::Regex::new(&meant)) {
            Ok(linear) => Engine::Linear(linear),
            Err(_) => match fancy_regex::Regex::new(&meant) {
                Ok(backtracking) => Engine::Backtracking(Box::new(backtracking)),
                Err(error) => return Err(PatternError(error.to_string())),
            },
        };
        Ok(Self {
            text: text.to_owned(),
            engine,
        })
    }

    /// Whether the expression is found anywhere in `haystack`.
    #[must_use]
    pub fn is_match(&self, haystack: &[u8]) -> bool {
        let without_line_end = haystack
            .strip_suffix(b"\n")
            .filter(|_| self.text.contains(['$', 'Z']));
        self.finds(haystack) || without_line_end.is_some_and(|line| self.finds(line))
    }

    fn finds(&self, haystack: &[u8]) -> bool {
        match &self.engine {
            Engine::Linear(regex) => regex.is_match(haystack),
            // A run that exceeds the engine's backtracking limit proves nothing, so it counts as no match.
            Engine::Backtracking(regex) => regex
                .is_match(&String::from_utf8_lossy(haystack))
                .unwrap_or(false),
        }
    }

    /// The expression as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, haystack: &[u8]) -> bool {
        Pattern::parse(text).unwrap().is_match(haystack)
    }

    #[test]
    fn answers_are_bytes_and_need_not_be_utf_8() {
        assert!(matches("^caf.$", b"caf\xe9"));
        assert!(matches("café", "un café".as_bytes()));
        assert!(matches("[^a]b", b"\xffb"));
        assert!(matches(r"^\p{L}+$", "café".as_bytes()));
        assert!(!matches("^caf.$", b"caf\n\n"));
    }

    #[test]
    fn expressions_mean_what_they_mean_to_perl() {
        // Expression, an answer that it is found in, and one that it is not found in; all seen with Perl 5.36.
        for (text, found, missed) in [
            (
                r#"{"status":"UP"}"#,
                r#"{"status":"UP"}"#,
                r#"{"status":"DOWN"}"#,
            ),
            (r#""state":{"a":1"#, r#"{"state":{"a":1}}"#, "state"),
            ("^{", "{}", "}{"),
            ("a{b}", "a{b}", "ab"),
            ("a{2}b", "aab", "ab"),
            ("^a{,2}b", "aab", "aaab"),
            (r"\x{41}{2}", "AA", "A"),
            (r"\<html\>", "<html>", "html"),
            ("[[]", "[", "]"),
            ("[a&&b]", "&", "-"),
            ("[~~]", "~", "-"),
            ("[]]", "]", "["),
            ("[^]a]", "b", "]"),
            (r"[\]]", "]", "["),
            ("[[:digit:]{]x", "{x", "[x"),
            (r"a\hb", "a\tb", "afb"),
            (r"a[\h]b", "a b", "afb"),
            (r"a\Rb", "a\r\nb", "aRb"),
            (r"\y\i", "yi", "ab"),
            (r"\Qa.b", "Qa.b", "a.b"),
            (r"\u0041", "u0041", "A"),
            (r"\e", "\u{1b}", "e"),
            (r"a/b\/c", "a/b/c", "abc"),
            (r"^(\w)\1$", "aa", "ab"),
            (r"OK\Z", "OK\n", "OK\n\n"),
            (r"\pL", "a", "1"),
            ("(?<=a)b", "ab", "cb"),
            (r"^[\w-.]+ up", "web-1.example up", "web/1 up"),
            (r"^[\d-x]+$", "1-x", "1wx"),
            (r"^[a-\d]+$", "a-1", "b1"),
            (r"^[a-c-e]+$", "b-e", "d"),
            ("^[-a]+$", "-a", "b"),
            ("^[a-]+$", "-a", "b"),
            ("^[^-a]$", "b", "-"),
            ("^[[:alpha:]-1]+$", "a-1", "a 1"),
            (r"^[\x41-\x43]$", "B", "D"),
            (r"\101", "A", "B"),
            (r"^[\101-\103]$", "B", "D"),
            (r"a\0b", "a\0b", "a0b"),
            ("(?^:ok)", "ok", "OK"),
            ("(?i)a(?^:ok)", "Aok", "AOK"),
            ("(?^i:ok)", "OK", "no"),
            ("(?a)ok", "ok", "OK"),
            ("(?n)(o)k", "ok", "OK"),
            ("(?ai:ok)", "OK", "no"),
            ("(?#what is good)ok", "ok", "OK"),
            ("(?-i:ok)", "ok", "OK"),
        ] {
            assert!(matches(text, found.as_bytes()), "{text} in {found}");
            assert!(!matches(text, missed.as_bytes()), "{text} in {missed}");
        }
        assert!(Pattern::parse("O(K").is_err());
        assert!(Pattern::parse("[a").is_err());
        assert!(Pattern::parse("*").is_err());
    }
}
