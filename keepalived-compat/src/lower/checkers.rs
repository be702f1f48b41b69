//! The checkers of a real server as checks.

use std::time::Duration;

use director_core::model::raw_bytes;

use super::check::Kind;
use super::checker_list::{CheckerList, CheckerScope, Connection, read_connection};
use super::timing::UsualTiming;
use super::{http, program, values};
use crate::findings::Findings;
use crate::tree::Entry;

const REPEATED_ONCE: UsualTiming = UsualTiming {
    retry: 1,
    before_retry: Some(Duration::from_secs(1)),
};

/// Reads the checkers of a real server, in their order.
pub(super) fn checks(
    around: &CheckerScope<'_>,
    checkers: &[&Entry],
    findings: &mut Findings,
) -> CheckerList {
    let mut checks = CheckerList::default();
    for checker in checkers {
        match checker.name.as_str() {
            "HTTP_GET" | "SSL_GET" => http::checker(around, checker, &mut checks, findings),
            "TCP_CHECK" => plain(
                around,
                checker,
                Kind::Connect,
                REPEATED_ONCE,
                &mut checks,
                findings,
            ),
            "PING_CHECK" => plain(
                around,
                checker,
                Kind::Ping,
                REPEATED_ONCE,
                &mut checks,
                findings,
            ),
            "SMTP_CHECK" => smtp(around, checker, &mut checks, findings),
            "DNS_CHECK" => dns(around, checker, &mut checks, findings),
            "UDP_CHECK" => udp(around, checker, &mut checks, findings),
            "MISC_CHECK" => program::checker(around, checker, &mut checks, findings),
            name => without_place(name, checker, findings),
        }
    }
    checks.starts_down |= around.timing.starts_down();
    checks
}

/// FILE_CHECK and BFD_CHECK.
fn without_place(name: &str, checker: &Entry, findings: &mut Findings) {
    let (what, hint) = match name {
        "BFD_CHECK" => ("BFD", "add a PING_CHECK, or check the server's service"),
        _ => (
            "the file of a FILE_CHECK",
            "write a MISC_CHECK that reads the file, or weight_from in YAML",
        ),
    };
    let message = format!("ipvsd does not follow {what}, so this check is left out");
    findings.differs(&checker.place, message, hint);
}

fn plain(
    around: &CheckerScope<'_>,
    checker: &Entry,
    kind: Kind,
    usual: UsualTiming,
    checks: &mut CheckerList,
    findings: &mut Findings,
) {
    let connection = read_connection(checker, findings, |_, _| false);
    checks.add(around, checker, &connection, kind, usual, findings);
}

fn smtp(
    around: &CheckerScope<'_>,
    checker: &Entry,
    checks: &mut CheckerList,
    findings: &mut Findings,
) {
    let connection = read_connection(checker, findings, |entry, findings| {
        if entry.name == "helo_name" {
            let message = "the name in HELO is always that of this host";
            findings.differs(&entry.place, message, "remove it");
        }
        matches!(entry.name.as_str(), "helo_name" | "host")
    });
    let hosts: Vec<&Entry> = checker
        .entries
        .iter()
        .filter(|entry| entry.name == "host")
        .collect();
    if hosts.is_empty() {
        checks.add(
            around,
            checker,
            &connection,
            Kind::Smtp,
            REPEATED_ONCE,
            findings,
        );
    }
    for host in hosts {
        let own = read_connection(host, findings, |_, _| false);
        let own = Connection {
            timing: own.timing.within(&connection.timing),
            ..own
        };
        checks.add(around, host, &own, Kind::Smtp, REPEATED_ONCE, findings);
    }
}

fn dns(
    around: &CheckerScope<'_>,
    checker: &Entry,
    checks: &mut CheckerList,
    findings: &mut Findings,
) {
    let (mut name, mut kind) = (".".to_owned(), "SOA".to_owned());
    let connection = read_connection(checker, findings, |entry, findings| {
        let target = match entry.name.as_str() {
            "name" => &mut name,
            "type" => &mut kind,
            _ => return false,
        };
        if let Some(word) = values::text(entry, findings) {
            *target = word.value;
        }
        true
    });
    let usual = UsualTiming {
        retry: 3,
        before_retry: None,
    };
    let kind = Kind::Dns {
        request: format!("{name} {kind}"),
    };
    checks.add(around, checker, &connection, kind, usual, findings);
}

fn udp(
    around: &CheckerScope<'_>,
    checker: &Entry,
    checks: &mut CheckerList,
    findings: &mut Findings,
) {
    let (mut request, mut answers) = (None, false);
    let connection = read_connection(checker, findings, |entry, findings| {
        match entry.name.as_str() {
            "payload" => request = payload(entry, findings),
            "require_reply" => {
                answers = true;
                if !entry.values.is_empty() {
                    let message = "every answer counts; ipvsd does not compare its bytes";
                    let hint = "write a udp check with receive in YAML";
                    findings.differs(&entry.place, message, hint);
                }
            }
            "min_reply_length" | "max_reply_length" => {
                let message = "an answer of any length counts";
                findings.differs(
                    &entry.place,
                    message,
                    "write a udp check with receive in YAML",
                );
            }
            _ => return false,
        }
        true
    });
    let kind = Kind::Udp { request, answers };
    checks.add(around, checker, &connection, kind, REPEATED_ONCE, findings);
}

/// The bytes of a payload, which is written in hexadecimal digits.
fn payload(entry: &Entry, findings: &mut Findings) -> Option<String> {
    let text = entry
        .values
        .iter()
        .map(|word| word.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let bytes = hexadecimal(&text).filter(|bytes| !bytes.is_empty());
    if bytes.is_none() {
        let message = format!(
            "{text:?} is not hexadecimal, so keepalived sends its own payload; an empty datagram is sent"
        );
        findings.differs(&entry.place, message, "write pairs of hexadecimal digits");
    }
    Some(bytes?.into_iter().map(raw_bytes::char_of).collect())
}

/// Pairs of digits, and single ones that stand alone.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for group in text.split_whitespace() {
        for pair in group.as_bytes().chunks(2) {
            let pair = std::str::from_utf8(pair).ok()?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(pair, 16).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::hexadecimal;

    #[test]
    fn digits_are_read_in_pairs() {
        assert_eq!(hexadecimal("de adBE f"), Some(vec![0xde, 0xad, 0xbe, 0xf]));
        assert_eq!(hexadecimal("hello"), None);
        assert_eq!(hexadecimal("+f"), None);
        assert_eq!(hexadecimal(""), Some(Vec::new()));
    }
}
