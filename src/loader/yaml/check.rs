//! How real servers are checked: `check: tcp`, `check: {http: {path: /test.html}, every: 5s}`.

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, CheckPath, CommandCheckDefinition, HttpCheckDefinition,
    Placed, ProtocolCheckDefinition,
};

use super::address;
use super::dialogue;
use super::judging;
use super::node::{Content, Entry, Node};
use super::reader::{Fields, Reader, alternatives};
use super::shape::{self, Shape};

/// Whether a key says what is asked.
pub(super) fn is_kind(key: &str) -> bool {
    shape::KINDS.contains(&key)
}

/// Those of them that need no settings, so that their name alone is a check.
const KINDS_ALONE: [(&str, Alone); 6] = [
    ("none", Alone::AlwaysUp),
    ("always_down", Alone::AlwaysDown),
    ("tcp", Alone::Connect),
    ("http", Alone::Http { tls: false }),
    ("https", Alone::Http { tls: true }),
    ("ping", Alone::Ping),
];

#[derive(Clone, Copy)]
enum Alone {
    AlwaysUp,
    AlwaysDown,
    Connect,
    Http { tls: bool },
    Ping,
}

impl Alone {
    fn definition(self) -> CheckKindDefinition {
        match self {
            Self::AlwaysUp => CheckKindDefinition::AlwaysUp,
            Self::AlwaysDown => CheckKindDefinition::AlwaysDown,
            Self::Connect => CheckKindDefinition::Connect,
            Self::Http { tls } => CheckKindDefinition::Http(HttpCheckDefinition {
                tls,
                ..HttpCheckDefinition::default()
            }),
            Self::Ping => CheckKindDefinition::Ping { attempts: 1 },
        }
    }
}

/// A check, as far as it can be read.
pub(super) fn check(node: &Node, reader: &mut Reader) -> CheckDefinition {
    if let Content::Scalar(_) = node.content {
        return CheckDefinition {
            kind: kind_by_name(node, reader),
            ..CheckDefinition::default()
        };
    }
    let Some(fields) = reader.fields(node, &shape::CHECK, shape::KINDS) else {
        return CheckDefinition::default();
    };
    let port = reader.text_of(&fields, "port").map(|text| {
        let port = address::port_text(&text.value, &text.place, reader);
        Placed::new(port, text.place)
    });
    CheckDefinition {
        kind: kind(&fields, reader),
        port,
        default_port: reader
            .number_of(&fields, "default_port")
            .map(|port| port.value),
        every: reader.duration_of(&fields, "every"),
        every_while_changing: reader.duration_of(&fields, "every_while_changing"),
        every_while_down: reader.duration_of(&fields, "every_while_down"),
        timeout: reader.duration_of(&fields, "timeout"),
        rise: reader.number_of(&fields, "rise"),
        fall: reader.number_of(&fields, "fall"),
        window: judging::window(&fields, reader),
        damping: judging::damping(&fields, reader),
        name: reader.text_of(&fields, "name"),
        start_spread: reader.duration_of(&fields, "start_spread"),
        jitter: reader.number_of(&fields, "jitter"),
        hold_connection: reader.truth_of(&fields, "hold_connection"),
        path: reader.word_of(
            &fields,
            "via",
            &[
                ("server", CheckPath::Server),
                ("vip", CheckPath::Forwarding),
            ],
        ),
        to: fields.get("to").map(|to| address::listen(to, reader)),
        full_size: reader.truth_of(&fields, "test_mtu"),
        connects_between: dialogue::connects_between(&fields, reader),
    }
}

fn kind_by_name(node: &Node, reader: &mut Reader) -> Option<Placed<CheckKindDefinition>> {
    let text = reader.text(node, "check: tcp")?;
    if let Some((protocol, tls)) = dialogue::protocol(&text.value) {
        let plain = ProtocolCheckDefinition::plain(protocol, tls);
        return Some(text.map(|_| CheckKindDefinition::Protocol(plain)));
    }
    let alone = reader.word(&text, "check", &KINDS_ALONE)?;
    Some(Placed::new(alone.definition(), text.place))
}

fn kind(fields: &Fields<'_>, reader: &mut Reader) -> Option<Placed<CheckKindDefinition>> {
    let entries = fields.entries_of(shape::KINDS);
    let (first, others) = entries.split_first()?;
    for other in others {
        let message = format!(
            "a check asks one question, and {} is asked already",
            first.key
        );
        let hint = format!("keep one of {}", alternatives(&[&first.key, &other.key]));
        reader.error(&other.place, message, hint);
    }
    let definition = definition(first, &fields.example(&first.key), reader)?;
    Some(Placed::new(definition, first.place.clone()))
}

fn definition(entry: &Entry, example: &str, reader: &mut Reader) -> Option<CheckKindDefinition> {
    let name = entry.key.as_str();
    if matches!(entry.value.content, Content::Nothing) {
        if let Some((protocol, tls)) = dialogue::protocol(name) {
            let plain = ProtocolCheckDefinition::plain(protocol, tls);
            return Some(CheckKindDefinition::Protocol(plain));
        }
        let alone = KINDS_ALONE.iter().find(|(known, _)| *known == name);
        if alone.is_none() {
            let message = format!("{name} has no value");
            reader.error(&entry.place, message, format!("write {example}"));
        }
        return alone.map(|(_, alone)| alone.definition());
    }
    if let Some(protocol) = dialogue::protocol(name)
        && let Some(shape) = shape::CHECK.mapping(name)
    {
        return dialogue::with_settings(protocol, shape, &entry.value, reader);
    }
    Some(match name {
        "http" => CheckKindDefinition::Http(http(&entry.value, &shape::HTTP, reader)?),
        "https" => {
            let https = http(&entry.value, &shape::HTTPS, reader)?;
            CheckKindDefinition::Http(HttpCheckDefinition { tls: true, ..https })
        }
        "ping" => {
            let fields = reader.fields(&entry.value, &shape::PING, &[])?;
            let attempts = reader.number_of(&fields, "attempts");
            CheckKindDefinition::Ping {
                attempts: attempts.map_or(1, |attempts| attempts.value),
            }
        }
        "command" => CheckKindDefinition::Command(command(&entry.value, example, reader)?),
        "tcp" => {
            reader.fields(&entry.value, &shape::NO_SETTINGS, &[])?;
            CheckKindDefinition::Connect
        }
        "always_down" => {
            reader.fields(&entry.value, &shape::NO_SETTINGS, &[])?;
            CheckKindDefinition::AlwaysDown
        }
        _ => {
            reader.fields(&entry.value, &shape::NO_SETTINGS, &[])?;
            CheckKindDefinition::AlwaysUp
        }
    })
}

/// `[/usr/local/bin/probe, "{rip}"]`, or `{run: […], user: nobody}`.
pub(super) fn command(
    node: &Node,
    example: &str,
    reader: &mut Reader,
) -> Option<CommandCheckDefinition> {
    let (run, user) = match node.content {
        Content::Mapping(_) => {
            let fields = reader.fields(node, &shape::COMMAND, &[])?;
            let user = reader.text_of(&fields, "user");
            let Some(run) = fields.get("run") else {
                let hint = format!("write {}", fields.example("run"));
                reader.error(fields.place, "the command has no program", hint);
                return None;
            };
            (run, user)
        }
        _ => (node, None),
    };
    let argv: Vec<Placed<String>> = reader
        .list(run, "a command", example)
        .iter()
        .filter_map(|argument| reader.text(argument, example))
        .collect();
    if argv.is_empty() && matches!(run.content, Content::List(_)) {
        reader.error(
            &run.place,
            "the command has no program",
            format!("write {example}"),
        );
    }
    Some(CommandCheckDefinition { argv, user })
}

fn http(node: &Node, shape: &'static Shape, reader: &mut Reader) -> Option<HttpCheckDefinition> {
    let fields = reader.fields(node, shape, &[])?;
    let mut http = HttpCheckDefinition {
        method: reader.text_of(&fields, "method"),
        path: reader.text_of(&fields, "path"),
        proxy: reader
            .truth_of(&fields, "proxy")
            .is_some_and(|proxy| proxy.value),
        virtual_host: reader.text_of(&fields, "host"),
        body_limit: body_limit(&fields, reader),
        follow_redirects: reader.number_of(&fields, "follow_redirects"),
        ..HttpCheckDefinition::default()
    };
    if shape.key("verify").is_some() {
        http.verify = reader.truth_of(&fields, "verify");
        http.server_name = reader.text_of(&fields, "server_name");
    }
    if let Some(expect) = fields.get("expect") {
        let expect = reader.fields(expect, &shape::EXPECT, &[]);
        if let Some(expect) = expect {
            http.status = statuses(&expect, reader);
            http.body = reader.text_of(&expect, "body");
        }
    }
    Some(http)
}

/// `2xx`, or a list of such.
fn statuses(expect: &Fields<'_>, reader: &mut Reader) -> Vec<Placed<String>> {
    let example = expect.example("status");
    match expect.get("status") {
        None => Vec::new(),
        Some(node) => match &node.content {
            Content::List(items) => items
                .iter()
                .filter_map(|item| reader.text(item, &example))
                .collect(),
            _ => reader.text(node, &example).into_iter().collect(),
        },
    }
}

/// Bytes as `64KiB` or `1MiB`.
fn body_limit(fields: &Fields<'_>, reader: &mut Reader) -> Option<Placed<u64>> {
    let text = reader.text_of(fields, "body_limit")?;
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20)];
    let bytes = units.iter().find_map(|(unit, size)| {
        let count = text.value.strip_suffix(unit)?.parse::<u64>().ok()?;
        count.checked_mul(*size).filter(|bytes| *bytes > 0)
    });
    match bytes {
        Some(bytes) => Some(Placed::new(bytes, text.place)),
        None => {
            let message = format!("{:?} is not a size", text.value);
            reader.error(&text.place, message, "write a size such as 64KiB or 1MiB");
            None
        }
    }
}
