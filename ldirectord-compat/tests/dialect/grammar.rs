//! Files of ldirectord as they are written well: the grammar that properties are tried on, here and by the tests of
//! `ipvsctl convert`.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

/// A real server as it is to be written, and what it comes to.
#[derive(Debug, Clone)]
pub(crate) struct Real {
    pub(crate) host: [u8; 4],
    pub(crate) port: u16,
    pub(crate) method: (&'static str, &'static str),
    pub(crate) weight: Option<u16>,
    pub(crate) pair: Option<(String, String)>,
    pub(crate) thresholds: Option<(u16, u16)>,
}

/// A virtual service as it is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    /// How its real servers are checked, a directive a line.
    pub(crate) check: Vec<String>,
    pub(crate) port: u16,
    pub(crate) udp: bool,
    pub(crate) scheduler: &'static str,
    pub(crate) persistent: Option<(u16, Option<u8>)>,
    pub(crate) reals: Vec<Real>,
    pub(crate) fallback: Option<u16>,
    pub(crate) quiescent: Option<bool>,
    pub(crate) failures: Option<u8>,
}

fn real() -> impl Strategy<Value = Real> {
    let methods = select(vec![("gate", "-g"), ("masq", "-m"), ("ipip", "-i")]);
    let text = "[a-z?=.]{1,8}";
    (
        [1u8..=223, 0..=255, 0..=255, 1..=254],
        1u16..,
        methods,
        proptest::option::of(0u16..),
        proptest::option::of((text, text)),
        proptest::option::of((0u16..100, 100u16..)),
    )
        .prop_map(|(host, port, method, weight, pair, thresholds)| Real {
            host,
            port,
            method,
            weight,
            pair: pair.map(|(request, receive)| (request, receive.replace('?', "x"))),
            thresholds,
        })
}

/// What stands between quotes: anything that is an expression of itself and that YAML may take for something else.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 :,'&!%@>~_=;/<-]{1,12}".prop_map(|text| {
        let mut text = text;
        // Where blanks stand for an indent, two of them in a row would be one.
        while text.contains("  ") {
            text = text.replace("  ", " ");
        }
        text
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,8}\\.example\\.org"
}

/// Each of the directives with a text of its own, or left out.
fn some_of(keys: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let lines = keys.iter().copied().map(|key| {
        let line = text().prop_map(move |text| format!("{key}=\"{text}\""));
        proptest::option::of(line)
    });
    lines
        .collect::<Vec<_>>()
        .prop_map(|lines| lines.into_iter().flatten().collect())
}

fn dialogue() -> impl Strategy<Value = Vec<String>> {
    let of = |services: &'static [&'static str], keys: &'static [&'static str]| {
        (select(services), some_of(keys)).prop_map(|(service, mut lines)| {
            lines.insert(0, format!("service={service}"));
            lines
        })
    };
    let names = (name(), proptest::option::of(text())).prop_map(|(name, receive)| {
        let mut lines = vec!["service=dns".to_owned(), format!("request=\"{name}\"")];
        lines.extend(receive.map(|text| format!("receive=\"{text}\"")));
        lines
    });
    let pages = (
        select(vec!["http", "https"]),
        some_of(&["request", "receive"]),
        proptest::option::of(name()),
        proptest::option::of(select(vec!["GET", "HEAD"])),
        proptest::option::of(any::<bool>()),
    )
        .prop_map(|(service, mut lines, host, method, verify)| {
            lines.insert(0, format!("service={service}"));
            lines.extend(host.map(|host| format!("virtualhost={host}")));
            lines.extend(method.map(|method| format!("httpmethod={method}")));
            let verify = verify.map(|verify| if verify { "yes" } else { "no" });
            lines.extend(verify.map(|verify| format!("verifycertificate={verify}")));
            lines
        });
    prop_oneof![
        3 => pages,
        1 => of(&["smtp", "submission", "nntp", "none"], &[]),
        1 => of(&["pop", "pops", "imap", "imaps"], &["login", "passwd"]),
        1 => of(&["ftp", "ldap", "ldaps"], &["request", "receive", "login", "passwd"]),
        1 => of(&["mysql", "pgsql", "oracle"], &["request", "login", "passwd", "database"]),
        1 => of(&["radius"], &["login", "passwd", "secret"]),
        1 => of(&["sip"], &["login"]),
        1 => of(&["simpletcp", "http_proxy"], &["request", "receive"]),
        1 => names,
    ]
}

/// The directives that say how real servers are checked.
fn check() -> impl Strategy<Value = Vec<String>> {
    let commands = (select(vec!["external", "external-perl"]), text()).prop_map(|(kind, text)| {
        vec![
            format!("checktype={kind}"),
            format!("checkcommand=\"/usr/bin/check {text}\""),
        ]
    });
    let numbers = (1u8.., dialogue()).prop_map(|(connects, mut lines)| {
        lines.push(format!("checktype={connects}"));
        lines
    });
    let times = proptest::option::of((
        select(vec!["checktimeout", "negotiatetimeout", "checkport"]),
        1u16..,
    ));
    let kinds = prop_oneof![
        6 => dialogue(),
        1 => select(vec!["connect", "ping", "on", "off"])
            .prop_map(|kind| vec![format!("checktype={kind}")]),
        1 => commands,
        1 => numbers,
    ];
    (kinds, times).prop_map(|(mut lines, times)| {
        lines.extend(times.map(|(key, value)| format!("{key}={value}")));
        lines
    })
}

pub(crate) fn service() -> impl Strategy<Value = Service> {
    (
        check(),
        1u16..,
        any::<bool>(),
        select(vec!["rr", "wrr", "lc", "wlc", "sh", "mh", "sed", "nq"]),
        proptest::option::of((1u16.., proptest::option::of(8u8..=31))),
        proptest::collection::vec(real(), 0..4),
        proptest::option::of(1u16..),
        proptest::option::of(any::<bool>()),
        proptest::option::of(1u8..),
    )
        .prop_map(
            |(check, port, udp, scheduler, persistent, reals, fallback, quiescent, failures)| {
                Service {
                    check,
                    port,
                    udp,
                    scheduler,
                    persistent,
                    reals,
                    fallback,
                    quiescent,
                    failures,
                }
            },
        )
}

pub(crate) fn dotted(host: [u8; 4]) -> String {
    host.map(|part| part.to_string()).join(".")
}

pub(crate) fn mask(length: u8) -> String {
    std::net::Ipv4Addr::from_bits(u32::MAX << (32 - length)).to_string()
}

/// The service as a file, under an address of its own.
pub(crate) fn written(service: &Service, number: usize) -> String {
    let mut out = format!("virtual=192.0.2.{number}:{}\n", service.port);
    let _ = writeln!(
        out,
        "    protocol={}",
        if service.udp { "udp" } else { "tcp" }
    );
    for line in &service.check {
        let _ = writeln!(out, "    {line}");
    }
    let _ = writeln!(out, "    scheduler={}", service.scheduler);
    if let Some((seconds, length)) = service.persistent {
        let _ = writeln!(out, "    persistent={seconds}");
        if let Some(length) = length {
            let _ = writeln!(out, "    netmask={}", mask(length));
        }
    }
    for real in &service.reals {
        let _ = write!(
            out,
            "    real={}:{} {}",
            dotted(real.host),
            real.port,
            real.method.0
        );
        // A request with a number is only taken for one when a weight stands before it.
        let weight = real.weight.or(real.pair.as_ref().map(|_| 1));
        if let Some(weight) = weight {
            let _ = write!(out, " {weight}");
        }
        if let Some((request, receive)) = &real.pair {
            let _ = write!(out, " \"{request}\", \"{receive}\"");
        }
        if let Some((lower, upper)) = real.thresholds {
            let _ = write!(out, " l:{lower} u:{upper}");
        }
        out.push('\n');
    }
    if let Some(port) = service.fallback {
        let _ = writeln!(out, "    fallback=127.0.0.1:{port} masq");
    }
    if let Some(quiescent) = service.quiescent {
        let _ = writeln!(
            out,
            "    quiescent={}",
            if quiescent { "yes" } else { "no" }
        );
    }
    if let Some(failures) = service.failures {
        let _ = writeln!(out, "    failurecount={failures}");
    }
    out
}

pub(crate) fn file(services: &[Service]) -> String {
    services
        .iter()
        .enumerate()
        .map(|(number, service)| written(service, number + 1) + "\n")
        .collect()
}
