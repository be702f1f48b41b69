//! Bytes that are no UTF-8 inside a text. Files of twenty years ago are in Latin-1, and what they send and look for is meant byte for
//! byte. Such a byte stands in a text as a character of Unicode's private use area, U+F780 to U+F7FF, which no person writes.

use std::borrow::Cow;

const FIRST: u32 = 0xF700;

/// The character that stands for this byte; ASCII stands for itself.
#[must_use]
pub fn char_of(byte: u8) -> char {
    if byte.is_ascii() {
        return char::from(byte);
    }
    char::from_u32(FIRST + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a character stands for, if it is one of ours.
#[must_use]
pub fn byte_of(character: char) -> Option<u8> {
    let byte = u8::try_from(u32::from(character).checked_sub(FIRST)?).ok()?;
    (!byte.is_ascii()).then_some(byte)
}

/// The text as it is sent: UTF-8, and the bytes that are none.
#[must_use]
pub fn bytes_of(text: &str) -> Cow<'_, [u8]> {
    if !text.contains(is_raw) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        match byte_of(character) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// The text with `shown` in the place of each byte that is no UTF-8.
#[must_use]
pub fn replaced(text: &str, shown: impl Fn(u8) -> String) -> Cow<'_, str> {
    if !text.contains(is_raw) {
        return Cow::Borrowed(text);
    }
    let one = |character| byte_of(character).map_or_else(|| character.to_string(), &shown);
    Cow::Owned(text.chars().map(one).collect())
}

/// The text for people, who take the bytes for Latin-1.
#[must_use]
pub fn readable(text: &str) -> Cow<'_, str> {
    replaced(text, |byte| char::from(byte).to_string())
}

fn is_raw(character: char) -> bool {
    byte_of(character).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let text: String = all.iter().copied().map(char_of).collect();
        assert_eq!(*bytes_of(&text), *all);
    }

    #[test]
    fn characters_of_utf8_stay_as_they_are() {
        for text in ["K\u{f6}ln", "\u{f6ff}\u{f700}\u{f77f}\u{f800}"] {
            assert_eq!(*bytes_of(text), *text.as_bytes());
            assert_eq!(readable(text), text);
        }
    }

    #[test]
    fn people_see_latin1() {
        assert_eq!(readable(&format!("K{}ln", char_of(0xf6))), "K\u{f6}ln");
    }
}
