//! The head of an answer, read as browsers and LWP read it: a line that is no header is passed over, spaces stand where they
//! like, and numbers that are none count as absent. What decides is kept: status, length, chunks and where a redirect leads.

/// What the head of an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResponseHead {
    pub(super) status: u16,
    /// Where it sends the client.
    pub(super) location: Option<String>,
    pub(super) framing: Framing,
}

/// How the end of a body is found (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    Chunked,
    /// The connection ends with it.
    UntilClose,
}

/// The status of a status line. The version is not looked at: servers say `HTTP/1`, `HTTP/2`, `http/1.1` and `ICY`.
pub(super) fn status_of(line: &[u8]) -> Option<u16> {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let protocol = words.next()?;
    let is_http = protocol
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"HTTP/"));
    if !is_http && protocol != b"ICY" {
        return None;
    }
    let code = words.next()?;
    let code = std::str::from_utf8(code).ok()?;
    let is_status = code.len() == 3 && matches!(code.as_bytes()[0], b'1'..=b'9');
    is_status.then(|| code.parse().ok()).flatten()
}

impl ResponseHead {
    /// The head of these lines behind a status line.
    pub(super) fn of(status: u16, lines: &[Vec<u8>]) -> Self {
        let headers = headers(lines);
        let values = |name: &'static str| {
            headers
                .iter()
                .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        };
        let codings: Vec<_> = values("transfer-encoding")
            .flat_map(|value| value.split(','))
            .map(|coding| coding.trim().to_ascii_lowercase())
            .collect();
        let framing = if codings.last().is_some_and(|coding| coding == "chunked") {
            Framing::Chunked
        } else if codings.iter().any(|coding| coding != "identity") {
            Framing::UntilClose
        } else {
            values("content-length")
                .filter_map(length)
                .next_back()
                .map_or(Framing::UntilClose, Framing::Length)
        };
        Self {
            status,
            location: values("location").next().map(str::to_owned),
            framing,
        }
    }
}

/// Names and values. A line that begins with a space goes on with the value before it (RFC 9112, 5.2).
fn headers(lines: &[Vec<u8>]) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        let line = String::from_utf8_lossy(line);
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim_end().to_owned(), value.trim().to_owned()));
        }
    }
    headers
}

/// The length that a header gives: digits, or the same digits several times (RFC 9110, 8.6).
fn length(value: &str) -> Option<u64> {
    let mut lengths = value.split(',').map(str::trim);
    let first = lengths.next()?;
    let digits = first.split_ascii_whitespace().next()?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && lengths.all(|other| other == first))
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_is_known_by_its_protocol_and_three_digits() {
        for (line, status) in [
            ("HTTP/1.1 200 OK", Some(200)),
            ("HTTP/1.1 200", Some(200)),
            ("HTTP/2 204", Some(204)),
            ("HTTP/1 503 Busy", Some(503)),
            ("http/1.1  200  OK", Some(200)),
            ("ICY 200 OK", Some(200)),
            ("HTTP/1.1 2000 OK", None),
            ("HTTP/1.1 OK", None),
            ("HTTP/1.1", None),
            ("SSH-2.0-OpenSSH_9.2p1", None),
            ("220 mail ESMTP", None),
            ("\u{feff}HTTP/1.1 200 OK", None),
            ("", None),
        ] {
            assert_eq!(status_of(line.as_bytes()), status, "{line}");
        }
    }

    #[test]
    fn the_end_of_a_body_is_found_by_what_can_be_read() {
        let framing = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
            ResponseHead::of(200, &lines).framing
        };
        for (lines, expected) in [
            (&["Content-Length: 12"][..], Framing::Length(12)),
            (&["content-length : 12 "], Framing::Length(12)),
            (&["Content-Length: 12, 12"], Framing::Length(12)),
            (
                &["Content-Length: 12", "Content-Length: 14"],
                Framing::Length(14),
            ),
            (&["Content-Length: 12, 14"], Framing::UntilClose),
            (&["Content-Length: -1"], Framing::UntilClose),
            (&["Content-Length: 1O"], Framing::UntilClose),
            (
                &["Content-Length: 12", "Transfer-Encoding: chunked"],
                Framing::Chunked,
            ),
            (&["Transfer-Encoding: gzip, Chunked"], Framing::Chunked),
            (&["Transfer-Encoding:", " chunked"], Framing::Chunked),
            (
                &["Transfer-Encoding: gzip", "Content-Length: 12"],
                Framing::UntilClose,
            ),
            (
                &["Transfer-Encoding: identity", "Content-Length: 12"],
                Framing::Length(12),
            ),
            (&["no header", "Server"], Framing::UntilClose),
        ] {
            assert_eq!(framing(lines), expected, "{lines:?}");
        }
    }
}
