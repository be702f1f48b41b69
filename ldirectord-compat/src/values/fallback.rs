//! Fallback servers: `HOST[:PORT] [METHOD]`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use director_core::definitions::{
    ForwardingDefinition, Host, Placed, PortDefinition, RealServerDefinition,
};
use director_core::model::Family;

use super::ValueReader;
use super::real::{is_host, method, other_method};
use crate::directives::Key;
use crate::quirks::Quirk;
use crate::slice::Slice;

pub(super) fn read(reader: &mut ValueReader<'_, '_, '_>) -> Option<RealServerDefinition> {
    let family = if reader.written.directive.key == Key::Fallback6 {
        Family::Ipv6
    } else {
        Family::Ipv4
    };
    let value = if reader.core().text() == reader.all().trim_end().text() {
        reader.core()
    } else {
        reader.exact()
    };
    let words = value.words();
    if let [word] = words.as_slice()
        && matches!(word.text(), "none" | "no" | "off" | "false")
    {
        let message = format!("fallback {:?} is not a server", word.text());
        reader.error(*word, message, "remove the line");
        return None;
    }
    let (server, forwarding) = match words.as_slice() {
        [] => {
            let (place, host) = (reader.written.statement.whole.place(), nobody(reader));
            let direct = Placed::new(ForwardingDefinition::Direct, place);
            return Some(fallback(reader, host, None, direct));
        }
        [server] => (
            *server,
            Placed::new(ForwardingDefinition::Direct, server.place()),
        ),
        [junk @ .., server, last] => {
            let Some(forwarding) = method(last.text()) else {
                fallback_method(
                    reader,
                    junk.first().copied().unwrap_or(*server),
                    *server,
                    *last,
                );
                return None;
            };
            if let [first, ..] = junk {
                let message = "the words before the fallback server are ignored";
                reader.findings.quirk(
                    Quirk::WordsBeforeFallback,
                    &first.place(),
                    message,
                    "remove them",
                );
            }
            (*server, Placed::new(forwarding, last.place()))
        }
    };
    let (host, port) = fallback_parts(server);
    let host = if host.is_empty() {
        nobody(reader)
    } else {
        reader.fallback_host(host, family)?
    };
    let port = match port {
        Some(slice) => Some(Placed::new(reader.port(slice)?.definition, slice.place())),
        None => None,
    };
    Some(fallback(reader, host, port, forwarding))
}

fn fallback_method(
    reader: &mut ValueReader<'_, '_, '_>,
    first: Slice<'_>,
    before: Slice<'_>,
    last: Slice<'_>,
) {
    let weight = last.text().bytes().all(|byte| byte.is_ascii_digit());
    if weight && method(before.text()).is_some() && first.text() != before.text() {
        reader.error(
            last,
            "a fallback has no weight",
            "remove the number; the weight of a fallback is 1",
        );
    } else {
        let message = format!("{:?} is not a forwarding method", last.text());
        let hint = match other_method(last.text()) {
            Some(method) => format!("write {method}"),
            None => "write gate, masq or ipip".to_owned(),
        };
        reader.error(last, message, hint);
    }
}

/// Host and port; a colon inside brackets separates nothing.
fn fallback_parts(server: Slice<'_>) -> (Slice<'_>, Option<Slice<'_>>) {
    let text = server.text();
    match text.rfind(':') {
        Some(at) if text.rfind(']').is_none_or(|end| at > end) && at + 1 < text.len() => {
            (server.first(at), Some(server.from(at + 1)))
        }
        _ => (server, None),
    }
}

impl ValueReader<'_, '_, '_> {
    fn fallback_host(&mut self, slice: Slice<'_>, family: Family) -> Option<Placed<Host>> {
        let slice = self.without_junk(slice, family);
        let text = slice.text();
        let bracketed = text.starts_with('[') && text.ends_with(']');
        if family == Family::Ipv4 && bracketed && !text.contains(':') {
            return self.without_brackets(slice);
        }
        if family == Family::Ipv4 && bracketed {
            self.error(
                slice,
                "fallback is for IPv4 addresses",
                "write fallback6 for an IPv6 server",
            );
            return None;
        }
        if !bracketed && !text.chars().all(is_host) {
            let message = format!("{text} is not the address of a fallback server");
            let hint = match family {
                Family::Ipv4 => "write HOST, or HOST:PORT",
                Family::Ipv6 => "write [ADDRESS], or [ADDRESS]:PORT",
            };
            self.error(slice, message, hint);
            return None;
        }
        self.host_of(slice, family)
    }

    /// Brackets around an IPv4 address or a name are passed over.
    fn without_brackets(&mut self, slice: Slice<'_>) -> Option<Placed<Host>> {
        let inner = slice.part(1, slice.text().len() - 1);
        let message = format!("{} is read as {}", slice.text(), inner.text());
        self.findings.quirk(
            Quirk::WordsBeforeFallback,
            &slice.place(),
            message,
            "brackets are for IPv6 addresses; remove them",
        );
        self.host(inner)
    }

    /// The bracketed address inside a word, which is searched for there.
    fn without_junk<'s>(&mut self, slice: Slice<'s>, family: Family) -> Slice<'s> {
        let (open, close) = (slice.text().find('['), slice.text().rfind(']'));
        let (Family::Ipv6, Some(open), Some(close)) = (family, open, close) else {
            return slice;
        };
        if open > close || close + 1 - open == slice.text().len() {
            return slice;
        }
        let inner = slice.part(open, close + 1);
        let message = format!("{} is read as {}", slice.text(), inner.text());
        let hint = "write [ADDRESS], or [ADDRESS]:PORT";
        self.findings
            .quirk(Quirk::WordsBeforeFallback, &slice.place(), message, hint);
        inner
    }
}

/// The server that is meant when none is named.
fn nobody(reader: &mut ValueReader<'_, '_, '_>) -> Placed<Host> {
    let place = reader.written.statement.whole.place();
    let (address, name): (IpAddr, _) = match reader.written.directive.key {
        Key::Fallback6 => (Ipv6Addr::LOCALHOST.into(), "[::1]"),
        _ => (Ipv4Addr::LOCALHOST.into(), "127.0.0.1"),
    };
    let message = format!("{} names no server, which means {name}", reader.name());
    let hint = format!("write {}={name}, or remove the line", reader.name());
    reader
        .findings
        .quirk(Quirk::EmptyFallback, &place, message, hint);
    Placed::new(Host::Address(address), place)
}

fn fallback(
    reader: &ValueReader<'_, '_, '_>,
    host: Placed<Host>,
    port: Option<Placed<PortDefinition>>,
    forwarding: Placed<ForwardingDefinition>,
) -> RealServerDefinition {
    let place = reader.written.statement.whole.place();
    RealServerDefinition {
        weight: Some(Placed::new(1, place.clone())),
        // ldirectord takes the first address of a name.
        single: Some(Placed::new(true, place.clone())),
        port,
        forwarding: Some(forwarding),
        ..RealServerDefinition::at(place, host)
    }
}
