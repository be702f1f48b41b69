//! Files of ldirectord as sites have them: many services that have much in common and differ in details.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;

/// What all services of a site have in common, and how they may differ.
#[derive(Debug, Clone)]
struct Site {
    globals: Vec<&'static str>,
    ipv6: bool,
    /// Firewall marks in place of addresses.
    marks: bool,
    method: &'static str,
    /// Schedulers to choose from.
    schedulers: Vec<&'static str>,
    weights: Vec<u16>,
    /// Kinds of services.
    kinds: Vec<Kind>,
    /// Real servers with a page of their own.
    own_pages: bool,
    /// The same servers behind each service.
    one_pool: bool,
    with_comments: bool,
}

#[derive(Debug, Clone, Copy)]
struct Kind {
    port: u16,
    udp: bool,
    lines: &'static [&'static str],
    /// A line in which services differ: `#` is a number.
    own: &'static [&'static str],
}

const KINDS: [Kind; 9] = [
    Kind {
        port: 80,
        udp: false,
        lines: &["service=http", "receive=\"OK\"", "checktype=negotiate"],
        own: &["request=\"check#.html\"", "virtualhost=www#.example.com"],
    },
    Kind {
        port: 443,
        udp: false,
        lines: &["service=https", "request=\"health\"", "checktype=negotiate"],
        own: &["receive=\"OK #\""],
    },
    Kind {
        port: 8080,
        udp: false,
        lines: &["service=http", "request=\"status\"", "receive=\"up\""],
        own: &["checkport=808#"],
    },
    Kind {
        port: 25,
        udp: false,
        lines: &["service=smtp", "checktype=negotiate"],
        own: &["checktimeout=1#"],
    },
    Kind {
        port: 143,
        udp: false,
        lines: &["service=imap", "login=\"probe\"", "passwd=\"secret\""],
        own: &["failurecount=#"],
    },
    Kind {
        port: 53,
        udp: true,
        lines: &[
            "service=dns",
            "request=\"www.example.com\"",
            "checktype=negotiate",
        ],
        own: &["receive=\"192.0.2.#\""],
    },
    Kind {
        port: 3306,
        udp: false,
        lines: &[
            "service=mysql",
            "login=\"probe\"",
            "passwd=\"secret\"",
            "database=\"test\"",
        ],
        own: &["request=\"SELECT #\""],
    },
    Kind {
        port: 8443,
        udp: false,
        lines: &["checktype=connect"],
        own: &["persistent=30#"],
    },
    Kind {
        port: 9000,
        udp: false,
        lines: &[
            "checktype=external",
            "checkcommand=\"/usr/local/bin/check_app\"",
        ],
        own: &["quiescent=no"],
    },
];

fn some<T: Clone + std::fmt::Debug + 'static>(of: &[T]) -> impl Strategy<Value = Vec<T>> + use<T> {
    let most = of.len();
    proptest::sample::subsequence(of.to_vec(), 1..=most)
}

fn plan() -> impl Strategy<Value = Site> {
    const GLOBALS: [&str; 8] = [
        "checktimeout=5",
        "checkinterval=10",
        "quiescent=yes",
        "autoreload=yes",
        "emailalert=\"ops@example.com\"",
        "negotiatetimeout=20",
        "failurecount=2",
        "cleanstop=no",
    ];
    let fallback = select(vec![
        "",
        "fallback=127.0.0.1:80 gate",
        "fallback=127.0.0.1:80 masq",
        "fallback=10.9.9.9 ipip",
    ]);
    let switches = (
        proptest::bool::weighted(0.2),
        proptest::bool::weighted(0.2),
        proptest::bool::weighted(0.3),
        proptest::bool::weighted(0.3),
        any::<bool>(),
    );
    (
        (
            proptest::sample::subsequence(GLOBALS.to_vec(), 0..=8),
            fallback,
        ),
        switches,
        select(vec!["masq", "gate", "ipip"]),
        some(&["rr", "wrr", "wlc", "lc"]),
        some(&[1, 10, 5]),
        some(&KINDS),
    )
        .prop_map(
            |((mut globals, fallback), switches, method, schedulers, weights, kinds)| {
                let (ipv6, marks, own_pages, one_pool, with_comments) = switches;
                if !ipv6 && !fallback.is_empty() {
                    globals.push(fallback);
                }
                Site {
                    globals,
                    ipv6,
                    marks,
                    method,
                    schedulers,
                    weights,
                    kinds,
                    own_pages,
                    one_pool,
                    with_comments,
                }
            },
        )
}

/// A file of ten to forty services.
pub(crate) fn site() -> impl Strategy<Value = String> {
    (plan(), proptest::collection::vec(any::<u32>(), 10..40)).prop_map(|(site, seeds)| {
        let mut text = String::from("# site balancer\n");
        for line in &site.globals {
            let _ = writeln!(text, "{line}");
        }
        for (number, seed) in seeds.into_iter().enumerate() {
            service(&site, number + 1, seed, &mut text);
        }
        text
    })
}

fn service(site: &Site, number: usize, seed: u32, text: &mut String) {
    let seed = seed as usize;
    let kind = site.kinds[seed % site.kinds.len()];
    let (suffix, brackets) = if site.ipv6 {
        ("6", ("[2001:db8::", "]"))
    } else {
        ("", ("192.0.2.", ""))
    };
    if site.with_comments {
        let _ = writeln!(text, "# customer {number}");
    }
    let _ = match site.marks {
        true => writeln!(text, "virtual{suffix}={number}"),
        false => writeln!(
            text,
            "virtual{suffix}={}{number}{}:{}",
            brackets.0, brackets.1, kind.port
        ),
    };
    let network = if site.one_pool { 1 } else { number };
    let address = |host: usize| match site.ipv6 {
        true => format!("[2001:db8:{network}::{host}]"),
        false => format!("10.1.{network}.{host}"),
    };
    for server in 0..2 + seed / 7 % 3 {
        let weight = site.weights[(seed >> server) % site.weights.len()];
        let port = if site.marks {
            String::new()
        } else {
            format!(":{}", kind.port)
        };
        let _ = write!(
            text,
            "\treal{suffix}={}{port} {}",
            address(11 + server),
            site.method
        );
        let with_page = site.own_pages
            && kind
                .lines
                .iter()
                .any(|line| line.starts_with("service=http"));
        if weight != 1 || with_page {
            let _ = write!(text, " {weight}");
        }
        if with_page {
            let _ = write!(text, " \"server{server}.html\", \"OK\"");
        }
        text.push('\n');
    }
    for line in kind.lines {
        let _ = writeln!(text, "\t{line}");
    }
    for line in kind.own {
        let _ = writeln!(text, "\t{}", line.replace('#', &(1 + seed % 4).to_string()));
    }
    let _ = writeln!(
        text,
        "\tscheduler={}",
        site.schedulers[seed / 5 % site.schedulers.len()]
    );
    if !site.marks {
        let _ = writeln!(text, "\tprotocol={}", if kind.udp { "udp" } else { "tcp" });
    }
    if seed.is_multiple_of(3) && !site.ipv6 {
        let _ = writeln!(text, "\tpersistent=600\n\tnetmask=255.255.255.0");
    }
}
