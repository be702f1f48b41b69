//! Rows of a check: what is asked, how often, and what makes a verdict.

use super::Takes::{Either, List, Mapping, Number, Port, Size, Span, Text, Truth, Word};
use super::judging::{CHECK_NAME, HOLD_CONNECTION, JITTER, START_SPREAD};
use super::protocols::{FORMS, PROTOCOL_KEYS};
use super::{Key, Shape, key};

/// The keys that say what is checked; exactly one of them belongs into a check. The last needs settings.
pub(in super::super) const KINDS: &[&str] = &kinds();

/// Kinds of check whose name alone is a check.
pub(in super::super) const ALONE: &[&str] = KINDS.split_at(KINDS.len() - 1).0;

const KINDS_BEFORE: [&str; 6] = ["none", "always_down", "tcp", "http", "https", "ping"];

const fn kinds() -> [&'static str; KINDS_BEFORE.len() + FORMS + 1] {
    let mut kinds = ["command"; KINDS_BEFORE.len() + FORMS + 1];
    let mut place = 0;
    while place + 1 < kinds.len() {
        kinds[place] = if place < KINDS_BEFORE.len() {
            KINDS_BEFORE[place]
        } else {
            PROTOCOL_KEYS[place - KINDS_BEFORE.len()].name
        };
        place += 1;
    }
    kinds
}

/// A check.
pub(in super::super) const CHECK: Shape = Shape {
    name: "check",
    what: "a check",
    keys: &check_keys(),
};

const fn check_keys() -> [Key; FIRST_KEYS.len() + FORMS + LAST_KEYS.len()] {
    let mut keys = [FIRST_KEYS[0]; FIRST_KEYS.len() + FORMS + LAST_KEYS.len()];
    let mut place = 0;
    while place < keys.len() {
        keys[place] = if place < FIRST_KEYS.len() {
            FIRST_KEYS[place]
        } else if place < FIRST_KEYS.len() + FORMS {
            PROTOCOL_KEYS[place - FIRST_KEYS.len()]
        } else {
            LAST_KEYS[place - FIRST_KEYS.len() - FORMS]
        };
        place += 1;
    }
    keys
}

/// What is checked, besides the protocols.
const FIRST_KEYS: &[Key] = &[
    key("use", "web")
        .takes(Text)
        .default("none")
        .means("Name of an entry of `checks` to start from. Keys written here replace the keys of that entry."),
    alone("none").means("No check: every server is up."),
    alone("tcp").means("Connect by TCP."),
    kind("http", "{path: /test.html}")
        .takes(Mapping(&HTTP))
        .means("Send an HTTP request."),
    kind("https", "{path: /test.html}")
        .takes(Mapping(&HTTPS))
        .means("Send an HTTPS request."),
    kind("ping", "{attempts: 3}")
        .takes(Mapping(&PING))
        .means("Send an ICMP echo request."),
    kind("command", "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]")
        .takes(Either(&[List(&Text), Mapping(&COMMAND)]))
        .means(
            "Run a program; exit status 0 is a success. ipvsd replaces `{vip}`, `{vport}`, `{rip}` and \
             `{rport}` in its arguments by the addresses and ports of the service and the server.",
        ),
    alone("always_down").means("No check: every server is down."),
];

/// How it is checked.
const LAST_KEYS: &[Key] = &[
    key("port", "8080")
        .takes(Port)
        .default("the port of the real server")
        .means("Port to check on every server, instead of the port it serves on."),
    key("default_port", "80")
        .takes(Number("port"))
        .default("the port of the service")
        .means("Port to check on servers defined without a port."),
    key("connects_between", "{count: 3, timeout: 5s}")
        .takes(Mapping(&CONNECTS_BETWEEN))
        .default("none")
        .means("Run the full check only now and then, and make plain TCP connects in between."),
    key("every", "5s")
        .takes(Span)
        .default("5s")
        .means("Check interval, from the start of one probe to the start of the next."),
    key("every_while_changing", "1s")
        .takes(Span)
        .default("the value of `every`")
        .means("Check interval while a state change is pending (`rise` and `fall` counting)."),
    key("every_while_down", "10s")
        .takes(Span)
        .default("the value of `every`")
        .means("Check interval while the server is down."),
    key("timeout", "3s")
        .takes(Span)
        .default("3s")
        .means("Time limit of one probe, from the connect to the end of the answer."),
    key("rise", "1")
        .takes(Number("answers"))
        .default("1")
        .means("Successes in a row after which a server is up."),
    key("fall", "3")
        .takes(Number("answers"))
        .default("3")
        .means("Failures in a row after which a server is down."),
    key("window", "{good: 3, of: 5}")
        .takes(Mapping(&WINDOW))
        .default("none")
        .means("Instead of `rise` and `fall`: a server is up while `good` of its last `of` probes succeeded."),
    key("damping", "{half_life: 1m, hold_above: 3, release_below: 1}")
        .takes(Mapping(&DAMPING))
        .default("none")
        .means("Flap damping: keep a server down while it changes its state too often."),
    CHECK_NAME,
    START_SPREAD,
    JITTER,
    HOLD_CONNECTION,
    key("via", "vip")
        .takes(Word(&["server", "vip"]))
        .default("server")
        .means(
            "Path of the probe. `server` probes each server at its own address. `vip` probes the VIP, \
             and the kernel forwards the probe to this one server by its forwarding method. That finds a missing \
             VIP, a tunnel that is not unpacked, and a server that does not answer for the VIP. ipvsd adds a \
             probe service to the kernel's table for each such server. While it probes this way it sets \
             `accept_local=1` on the interface towards the server, and `rp_filter=2` where that was 1.",
        ),
    key("to", "tcp://192.0.2.10:80")
        .takes(Text)
        .default("the VIP and port of the service")
        .means(
            "VIP and port to probe with `via: vip` in a service of a firewall mark, which has no VIP of \
             its own. The mark must cover packets to this address.",
        ),
    key("test_mtu", "true")
        .takes(Truth)
        .default("false")
        .means(
            "With `via: vip` and an http or https check: pad the request to a full packet. That finds \
             path-MTU problems, such as those of a tunnel.",
        ),
];

pub(super) const fn kind(name: &'static str, example: &'static str) -> Key {
    key(name, example).default("not checked")
}

const fn alone(name: &'static str) -> Key {
    kind(name, "{}").takes(Mapping(&NO_SETTINGS))
}

/// Kinds without keys of their own.
pub(in super::super) const NO_SETTINGS: Shape = Shape {
    name: "no_settings",
    what: "this type of check",
    keys: &[],
};

/// A window over the last answers.
pub(in super::super) const WINDOW: Shape = Shape {
    name: "window",
    what: "a window",
    keys: &[
        key("good", "3")
            .takes(Number("answers"))
            .means("Successes needed."),
        key("of", "5")
            .takes(Number("answers"))
            .means("Number of last probes to count, at most 64."),
    ],
};

/// Flap damping.
pub(in super::super) const DAMPING: Shape = Shape {
    name: "damping",
    what: "damping",
    keys: &[
        key("half_life", "1m")
            .takes(Span)
            .means("Half-life of the penalty. Each state change adds one to it."),
        key("hold_above", "3")
            .takes(Number("changes"))
            .means("Penalty at which ipvsd starts to keep the server down."),
        key("release_below", "1")
            .takes(Number("changes"))
            .means("Penalty below which the server may come up again."),
    ],
};

const METHOD: Key = key("method", "HEAD")
    .takes(Text)
    .default("GET")
    .means("Request method.");
const PATH: Key = key("path", "/test.html")
    .takes(Text)
    .default("/")
    .means("Path and query of the request.");
const HOST: Key = key("host", "www.example.org")
    .takes(Text)
    .default("the address of the server")
    .means("Host header; with HTTPS also the name for SNI and the certificate.");
const EXPECTED: Key = key("expect", "{status: 2xx, body: OK}")
    .takes(Mapping(&EXPECT))
    .default("status 2xx")
    .means("What the response must be.");
const FOLLOW_REDIRECTS: Key = key("follow_redirects", "3")
    .takes(Number("redirects"))
    .default("0")
    .means("How many redirects to follow at most. With 0 a redirect is a response like any other.");
const BODY_LIMIT: Key = key("body_limit", "1MiB")
    .takes(Size)
    .default("1MiB")
    .means("How much of the body to read at most.");
const PROXY: Key = key("proxy", "true")
    .takes(Truth)
    .default("false")
    .means("Use the server as a proxy: `path` is an absolute URL.");

/// An HTTP check.
pub(in super::super) const HTTP: Shape = Shape {
    name: "http",
    what: "an http check",
    keys: &[
        METHOD,
        PATH,
        HOST,
        EXPECTED,
        FOLLOW_REDIRECTS,
        BODY_LIMIT,
        PROXY,
    ],
};

/// An HTTPS check: HTTP's keys and those of TLS.
pub(in super::super) const HTTPS: Shape = Shape {
    name: "https",
    what: "an https check",
    keys: &[
        METHOD,
        PATH,
        HOST,
        VERIFY,
        key("server_name", "www.example.org")
            .takes(Text)
            .default("the value of `host`")
            .means("Name for SNI and the certificate."),
        EXPECTED,
        FOLLOW_REDIRECTS,
        BODY_LIMIT,
        PROXY,
    ],
};

pub(super) const VERIFY: Key = key("verify", "true")
    .takes(Truth)
    .default("false")
    .means("Verify the certificate: fail when it is not trusted or is for another name.");

/// What an HTTP answer must be.
pub(in super::super) const EXPECT: Shape = Shape {
    name: "expect",
    what: "an expected answer",
    keys: &[
        key("status", "[2xx, 304]")
            .takes(Either(&[Text, List(&Text)]))
            .default("2xx")
            .means("Status codes that succeed: a code such as `200`, a class such as `2xx`, or a range such as \
                `200-399`."),
        key("body", "OK")
            .takes(Text)
            .default("any body")
            .means("Regular expression that the body must match."),
    ],
};

/// An ICMP check.
pub(in super::super) const PING: Shape = Shape {
    name: "ping",
    what: "a ping",
    keys: &[key("attempts", "3")
        .takes(Number("attempts"))
        .default("1")
        .means("Echo requests to send within the time limit. One reply is enough.")],
};

/// A check by a program, with settings.
pub(in super::super) const COMMAND: Shape = Shape {
    name: "command",
    what: "a command",
    keys: &[
        key("run", "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]")
            .takes(List(&Text))
            .means("Program and arguments. ipvsd runs it without a shell."),
        key("user", "nobody")
            .takes(Text)
            .default("the user of ipvsd")
            .means("User to run the program as."),
    ],
};

/// TCP connects between full probes.
pub(in super::super) const CONNECTS_BETWEEN: Shape = Shape {
    name: "connects_between",
    what: "connects_between",
    keys: &[
        key("count", "3")
            .takes(Number("connects"))
            .means("TCP connects between two full probes."),
        key("timeout", "5s")
            .takes(Span)
            .default("5s")
            .means("Time limit of one TCP connect."),
    ],
};
