//! The little of ASN.1's basic encoding rules (X.690) that LDAP needs. Values are read one level at a time: a reader that
//! follows nesting by itself can be led by a hostile server to the end of its stack.

/// Bytes of a value that are taken from a server at most.
pub(super) const LONGEST: usize = 256 * 1024;

/// Tag of a sequence.
pub(super) const SEQUENCE: u8 = 0x30;
/// Tag of an integer.
pub(super) const INTEGER: u8 = 0x02;
/// Tag of an octet string.
pub(super) const OCTETS: u8 = 0x04;
/// Tag of an enumeration.
pub(super) const ENUMERATED: u8 = 0x0a;
/// Tag of a truth value.
pub(super) const BOOLEAN: u8 = 0x01;

/// A value with its tag and length.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..0x80) => bytes.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let zeros = length.iter().take_while(|byte| **byte == 0).count();
            let digits = &length[zeros..];
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
            bytes.extend_from_slice(digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// A value made of others.
pub(super) fn nested(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    value(tag, &parts.concat())
}

/// How much of `bytes` is tag and length, and how long the content is; nothing when more bytes are needed to tell.
/// Lengths that no server needs count as too long to tell.
pub(super) fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.get(1)?);
    if first < 0x80 {
        return Some((2, first));
    }
    let digits = first & 0x7f;
    let mut length: usize = 0;
    for byte in bytes.get(2..2 + digits)? {
        length = length
            .saturating_mul(256)
            .saturating_add(usize::from(*byte));
    }
    Some((2 + digits, length))
}

/// Takes the first value off `bytes`: its tag, its content, and what follows.
pub(super) fn take(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (start, length) = header(bytes)?;
    let end = start.checked_add(length)?;
    let content = bytes.get(start..end)?;
    Some((*bytes.first()?, content, &bytes[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_any_length_are_read_as_written() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 70_000] {
            let content = vec![7; length];
            let mut bytes = value(OCTETS, &content);
            bytes.push(9);
            assert_eq!(take(&bytes), Some((OCTETS, &content[..], &[9][..])));
        }
    }

    #[test]
    fn what_is_cut_off_or_lies_about_its_length_is_not_taken() {
        let whole = value(SEQUENCE, &[1; 300]);
        for end in 0..whole.len() {
            assert_eq!(take(&whole[..end]), None);
        }
        assert_eq!(
            take(&[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255]),
            None
        );
        assert_eq!(take(&[0x30, 0xff]), None);
    }
}
