//! Programs and texts with quotes and escapes.

/// The words of a text: quotes of both kinds, and a backslash that takes the next character as it is or names a control
/// character. None when a quote is not closed.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    split(text, true)
}

/// The words of a line, whose escapes stay for a later reading.
pub(super) fn raw_words(text: &str) -> Option<Vec<String>> {
    split(text, false)
}

fn split(text: &str, escapes: bool) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', _) => {
                let next = characters.next()?;
                let word = word.get_or_insert_default();
                if escapes {
                    word.push(escaped(next, &mut characters));
                } else {
                    word.extend([character, next]);
                }
            }
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, Some(open)) if character == open => quote = None,
            (_, None) if character.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

fn escaped(character: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> char {
    let mut number = |first: u32, radix: u32, most: usize| {
        let mut value = first;
        for _ in 0..most {
            let Some(digit) = rest.peek().and_then(|next| next.to_digit(radix)) else {
                break;
            };
            value = value * radix + digit;
            rest.next();
        }
        char::from_u32(value).unwrap_or('?')
    };
    match character {
        'a' => '\x07',
        'b' => '\x08',
        'E' => '\x1b',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => number(0, 16, 2),
        '0'..='7' => number(character.to_digit(8).unwrap_or(0), 8, 2),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_are_those_of_keepalived() {
        for (text, expected) in [
            ("/bin/a -b c", ["/bin/a", "-b", "c"].as_slice()),
            ("/bin/a 'b c'\"d\"", &["/bin/a", "b cd"]),
            ("\\\\d+ \\d \\x41\\101", &["\\d+", "d", "AA"]),
            ("\"\"", &[""]),
        ] {
            assert_eq!(words(text).unwrap(), expected, "{text}");
        }
        assert_eq!(words("a \"b"), None);
        assert_eq!(
            raw_words("misc_path \"/a \\\"b\\\"\"").unwrap(),
            ["misc_path", "/a \\\"b\\\""]
        );
    }
}
