//! Physical lines: comments, the escapes of their signs, and blanks.

/// A stretch of text, and where it stands in its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// The text without comment and outer blanks.
    pub(crate) text: String,
    /// File, an index into the list of files.
    pub(crate) file: usize,
    /// Line, counted from 1.
    pub(crate) line: u32,
    /// Column of the first character, counted from 1.
    pub(crate) column: u32,
    /// Whether the characters are those of the file, one for one. Otherwise a parameter has been replaced, and a place in it
    /// is not known.
    pub(crate) is_exact: bool,
}

/// What a line says without its comment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineContent {
    /// The text between the outer blanks.
    pub(crate) text: String,
    /// Characters before it.
    pub(crate) skipped: usize,
    /// Whether it ends in a backslash, which is not part of the text.
    pub(crate) continues: bool,
    /// Whether a quote is not closed.
    pub(crate) has_open_quote: bool,
    /// Whether escapes were replaced, so that later columns are not those of the file.
    pub(crate) is_changed: bool,
}

/// A comment begins with `!` or `#` outside quotes; a backslash before one of them makes it an ordinary character.
pub(crate) fn content(line: &str) -> LineContent {
    let blank = |c: char| c == ' ' || c == '\t';
    let start = line.trim_start_matches(blank);
    let skipped = line.chars().count() - start.chars().count();
    let mut content = LineContent {
        text: String::with_capacity(start.len()),
        skipped,
        continues: false,
        has_open_quote: false,
        is_changed: false,
    };
    let mut characters = start.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                content.has_open_quote = !content.has_open_quote;
                content.text.push(character);
            }
            '\\' => match characters.next() {
                None => content.continues = true,
                Some(sign @ ('#' | '!')) if !content.has_open_quote => {
                    content.is_changed = true;
                    content.text.push(sign);
                }
                Some(other) => content.text.extend([character, other]),
            },
            '#' | '!' if !content.has_open_quote => break,
            _ => content.text.push(character),
        }
    }
    content
        .text
        .truncate(content.text.trim_end_matches(blank).len());
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_a_line_unless_quoted_or_escaped() {
        for (line, text) in [
            ("  weight 1 ! heavy", "weight 1"),
            ("weight 1#heavy", "weight 1"),
            ("! all of it", ""),
            ("misc_path \"/a #1\" # one", "misc_path \"/a #1\""),
            ("path /a\\#b", "path /a#b"),
            ("path \"/a\\#b\"", "path \"/a\\#b\""),
            ("$A=\\", "$A="),
        ] {
            assert_eq!(content(line).text, text, "{line}");
        }
        assert!(content("$A= \\").continues);
        assert!(content("path \"/a").has_open_quote);
        assert_eq!(content("\t x").skipped, 2);
    }
}
