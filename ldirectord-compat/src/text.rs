//! Bytes become lines: size, binary content, byte order mark, line ends and encoding are dealt with here and nowhere
//! else. What a line means is the business of [`crate::lines`].

use std::borrow::Cow;
use std::sync::Arc;

use director_core::diagnostic::Place;
use director_core::model::raw_bytes;

use crate::findings::Findings;
use crate::quirks::Quirk;

/// Largest file that is read: room for some hundred thousand real servers, and far from hurting memory.
pub const LARGEST_FILE: usize = 16 << 20;

/// The lines of a file, without line ends. None when the file is no text; the reason is among the findings.
pub(crate) fn lines<'a>(
    file: &Arc<str>,
    bytes: &'a [u8],
    findings: &mut Findings,
) -> Option<Vec<Cow<'a, str>>> {
    let whole_file = Place::whole_file(file);
    if bytes.len() > LARGEST_FILE {
        let message = format!(
            "the file has {} bytes, which is more than the {LARGEST_FILE} that are read",
            bytes.len()
        );
        let hint =
            "check that this is the file you mean, or split it and name the parts with execute=";
        findings.error(&whole_file, message, hint);
        return None;
    }
    if let Some(position) = bytes.iter().position(|byte| *byte == 0) {
        let line = 1 + bytes[..position]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        let place = Place::new(file, u32::try_from(line).unwrap_or(u32::MAX), 1, 1);
        let hint = "name a text file in the format of ldirectord.cf";
        findings.error(
            &place,
            "this is a binary file: it contains a zero byte",
            hint,
        );
        return None;
    }
    let bytes = without_mark(bytes, &Place::new(file, 1, 1, 1), findings);
    let mut carriage_return = None;
    let mut lines = Vec::new();
    for (index, raw) in split(bytes).enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let line = raw.strip_suffix(b"\r").unwrap_or(raw);
        if line.len() != raw.len() && carriage_return.is_none() {
            carriage_return = Some(number);
        }
        lines.push(decoded(line, file, number, findings));
    }
    if let Some(number) = carriage_return {
        findings.quirk(
            Quirk::CarriageReturn,
            &Place::new(file, number, 1, 1),
            "the lines end with a carriage return, as on Windows; it is taken as part of the line end",
            "save the file with Unix line ends",
        );
    }
    Some(lines)
}

fn without_mark<'a>(bytes: &'a [u8], place: &Place, findings: &mut Findings) -> &'a [u8] {
    let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") else {
        return bytes;
    };
    findings.quirk(
        Quirk::ByteOrderMark,
        place,
        "the file starts with a byte order mark; it is skipped",
        "save the file as UTF-8 without a byte order mark",
    );
    rest
}

/// Lines between newlines; what stands after the last one counts only when it is not empty.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let lines = (!bytes.is_empty()).then(|| body.split(|byte| *byte == b'\n'));
    lines.into_iter().flatten()
}

/// Comments of old files are often in Latin-1, where each byte is one character. What is sent to servers, and looked for in their
/// answers, keeps its bytes.
fn decoded<'a>(
    line: &'a [u8],
    file: &Arc<str>,
    number: u32,
    findings: &mut Findings,
) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(line) {
        return Cow::Borrowed(text);
    }
    let start = line.trim_ascii_start();
    let speaks_to_servers = [&b"request"[..], b"receive", b"real"]
        .iter()
        .any(|word| start.starts_with(word));
    let place = Place::new(file, number, 1, 1);
    if speaks_to_servers {
        findings.quirk(
            Quirk::NotUtf8,
            &place,
            "this line is not UTF-8; its bytes are sent and searched for unchanged",
            "save the file as UTF-8 if the servers speak UTF-8",
        );
        return Cow::Owned(line.iter().copied().map(raw_bytes::char_of).collect());
    }
    if start.first() != Some(&b'#') {
        findings.quirk(
            Quirk::NotUtf8,
            &place,
            "this line is not UTF-8; its bytes are read as Latin-1 characters",
            "save the file as UTF-8",
        );
    }
    Cow::Owned(line.iter().map(|byte| char::from(*byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Option<Vec<String>>, Vec<String>) {
        let mut findings = Findings::default();
        let file: Arc<str> = Arc::from("a.cf");
        let lines = lines(&file, bytes, &mut findings)
            .map(|lines| lines.into_iter().map(Cow::into_owned).collect());
        let (list, _) = findings.finish(&Place::whole_file(&file));
        (lines, list.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn line_ends_of_any_kind_give_the_same_lines() {
        for bytes in [&b"a\nb\n"[..], b"a\nb", b"a\r\nb\r\n", b"\xef\xbb\xbfa\nb"] {
            let (lines, _) = read(bytes);
            assert_eq!(lines, Some(vec!["a".to_owned(), "b".to_owned()]));
        }
        assert_eq!(read(b"").0, Some(vec![]));
        assert_eq!(read(b"\n").0, Some(vec![String::new()]));
    }

    #[test]
    fn a_carriage_return_is_reported_once() {
        assert_eq!(read(b"a\r\nb\r\n").1.len(), 1);
    }

    #[test]
    fn a_binary_file_is_refused_with_its_line() {
        let (lines, findings) = read(b"a\nb\0c");
        assert_eq!(lines, None);
        assert!(findings[0].starts_with("a.cf:2:1: error: this is a binary file"));
    }

    #[test]
    fn a_huge_file_is_refused_without_reading_it() {
        let (lines, findings) = read(&vec![b'#'; LARGEST_FILE + 1]);
        assert_eq!(lines, None);
        assert!(findings[0].contains("16777217 bytes"), "{findings:?}");
    }

    #[test]
    fn latin1_is_read_and_only_reported_outside_comments() {
        let (lines, findings) = read(b"# K\xf6ln\ncomment=K\xf6ln");
        assert_eq!(
            lines,
            Some(vec!["# Köln".to_owned(), "comment=Köln".to_owned()])
        );
        assert_eq!(findings.len(), 1);
    }
}
