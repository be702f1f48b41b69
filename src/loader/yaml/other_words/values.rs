//! Values of other programs as they are written here. A value that may hold a secret is never repeated.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use director_core::model::{lines_in_stars, scheduler_by_other_name};

use super::super::duration;
use super::super::keys::kinds;
use super::super::node::{Content, Node};
use super::super::print::{quoted, span};

/// How a value of this kind is written here; none where the value says nothing that can be written.
pub(super) fn translated(kind: &str, node: &Node) -> Option<String> {
    match &node.content {
        Content::List(items) if kind == "servers" => list(items, server_entry),
        Content::List(items) if kind == "flags" => list(items, flag),
        Content::List(items) if matches!(kind, "recipient" | "recipients") => {
            recipients(kind, &list(items, |text| Some(plain(text)))?)
        }
        Content::Scalar(scalar) if is_public(&scalar.text) => of_text(kind, scalar.text.trim()),
        // keepalived has a block here.
        Content::Mapping(_) => {
            let key = match kind {
                "path" => "path",
                "status" => "status_code",
                "program" => "misc_path",
                _ => return None,
            };
            translated(kind, &node.entry(key)?.value)
        }
        _ => None,
    }
}

fn of_text(kind: &str, text: &str) -> Option<String> {
    match kind {
        "text" => Some(plain(text)),
        "path" => Some(plain(&path(text))).filter(|_| truth(text).is_none()),
        "seconds" => time(text, 1_000),
        "milliseconds" => time(text, 1),
        "count" | "port" => text.parse::<u32>().ok().map(|number| number.to_string()),
        // The first failure is not a retry.
        "retries" => Some((text.parse::<u32>().ok()?.checked_add(1)?).to_string()),
        "truth" => truth(text).map(|truth| truth.to_string()),
        "check" => super::check(text),
        "untruth" => truth(text).map(|truth| (!truth).to_string()),
        "verify" => word_for("verify", text).map(str::to_owned),
        "proxy" => proxy_header(text).map(str::to_owned),
        "httpchk" => {
            let path = text.split_whitespace().find(|word| word.starts_with('/'))?;
            Some(plain(path))
        }
        "failure" => on_failure(text),
        "alpha" => Some(if truth(text)? { "down" } else { "up" }.to_owned()),
        "stop" => Some(if truth(text)? { "remove" } else { "keep" }.to_owned()),
        "tier" => match truth(text) {
            Some(backup) => Some(if backup { "2" } else { "1" }.to_owned()),
            None => text.parse::<u32>().ok().map(|tier| tier.max(1).to_string()),
        },
        "forwarding" => forwarding(text).map(str::to_owned),
        "scheduler" => scheduler_by_other_name(text).map(str::to_owned),
        "address" => address(text).map(|address| plain(&address)),
        "servers" => Some(format!("[{}]", server_entry(text)?)),
        "host" => Some(plain(text)).filter(|_| !text.contains([' ', '/'])),
        "mask" => mask(text),
        "prefix" => match text.trim_start_matches('/').parse::<Ipv4Addr>() {
            Ok(mask) => Some(u32::from(mask).leading_ones().to_string()),
            Err(_) => of_text("count", text.trim_start_matches('/')),
        },
        "method" => Some(text.to_ascii_uppercase()).filter(|word| is_word(word)),
        "status" => Some(text.to_owned()).filter(|text| is_status(text)),
        "program" => Some(program(text)).filter(|_| text.starts_with('/')),
        "flags" => list_of(text.split([',', ' ']).filter(|word| !word.is_empty()), flag),
        "kind" => protocol(text).map(str::to_owned),
        "recipient" | "recipients" => recipients(kind, &format!("[{}]", plain(text))),
        _ => None,
    }
}

/// Whether a value may be repeated in a message.
pub(in crate::loader::yaml) fn is_public(text: &str) -> bool {
    lines_in_stars(text).join("\n") == text && !text.contains('\n') && !text.trim().is_empty()
}

/// A text in the shortest form that stays a text within brackets.
pub(in crate::loader::yaml) fn plain(text: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "./_-:@".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let word = quoted(text);
    match begins && text.chars().all(is_safe) && !text.ends_with(':') && text.contains(['.', ':']) {
        true => text.to_owned(),
        false if text.bytes().all(|byte| byte.is_ascii_digit()) && begins => text.to_owned(),
        false => word,
    }
}

/// The same without quotes around a word, a number or a time: what type it is depends on its key alone.
pub(in crate::loader::yaml) fn bare(text: &str) -> String {
    let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match is_word && !text.eq_ignore_ascii_case("null") {
        true => text.to_owned(),
        false => plain(text),
    }
}

fn list(items: &[Node], of: impl Fn(&str) -> Option<String>) -> Option<String> {
    let texts = items.iter().map(|item| Some(item.scalar()?.text.as_str()));
    let texts: Option<Vec<&str>> = texts.collect();
    list_of(texts?.into_iter().filter(|text| is_public(text)), of)
}

fn list_of<'t>(
    texts: impl Iterator<Item = &'t str>,
    of: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let texts: Option<Vec<String>> = texts.map(of).collect();
    let texts = texts.filter(|texts| !texts.is_empty())?;
    Some(format!("[{}]", texts.join(", ")))
}

pub(in crate::loader::yaml) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "1" | "true" => Some(true),
        "no" | "off" | "n" | "0" | "false" => Some(false),
        _ => None,
    }
}

fn on_failure(text: &str) -> Option<String> {
    let word = match (truth(text), text) {
        (Some(true), _) => "quiesce",
        (Some(false), _) => "remove",
        (None, "quiesce" | "remove" | "drain") => text,
        (None, _) => return None,
    };
    Some(word.to_owned())
}

/// A time in this unit (milliseconds), or with a unit of its own.
fn time(text: &str, unit: u32) -> Option<String> {
    let text = text.to_ascii_lowercase();
    if let Ok(known) = duration::parse(&text) {
        return Some(span(known));
    }
    let count = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = match text[count.len()..].trim() {
        "" => unit,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "ms" | "msec" | "millis" | "milliseconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        _ => return None,
    };
    let seconds = count.parse::<f64>().ok()? * f64::from(unit) / 1_000.0;
    let time = Duration::try_from_secs_f64(seconds).ok()?;
    let whole = Duration::from_millis(u64::try_from(time.as_millis()).ok()?);
    (!whole.is_zero()).then(|| span(whole))
}

/// A time as it is written here, where a unit has another name or a number is not whole.
pub(in crate::loader::yaml) fn other_time(text: &str) -> Option<String> {
    text.bytes()
        .any(|byte| byte.is_ascii_alphabetic())
        .then(|| time(text, 1_000))?
}

/// The method that other programs call by this name.
pub(in crate::loader::yaml) fn forwarding(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "nat" | "masq" | "masquerade" | "masquerading" | "m" | "-m" | "dnat" => Some("nat"),
        "dr" | "gate" | "direct" | "gatewaying" | "gateway" | "droute" | "direct_routing"
        | "direct-routing" | "dsr" | "route" => Some("dr"),
        "tunnel" | "tun" | "ipip" | "tunneling" | "tunnelling" | "tunl" => Some("tunnel"),
        _ => None,
    }
}

/// `10.0.0.99 80`, `10.0.0.99:80 gate`, `2001:db8::1 80` as an address with its port.
fn address(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let host = words.next()?;
    let next = words.next().unwrap_or_default();
    let host_with_port = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(host)) if next.parse::<u16>().is_ok() => format!("[{host}]:{next}"),
        _ if next.parse::<u16>().is_ok() && !host.contains(':') => format!("{host}:{next}"),
        _ => host.to_owned(),
    };
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "._-:[]".contains(c);
    let names_host = host.contains(['.', ':']);
    (names_host && host_with_port.chars().all(is_safe)).then_some(host_with_port)
}

/// A server of ldirectord.cf, keepalived.conf, nginx.conf or haproxy.cfg: an address, and what its words say that can be written
/// here.
pub(in crate::loader::yaml) fn server_entry(text: &str) -> Option<String> {
    let (entry, dropped) = server_with_words(text)?;
    dropped.is_empty().then_some(entry)
}

/// The same with the words that have no key here.
pub(in crate::loader::yaml) fn server_with_words(text: &str) -> Option<(String, Vec<String>)> {
    let text = without_name(text);
    let address = address(text)?;
    let mut keys: Vec<(&str, String)> = Vec::new();
    let mut dropped = Vec::new();
    let mut words = text.split_whitespace().skip(1).peekable();
    // `10.0.0.11 80` has its port behind a blank.
    if text.split_whitespace().next() != Some(address.as_str()) {
        words.next();
    }
    while let Some(word) = words.next() {
        let lower = word.to_ascii_lowercase();
        let (name, value) = lower.split_once('=').unwrap_or((&lower, ""));
        let is_number = |text: &str| text.parse::<u16>().is_ok();
        let next = words.peek().is_some_and(|next| is_number(next));
        match (name, forwarding(word)) {
            (_, Some(method)) => keys.push(("forwarding", method.to_owned())),
            ("weight" | "w", _) if is_number(value) => keys.push(("weight", value.to_owned())),
            ("weight" | "w", _) if next => keys.push(("weight", words.next()?.to_owned())),
            ("backup" | "standby", _) => keys.push(("tier", "2".to_owned())),
            ("down" | "disabled" | "drain" | "maint" | "maintenance" | "off", _) => {
                keys.retain(|(key, _)| *key != "weight");
                keys.push(("weight", "0".to_owned()));
            }
            _ if is_number(word) => keys.push(("weight", word.to_owned())),
            _ => dropped.push(word.to_owned()),
        }
    }
    let address = plain(&address);
    let mut more = String::new();
    for (key, value) in &keys {
        more = format!("{more}, {key}: {value}");
    }
    let entry = match keys.is_empty() {
        true => address,
        false => format!("{{address: {address}{more}}}"),
    };
    Some((entry, dropped))
}

/// A server of haproxy.cfg without its name.
fn without_name(text: &str) -> &str {
    let names_host = |word: &str| word.contains(['.', ':']);
    let text = text.trim();
    let text = text.strip_prefix("server ").unwrap_or(text).trim_start();
    match text.split_once(' ') {
        Some((name, rest)) if !names_host(name) => {
            let rest = rest.trim_start();
            let is_next = rest.split(' ').next().is_some_and(names_host);
            if is_next { rest } else { text }
        }
        _ => text,
    }
}

fn mask(text: &str) -> Option<String> {
    let text = text.trim_start_matches('/');
    let is_mask = text.parse::<IpAddr>().is_ok() || text.parse::<u8>().is_ok();
    is_mask.then(|| text.to_owned())
}

pub(super) fn path(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| {
        rest.find('/').map_or("/", |slash| &rest[slash..])
    });
    format!("/{}", rest.trim_start_matches('/'))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

pub(super) fn is_status(text: &str) -> bool {
    let is_code = |code: &str| code.len() == 3 && code.parse::<u16>().is_ok();
    let class = text.strip_suffix("xx");
    class.is_some_and(|class| matches!(class, "1" | "2" | "3" | "4" | "5"))
        || is_code(text)
        || text
            .split_once('-')
            .is_some_and(|(low, high)| is_code(low) && is_code(high))
}

/// A line of a shell as a program with its arguments.
pub(in crate::loader::yaml) fn program(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(plain).collect();
    format!("[{}]", words.join(", "))
}

fn flag(text: &str) -> Option<String> {
    let flag = text.trim_start_matches("sh-").trim_start_matches("mh-");
    matches!(flag, "port" | "fallback").then(|| flag.to_owned())
}

fn recipients(kind: &str, list: &str) -> Option<String> {
    Some(match kind {
        "recipient" => format!("[{{mail: {{to: {list}}}}}]"),
        _ => list.to_owned(),
    })
}

/// The check that other programs call by this word.
pub(in crate::loader::yaml) fn protocol(text: &str) -> Option<&'static str> {
    let word = text.to_ascii_lowercase().replace('-', "_");
    let word = word.trim_end_matches("_check").trim_end_matches("_get");
    let known = match word {
        "connect" | "tcp_connect" | "tcpchk" | "l4" => "tcp",
        "icmp" | "icmp_echo" => "ping",
        "external" | "misc" | "script" | "exec" | "external_perl" | "program" => "command",
        "ssl" | "httpssl" | "http_ssl" => "https",
        "off" | "false" | "no" | "disabled" => "none",
        "httpchk" => "http",
        "smtpchk" => "smtp",
        "postgres" | "postgresql" => "pgsql",
        "mariadb" => "mysql",
        "dns_udp" | "udp_dns" => "dns",
        "imap4" => "imap",
        "pop3" => "pop",
        "pop3s" => "pops",
        "telnet" | "plain" => "simpletcp",
        other => other,
    };
    kinds::names().find(|name| *name == known)
}

/// A version of the PROXY protocol. A plain yes is version 1, as with `send-proxy` of haproxy.cfg.
fn proxy_header(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "v1" | "1" => Some("v1"),
        "v2" => Some("v2"),
        _ => word_for("proxy_header", text),
    }
}

/// The word of a closed set that other programs, or plain English, have for this one.
pub(in crate::loader::yaml) fn word_for(key: &str, text: &str) -> Option<&'static str> {
    let word = text.to_ascii_lowercase();
    Some(match (key, word.as_str(), truth(text)) {
        ("combine", "and" | "both" | "every" | "&&", _) => "all",
        ("combine", "or" | "either" | "one" | "||", _) => "any",
        ("on_failure", "inhibit" | "zero" | "weight0", _) => "quiesce",
        ("on_failure", "delete" | "shutdown", _) => "remove",
        ("on_stop", "delete" | "clear" | "flush", _) => "remove",
        ("on_stop", "leave", _) => "keep",
        ("initial_health", "healthy", _) | ("initial_health", _, Some(true)) => "up",
        ("initial_health", "unhealthy", _) | ("initial_health", _, Some(false)) => "down",
        ("initial_health", "keep" | "kernel" | "unknown", _) => "adopt",
        ("verify", "none", _) | ("verify", _, Some(false)) => "false",
        ("verify", "required" | "require" | "peer" | "full" | "optional", _)
        | ("verify", _, Some(true)) => "true",
        ("proxy_header", "2", _) => "v2",
        ("proxy_header", _, Some(true)) => "v1",
        ("via", "direct" | "real_server" | "real", _) => "server",
        ("via", "service" | "virtual" | "ipvs", _) => "vip",
        ("then", "delete", _) => "remove",
        ("below", "nothing" | "none" | "keep", _) => "keep_all",
        _ => return None,
    })
}
