//! From Perl's syntax of regular expressions to that of the engines, where the two differ about the same characters: braces
//! that count nothing, escapes of characters that need none, brackets inside brackets. What only Perl has is left as it is,
//! for the engines to refuse.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::CharIndices;

/// Letters that mean something behind a backslash, to Perl and to an engine alike. `h` and `R` are translated.
const ESCAPES: &str = "AbBdDefgGkKnpPrsStvVwWxzZaN";
/// Flags that mean the same to Perl and to the engines.
const FLAGS: &str = "imsx";
/// Escapes that take something in braces.
const BRACED: &str = "gkpPxobN";

/// The expression as the engines have to be given it.
pub(super) fn in_rust(perl: &str) -> Cow<'_, str> {
    if !perl.contains(['{', '\\', '[']) && !perl.contains("(?") {
        return Cow::Borrowed(perl);
    }
    let mut translator = Translator {
        perl,
        rest: perl.char_indices().peekable(),
        out: String::with_capacity(perl.len() + 8),
        groups: 0,
        names: BTreeMap::new(),
    };
    translator.run();
    Cow::Owned(translator.out)
}

struct Translator<'a> {
    perl: &'a str,
    rest: Peekable<CharIndices<'a>>,
    out: String,
    /// Groups that have begun so far and that can be referred to.
    groups: usize,
    /// Their numbers by name.
    names: BTreeMap<String, usize>,
}

impl Translator<'_> {
    fn run(&mut self) {
        while let Some((at, c)) = self.rest.next() {
            match c {
                '\\' => self.escape(false),
                '[' => self.class(),
                '{' => self.brace(at),
                '(' if self.perl[at..].starts_with("(?") => self.group(at),
                '(' => {
                    self.groups += 1;
                    self.out.push('(');
                }
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

    /// A group that sets flags, or a comment: `(?^i:` resets the others, and the engines know neither `^` nor all letters.
    fn group(&mut self, at: usize) {
        let inside = &self.perl[at + 2..];
        if inside.starts_with('#') {
            self.skip(inside.find(')').map_or(inside.len(), |end| end + 1) + 1);
            return;
        }
        if self.named_group(inside) || self.reference_by_group(inside) {
            return;
        }
        let end = inside.find(|c: char| !c.is_ascii_alphabetic() && !"^-".contains(c));
        let (flags, behind) = inside.split_at(end.unwrap_or(inside.len()));
        let is_known = |c: char| FLAGS.contains(c) || "anupld^-".contains(c);
        let ends = behind.starts_with([':', ')']);
        if flags.is_empty() || !ends || !flags.chars().all(is_known) {
            self.out.push('(');
            return;
        }
        let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
        let known = |flags: &str| flags.replace(|c: char| !FLAGS.contains(c), "");
        let (on, mut off) = (known(on), known(off));
        if flags.starts_with('^') {
            off = FLAGS.replace(|c: char| on.contains(c), "");
        }
        self.skip(1 + flags.len());
        let is_setting = behind.starts_with(')');
        if is_setting && on.is_empty() && off.is_empty() {
            self.skip(1);
            return;
        }
        let minus = if off.is_empty() { "" } else { "-" };
        self.out.push_str(&format!("(?{on}{minus}{off}"));
    }

    /// Passes over so many characters, all of them of one byte or the last ones of a comment.
    fn skip(&mut self, bytes: usize) {
        let Some((start, _)) = self.rest.peek().copied() else {
            return;
        };
        while self.rest.next_if(|(at, _)| *at < start + bytes).is_some() {}
    }

    /// The character that an octal number behind a backslash stands for (perlrebackslash). One digit is a reference back
    /// outside a class, and so are two.
    fn octal(&mut self, first: char, in_class: bool) -> bool {
        let Some((at, _)) = self.rest.peek().copied() else {
            return self.push_octal(first, "", in_class);
        };
        let more = self.perl[at..].bytes().take(2);
        let more = more.take_while(|byte| (b'0'..b'8').contains(byte)).count();
        self.push_octal(first, &self.perl[at..at + more], in_class)
    }

    fn push_octal(&mut self, first: char, more: &str, in_class: bool) -> bool {
        let is_octal = first == '0' || in_class || (more.len() == 2 && first <= '3');
        let number = u32::from_str_radix(&format!("{first}{more}"), 8);
        match number {
            Ok(number) if is_octal && number < 0x100 => {
                self.out.push_str(&format!("\\x{number:02x}"));
                self.skip(more.len());
                true
            }
            _ => false,
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self, in_class: bool) {
        let Some((_, c)) = self.rest.next() else {
            self.out.push('\\');
            return;
        };
        match c {
            '0'..='7' if self.octal(c, in_class) => {}
            'h' if in_class => self.out.push_str(" \\t"),
            'h' => self.out.push_str("[ \\t]"),
            'H' if !in_class => self.out.push_str("[^ \\t]"),
            'R' if !in_class => self.out.push_str("(?:\\r\\n|[\\n\\x0b\\f\\r])"),
            'N' if !in_class && self.rest.peek().is_none_or(|(_, next)| *next != '{') => {
                self.out.push_str("[^\\n]");
            }
            // That it stands before a last line end too is seen to where the match is made.
            'Z' if !in_class => self.out.push_str("\\z"),
            'V' if !in_class => self.out.push_str("[^\\n\\x0b\\f\\r]"),
            'g' | 'k' if !in_class && self.reference() => {}
            'N' if self.rest_text().starts_with("{U+") => {
                self.skip("{U+".len());
                self.out.push_str("\\x{");
            }
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

    fn rest_text(&mut self) -> &str {
        let perl = self.perl;
        self.rest.peek().map_or("", |(at, _)| &perl[*at..])
    }

    /// A group with a name becomes one with a number, since the engines have references of one kind in an expression.
    fn named_group(&mut self, inside: &str) -> bool {
        let (start, end) = match inside {
            text if text.starts_with("<=") || text.starts_with("<!") => return false,
            text if text.starts_with('<') => ("<", '>'),
            text if text.starts_with("P<") => ("P<", '>'),
            text if text.starts_with('\'') => ("'", '\''),
            _ => return false,
        };
        let Some((name, _)) = inside[start.len()..].split_once(end) else {
            return false;
        };
        self.groups += 1;
        let number = self.groups;
        // The first of several groups with a name is meant.
        self.names.entry(name.to_owned()).or_insert(number);
        self.out.push('(');
        self.skip("?".len() + start.len() + name.len() + 1);
        true
    }

    /// `(?P=name)`
    fn reference_by_group(&mut self, inside: &str) -> bool {
        let name = inside
            .strip_prefix("P=")
            .and_then(|rest| rest.split_once(')'));
        let Some((name, number)) = name.and_then(|(name, _)| Some((name, *self.names.get(name)?)))
        else {
            return false;
        };
        self.refer_to(number);
        self.skip("?P=".len() + name.len() + 1);
        true
    }

    /// A reference back in one of Perl's forms: `\g1`, `\g{1}`, `\g{-1}`, `\g{name}`, `\k{name}`, `\k<name>` and `\k'name'`.
    fn reference(&mut self) -> bool {
        let rest = self.rest_text();
        let ends = [('{', '}'), ('<', '>'), ('\'', '\'')];
        let enclosed = ends.iter().find_map(|(start, end)| {
            let (name, _) = rest.strip_prefix(*start)?.split_once(*end)?;
            Some((name.to_owned(), name.len() + 2))
        });
        let (name, length) = enclosed.unwrap_or_else(|| {
            let is_part = |c: char| c.is_ascii_digit() || c == '-';
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            (rest[..end].to_owned(), end)
        });
        let number = match name.parse::<i32>() {
            // The last group that has begun is number -1.
            Ok(back) if back < 0 => usize::try_from(-back)
                .ok()
                .and_then(|back| (self.groups + 1).checked_sub(back)),
            Ok(number) => usize::try_from(number).ok(),
            Err(_) => self.names.get(&name).copied(),
        };
        let Some(number) = number.filter(|number| *number > 0) else {
            return false;
        };
        self.refer_to(number);
        self.skip(length);
        true
    }

    fn refer_to(&mut self, number: usize) {
        // A digit may follow.
        self.out.push_str(&format!("(?:\\{number})"));
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

    /// A class of characters, in which the engine would see classes and operations on them. A hyphen beside a set such as
    /// `\w`, or behind a range, is a hyphen (perlrecharclass).
    fn class(&mut self) {
        self.out.push('[');
        let mut first = true;
        let mut range = Range::Cannot;
        while let Some((at, c)) = self.rest.next() {
            let behind = &self.perl[at + c.len_utf8()..];
            let mut next = Range::May;
            match c {
                '^' if first => {
                    self.out.push('^');
                    first = false;
                    // What follows may still be a bracket that is one.
                    if behind.starts_with(']') {
                        self.rest.next();
                        self.out.push_str("\\]");
                        range = Range::May;
                    }
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
                    next = Range::Cannot;
                }
                '-' if range == Range::May && !behind.starts_with(']') && !is_set(behind) => {
                    self.out.push('-');
                    next = Range::Open;
                }
                '[' | '&' | '~' | '-' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '\\' => {
                    self.escape(true);
                    if is_set(&self.perl[at..]) {
                        next = Range::Cannot;
                    }
                }
                other => self.out.push(other),
            }
            range = if range == Range::Open {
                Range::Cannot
            } else {
                next
            };
            first = false;
        }
    }
}

/// Whether a hyphen at this place of a class makes a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Range {
    /// Behind a character.
    May,
    /// A range has begun.
    Open,
    /// At the start, behind a set or behind a range.
    Cannot,
}

/// Whether a set of characters stands here.
fn is_set(text: &str) -> bool {
    let letter = text.strip_prefix('\\').and_then(|text| text.chars().next());
    letter.is_some_and(|letter| "dDwWsShHvVpPN".contains(letter)) || text.starts_with("[:")
}
