//! HTTP addresses as far as a probe needs them: taken from a request or a `Location` header, joined, and written so that
//! they may stand in a request line.

use std::fmt::Write as _;

/// An `http` or `https` address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    /// `https` rather than `http`.
    pub(super) tls: bool,
    /// Host name or address, an IPv6 address without its brackets.
    pub(super) host: String,
    /// Port, when one is written.
    pub(super) port: Option<u16>,
    /// Path and query, beginning with `/`, percent-encoded where a request line asks for it.
    pub(super) path: String,
}

impl Url {
    /// Reads an absolute address; nothing when it is none, or not of HTTP.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        Self::after_scheme(tls, rest)
    }

    fn after_scheme(tls: bool, rest: &str) -> Option<Self> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = split_port(authority)?;
        let path = if path.starts_with('/') {
            encode(path)
        } else {
            format!("/{}", encode(path))
        };
        Some(Self {
            tls,
            host: host.to_owned(),
            port,
            path,
        })
    }

    /// The address that `reference` means when it is found in an answer from this one (RFC 3986, 5.2).
    pub(super) fn join(&self, reference: &str) -> Option<Self> {
        let reference = reference.trim();
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::after_scheme(self.tls, rest);
        }
        if has_scheme(reference) {
            return Self::parse(reference);
        }
        let own_path = self.path.split('?').next().unwrap_or("/");
        let path = if reference.starts_with('/') {
            without_dots(reference)
        } else if reference.is_empty() || reference.starts_with(['?', '#']) {
            format!("{own_path}{reference}")
        } else {
            let folder = own_path.rsplit_once('/').map_or("", |(folder, _)| folder);
            without_dots(&format!("{folder}/{reference}"))
        };
        Some(Self {
            path: encode(&path),
            ..self.clone()
        })
    }

    /// The port asked, the scheme's own when none is written.
    pub(super) fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.tls { 443 } else { 80 })
    }

    /// Host and, when one is written, port, as a `Host` header has them.
    pub(super) fn authority(&self) -> String {
        let host = bracketed(&self.host);
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// The whole address, as a proxy is asked for it.
    pub(super) fn absolute(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority(), self.path)
    }
}

/// Splits `host:port`; IPv6 addresses stand in brackets. Nothing when the port is none or the host is empty.
pub(super) fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            (host, after.strip_prefix(':').unwrap_or(after))
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    if host.is_empty() {
        return None;
    }
    if port.is_empty() {
        return Some((host, None));
    }
    Some((host, Some(port.parse().ok()?)))
}

/// An IPv6 address gets its brackets, everything else stays.
pub(super) fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

/// Percent-encodes what may not stand in a request line and drops the fragment, which is never sent.
pub(super) fn encode(path: &str) -> String {
    let path = path.split('#').next().unwrap_or_default();
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The bytes that a percent-encoded text stands for; a `%` without two digits stands for itself.
pub(in crate::probe) fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let digits = after
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let encoded = digits
            .filter(|_| *byte == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(encoded.unwrap_or(*byte));
        rest = if encoded.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    decoded
}

fn has_scheme(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else {
        return false;
    };
    scheme.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
}

/// Resolves `.` and `..` in a path that begins with `/`; the query stays as it is.
fn without_dots(path: &str) -> String {
    let (path, query) = match path.find(['?', '#']) {
        Some(at) => path.split_at(at),
        None => (path, ""),
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn absolute_addresses_are_taken_apart() {
        let parsed = url("HTTPS://user@www.example.org:8443/a b?c#d");
        assert!(parsed.tls);
        assert_eq!(parsed.host, "www.example.org");
        assert_eq!(parsed.port, Some(8443));
        assert_eq!(parsed.path, "/a%20b?c");
        assert_eq!(url("http://[2001:db8::1]:80/").host, "2001:db8::1");
        assert_eq!(url("http://h?x").path, "/?x");
        assert_eq!(url("http://h").port_or_default(), 80);
    }

    #[test]
    fn what_is_no_http_address_is_refused() {
        for text in [
            "ftp://h/",
            "http:/h",
            "http:///x",
            "http://h:99999/",
            "/only/path",
        ] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_percent_encoded_is_decoded() {
        assert_eq!(decode("p%40ss%3aword"), b"p@ss:word");
        assert_eq!(decode("100%"), b"100%");
        assert_eq!(decode("%zz%f"), b"%zz%f");
    }

    #[test]
    fn references_join_like_rfc_3986() {
        let base = url("http://a:8080/b/c/d?q");
        let cases = [
            ("g", "http://a:8080/b/c/g"),
            ("./g/", "http://a:8080/b/c/g/"),
            ("/g", "http://a:8080/g"),
            ("//g/x", "http://g/x"),
            ("?y", "http://a:8080/b/c/d?y"),
            ("", "http://a:8080/b/c/d"),
            ("../g?a/../b", "http://a:8080/b/g?a/../b"),
            ("../../../g", "http://a:8080/g"),
            ("..", "http://a:8080/b/"),
            ("https://h/", "https://h/"),
        ];
        for (reference, whole) in cases {
            assert_eq!(
                base.join(reference).unwrap().absolute(),
                whole,
                "{reference}"
            );
        }
        assert_eq!(base.join("mailto:someone"), None);
    }
}
