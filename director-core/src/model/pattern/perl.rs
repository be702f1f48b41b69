//! From Perl's syntax of regular expressions to that of the engines, where the two differ about the same characters: braces
//! that count nothing, escapes of characters that need none, brackets inside brackets. What only Perl has is left as it is,
//! for the engines to refuse.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::CharIndices;

/// Letters that mean something behind a backslash, to Perl and to an engine alike. `h` and `R` are translated.
const ESCAPES: &str = "AbBdDefgGkKnpPrsStvVwWxzZaEN";
/// Escapes that take something in braces.
const BRACED: &str = "gkpPxobN";

/// The expression as the engines have to be given it.
pub(super) fn in_rust(perl: &str) -> Cow<'_, str> {
    if !perl.contains(['{', '\\', '[']) {
        return Cow::Borrowed(perl);
    }
    let mut translator = Translator {
        perl,
        rest: perl.char_indices().peekable(),
        out: String::with_capacity(perl.len() + 8),
    };
    translator.run();
    Cow::Owned(translator.out)
}

struct Translator<'a> {
    perl: &'a str,
    rest: Peekable<CharIndices<'a>>,
    out: String,
}

impl Translator<'_> {
    fn run(&mut self) {
        while let Some((at, c)) = self.rest.next() {
            match c {
                '\\' => self.escape(false),
                '[' => self.class(),
                '{' => self.brace(at),
                other => self.out.push(other),
            }
        }
    }

    /// A brace counts when numbers stand in it, and is a brace otherwise.
    fn brace(&mut self, at: usize) {
        let inside = self.perl[at + 1..].split('}').next().unwrap_or_default();
        let closed = self.perl.len() > at + 1 + inside.len();
        let (least, most) = inside.split_once(',').unwrap_or((inside, inside));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !closed || !is_number(least) || !is_number(most) || (least.is_empty() && most.is_empty())
        {
            self.out.push_str("\\{");
        } else if least.is_empty() {
            self.out.push_str("{0");
        } else {
            self.out.push('{');
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self, in_class: bool) {
        let Some((_, c)) = self.rest.next() else {
            self.out.push('\\');
            return;
        };
        match c {
            'h' if in_class => self.out.push_str(" \\t"),
            'h' => self.out.push_str("[ \\t]"),
            'H' if !in_class => self.out.push_str("[^ \\t]"),
            'R' if !in_class => self.out.push_str("(?:\\r\\n|[\\n\\x0b\\f\\r])"),
            'N' if !in_class && self.rest.peek().is_none_or(|(_, next)| *next != '{') => {
                self.out.push_str("[^\\n]");
            }
            // That it stands before a last line end too is seen to where the match is made.
            'Z' if !in_class => self.out.push_str("\\z"),
            'e' => self.out.push_str("\\x1b"),
            // To the engine these are the ends of words.
            '<' | '>' => self.out.push(c),
            c if c.is_ascii_alphabetic() && !ESCAPES.contains(c) => self.out.push(c),
            c if !c.is_ascii() => self.out.push(c),
            c => {
                self.out.push('\\');
                self.out.push(c);
                if BRACED.contains(c) && self.rest.peek().is_some_and(|(_, next)| *next == '{') {
                    self.until('}');
                }
            }
        }
    }

    /// Copies up to this character and with it.
    fn until(&mut self, end: char) {
        for (_, c) in self.rest.by_ref() {
            self.out.push(c);
            if c == end {
                return;
            }
        }
    }

    /// A class of characters, in which the engine would see classes and operations on them.
    fn class(&mut self) {
        self.out.push('[');
        let mut first = true;
        while let Some((at, c)) = self.rest.next() {
            match c {
                '^' if first => {
                    self.out.push('^');
                    continue;
                }
                ']' if first => self.out.push_str("\\]"),
                ']' => {
                    self.out.push(']');
                    return;
                }
                '[' if self.perl[at..].starts_with("[:") && self.perl[at..].contains(":]") => {
                    self.out.push('[');
                    self.until(']');
                }
                '[' | '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '\\' => self.escape(true),
                other => self.out.push(other),
            }
            first = false;
        }
    }
}
