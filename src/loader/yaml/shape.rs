//! The format as one table: which keys a mapping may have, and what each looks like. Whatever lists keys (suggestions,
//! advice, documentation) reads it here.

/// A mapping of the format.
#[derive(Debug)]
pub(super) struct Shape {
    /// What it describes, with its article, for messages.
    pub(super) what: &'static str,
    /// The keys that it may have, in the order in which they are best written.
    pub(super) keys: &'static [Key],
}

/// A key of a mapping.
#[derive(Debug)]
pub(super) struct Key {
    /// The key.
    pub(super) name: &'static str,
    /// A value as it may be written.
    pub(super) example: &'static str,
}

impl Shape {
    /// The key by its name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Its keys, in a sentence part.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.keys.iter().map(|key| key.name).collect();
        match names.is_empty() {
            true => "it has no keys; write {}".to_owned(),
            false => format!("its keys are {}", names.join(", ")),
        }
    }
}

const fn key(name: &'static str, example: &'static str) -> Key {
    Key { name, example }
}

/// The whole file.
pub(super) const FILE: Shape = Shape {
    what: "the file",
    keys: &[
        key("director", "{resync: 10s}"),
        key("services", "[{listen: tcp://192.0.2.10:80, …}]"),
    ],
};

/// Settings of the director that belong to no service.
pub(super) const DIRECTOR: Shape = Shape {
    what: "the director section",
    keys: &[key("resync", "10s")],
};

/// A virtual service.
pub(super) const SERVICE: Shape = Shape {
    what: "a service",
    keys: &[
        key("name", "web"),
        key("listen", "tcp://192.0.2.10:80"),
        key("scheduler", "wrr"),
        key("forwarding", "nat"),
        key("persistence", "5m"),
        key("one_packet", "true"),
        key("check", "{http: {path: /test.html}, every: 5s}"),
        key("on_failure", "quiesce"),
        key("on_stop", "keep"),
        key("real_servers", "[10.0.0.11:80, 10.0.0.12:80]"),
        key("fallback", "10.0.0.99:80"),
    ],
};

/// A scheduler with flags.
pub(super) const SCHEDULER: Shape = Shape {
    what: "a scheduler",
    keys: &[key("name", "sh"), key("flags", "[fallback, port]")],
};

/// Persistence with more than a time.
pub(super) const PERSISTENCE: Shape = Shape {
    what: "persistence",
    keys: &[
        key("timeout", "5m"),
        key("mask", "255.255.255.0"),
        key("engine", "sip"),
    ],
};

/// A tunnel with settings.
pub(super) const TUNNEL: Shape = Shape {
    what: "a forwarding method",
    keys: &[
        key("tunnel", "gue"),
        key("port", "6080"),
        key("checksum", "on"),
    ],
};

/// A real server with settings.
pub(super) const REAL_SERVER: Shape = Shape {
    what: "a real server",
    keys: &[
        key("address", "10.0.0.11:80"),
        key("weight", "2"),
        key("forwarding", "nat"),
        key("upper_threshold", "1000"),
        key("lower_threshold", "800"),
        key("request", "/own.html"),
        key("receive", "OWN"),
    ],
};

/// A check.
pub(super) const CHECK: Shape = Shape {
    what: "a check",
    keys: &[
        key("none", "{}"),
        key("tcp", "{}"),
        key("http", "{path: /test.html}"),
        key("https", "{path: /test.html}"),
        key("ping", "{attempts: 3}"),
        key("command", "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]"),
        key("off", "{}"),
        key("dns", "{request: www.example.org}"),
        key("ftp", "{request: /test.txt, receive: OK}"),
        key("imap", "{}"),
        key("imaps", "{}"),
        key("ldap", "{request: \"dc=example,dc=org\"}"),
        key("ldaps", "{request: \"dc=example,dc=org\"}"),
        key("mysql", "{login: probe, database: test, request: SELECT 1}"),
        key("nntp", "{}"),
        key("oracle", "{}"),
        key("pgsql", "{login: probe, database: test, request: SELECT 1}"),
        key("pop", "{}"),
        key("pops", "{}"),
        key("radius", "{login: probe, password: …, secret: …}"),
        key("simpletcp", "{request: \"PING\\n\", receive: PONG}"),
        key("sip", "{login: probe@example.org}"),
        key("smtp", "{}"),
        key("port", "8080"),
        key("default_port", "80"),
        key("connects_between", "{count: 3, timeout: 5s}"),
        key("every", "5s"),
        key("every_while_changing", "1s"),
        key("every_while_down", "10s"),
        key("timeout", "3s"),
        key("rise", "1"),
        key("fall", "3"),
        key("window", "{good: 3, of: 5}"),
        key(
            "damping",
            "{half_life: 1m, hold_above: 3, release_below: 1}",
        ),
    ],
};

/// A window over the last answers.
pub(super) const WINDOW: Shape = Shape {
    what: "a window",
    keys: &[key("good", "3"), key("of", "5")],
};

/// Flap damping.
pub(super) const DAMPING: Shape = Shape {
    what: "damping",
    keys: &[
        key("half_life", "1m"),
        key("hold_above", "3"),
        key("release_below", "1"),
    ],
};

/// An HTTP check.
pub(super) const HTTP: Shape = Shape {
    what: "an http check",
    keys: &[
        key("method", "HEAD"),
        key("path", "/test.html"),
        key("host", "www.example.org"),
        key("expect", "{status: 2xx, body: OK}"),
        key("follow_redirects", "3"),
        key("body_limit", "1MiB"),
        key("proxy", "true"),
    ],
};

/// An HTTPS check: HTTP's keys and those of TLS.
pub(super) const HTTPS: Shape = Shape {
    what: "an https check",
    keys: &[
        key("method", "HEAD"),
        key("path", "/test.html"),
        key("host", "www.example.org"),
        key("verify", "true"),
        key("server_name", "www.example.org"),
        key("expect", "{status: 2xx, body: OK}"),
        key("follow_redirects", "3"),
        key("body_limit", "1MiB"),
        key("proxy", "true"),
    ],
};

/// What an HTTP answer must be.
pub(super) const EXPECT: Shape = Shape {
    what: "an expected answer",
    keys: &[key("status", "[2xx, 304]"), key("body", "OK")],
};

/// An ICMP check.
pub(super) const PING: Shape = Shape {
    what: "a ping",
    keys: &[key("attempts", "3")],
};

/// A check by a program, with settings.
pub(super) const COMMAND: Shape = Shape {
    what: "a command",
    keys: &[
        key("run", "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]"),
        key("user", "nobody"),
    ],
};

/// A check in the service's own protocol.
pub(super) const CONVERSATION: Shape = Shape {
    what: "this check",
    keys: &[
        key("request", "www.example.org"),
        key("receive", "OK"),
        key("login", "probe"),
        key("password", "…"),
        key("database", "test"),
        key("secret", "…"),
        key("transport", "udp"),
        key("verify", "true"),
    ],
};

/// TCP connects between full questions.
pub(super) const CONNECTS_BETWEEN: Shape = Shape {
    what: "connects_between",
    keys: &[key("count", "3"), key("timeout", "5s")],
};
