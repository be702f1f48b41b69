//! A stretch of one line that remembers where it stands, so that every value can be reported with line and column.
//! Positions are byte offsets into the line; places count characters.

use std::sync::Arc;

use director_core::diagnostic::Place;

/// Part of one line of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice<'a> {
    file: &'a Arc<str>,
    line: u32,
    whole: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Slice<'a> {
    /// A whole line.
    pub(crate) fn line(file: &'a Arc<str>, line: u32, whole: &'a str) -> Self {
        Self {
            file,
            line,
            whole,
            start: 0,
            end: whole.len(),
        }
    }

    /// The characters of this slice.
    pub(crate) fn text(&self) -> &'a str {
        &self.whole[self.start..self.end]
    }

    /// The characters with each tab as four blanks, which is what a value inside a block consists of.
    pub(crate) fn expanded(&self) -> String {
        self.text().replace('\t', "    ")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Number of the line, counted from 1.
    pub(crate) fn line_number(&self) -> u32 {
        self.line
    }

    /// Where this slice stands; an empty one points at the place where something is missing.
    pub(crate) fn place(&self) -> Place {
        let column = self.whole[..self.start].chars().count() + 1;
        let length = self.text().chars().count().max(1);
        Place::new(
            self.file,
            self.line,
            u32::try_from(column).unwrap_or(u32::MAX),
            u32::try_from(length).unwrap_or(u32::MAX),
        )
    }

    /// The part from byte `start` up to byte `end` of this slice.
    pub(crate) fn part(&self, start: usize, end: usize) -> Self {
        Self {
            start: self.start + start,
            end: self.start + end,
            ..*self
        }
    }

    /// The part from byte `start` on.
    pub(crate) fn from(&self, start: usize) -> Self {
        self.part(start, self.end - self.start)
    }

    /// The first `length` bytes.
    pub(crate) fn first(&self, length: usize) -> Self {
        self.part(0, length)
    }

    /// Without blanks and tabs at the end.
    pub(crate) fn trim_end(&self) -> Self {
        self.first(self.text().trim_end_matches(is_blank).len())
    }

    /// Without blanks and tabs at the start.
    pub(crate) fn trim_start(&self) -> Self {
        let text = self.text();
        self.from(text.len() - text.trim_start_matches(is_blank).len())
    }

    /// Without blanks and tabs at either end.
    pub(crate) fn trim(&self) -> Self {
        self.trim_start().trim_end()
    }

    /// The longest start whose characters all satisfy `belongs`, and the rest.
    pub(crate) fn split_run(&self, belongs: impl Fn(char) -> bool) -> (Self, Self) {
        let text = self.text();
        let length = text.find(|c| !belongs(c)).unwrap_or(text.len());
        (self.first(length), self.from(length))
    }

    /// The first run anywhere of characters that satisfy `belongs`; none when there is no such character.
    pub(crate) fn find_run(&self, belongs: impl Fn(char) -> bool) -> Option<Self> {
        let start = self.text().find(&belongs)?;
        Some(self.from(start).split_run(belongs).0)
    }

    /// The words between blanks and tabs.
    pub(crate) fn words(&self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut rest = self.trim_start();
        while !rest.is_empty() {
            let (word, after) = rest.split_run(|c| !is_blank(c));
            words.push(word);
            rest = after.trim_start();
        }
        words
    }

    /// The stretch from the start of this slice to the end of `last`, both of the same line.
    pub(crate) fn until_end_of(&self, last: &Self) -> Self {
        Self {
            end: last.end,
            ..*self
        }
    }
}

/// What separates: the white space of ASCII, a stray carriage return or form feed included.
pub(crate) fn is_blank(c: char) -> bool {
    is_indentation(c) || matches!(c, '\r' | '\x0b' | '\x0c')
}

/// A blank or a tab; nothing else indents.
pub(crate) fn is_indentation(c: char) -> bool {
    c == ' ' || c == '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_not_bytes() {
        let file = Arc::from("a.cf");
        let slice = Slice::line(&file, 3, "ä = ßx y");
        let words = slice.words();
        let last = words.last().expect("words").place();
        assert_eq!((last.line, last.column, last.length), (3, 8, 1));
        assert_eq!(words[2].text(), "ßx");
        assert_eq!(words[2].place().length, 2);
    }

    #[test]
    fn runs_are_found_anywhere() {
        let file = Arc::from("a.cf");
        let slice = Slice::line(&file, 1, "abc12d3");
        let run = slice.find_run(|c| c.is_ascii_digit()).expect("digits");
        assert_eq!((run.text(), run.place().column), ("12", 4));
        assert!(slice.find_run(|c| c == '#').is_none());
    }
}
