//! What a check asks: the kinds of checks and their settings.

use director_core::definitions::{
    CheckKindDefinition, CommandCheckDefinition, HttpCheckDefinition, Placed,
    ProtocolCheckDefinition, TlsFilesDefinition,
};
use director_core::diagnostic::Place;

use super::check::CheckText;
use super::command::COMMAND;
use super::headers::Headers;
use super::never_up;
use super::protocols::{self, PROTOCOL, View};
use crate::loader::yaml::mapping::{Draft, Input, Key, Lens, Lines, Mapping, Shape, Takes, flow};
use crate::loader::yaml::node::Content;
use crate::loader::yaml::reader::{Reader, alternatives};
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::words::Size;

/// A kind of check without a protocol of its own.
#[derive(Clone, Copy)]
enum Kind {
    None,
    AlwaysDown,
    Connect,
    Http { tls: bool },
    Ping,
    Command,
}

const KINDS: [(&str, Kind); 7] = [
    ("none", Kind::None),
    ("always_down", Kind::AlwaysDown),
    ("tcp", Kind::Connect),
    ("http", Kind::Http { tls: false }),
    ("https", Kind::Http { tls: true }),
    ("ping", Kind::Ping),
    ("command", Kind::Command),
];

pub(in super::super) fn names() -> impl Iterator<Item = &'static str> {
    let own = KINDS.iter().map(|(name, _)| *name);
    own.chain(protocols::names())
}

/// Those whose name alone is a check: a command needs a program.
pub(super) fn alone() -> impl Iterator<Item = &'static str> {
    names().filter(|name| *name != "command")
}

/// Whether a check in this protocol has this setting.
pub(in super::super) fn has(protocol: &str, setting: &str) -> bool {
    protocols::view(protocol).is_some_and(|view| view.has(setting))
}

/// The settings of a check by this word.
pub(in super::super) fn shape(name: &str) -> Option<&'static dyn Shape> {
    if let Some(view) = protocols::view(name) {
        return Some(view);
    }
    Some(match name {
        "none" | "always_down" | "tcp" => &NO_SETTINGS,
        "http" => &HTTP,
        "https" => &HTTPS,
        "ping" => &PING,
        "command" => &COMMAND,
        _ => return None,
    })
}

#[derive(Clone)]
pub(super) struct Asked {
    name: &'static str,
    place: Place,
    layer: u32,
    settings: Settings,
}

#[derive(Clone)]
enum Settings {
    Alone(CheckKindDefinition),
    Ping(Draft<Ping>),
    Http(Box<Draft<HttpCheckDefinition>>),
    Command(Draft<CommandCheckDefinition>),
    Protocol(Box<Draft<ProtocolCheckDefinition>>),
}

#[derive(Debug, Clone)]
pub(in super::super) struct Ping {
    attempts: u64,
}

static NO_SETTINGS: Mapping<()> = Mapping {
    name: "no_settings",
    what: "this type of check",
    blank: |_| (),
    short: None,
    rows: &[],
    more: (0, &[]),
};

static HTTP: View = View {
    name: "http",
    all: &HTTPS,
    keys: &[
        "method",
        "path",
        "host",
        "headers",
        "body",
        "login",
        "password",
        "bearer",
        "expect",
        "follow_redirects",
        "body_limit",
        "proxy",
        "version",
    ],
};

mapping! {
    /// An HTTP or HTTPS check.
    HTTPS: HttpCheckDefinition = "https", "an https check", |_| HttpCheckDefinition::default(), None;
    opt(method) "method" = "HEAD", or "GET; POST with `body`", "Request method.";
    opt(path) "path" = "/test.html", or "/", "Path and query of the request.";
    opt(virtual_host) "host" = "www.example.org", or "the address of the server",
        "Host header; with HTTPS also the name for SNI and the certificate.";
    by(Headers) "headers" = "{X-Tenant: probe, X-API-Key: {file: /etc/ipvsd/api.key}}", or "none",
        "Headers to send in addition to those of ipvsd, or instead of its `User-Agent` and `Accept`. ipvsd never shows their values.";
    opt(content) "body" = "\"{\\\"ping\\\": 1}\"", or "none",
        "Body to send. The method is POST then, unless `method` says otherwise. Write its type as `Content-Type` in `headers`. \
         ipvsd never shows it.";
    opt(login) "login" = "probe", or "none", "User name for HTTP basic authentication.";
    opt(password) "password" = "{file: /etc/ipvsd/web.password}", or "none; an empty one",
        "Password for HTTP basic authentication. ipvsd never shows it.";
    opt(bearer) "bearer" = "{file: /etc/ipvsd/web.token}", or "none",
        "Token for `Authorization: Bearer`. ipvsd never shows it.";
    opt(verify) "verify" = "true", or "false; true with `ca`",
        "Verify the certificate: fail when it is not trusted or is for another name.";
    opt(server_name) "server_name" = "www.example.org", or "the value of `host`",
        "Name for SNI and the certificate.";
    opt(tls_files.ca) "ca" = "/etc/ipvsd/ca.pem", or "the certificates of the system",
        "File of the certificate authorities to trust, in PEM. It implies `verify`.";
    opt(tls_files.certificate) "certificate" = "/etc/ipvsd/client.pem", or "none",
        "File with the certificate that the probe shows to the server, in PEM.";
    opt(tls_files.key) "key" = "/etc/ipvsd/client.key", or "none",
        "File with the private key of `certificate`, in PEM and without a passphrase. ipvsd never shows it.";
    many(tls_files.alpn) "alpn" = "[h2, http/1.1]", or "no ALPN; h2 with `version: 2`",
        "Protocols to offer by ALPN, the preferred one first. If the server chooses h2, the probe speaks HTTP/2.";
    opt(version) "version" = "2", or "1.1",
        "Version of HTTP. With 2 and TLS the server must choose h2 by ALPN. With 2 and without TLS the probe begins with HTTP/2 \
         at once (prior knowledge).";
    flat(EXPECT) "expect" = "{status: 2xx, body: OK}", or "status 2xx", "What the response must contain.";
    opt(follow_redirects) "follow_redirects" in "redirects" = "3", or "0",
        "Follow at most this many redirects. With 0 a redirect is a response like any other.";
    code(Size, body_limit) "body_limit" = "1MiB", or "16MiB", "Read at most this much of the body.";
    plain(proxy) "proxy" = "true", or "false", "Use the server as a proxy: `path` is an absolute URL.";
}

mapping! {
    /// What an HTTP answer must be.
    EXPECT: HttpCheckDefinition = "expect", "an expected answer", |_| HttpCheckDefinition::default(), None;
    many(status) "status" = "[2xx, 304]", or "2xx",
        "Status codes that succeed: a code such as `200`, a class such as `2xx`, or a range such as `200-399`.";
    opt(body) "body" = "OK", or "any body", "Regular expression that the body must match.";
    opt(md5) "md5" = "acbd18db4cc2f85cedef654fccc4a4d8", or "any body",
        "MD5 digest of the body, as `md5sum` prints it. keepalived calls it `digest`.";
}

mapping! {
    /// An ICMP check.
    PING: Ping = "ping", "a ping", |_| Ping { attempts: 1 }, None;
    plain(attempts) "attempts" in "attempts" = "3", or "1",
        "Echo requests to send within the time limit. One reply is enough.";
}

/// The key of a kind. A check asks one question, so a kind hides those of the layers below, and keys of the same kind go
/// together.
pub(super) struct Kinds;

impl Lens<CheckText> for Kinds {
    const LAYERED: bool = true;

    fn takes(key: &Key) -> Takes {
        if key.name == "command" {
            return COMMAND.takes();
        }
        Takes::Mapping(shape(key.name).unwrap_or(&NO_SETTINGS))
    }

    fn read(text: &mut CheckText, input: &Input<'_>, reader: &mut Reader) -> Option<()> {
        let name = input.key.name;
        let layer = text.layer;
        let asked = text.asked.get_or_insert_with(|| Asked {
            name,
            place: input.place.clone(),
            layer,
            settings: Settings::of(name, input.place),
        });
        if asked.name == name {
            asked.settings.fill(input, reader);
        } else if asked.layer == layer {
            let message = format!(
                "a check has one protocol, and {} is already set",
                asked.name
            );
            let hint = format!("keep one of {}", alternatives(&[asked.name, name]));
            reader.error(input.place, message, hint);
        }
        Some(())
    }

    fn print(text: &CheckText, key: &Key) -> Option<String> {
        let (name, settings) = text_of(&text.check.kind.as_ref()?.value);
        (name == key.name).then(|| settings.print())
    }
}

fn kind(name: &str) -> Kind {
    let known = KINDS.iter().find(|(known, _)| *known == name);
    known.map_or(Kind::None, |(_, kind)| *kind)
}

impl Settings {
    fn of(name: &str, place: &Place) -> Self {
        if let Some(check) = protocols::check(name) {
            let mut draft = PROTOCOL.draft(place);
            draft.value = check;
            return Self::Protocol(Box::new(draft));
        }
        match kind(name) {
            Kind::None => Self::Alone(CheckKindDefinition::AlwaysUp),
            Kind::AlwaysDown => Self::Alone(CheckKindDefinition::AlwaysDown),
            Kind::Connect => Self::Alone(CheckKindDefinition::Connect),
            Kind::Http { tls } => {
                let mut draft = HTTPS.draft(place);
                draft.value.tls = tls;
                Self::Http(Box::new(draft))
            }
            Kind::Ping => Self::Ping(PING.draft(place)),
            Kind::Command => Self::Command(COMMAND.draft(place)),
        }
    }

    fn fill(&mut self, input: &Input<'_>, reader: &mut Reader) {
        let name = input.key.name;
        match self {
            Self::Command(_) if matches!(input.node.content, Content::Nothing) => {
                let hint = format!("write check: {{{}}}", input.key.example());
                reader.error(
                    input.place,
                    format!("a check by {name} needs a program"),
                    hint,
                );
            }
            _ if matches!(input.node.content, Content::Nothing) => {}
            Self::Alone(_) => {
                NO_SETTINGS.read(input, reader);
            }
            Self::Ping(draft) => {
                PING.fill(draft, input, &[], reader);
            }
            Self::Http(draft) if draft.value.tls => {
                HTTPS.fill(draft, input, &[], reader);
            }
            Self::Http(draft) => {
                HTTPS.fill_as(&HTTP, draft, input, &[], reader);
            }
            Self::Command(draft) => {
                COMMAND.fill(draft, input, &[], reader);
            }
            Self::Protocol(draft) => {
                if let Some(view) = protocols::view(name) {
                    PROTOCOL.fill_as(view, draft, input, &[], reader);
                }
            }
        }
    }
}

impl Asked {
    /// The question that all layers make together.
    pub(super) fn definition(self, reader: &mut Reader) -> Option<Placed<CheckKindDefinition>> {
        let kind = match self.settings {
            Settings::Alone(kind) => kind,
            Settings::Ping(draft) => CheckKindDefinition::Ping {
                attempts: draft.value.attempts,
            },
            Settings::Http(draft) => never_up::http(draft.value, reader),
            Settings::Command(draft) => {
                let said = draft.is_blank() || COMMAND.is_complete(&draft, &self.place, reader);
                let command = said.then_some(draft.value);
                CheckKindDefinition::Command(command.filter(|command| !command.argv.is_empty())?)
            }
            Settings::Protocol(draft) => never_up::protocol(draft.value, reader),
        };
        Some(Placed::new(kind, self.place))
    }
}

/// The settings of a kind, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum KindText {
    Keys(Lines),
    /// A value in place of a mapping.
    Whole(String),
}

impl KindText {
    fn print(&self) -> String {
        match self {
            Self::Keys(lines) => flow(lines),
            Self::Whole(text) => text.clone(),
        }
    }
}

/// A kind with its settings, as they are written.
pub(in super::super) fn text_of(kind: &CheckKindDefinition) -> (&'static str, KindText) {
    let (name, lines) = match kind {
        CheckKindDefinition::AlwaysUp => ("none", Lines::new()),
        CheckKindDefinition::AlwaysDown => ("always_down", Lines::new()),
        CheckKindDefinition::Connect => ("tcp", Lines::new()),
        CheckKindDefinition::Ping { attempts } => {
            let attempts = *attempts;
            ("ping", PING.lines(&Ping { attempts }))
        }
        CheckKindDefinition::Http(http) => {
            let mut http = http.clone();
            http.body = http.body.filter(|body| !body.value.is_empty());
            if http.tls {
                return ("https", KindText::Keys(HTTPS.lines(&http)));
            }
            http.verify = None;
            http.server_name = None;
            http.tls_files = TlsFilesDefinition::default();
            ("http", HTTPS.lines(&http))
        }
        CheckKindDefinition::Command(command) => {
            return ("command", KindText::Whole(COMMAND.print(command)));
        }
        CheckKindDefinition::Protocol(check) => protocols::lines(check),
    };
    (name, KindText::Keys(lines))
}

/// Whether a kind takes a request or an answer of a single real server.
pub(in super::super) fn takes(kind: &CheckKindDefinition, key: &str) -> bool {
    match kind {
        CheckKindDefinition::Http(_) => true,
        CheckKindDefinition::Protocol(_) => {
            let view = protocols::view(text_of(kind).0);
            view.is_some_and(|view| view.has(key))
        }
        _ => false,
    }
}
