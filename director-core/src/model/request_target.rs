//! What an HTTP request requires.

use std::fmt;

use serde::{Serialize, Serializer};

use super::secret::HIDDEN;
use crate::diagnostic::nearest;

/// Path and query, beginning with `/`, or an absolute URL. A URL may hold a user and a password (RFC 3986, 3.2.1), and the
/// password shows nowhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestTarget(String);

impl RequestTarget {
    /// The target as it is written, with its password.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The password was hidden before it was written down, so it is not known any more.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.user_and_password()
            .is_some_and(|(_, password)| password == HIDDEN)
    }

    /// User and password of a URL, as they are written: percent-encoded.
    #[must_use]
    pub fn user_and_password(&self) -> Option<(&str, &str)> {
        let user_info = &self.0[user_info(&self.0)?];
        Some(user_info.split_once(':').unwrap_or((user_info, "")))
    }
}

impl From<String> for RequestTarget {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for RequestTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for RequestTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", without_password(&self.0))
    }
}

impl Serialize for RequestTarget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A URL as it may be shown: `http://user:***@host/`. A password that is hidden already stays as it is.
#[must_use]
pub fn without_password(url: &str) -> String {
    with_password(url, |password| {
        if password.starts_with(HIDDEN) {
            password.to_owned()
        } else {
            HIDDEN.to_owned()
        }
    })
}

/// The lines of a file as they may be shown. A secret may go on in the lines behind its key, and all headers of a check may be
/// secrets.
#[must_use]
pub fn lines_in_stars(text: &str) -> Vec<String> {
    let mut goes_on = false;
    let mut headers: Option<usize> = None;
    let show = |line: &str| {
        let start = line.len() - line.trim_start().len();
        headers = headers.filter(|indent| start > *indent || line.trim().is_empty());
        if headers.is_some() {
            let value = line[start..]
                .find(':')
                .map_or(start, |sign| start + sign + 1);
            let value = value + line[value..].len() - line[value..].trim_start().len();
            return format!("{}{}", &line[..value], stars(line[value..].trim_end()));
        }
        if line.trim_end().ends_with("headers:") {
            headers = Some(start);
        }
        let is_value = goes_on && !line.contains([':', '=']);
        goes_on = is_value || ends_with_secret_key(line);
        if is_value {
            return format!("{}{}", &line[..start], stars(&line[start..]));
        }
        password_in_stars(line)
    };
    text.lines().map(show).collect()
}

/// Whether the value of such a key is in the next lines: a block or a folded text of YAML, or nothing yet.
fn ends_with_secret_key(line: &str) -> bool {
    let value = next_value(line, 0).map(|value| line[value].trim());
    value.is_some_and(|value| value.is_empty() || value.starts_with(['|', '>']))
}

/// A line of a file as it may be shown, with a star for each character of a password, so that the columns stay.
#[must_use]
fn password_in_stars(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let next = rest[at + 3..].find("://").map_or(rest.len(), |next| {
            // A URL begins with its scheme.
            let before = &rest[..at + 3 + next];
            let scheme = |c: char| c.is_ascii_alphanumeric();
            before.trim_end_matches(scheme).len()
        });
        shown += &with_password(&rest[..next], stars);
        rest = &rest[next..];
    }
    shown += rest;
    values_in_stars(&shown)
}

/// Keys whose values are secrets, in both dialects. One that is misspelled is near enough.
const SECRET_KEYS: [&str; 11] = [
    "password",
    "passwd",
    "pass",
    "secret",
    "token",
    "webhook",
    "bearer",
    "headers",
    "authorization",
    "cookie",
    "apikey",
];

/// Puts stars in place of the values behind such keys and `:` or `=`.
fn values_in_stars(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut from = 0;
    while let Some(value) = next_value(line, from) {
        shown += &line[from..value.start];
        shown += &stars(&line[value.clone()]);
        from = value.end;
    }
    shown + &line[from..]
}

/// Where the next value of such a key is.
fn next_value(line: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let signs = line[from..].match_indices([':', '=']);
    let mut signs = signs.map(|(sign, _)| from + sign);
    let sign = signs.find(|sign| {
        // The name itself may stand in quotes.
        let before = line[from..*sign].trim_end_matches(['"', '\'', ' ']);
        let is_other = |c: char| !c.is_alphanumeric() && c != '-' && c != '_';
        let key = before.rsplit(is_other).next().unwrap_or_default();
        let key = key.replace(['-', '_'], "").to_lowercase();
        nearest(&key, SECRET_KEYS).is_some()
    })?;
    let behind = &line[sign + 1..];
    let start = line.len() - behind.trim_start().len();
    let quote = line[start..].chars().next();
    let quote = quote.filter(|c| "\"'".contains(*c));
    let start = start + quote.map_or(0, char::len_utf8);
    let is_list = line[start..].starts_with(['[', '{']);
    let in_braces = line[..sign].contains('{') && !is_list;
    let end = line[start..].find(|c: char| match quote {
        Some(quote) => c == quote,
        None => in_braces && ",}".contains(c),
    });
    let end = end.map_or(line.trim_end().len(), |end| start + end);
    Some(start..end.max(start))
}

fn stars(secret: &str) -> String {
    "*".repeat(secret.chars().count())
}

/// The same URL with another password, if it has one.
pub(crate) fn with_password(url: &str, other: impl FnOnce(&str) -> String) -> String {
    let password = user_info(url).and_then(|range| {
        let colon = url[range.clone()].find(':')?;
        Some(range.start + colon + 1..range.end)
    });
    match password {
        Some(range) => {
            let (before, after) = (&url[..range.start], &url[range.end..]);
            format!("{before}{}{after}", other(&url[range.clone()]))
        }
        None => url.to_owned(),
    }
}

/// Where user and password are in a URL: between `//` and the last `@` of the authority.
fn user_info(url: &str) -> Option<std::ops::Range<usize>> {
    let start = url.find("://")? + 3;
    let authority = url[start..]
        .find(['/', '?', '#', ' ', '"', '\''])
        .unwrap_or(url.len() - start);
    let end = url[start..start + authority].rfind('@')?;
    Some(start..start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_shows() {
        for (url, shown) in [
            (
                "http://user:secret@192.0.2.11/health",
                "http://user:***@192.0.2.11/health",
            ),
            (
                "https://user:p@ss@192.0.2.11?a=b:c@d",
                "https://user:***@192.0.2.11?a=b:c@d",
            ),
            ("http://user@192.0.2.11/", "http://user@192.0.2.11/"),
            (
                "http://192.0.2.11/mail?to=a:b@example.org",
                "http://192.0.2.11/mail?to=a:b@example.org",
            ),
            ("/path:with@signs", "/path:with@signs"),
        ] {
            let target = RequestTarget::from(url.to_owned());
            assert_eq!(target.to_string(), shown);
            assert_eq!(format!("{target:?}"), format!("{shown:?}"));
            assert_eq!(serde_json::to_value(&target).unwrap(), shown);
            assert_eq!(target.reveal(), url);
            assert!(!target.is_withheld());
            assert_eq!(
                RequestTarget::from(shown.to_owned()).is_withheld(),
                shown != url
            );
        }
    }

    #[test]
    fn a_line_keeps_its_columns() {
        let line = r#"real=192.0.2.1:80 masq "http://u:pä@192.0.2.1", "a@b" # x"#;
        let shown = r#"real=192.0.2.1:80 masq "http://u:**@192.0.2.1", "a@b" # x"#;
        assert_eq!(password_in_stars(line), shown);
        let flow = r#"{listen: "tcp://192.0.2.1:80", check: {http: {path: "http://u:secret@h/"}}}"#;
        let shown =
            r#"{listen: "tcp://192.0.2.1:80", check: {http: {path: "http://u:******@h/"}}}"#;
        assert_eq!(password_in_stars(flow), shown);
        for (line, shown) in [
            ("      password: hunter2", "      password: *******"),
            (
                "check: {imap: {login: a, password: b c}}",
                "check: {imap: {login: a, password: ***}}",
            ),
            (
                r#"{"password": "a, b", secret: 'x y'}"#,
                r#"{"password": "****", secret: '***'}"#,
            ),
            (r#"    passwd = "öffne""#, r#"    passwd = "*****""#),
            ("passwd=geheim", "passwd=******"),
            (
                "http: {headers: {X-Tenant: a}, bearer: b}",
                "http: {headers: ************************}",
            ),
            ("  Authorization: Bearer abc", "  Authorization: **********"),
            ("the password of a URL", "the password of a URL"),
            ("secret:", "secret:"),
            (
                "- {pasword: a, x: 1}, {secret: 'b', password: c}",
                "- {pasword: *, x: 1}, {secret: '*', password: *}",
            ),
            ("password: a b, c", "password: ******"),
            ("secret: {a: b}", "secret: ******"),
            (
                r#"{webhook: "http://h/token?t=token", x: 1}"#,
                r#"{webhook: "**********************", x: 1}"#,
            ),
        ] {
            assert_eq!(password_in_stars(line), shown);
        }
        let plain = r#"request="http://host", "user:a@b""#;
        assert_eq!(password_in_stars(plain), plain);
    }

    #[test]
    fn the_lines_behind_the_key_of_a_secret_are_hidden() {
        let text = "a: 1\npass_word: |\n  öffne\n  dich\nb: 2\nsecret:\n  x\nlogin: y";
        let shown = "a: 1\npass_word: *\n  *****\n  ****\nb: 2\nsecret:\n  *\nlogin: y";
        assert_eq!(lines_in_stars(text).join("\n"), shown);
    }

    #[test]
    fn all_headers_are_hidden_and_what_follows_them_is_not() {
        let text =
            "http:\n  headers:\n    X-Tenant: öffne\n    X-Key:\n      dich\n  path: /a\nb: 2";
        let shown =
            "http:\n  headers:\n    X-Tenant: *****\n    X-Key:\n      ****\n  path: /a\nb: 2";
        assert_eq!(lines_in_stars(text).join("\n"), shown);
        let item = "- http: {path: /}\n  headers:\n    A: b\n- c: d";
        let shown = "- http: {path: /}\n  headers:\n    A: *\n- c: d";
        assert_eq!(lines_in_stars(item).join("\n"), shown);
    }

    #[test]
    fn user_and_password_are_those_of_the_authority() {
        let of = |url: &str| {
            let target = RequestTarget::from(url.to_owned());
            target
                .user_and_password()
                .map(|(user, password)| format!("{user} {password}"))
        };
        assert_eq!(
            of("http://user:secret@host/"),
            Some("user secret".to_owned())
        );
        assert_eq!(of("http://user@host/"), Some("user ".to_owned()));
        assert_eq!(of("http://host/a:b@c"), None);
    }
}
