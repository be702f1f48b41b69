//! Rows of a check: what is asked, how often, and what makes a verdict.

use super::Takes::{Either, List, Mapping, Number, Port, Size, Span, Text, Truth, Word};
use super::judging::{CHECK_NAME, HOLD_CONNECTION, JITTER, START_SPREAD};
use super::{Key, Shape, key};

/// The keys that say what is asked; exactly one of them belongs into a check.
pub(in super::super) const KINDS: [&str; 23] = [
    "none",
    "off",
    "tcp",
    "http",
    "https",
    "ping",
    "dns",
    "ftp",
    "imap",
    "imaps",
    "ldap",
    "ldaps",
    "mysql",
    "nntp",
    "oracle",
    "pgsql",
    "pop",
    "pops",
    "radius",
    "simpletcp",
    "sip",
    "smtp",
    "command",
];

/// Kinds of check whose name alone is a check: all but the last.
pub(in super::super) const ALONE: &[&str] = KINDS.split_at(KINDS.len() - 1).0;

/// A check.
pub(in super::super) const CHECK: Shape = Shape {
    name: "check",
    what: "a check",
    keys: &[
        key("use", "web")
            .takes(Text)
            .default("none")
            .means("One of the file's `checks` to start from: what is written here counts in place of what stands there."),
        alone("none").means("Asks nothing: every server counts as up."),
        alone("tcp").means("A TCP connect."),
        kind("http", "{path: /test.html}")
            .takes(Mapping(&HTTP))
            .means("An HTTP request."),
        kind("https", "{path: /test.html}")
            .takes(Mapping(&HTTPS))
            .means("An HTTPS request."),
        kind("ping", "{attempts: 3}")
            .takes(Mapping(&PING))
            .means("An ICMP echo."),
        kind("command", "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]")
            .takes(Either(&[List(&Text), Mapping(&COMMAND)]))
            .means(
                "A program; exit status 0 is good. In its arguments `{vip}`, `{vport}`, `{rip}` and `{rport}` stand \
                 for the addresses and ports of service and server.",
            ),
        alone("off").means("Asks nothing: every server counts as down."),
        dialogue("dns", "{request: www.example.org}").means("A DNS question."),
        dialogue("ftp", "{request: /test.txt, receive: OK}").means("A login, and a file where one is named."),
        dialogue("imap", "{}").means("A greeting, and a login where one is given."),
        dialogue("imaps", "{}").means("The same over TLS."),
        dialogue("ldap", "{request: \"dc=example,dc=org\"}").means("A bind and a search."),
        dialogue("ldaps", "{request: \"dc=example,dc=org\"}").means("The same over TLS."),
        dialogue("mysql", "{login: probe, database: test, request: SELECT 1}").means("A login and a query."),
        dialogue("nntp", "{}").means("A greeting."),
        dialogue("oracle", "{}").means("The connect handshake of a listener."),
        dialogue("pgsql", "{login: probe, database: test, request: SELECT 1}").means("A login and a query."),
        dialogue("pop", "{}").means("A greeting, and a login where one is given."),
        dialogue("pops", "{}").means("The same over TLS."),
        dialogue("radius", "{login: probe, password: …, secret: …}").means("An access request."),
        dialogue("simpletcp", "{request: \"PING\\n\", receive: PONG}").means("Sends a text and looks at the answer."),
        dialogue("sip", "{login: probe@example.org}").means("An OPTIONS request."),
        dialogue("smtp", "{}").means("A greeting and HELO."),
        key("port", "8080")
            .takes(Port)
            .default("that of the real server")
            .means("Where servers are asked, in place of where they serve."),
        key("default_port", "80")
            .takes(Number("port"))
            .default("that of the service")
            .means("Where those servers are asked that have no port of their own."),
        key("connects_between", "{count: 3, timeout: 5s}")
            .takes(Mapping(&CONNECTS_BETWEEN))
            .default("none")
            .means("Asks the full question only now and then, and connects in between."),
        key("every", "5s")
            .takes(Span)
            .default("5s")
            .means("From the start of one question to the start of the next."),
        key("every_while_changing", "1s")
            .takes(Span)
            .default("that of `every`")
            .means("The same while answers speak against the verdict, so that a change is known sooner."),
        key("every_while_down", "10s")
            .takes(Span)
            .default("that of `every`")
            .means("The same while the server is down."),
        key("timeout", "3s")
            .takes(Span)
            .default("3s")
            .means("Time limit of one question, from the connect to the end of the answer."),
        key("rise", "1")
            .takes(Number("answers"))
            .default("1")
            .means("Good answers in a row that bring a server up."),
        key("fall", "3")
            .takes(Number("answers"))
            .default("3")
            .means("Failures in a row that take it down."),
        key("window", "{good: 3, of: 5}")
            .takes(Mapping(&WINDOW))
            .default("none")
            .means("Up while so many of the last answers are good, in place of `rise` and `fall`."),
        key("damping", "{half_life: 1m, hold_above: 3, release_below: 1}")
            .takes(Mapping(&DAMPING))
            .default("none")
            .means("Keeps a server out that changes too often."),
        CHECK_NAME,
        START_SPREAD,
        JITTER,
        HOLD_CONNECTION,
        key("path", "forwarding")
            .takes(Word(&["server", "forwarding"]))
            .default("server")
            .means(
                "By which way servers are asked: `server` asks each at its own address; `forwarding` asks the VIP, and \
                 the kernel carries the question to the one server by its forwarding method, so that a missing VIP, a \
                 tunnel that is not unpacked or a server that does not answer for the VIP is found. The director adds a \
                 helper service to the kernel's table for each such server, and sets `accept_local=1` on the interface \
                 towards it (and `rp_filter=2` where it is 1) for as long as it is asked this way.",
            ),
        key("to", "tcp://192.0.2.10:80")
            .takes(Text)
            .default("the service's VIP and port")
            .means(
                "With `path: forwarding` in a service of a firewall mark, which has no VIP of its own: the VIP and port that \
                 are asked. It must be one whose packets the mark balances.",
            ),
        key("full_size", "true")
            .takes(Truth)
            .default("false")
            .means(
                "With `path: forwarding` and an http or https question: fills the request up to a whole packet, so that a \
                 way that swallows large packets (a tunnel's MTU) is found.",
            ),
    ],
};

const fn kind(name: &'static str, example: &'static str) -> Key {
    key(name, example).default("not asked")
}

const fn alone(name: &'static str) -> Key {
    kind(name, "{}").takes(Mapping(&NO_SETTINGS))
}

const fn dialogue(name: &'static str, example: &'static str) -> Key {
    kind(name, example).takes(Mapping(&CONVERSATION))
}

/// Kinds without keys of their own.
pub(in super::super) const NO_SETTINGS: Shape = Shape {
    name: "no_settings",
    what: "this kind of check",
    keys: &[],
};

/// A window over the last answers.
pub(in super::super) const WINDOW: Shape = Shape {
    name: "window",
    what: "a window",
    keys: &[
        key("good", "3")
            .takes(Number("answers"))
            .means("Good answers needed."),
        key("of", "5")
            .takes(Number("answers"))
            .means("Answers looked at, at most 64."),
    ],
};

/// Flap damping.
pub(in super::super) const DAMPING: Shape = Shape {
    name: "damping",
    what: "damping",
    keys: &[
        key("half_life", "1m")
            .takes(Span)
            .means("Time in which the penalty falls by half; each change of verdict adds one."),
        key("hold_above", "3")
            .takes(Number("changes"))
            .means("Penalty from which on the server is held out."),
        key("release_below", "1")
            .takes(Number("changes"))
            .means("Penalty below which it is let in again."),
    ],
};

const METHOD: Key = key("method", "HEAD")
    .takes(Text)
    .default("GET")
    .means("The request method.");
const PATH: Key = key("path", "/test.html")
    .takes(Text)
    .default("/")
    .means("Path and query.");
const HOST: Key = key("host", "www.example.org")
    .takes(Text)
    .default("the server's address")
    .means("The Host header; with HTTPS the name for SNI and certificate too.");
const EXPECTED: Key = key("expect", "{status: 2xx, body: OK}")
    .takes(Mapping(&EXPECT))
    .default("status 2xx")
    .means("What a good answer is.");
const FOLLOW_REDIRECTS: Key = key("follow_redirects", "3")
    .takes(Number("redirects"))
    .default("0")
    .means("Redirects followed at most; with 0 a redirect is an answer like any other.");
const BODY_LIMIT: Key = key("body_limit", "1MiB")
    .takes(Size)
    .default("1MiB")
    .means("How much of the body is read at most.");
const PROXY: Key = key("proxy", "true")
    .takes(Truth)
    .default("false")
    .means("Asks the server as a proxy for the absolute URL in `path`.");

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
            .default("that of `host`")
            .means("The name for SNI and certificate."),
        EXPECTED,
        FOLLOW_REDIRECTS,
        BODY_LIMIT,
        PROXY,
    ],
};

const VERIFY: Key = key("verify", "true")
    .takes(Truth)
    .default("false")
    .means("Whether a certificate that is not trusted, or is for another name, is a failure.");

/// What an HTTP answer must be.
pub(in super::super) const EXPECT: Shape = Shape {
    name: "expect",
    what: "an expected answer",
    keys: &[
        key("status", "[2xx, 304]")
            .takes(Either(&[Text, List(&Text)]))
            .default("2xx")
            .means("Good statuses: one as `200`, a class as `2xx`, a range as `200-399`."),
        key("body", "OK")
            .takes(Text)
            .default("any body")
            .means("A regular expression that the body must hold."),
    ],
};

/// An ICMP check.
pub(in super::super) const PING: Shape = Shape {
    name: "ping",
    what: "a ping",
    keys: &[key("attempts", "3")
        .takes(Number("attempts"))
        .default("1")
        .means("Echo requests within the time limit; one answer is enough.")],
};

/// A check by a program, with settings.
pub(in super::super) const COMMAND: Shape = Shape {
    name: "command",
    what: "a command",
    keys: &[
        key("run", "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]")
            .takes(List(&Text))
            .means("Program and arguments. No shell is involved."),
        key("user", "nobody")
            .takes(Text)
            .default("the director's own")
            .means("The user it runs as."),
    ],
};

/// A check in the service's own protocol.
pub(in super::super) const CONVERSATION: Shape = Shape {
    name: "conversation",
    what: "this check",
    keys: &[
        key("request", "www.example.org")
            .takes(Text)
            .default("what the protocol needs at least")
            .means("What is asked for: a name, a query, a file, a text to send."),
        key("receive", "OK")
            .takes(Text)
            .default("any good answer")
            .means("A regular expression that the answer must hold."),
        key("login", "probe")
            .takes(Text)
            .default("none")
            .means("The user name."),
        key("password", "…")
            .takes(Text)
            .default("none")
            .means("The password. It is never shown."),
        key("database", "test")
            .takes(Text)
            .default("none")
            .means("The database, for `mysql` and `pgsql`."),
        key("secret", "…")
            .takes(Text)
            .default("none")
            .means("The shared secret, for `radius`. It is never shown."),
        key("transport", "udp")
            .takes(Word(&["tcp", "udp"]))
            .default("that of the service, where the protocol leaves a choice")
            .means("The transport, for `dns`, `sip` and `simpletcp`."),
        VERIFY,
    ],
};

/// TCP connects between full questions.
pub(in super::super) const CONNECTS_BETWEEN: Shape = Shape {
    name: "connects_between",
    what: "connects_between",
    keys: &[
        key("count", "3")
            .takes(Number("connects"))
            .means("Connects between two full questions."),
        key("timeout", "5s")
            .takes(Span)
            .default("5s")
            .means("Time limit of one connect."),
    ],
};
