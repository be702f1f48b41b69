//! Lines of configurations as they may be shown: with a star for each character of a secret, so that the columns stay.

use super::request_target::with_password;
use crate::diagnostic::nearest;

/// The lines of a file as they may be shown.
#[must_use]
pub fn lines_in_stars(text: &str) -> Vec<String> {
    let mut lines = SourceLines::default();
    text.lines().map(|line| lines.show(line)).collect()
}

/// What the lines before say of the next one.
#[derive(Default)]
struct SourceLines {
    /// A secret may go on in the lines behind its key.
    goes_on: bool,
    /// The lines before began a text in PEM, such as a private key, that has not ended.
    pem: bool,
    /// Deeper lines than this one belong to a key.
    block: Option<(usize, Block)>,
}

/// What the deeper lines of a key are.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    /// A secret of several lines.
    Secret,
    /// Headers, of which each may be a secret.
    Headers,
    /// What an answer must be, which is no secret.
    Expect,
}

impl SourceLines {
    fn show(&mut self, line: &str) -> String {
        let start = indent(line);
        if self.pem || line.contains("-----BEGIN") {
            let at = line.find("-----BEGIN").filter(|_| !self.pem);
            self.pem = !line.contains("-----END");
            return behind(line, at.unwrap_or(start));
        }
        let is_within = |indent: usize| start > indent || line.trim().is_empty();
        self.block = self.block.filter(|(indent, _)| is_within(*indent));
        let block = self.block.map(|(_, block)| block);
        match block {
            Some(Block::Secret) => return behind(line, start),
            Some(Block::Headers) => {
                let sign = line[start..].find(':');
                let value = sign.map_or(start, |sign| start + sign + 1);
                return behind(line, value + indent(&line[value..]));
            }
            _ => {}
        }
        let keys = SecretKeys {
            body: block != Some(Block::Expect) && !line.contains("expect"),
        };
        if block.is_none() {
            self.block = opened(line, keys).map(|block| (start, block));
        }
        let is_value = self.goes_on && !line.contains([':', '=']);
        self.goes_on = is_value || ends_with_secret_key(line, keys);
        if is_value {
            return behind(line, start);
        }
        password_in_stars(line, keys)
    }
}

/// What the deeper lines behind this one are.
fn opened(line: &str, keys: SecretKeys) -> Option<Block> {
    let line = line.trim_end();
    let headers = line.split_once("headers").and_then(|(_, behind)| {
        let behind = behind.trim_start_matches(['"', '\'', ' ']);
        behind.strip_prefix(':').map(str::trim)
    });
    // A comment, an anchor or a tag is no value.
    let is_open = |value: &str| {
        value.is_empty()
            || value.starts_with(['#', '&', '!'])
            || value.matches('{').count() > value.matches('}').count()
    };
    if headers.is_some_and(is_open) {
        return Some(Block::Headers);
    }
    if line.ends_with("expect:") {
        return Some(Block::Expect);
    }
    let value = next_value(line, 0, keys).map(|value| &line[value]);
    let is_block = value.is_some_and(|value| value.starts_with(['|', '>']));
    is_block.then_some(Block::Secret)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A line with stars from there on.
fn behind(line: &str, start: usize) -> String {
    format!("{}{}", &line[..start], stars(line[start..].trim_end()))
}

/// Whether the value of such a key is in the next lines: a block or a folded text of YAML, or nothing yet.
fn ends_with_secret_key(line: &str, keys: SecretKeys) -> bool {
    let value = next_value(line, 0, keys).map(|value| line[value].trim());
    value.is_some_and(|value| value.is_empty() || value.starts_with(['|', '>']))
}

/// A line of a file as it may be shown, with a star for each character of a password, so that the columns stay.
fn password_in_stars(line: &str, keys: SecretKeys) -> String {
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
    options_in_stars(&values_in_stars(&shown, keys), keys)
}

/// Puts stars in place of the words behind options such as `--password`, in the line of a program or in a list.
fn options_in_stars(line: &str, keys: SecretKeys) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("--") {
        let option = &rest[at + 2..];
        let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let length = option.find(|c| !is_word(c)).unwrap_or(option.len());
        let behind = &option[length..];
        let gap = behind.len() - behind.trim_start_matches([' ', ',', '"', '\'']).len();
        let word = &behind[gap..];
        let end = word
            .find([' ', ',', '"', '\'', ']', '}'])
            .unwrap_or(word.len());
        let is_secret = gap > 0 && keys.have(&without_signs(&option[..length]));
        shown += &rest[..at + 2 + length + gap];
        shown += &match is_secret {
            true => stars(&word[..end]),
            false => word[..end].to_owned(),
        };
        rest = &word[end..];
    }
    shown + rest
}

fn without_signs(key: &str) -> String {
    key.replace(['-', '_'], "").to_lowercase()
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

/// Words that are too short for slips, as other programs have them.
const SHORT_KEYS: [&str; 4] = ["pwd", "auth", "basicauth", "userpass"];
/// Parts of keys that speak of a secret, as in `shared_secret`.
const PARTS: [&str; 6] = ["password", "passwd", "secret", "token", "bearer", "apikey"];

/// Which keys have secret values.
#[derive(Clone, Copy)]
struct SecretKeys {
    /// The body of a request may be one, and what is expected of a body is none.
    body: bool,
}

impl SecretKeys {
    fn have(self, key: &str) -> bool {
        let is_file = key.ends_with("file");
        let has_part = || PARTS.iter().any(|part| key.contains(part));
        let is_near = || nearest(key, SECRET_KEYS).is_some();
        // The path of a file with a secret is none.
        self.body && key == "body"
            || SHORT_KEYS.contains(&key)
            || !is_file && (is_near() || has_part())
    }
}

/// Whether a value only says where the secret is.
fn names_a_source(value: &str) -> bool {
    let inner = value.trim_start().strip_prefix('{');
    inner.is_some_and(|inner| {
        let inner = inner.trim_start();
        ["file:", "env:"].iter().any(|key| inner.starts_with(key))
    })
}

/// Puts stars in place of the values behind such keys and `:` or `=`.
fn values_in_stars(line: &str, keys: SecretKeys) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut from = 0;
    while let Some(value) = next_value(line, from, keys) {
        shown += &line[from..value.start];
        shown += &stars(&line[value.clone()]);
        from = value.end;
    }
    shown + &line[from..]
}

/// Where the next value of such a key is.
fn next_value(line: &str, from: usize, keys: SecretKeys) -> Option<std::ops::Range<usize>> {
    let signs = line[from..].match_indices([':', '=']);
    let mut signs = signs.map(|(sign, _)| from + sign);
    let sign = signs.find(|sign| {
        // The name itself may stand in quotes.
        let before = line[from..*sign].trim_end_matches(['"', '\'', ' ']);
        let is_other = |c: char| !c.is_alphanumeric() && c != '-' && c != '_';
        let key = before.rsplit(is_other).next().unwrap_or_default();
        let key = without_signs(key);
        keys.have(&key) && !names_a_source(&line[sign + 1..])
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

#[cfg(test)]
mod tests {
    use super::*;

    fn line_in_stars(line: &str) -> String {
        lines_in_stars(line).concat()
    }

    #[test]
    fn a_line_keeps_its_columns() {
        let line = r#"real=192.0.2.1:80 masq "http://u:pä@192.0.2.1", "a@b" # x"#;
        let shown = r#"real=192.0.2.1:80 masq "http://u:**@192.0.2.1", "a@b" # x"#;
        assert_eq!(line_in_stars(line), shown);
        let flow = r#"{listen: "tcp://192.0.2.1:80", check: {http: {path: "http://u:secret@h/"}}}"#;
        let shown =
            r#"{listen: "tcp://192.0.2.1:80", check: {http: {path: "http://u:******@h/"}}}"#;
        assert_eq!(line_in_stars(flow), shown);
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
            ("{login: x, pwd: abc}", "{login: x, pwd: ***}"),
            ("shared_secret: abc", "shared_secret: ***"),
            (
                "{bearer_token: a, auth: 'u:b'}",
                "{bearer_token: *, auth: '***'}",
            ),
            ("password_file: /etc/a", "password_file: /etc/a"),
            (
                "command: '/bin/p --password abc -x'",
                "command: '/bin/p --password *** -x'",
            ),
            (
                "[/bin/p, --api-key, \"abc\", --x, y]",
                "[/bin/p, --api-key, \"***\", --x, y]",
            ),
            (
                "http: {headers: {X-Tenant: a}, bearer: b}",
                "http: {headers: *************************",
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
            assert_eq!(line_in_stars(line), shown);
        }
        let plain = r#"request="http://host", "user:a@b""#;
        assert_eq!(line_in_stars(plain), plain);
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
        let open = "  headers: {A: b,\n    C: d}\n  path: /";
        let shown = "  headers: ******\n    C: **\n  path: /";
        assert_eq!(lines_in_stars(open).join("\n"), shown);
        let item = "- http: {path: /}\n  headers:\n    A: b\n- c: d";
        let shown = "- http: {path: /}\n  headers:\n    A: *\n- c: d";
        assert_eq!(lines_in_stars(item).join("\n"), shown);
    }

    #[test]
    fn headers_are_hidden_behind_comments_and_quotes_too() {
        for key in [
            "headers: # of the gateway",
            "headers: &common",
            "\"headers\": {",
        ] {
            let text = format!("http:\n  {key}\n    X-Key: abc\n  path: /");
            let shown = lines_in_stars(&text);
            assert_eq!(shown[2..], ["    X-Key: ***", "  path: /"], "{key}");
        }
    }

    #[test]
    fn a_text_in_pem_is_hidden_to_its_end() {
        let text = "key: |\n  -----BEGIN KEY-----\n  abc\n  -----END KEY-----\nport: 1";
        let shown = lines_in_stars(text);
        assert_eq!(shown[2], "  ***");
        assert_eq!(shown[4], "port: 1");
        let inline = r#"{certificate: "-----BEGIN X-----\nabc\n-----END X-----\n", port: 1}"#;
        assert!(!lines_in_stars(inline)[0].contains("abc"));
        assert_eq!(lines_in_stars("a: 1\nb: 2"), ["a: 1", "b: 2"]);
    }

    #[test]
    fn a_body_is_hidden_and_what_is_expected_of_one_is_not() {
        for (text, shown) in [
            (
                "{body: a, expect: {status: 200}}",
                "{body: a, expect: {status: 200}}",
            ),
            (
                "{http: {body: 'a, b'}, port: 1}",
                "{http: {body: '****'}, port: 1}",
            ),
            (
                "expect:\n  body: OK\nbody: OK",
                "expect:\n  body: OK\nbody: **",
            ),
            (
                "  body: |\n    {a: b}\n    c\n  path: /d",
                "  body: *\n    ******\n    *\n  path: /d",
            ),
        ] {
            assert_eq!(lines_in_stars(text).join("\n"), shown);
        }
    }

    #[test]
    fn the_place_of_a_secret_is_shown() {
        for line in [
            "password: {file: /etc/ipvsd/db.password}",
            "{login: a, password: { env: DB }, port: 1}",
        ] {
            assert_eq!(line_in_stars(line), line);
        }
        assert_eq!(
            line_in_stars("{password: {file: a}, secret: b}"),
            "{password: {file: a}, secret: *}"
        );
    }
}
