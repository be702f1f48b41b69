//! HTTP_GET and SSL_GET: one check for each url.

use director_core::definitions::Placed;

use super::check::{Http, Kind, TlsIdentityFiles};
use super::checker_list::{CheckerList, CheckerScope, read_connection};
use super::timing::UsualTiming;
use super::{command, values};
use crate::findings::Findings;
use crate::tree::Entry;

use std::time::Duration;

const USUAL: UsualTiming = UsualTiming {
    retry: 1,
    before_retry: Some(Duration::from_secs(3)),
};
/// The status codes that count as good where none are written.
const USUAL_STATUS: &str = "200-299";

/// Reads a checker. One without a url is none, for keepalived too.
pub(super) fn checker(
    around: &CheckerScope<'_>,
    checker: &Entry,
    checks: &mut CheckerList,
    findings: &mut Findings,
) {
    let mut virtual_host = None;
    let (mut uses_sni, mut server_name) = (false, None);
    let connection = read_connection(checker, findings, |entry, findings| {
        match entry.name.as_str() {
            "virtualhost" => virtual_host = values::text(entry, findings),
            "enable_sni" => {
                uses_sni = values::switch(entry, findings).is_none_or(|choice| choice.value);
            }
            "sni_name" => {
                uses_sni = true;
                server_name = entry.value().map(|word| word.text.clone());
            }
            // The version of HTTP, and how keepalived reads an answer and recovers: nothing of it changes what counts as good.
            "http_protocol" | "fast_recovery" | "tls_compliant" | "url" => {}
            _ => return false,
        }
        true
    });
    let tls = checker.name == "SSL_GET";
    let urls = checker.entries.iter().filter(|entry| entry.name == "url");
    let mut found = false;
    for url in urls {
        let Some(url) = read_url(url, findings) else {
            continue;
        };
        found = true;
        let host = url.virtual_host.or_else(|| virtual_host.clone());
        let host = host.or_else(|| around.virtual_host.cloned());
        let http = Http {
            tls,
            path: url.path,
            virtual_host: host.map(|host| host.value),
            server_name: server_name.clone().filter(|_| tls && uses_sni),
            status: url.status,
            body: url.body,
            md5: url.md5,
            identity: if tls {
                around.of_file.identity.clone()
            } else {
                TlsIdentityFiles::default()
            },
        };
        checks.add(
            around,
            checker,
            &connection,
            Kind::Http(http),
            USUAL,
            findings,
        );
    }
    if !found {
        let message = format!(
            "this {} has no url with a path, and keepalived ignores it",
            checker.name
        );
        findings.faulty(
            &checker.place,
            message,
            "add url { path / }, or remove the check",
        );
    }
}

struct UrlBlock {
    path: String,
    virtual_host: Option<Placed<String>>,
    status: Vec<String>,
    body: Option<String>,
    md5: Option<String>,
}

fn read_url(url: &Entry, findings: &mut Findings) -> Option<UrlBlock> {
    let (mut path, mut virtual_host, mut pattern, mut md5) = (None, None, None, None);
    let mut status = Vec::new();
    let mut options = String::new();
    let mut is_reversed = false;
    for entry in &url.entries {
        match entry.name.as_str() {
            "path" => path = values::text(entry, findings),
            "virtualhost" => virtual_host = values::text(entry, findings),
            "status_code" => status.extend(codes(entry, findings)),
            "digest" => md5 = digest(entry, findings),
            "regex" => pattern = regex(entry, findings),
            "regex_options" => {
                options.extend(entry.values.iter().filter_map(|word| option(&word.text)))
            }
            "regex_no_match" => is_reversed = true,
            "regex_min_offset" | "regex_max_offset" => {
                let message = format!(
                    "{} has no effect: ipvsd looks at the whole page",
                    entry.name
                );
                findings.differs(&entry.place, message, "remove it");
            }
            _ => {}
        }
    }
    let Some(path) = path else {
        findings.faulty(
            &url.place,
            "this url has no path, and keepalived ignores it",
            "add a path",
        );
        return None;
    };
    if status.is_empty() {
        status.push(USUAL_STATUS.to_owned());
    }
    Some(UrlBlock {
        // keepalived sends it as it is, which no server takes for a blank.
        path: path.value.replace(' ', "%20"),
        virtual_host,
        status,
        md5,
        body: pattern.map(|pattern| body_pattern(&pattern, &options, is_reversed)),
    })
}

/// A pattern with its options; with `regex_no_match` one that matches a page without it.
fn body_pattern(pattern: &str, options: &str, is_reversed: bool) -> String {
    match (is_reversed, options) {
        (false, "") => pattern.to_owned(),
        (false, options) => format!("(?{options}){pattern}"),
        (true, options) if options.contains('s') => format!("(?s)\\A(?!.*(?{options}:{pattern}))"),
        (true, options) => format!("(?s)\\A(?!.*(?{options}-s:{pattern}))"),
    }
}

/// `200`, `200-299`, several of them.
fn codes(entry: &Entry, findings: &mut Findings) -> Vec<String> {
    let mut codes = Vec::new();
    for word in &entry.values {
        let (first, last) = word
            .text
            .split_once('-')
            .unwrap_or((&word.text, &word.text));
        let code = |text: &str| {
            text.parse::<u16>()
                .ok()
                .filter(|code| (100..=599).contains(code))
        };
        match (code(first), code(last)) {
            (Some(first), Some(last)) if first <= last => codes.push(word.text.clone()),
            _ => values::ignored(
                entry,
                word,
                "write a status from 100 to 599, or a range",
                findings,
            ),
        }
    }
    codes
}

/// The MD5 digest of a page.
fn digest(entry: &Entry, findings: &mut Findings) -> Option<String> {
    let digest = values::text(entry, findings)?;
    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
    if digest.value.len() == 32 && digest.value.bytes().all(is_digit) {
        return Some(digest.value);
    }
    if let Some(word) = entry.value() {
        values::ignored(
            entry,
            word,
            "write the 32 digits that genhash prints",
            findings,
        );
    }
    None
}

fn regex(entry: &Entry, findings: &mut Findings) -> Option<String> {
    match command::words(&entry.text).as_deref() {
        Some([_, pattern]) => Some(pattern.clone()),
        _ => {
            let message = "regex needs one pattern, and keepalived ignores this line";
            findings.faulty(&entry.place, message, "put the pattern in quotes");
            None
        }
    }
}

fn option(word: &str) -> Option<char> {
    match word {
        "caseless" => Some('i'),
        "multiline" => Some('m'),
        "dotall" => Some('s'),
        "extended" => Some('x'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_their_options() {
        assert_eq!(body_pattern("O.K", "", false), "O.K");
        assert_eq!(body_pattern("O.K", "im", false), "(?im)O.K");
        assert_eq!(body_pattern("O.K", "i", true), "(?s)\\A(?!.*(?i-s:O.K))");
        assert_eq!(body_pattern("O.K", "s", true), "(?s)\\A(?!.*(?s:O.K))");
    }
}
