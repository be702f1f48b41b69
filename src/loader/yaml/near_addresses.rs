//! What was likely meant by a text that is no address here: the forms of other programs, slips with ports and brackets. What is
//! advised is read first, so that it is accepted.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use director_core::diagnostic::Place;

use super::address;
use super::node::{Content, Node, Scalar};
use super::other_words;
use super::reader::Reader;

const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];
/// Most ports of a range that is written out.
const LONGEST_RANGE: u16 = 8;

/// What to write for a text that is not something to listen on; nothing while such advice is tried out.
pub(super) fn listen(text: &str, reader: &Reader) -> Option<String> {
    (!reader.tries_out).then(|| meant_listen(text))?
}

/// The same for a text that is no real server.
pub(super) fn server(text: &str, reader: &Reader) -> Option<String> {
    (!reader.tries_out).then(|| meant_server(text))?
}

/// A reader whose findings say only whether something is accepted.
fn trial() -> Reader {
    let mut reader = Reader::default();
    reader.tries_out = true;
    reader
}

fn meant_listen(text: &str) -> Option<String> {
    let together = without_blanks_at_port(text);
    if together != text && is_listen(&together) {
        return Some(together);
    }
    if let Some(mark) = mark(text) {
        return Some(mark);
    }
    let parts: Vec<&str> = text
        .split([',', ';', ' '])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if let [host, port] = parts.as_slice()
        && port.parse::<u16>().is_ok()
        && !text.contains([',', ';'])
    {
        return one_listen(&joined(host, port));
    }
    match parts.as_slice() {
        [] => None,
        [one] => match ports(one) {
            Some(each) => list(&each),
            None => one_listen(one),
        },
        // Ports alone go on with the address before: `192.0.2.10:80,443`.
        [first, others @ ..] => {
            let (before, _) = first.rsplit_once(':')?;
            let whole = others.iter().map(|other| match other.parse::<u16>() {
                Ok(port) => format!("{before}:{port}"),
                Err(_) => (*other).to_owned(),
            });
            let all: Vec<String> = std::iter::once((*first).to_owned()).chain(whole).collect();
            list(&all)
        }
    }
}

/// Advice against an address that names no VIP.
pub(super) fn no_vip(text: &str) -> String {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let is_any = matches!(host, "*" | "" | "any" | "0.0.0.0" | "[::]");
    let port = port.parse::<u16>().or(text.parse()).ok();
    match port.filter(|_| is_any || text.parse::<u16>().is_ok()) {
        Some(port) => format!("IPVS needs the address of the VIP: write tcp://192.0.2.10:{port}"),
        None => address::LISTEN_FORMS.to_owned(),
    }
}

/// The address and each port of a short range of ports.
fn ports(text: &str) -> Option<Vec<String>> {
    let (host, ports) = text.rsplit_once(':')?;
    let (low, high) = ports.split_once('-')?;
    let (low, high) = (low.parse::<u16>().ok()?, high.parse::<u16>().ok()?);
    let is_short = low < high && high - low < LONGEST_RANGE;
    is_short.then(|| (low..=high).map(|port| format!("{host}:{port}")).collect())
}

fn list(all: &[String]) -> Option<String> {
    let each = |one: &String| match is_listen(one) {
        true => Some(one.clone()),
        false => one_listen(one),
    };
    let all: Option<Vec<String>> = all.iter().map(each).collect();
    let all: Vec<String> = all?.iter().map(|one| quoted(one)).collect();
    Some(format!("[{}]", all.join(", ")))
}

/// Brackets need quotes in a list.
fn quoted(text: &str) -> String {
    match text.contains('[') {
        true => format!("\"{text}\""),
        false => text.to_owned(),
    }
}

fn joined(host: &str, port: &str) -> String {
    let (scheme, bare) = match host.split_once("://") {
        Some((scheme, bare)) => (format!("{scheme}://"), bare),
        None => (String::new(), host),
    };
    match bare.parse::<Ipv6Addr>() {
        Ok(_) => format!("{scheme}[{bare}]:{port}"),
        Err(_) => format!("{host}:{port}"),
    }
}

fn mark(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (rest, kind) = ["fwmark6", "fwmark", "fwm", "mark"]
        .iter()
        .find_map(|word| Some((lower.strip_prefix(word)?, *word)))?;
    let digits = rest.trim_start_matches([' ', ':', '=', '/', '-']);
    let mark = match digits.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let kind = if kind == "fwmark6" { kind } else { "fwmark" };
    let written = format!("{kind}:{mark}");
    is_listen(&written).then_some(written)
}

fn one_listen(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let named = PROTOCOLS.iter().find_map(|protocol| {
        let before = lower
            .strip_prefix(protocol)
            .filter(|rest| rest.starts_with([':', '/', ' ']));
        let rest = before.or_else(|| lower.strip_suffix(protocol)?.strip_suffix(['/', ' ']))?;
        Some((*protocol, rest.trim_matches(['/', ' '])))
    });
    let (protocol, rest, port) = match (named, lower.split_once("://")) {
        // The protocol may be there twice, as after a hint that was followed halfway.
        (Some((protocol, rest)), _) => (protocol, rest.trim_start_matches([':', '/', ' ']), 80),
        (None, Some(("https", rest))) => ("tcp", rest, 443),
        (None, Some(("http", rest))) => ("tcp", rest, 80),
        (None, Some(_)) => return None,
        (None, None) => ("tcp", lower.as_str(), 80),
    };
    let rest = rest
        .trim_start_matches("tcp/")
        .trim_start_matches("udp/")
        .to_owned();
    // A prefix length, or a path, is no part of it.
    let rest = match rest.split_once('/') {
        Some((host, tail)) => match tail.split_once(':') {
            Some((length, port)) if length.parse::<u8>().is_ok() => format!("{host}:{port}"),
            _ => host.to_owned(),
        },
        None => rest,
    };
    let rest = rest.as_str();
    let place = match (rest.parse::<IpAddr>(), with_port(rest)) {
        (_, Some(place)) => place,
        (Ok(IpAddr::V6(host)), None) => format!("[{host}]:{port}"),
        (Ok(IpAddr::V4(host)), None) => format!("{host}:{port}"),
        (Err(_), None) if rest.contains(':') => rest.to_owned(),
        (Err(_), None) if rest.contains('.') => format!("{rest}:{port}"),
        _ => return None,
    };
    let written = format!("{protocol}://{place}");
    (written != text && is_listen(&written)).then_some(written)
}

/// An IPv6 address whose last part is likely a port, in brackets.
pub(super) fn with_port(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.parse::<Ipv6Addr>().ok()?;
    let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
    Some(format!("[{host}]:{port}"))
}

/// A text in which no blank stands before or behind the colon of a port.
fn without_blanks_at_port(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for (position, sign) in text.char_indices() {
        let rest = text[position..].trim_start();
        let before = joined.trim_end();
        let is_port = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let is_gap = sign == ' '
            && (rest.strip_prefix(':').is_some_and(is_port)
                || before.ends_with(':') && is_port(rest));
        if !is_gap {
            joined.push(sign);
        }
    }
    joined
}

fn meant_server(text: &str) -> Option<String> {
    let joined = without_blanks_at_port(text);
    if joined != text && is_server(&joined) {
        return Some(joined);
    }
    let bare = match text.split_once("://") {
        Some((_, rest)) => rest.split('/').next().unwrap_or_default(),
        None => text,
    };
    if let Some((first, last)) = bare.split_once('-') {
        let last = last.trim_start_matches(['>', ' ']);
        let (last, port) = last.split_once(':').unwrap_or((last, ""));
        let port = if port.is_empty() {
            String::new()
        } else {
            format!(":{port}")
        };
        let network = first.rsplit_once('.').map_or("", |(network, _)| network);
        for last in [last.to_owned(), format!("{network}.{last}")] {
            let range = format!("{first}-{last}{port}");
            if range != text && first.parse::<IpAddr>().is_ok() && is_server(&range) {
                return Some(range);
            }
        }
    }
    let with_words =
        other_words::server_with_words(bare).map(|(entry, dropped)| match dropped.as_slice() {
            [] => entry,
            _ => format!("{entry}; there is no key for {}", dropped.join(" ")),
        });
    let candidates = [
        with_words,
        bare.rsplit_once('/').map(|(host, _)| host.to_owned()),
        with_port(bare).map(|written| quoted(&written)),
    ];
    let accepted = |written: &String| {
        let entry = written.split("; ").next().unwrap_or_default();
        written.as_str() != text && (entry.starts_with(['{', '"']) || is_server(entry))
    };
    candidates.into_iter().flatten().find(accepted)
}

fn is_listen(text: &str) -> bool {
    let mut reader = trial();
    address::listen_text(&node(text), text, &mut reader).is_some() && reader.findings.is_empty()
}

fn is_server(text: &str) -> bool {
    let mut reader = trial();
    address::server(&node(text), text, &mut reader);
    reader.findings.is_empty()
}

fn node(text: &str) -> Node {
    let place = Place::whole_file(&Arc::from(""));
    let content = Content::Scalar(Scalar::new(text.to_owned(), &place, true));
    Node { place, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_advised_to_listen_on_is_what_was_likely_meant() {
        for (text, meant) in [
            ("192.0.2.10:81", Some("tcp://192.0.2.10:81")),
            ("192.0.2.10", Some("tcp://192.0.2.10:80")),
            ("192.0.2.10 81", Some("tcp://192.0.2.10:81")),
            ("192.0.2.10:53/udp", Some("udp://192.0.2.10:53")),
            ("tcp/192.0.2.10:90", Some("tcp://192.0.2.10:90")),
            ("tcp://tcp/192.0.2.10:90", Some("tcp://192.0.2.10:90")),
            ("tcp:192.0.2.10:90", Some("tcp://192.0.2.10:90")),
            ("TCP://192.0.2.10:89", Some("tcp://192.0.2.10:89")),
            ("https://192.0.2.10", Some("tcp://192.0.2.10:443")),
            ("http://192.0.2.10:8080/", Some("tcp://192.0.2.10:8080")),
            ("tcp://2001:db8::10:80", Some("tcp://[2001:db8::10]:80")),
            ("2001:db8::10 80", Some("tcp://[2001:db8::10]:80")),
            ("tcp://192.0.2.10/24:97", Some("tcp://192.0.2.10:97")),
            ("fwmark 5", Some("fwmark:5")),
            ("fwmark:0x10", Some("fwmark:16")),
            (
                "tcp://192.0.2.1:80, tcp://192.0.2.1:443",
                Some("[tcp://192.0.2.1:80, tcp://192.0.2.1:443]"),
            ),
            (
                "tcp://192.0.2.1:80,443",
                Some("[tcp://192.0.2.1:80, tcp://192.0.2.1:443]"),
            ),
            (
                "udp://192.0.2.1:80-81",
                Some("[udp://192.0.2.1:80, udp://192.0.2.1:81]"),
            ),
            ("*:80", None),
            (":80", None),
            ("80", None),
            ("", None),
        ] {
            assert_eq!(meant_listen(text).as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn what_is_advised_as_a_server_is_what_was_likely_meant() {
        for (text, meant) in [
            ("http://10.0.0.11:80", Some("10.0.0.11:80")),
            ("http://10.0.0.11:80/index.html", Some("10.0.0.11:80")),
            ("10.0.0.11/24", Some("10.0.0.11")),
            ("10.0.0.20-25", Some("10.0.0.20-10.0.0.25")),
            ("10.0.0.20-25:80", Some("10.0.0.20-10.0.0.25:80")),
            ("10.0.0.20->10.0.0.25", Some("10.0.0.20-10.0.0.25")),
            ("10.0.0.11 80", Some("10.0.0.11:80")),
            (
                "10.0.0.11:80 gate 5",
                Some("{address: 10.0.0.11:80, forwarding: dr, weight: 5}"),
            ),
            (
                "10.0.0.11 weight 5",
                Some("{address: 10.0.0.11, weight: 5}"),
            ),
            (
                "10.0.0.2:80 backup",
                Some("{address: 10.0.0.2:80, tier: 2}"),
            ),
            (
                "10.0.0.2:80 down",
                Some("{address: 10.0.0.2:80, weight: 0}"),
            ),
            (
                "10.0.0.1:80 weight=5 max_fails=3",
                Some("{address: 10.0.0.1:80, weight: 5}; there is no key for max_fails=3"),
            ),
            ("10.0.0.5 :8080", Some("10.0.0.5:8080")),
            ("10.0.0.6: 80", Some("10.0.0.6:80")),
            ("10.0.0.11 80 3", Some("{address: 10.0.0.11:80, weight: 3}")),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(meant_server(text).as_deref(), meant, "{text}");
        }
    }
}
