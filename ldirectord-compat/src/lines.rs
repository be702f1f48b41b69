//! What one line is: empty, blank, comment, or content with its indentation; and how content falls into key, value and
//! comment. What a line means where it stands is the business of [`crate::syntax`].

use crate::slice::{Slice, is_blank, is_indentation};

/// Blanks that make a line part of the service above it; a tab counts as so many.
pub(crate) const INDENT: usize = 4;

/// One line of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// All of it.
    pub(crate) slice: Slice<'a>,
    /// What it is.
    pub(crate) kind: Kind<'a>,
}

/// What a line is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind<'a> {
    /// Nothing, or form feeds and the like: ends a block.
    Empty,
    /// Only blanks and tabs, of this width.
    Blank(usize),
    /// A comment; the text behind the `#`.
    Comment(Slice<'a>),
    /// Something else, behind an indentation of this width.
    Content(usize, Slice<'a>),
}

impl<'a> Line<'a> {
    /// Tells what a line is.
    pub(crate) fn of(slice: Slice<'a>) -> Self {
        let (blanks, content) = slice.split_run(is_indentation);
        let width = blanks
            .text()
            .chars()
            .map(|c| if c == '\t' { INDENT } else { 1 })
            .sum();
        // Form feed and vertical tab indent nothing, but a line of them is as good as empty.
        let (_, solid) = content.split_run(is_blank);
        let kind = if slice.is_empty() {
            Kind::Empty
        } else if content.is_empty() {
            Kind::Blank(width)
        } else if solid.is_empty() {
            Kind::Empty
        } else if solid.text().starts_with('#') {
            Kind::Comment(solid.from(1))
        } else {
            Kind::Content(width, content)
        };
        Self { slice, kind }
    }

    /// Whether the line is content that belongs to the service above it, if there is one.
    pub(crate) fn is_indented(&self) -> bool {
        matches!(self.kind, Kind::Content(width, _) if width >= INDENT)
    }
}

/// A line that ought to be a directive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement<'a> {
    /// All of it, from the key on, without blanks at the end.
    pub(crate) whole: Slice<'a>,
    /// The name.
    pub(crate) key: Slice<'a>,
    /// Whether there is an equals sign behind the name.
    pub(crate) assigned: bool,
    /// What stands behind the equals sign, or behind the name if there is none; blanks at the end are part of it.
    pub(crate) value: Slice<'a>,
    /// The comment, where comments are cut off, from the `#` on.
    pub(crate) comment: Option<Slice<'a>>,
}

impl<'a> Statement<'a> {
    /// A line of the global part, which knows no comments behind values.
    pub(crate) fn global(content: Slice<'a>) -> Self {
        Self::of(content, None)
    }

    /// A line below `virtual`, where everything from the first `#` on is a comment, even inside quotes.
    pub(crate) fn in_block(content: Slice<'a>) -> Self {
        match content.text().find('#') {
            Some(position) => Self::of(content.first(position), Some(content.from(position))),
            None => Self::of(content, None),
        }
    }

    fn of(content: Slice<'a>, comment: Option<Slice<'a>>) -> Self {
        let (key, rest) = content.split_run(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let rest = rest.trim_start();
        let assigned = rest.text().starts_with('=');
        let value = if assigned {
            rest.from(1).trim_start()
        } else {
            rest
        };
        Self {
            whole: content.trim_end(),
            key,
            assigned,
            value,
            comment,
        }
    }

    /// Whether a comment's text is a `virtual` line that was taken out.
    pub(crate) fn is_virtual(comment: Slice<'a>) -> bool {
        let statement = Self::global(comment.trim());
        statement.assigned && matches!(statement.key.text(), "virtual" | "virtual6")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn kind(text: &str) -> String {
        let file = Arc::from("a.cf");
        match Line::of(Slice::line(&file, 1, text)).kind {
            Kind::Empty => "empty".to_owned(),
            Kind::Blank(width) => format!("blank {width}"),
            Kind::Comment(text) => format!("comment {}", text.text()),
            Kind::Content(width, content) => format!("content {width} {}", content.text()),
        }
    }

    #[test]
    fn lines_are_told_apart() {
        assert_eq!(kind(""), "empty");
        assert_eq!(kind("\x0c"), "empty");
        assert_eq!(kind("    "), "blank 4");
        assert_eq!(kind("\t\t"), "blank 8");
        assert_eq!(kind("  # x"), "comment  x");
        assert_eq!(kind("\treal=1"), "content 4 real=1");
        assert_eq!(kind(" \treal=1"), "content 5 real=1");
        assert_eq!(kind("   real=1"), "content 3 real=1");
        assert_eq!(kind("\x0creal=1"), "content 0 \x0creal=1");
        assert_eq!(kind("\u{a0}real=1"), "content 0 \u{a0}real=1");
    }

    #[test]
    fn statements_fall_into_their_parts() {
        let file = Arc::from("a.cf");
        let slice = Slice::line(&file, 1, "request \t= \"/a#b\"");
        let block = Statement::in_block(slice);
        assert_eq!((block.key.text(), block.value.text()), ("request", "\"/a"));
        assert_eq!(block.comment.map(|comment| comment.text()), Some("#b\""));
        let global = Statement::global(slice);
        assert_eq!(global.value.text(), "\"/a#b\"");
        let missing = Statement::global(Slice::line(&file, 1, "real 10.0.0.1:80 gate"));
        assert!(!missing.assigned);
        assert_eq!(missing.value.text(), "10.0.0.1:80 gate");
    }
}
