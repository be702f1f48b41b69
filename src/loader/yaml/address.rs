//! Addresses as written: `tcp://192.0.2.10:80`, `fwmark:5`, `10.0.0.11:80`, `[2001:db8::1]:http`, `10.0.0.11-10.0.0.19:80`.
//! Names stay names here; they are resolved later. A part that cannot be read is reported and marked as unusable, so that
//! the rest of its service is still looked at.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use director_core::definitions::{
    Host, ListenDefinition, Placed, PortDefinition, RealServerDefinition,
};
use director_core::model::{Family, Protocol};

use super::mapping::Input;
use super::near_addresses;
use super::node::Node;
use super::reader::Reader;
use super::slips;

pub(super) const LISTEN_FORMS: &str =
    "write tcp://192.0.2.10:80, udp://, sctp://, fwmark:5 for IPv4 or fwmark6:5 for IPv6";
const BRACKETS: &str = "write an IPv6 address with a port as [2001:db8::1]:80";

/// Host and port of one address.
pub(super) struct Address {
    pub(super) host: Placed<Host>,
    /// The end of a range.
    pub(super) last: Option<Placed<Host>>,
    pub(super) port: Option<Placed<PortDefinition>>,
}

/// What a service listens on; unusable parts are reported.
pub(super) fn listen(input: &Input<'_>, reader: &mut Reader) -> ListenDefinition {
    let definition = reader
        .text(input)
        .and_then(|text| listen_text(input.node, text, reader));
    definition.unwrap_or_else(unusable_listen)
}

/// As it is written.
pub(super) fn print_listen(definition: &ListenDefinition) -> String {
    match definition {
        ListenDefinition::Mark { family, mark } => match family {
            Family::Ipv4 => format!("fwmark:{mark}"),
            Family::Ipv6 => format!("fwmark6:{mark}"),
        },
        ListenDefinition::Address {
            protocol,
            host,
            port,
            ..
        } => format!("{protocol}://{}:{}", bracketed(host), print_port(port)),
    }
}

/// The address of a real server as it is written.
pub(super) fn print_server(server: &RealServerDefinition) -> String {
    let mut text = server.host.value.to_string();
    if let Some(last) = &server.last {
        text = format!("{text}-{}", last.value);
    }
    // Without brackets the end of an IPv6 address looks like a port.
    if text.contains(':') {
        text = format!("[{text}]");
    }
    match &server.port {
        Some(port) => format!("{text}:{}", print_port(&port.value)),
        None => text,
    }
}

fn bracketed(host: &Host) -> String {
    match host {
        Host::Address(address) if address.is_ipv6() => format!("[{address}]"),
        other => other.to_string(),
    }
}

fn print_port(port: &PortDefinition) -> String {
    match port {
        PortDefinition::Number(number) => number.to_string(),
        PortDefinition::Name(name) => name.clone(),
        PortDefinition::Unusable => String::new(),
    }
}

/// Stands in for a listen address that was reported as missing or unusable.
pub(super) fn unusable_listen() -> ListenDefinition {
    ListenDefinition::Address {
        protocol: Protocol::Tcp,
        host: Host::Unusable,
        port: PortDefinition::Unusable,
        family: None,
    }
}

pub(super) fn listen_text(
    node: &Node,
    text: &str,
    reader: &mut Reader,
) -> Option<ListenDefinition> {
    for (prefix, family) in [("fwmark6:", Family::Ipv6), ("fwmark:", Family::Ipv4)] {
        if let Some(mark) = text.strip_prefix(prefix) {
            return match mark.parse() {
                Ok(mark) => Some(ListenDefinition::Mark { family, mark }),
                Err(_) => {
                    let place = node.part(prefix.len()..text.len());
                    let message = format!("{mark:?} is not a firewall mark");
                    let hint = match near_addresses::listen(text, reader) {
                        Some(meant) => format!("write {meant}"),
                        None => "write a mark from 1 to 2147483647".to_owned(),
                    };
                    reader.error(&place, message, hint);
                    None
                }
            };
        }
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let message = format!("{text:?} is not a listen address");
        let bare = format!("tcp://{text}");
        let hint = match near_addresses::listen(text, reader) {
            Some(meant) if meant == bare => {
                format!("write {meant}, or udp:// or sctp:// instead of tcp://")
            }
            Some(meant) => format!("write {meant}"),
            None => near_addresses::no_vip(text),
        };
        reader.error(&node.place, message, hint);
        return None;
    };
    let protocol = match scheme {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        _ => {
            let place = node.part(0..scheme.len());
            let message = format!("IPVS does not balance protocol {scheme:?}");
            let meant = near_addresses::listen(text, reader).map(|meant| format!("write {meant}"));
            reader.error(&place, message, meant.unwrap_or(LISTEN_FORMS.to_owned()));
            return None;
        }
    };
    if text.contains([',', ' ', ';'])
        && let Some(meant) = near_addresses::listen(text, reader)
    {
        let message = format!("{text:?} is more than one address");
        reader.error(&node.place, message, format!("write {meant}"));
        return None;
    }
    let start = text.len() - rest.len();
    let address = address(node, text, start..text.len(), false, reader);
    let port = match address.port {
        Some(port) => port.value,
        None if address.host.value == Host::Unusable => PortDefinition::Unusable,
        None => {
            let message = format!("{text} has no port");
            let meant = near_addresses::listen(text, reader).unwrap_or(format!("{text}:80"));
            reader.error(&node.place, message, format!("write {meant}"));
            PortDefinition::Unusable
        }
    };
    Some(ListenDefinition::Address {
        protocol,
        host: address.host.value,
        port,
        family: None,
    })
}

/// Whether a text is a key of a server with its value, and no host with a port.
fn is_entry(text: &str) -> bool {
    let keys = ["address", "host", "ip", "server", "group", "srv", "from"];
    text.split_once(": ")
        .is_some_and(|(key, value)| keys.contains(&key) && value.parse::<u16>().is_err())
}

fn unusable(node: &Node) -> Address {
    Address {
        host: Placed::new(Host::Unusable, node.place.clone()),
        last: None,
        port: None,
    }
}

/// Address and port of a real server, or a range of addresses with one port.
pub(super) fn server(node: &Node, text: &str, reader: &mut Reader) -> Address {
    if let Some(meant) = slips::without_blank(text).filter(|meant| is_entry(meant)) {
        let message =
            format!("{text:?} has no space after the colon, so it is not a key with a value");
        let hint = format!("write {meant}");
        reader.error(&node.place, message, hint);
        return unusable(node);
    }
    // What has blanks or a scheme is one fault, not one of each part.
    if let Some(meant) = text
        .contains([' ', '/', '>'])
        .then(|| near_addresses::server(text, reader))
        .flatten()
    {
        let message = format!("{text:?} is more than an address and a port");
        reader.error(&node.place, message, format!("write {meant}"));
        return unusable(node);
    }
    address(node, text, 0..text.len(), true, reader)
}

fn address(
    node: &Node,
    text: &str,
    part: Range<usize>,
    ranges: bool,
    reader: &mut Reader,
) -> Address {
    let written = &text[part.clone()];
    let Some((host, port)) = split(written) else {
        let message = format!("{written:?} is neither an address nor an address with a port");
        let hint = match written.split_once(':') {
            Some((host, rest)) if host.parse::<Ipv4Addr>().is_ok() => {
                let port = rest.split(':').next().unwrap_or_default();
                format!("write one port, such as {host}:{port}")
            }
            _ if written.contains('%') => {
                "IPVS takes no link-local address; write the unicast address without a zone, such as 2001:db8::1".to_owned()
            }
            _ => BRACKETS.to_owned(),
        };
        reader.error(&node.part(part), message, hint);
        return unusable(node);
    };
    let at = |range: Range<usize>| part.start + range.start..part.start + range.end;
    let port = port.map(|range| self::port(node, text, at(range), reader));
    let host = at(host);
    let name = &text[host.clone()];
    if let Some((first, last)) = ranges.then(|| ends(name)).flatten() {
        let middle = host.start + first.len();
        let first_place = node.part(host.start..middle);
        let last_place = node.part(middle + 1..host.end);
        let last = match last {
            Some(last) => Host::Address(last),
            None => {
                let message = format!(
                    "{:?} is not the end of a range",
                    &text[middle + 1..host.end]
                );
                let hint = match near_addresses::server(text, reader) {
                    Some(meant) => format!("write {meant}"),
                    None => "write both ends as addresses: 10.0.0.11-10.0.0.19".to_owned(),
                };
                reader.error(&last_place, message, hint);
                Host::Unusable
            }
        };
        return Address {
            host: self::host(node, host.start..middle, first, reader, first_place),
            last: Some(Placed::new(last, last_place)),
            port,
        };
    }
    let place = node.part(host.clone());
    Address {
        host: self::host(node, host, name, reader, place),
        last: None,
        port,
    }
}

/// The ranges of host and port in `host`, `host:port`, `[v6]`, `[v6]:port` and `v6`.
fn split(written: &str) -> Option<(Range<usize>, Option<Range<usize>>)> {
    if let Some(inside) = written.strip_prefix('[') {
        let end = 1 + inside.find(']')?;
        return match &written[end + 1..] {
            "" => Some((1..end, None)),
            rest => rest
                .starts_with(':')
                .then_some((1..end, Some(end + 2..written.len()))),
        };
    }
    match written.match_indices(':').count() {
        0 => Some((0..written.len(), None)),
        1 => {
            let colon = written.find(':')?;
            Some((0..colon, Some(colon + 1..written.len())))
        }
        _ => {
            let first = written.split('-').next().unwrap_or(written);
            first
                .parse::<IpAddr>()
                .is_ok()
                .then_some((0..written.len(), None))
        }
    }
}

/// The ends of `10.0.0.11-10.0.0.19`; a host name may hold a hyphen too, so only an address opens a range.
fn ends(name: &str) -> Option<(&str, Option<IpAddr>)> {
    let (first, last) = name.split_once('-')?;
    first.parse::<IpAddr>().ok()?;
    Some((first, last.parse().ok()))
}

fn host(
    node: &Node,
    range: Range<usize>,
    name: &str,
    reader: &mut Reader,
    place: director_core::diagnostic::Place,
) -> Placed<Host> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Placed::new(Host::Address(address), place);
    }
    if is_host_name(name) {
        return Placed::new(Host::Name(name.to_owned()), place);
    }
    let (message, hint) = if name.is_empty() {
        (
            "this address is empty".to_owned(),
            "write an address".to_owned(),
        )
    } else if name
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        let hint = match name.split('.').find(|part| part.parse::<u8>().is_err()) {
            Some(part) if !part.is_empty() && name.split('.').count() == 4 => {
                format!("{part} is above 255; write four numbers from 0 to 255")
            }
            _ => format!(
                "write four numbers from 0 to 255, such as {}",
                Ipv4Addr::new(192, 0, 2, 10)
            ),
        };
        (format!("{name} is not an IPv4 address"), hint)
    } else if let "*" | "any" = name {
        (
            "IPVS needs one VIP, not a wildcard".to_owned(),
            "write the VIP, such as 192.0.2.10".to_owned(),
        )
    } else if name.contains(':') {
        (
            format!("{name} is not an IPv6 address"),
            "write one such as 2001:db8::10".to_owned(),
        )
    } else {
        (
            format!("{name:?} is neither an address nor a host name"),
            "write an address such as 192.0.2.10".to_owned(),
        )
    };
    reader.error(&node.part(range), message, hint);
    Placed::new(Host::Unusable, place)
}

/// Letters, digits, hyphens and dots, and something that no address has.
pub(super) fn is_host_name(name: &str) -> bool {
    name.len() <= 253
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

fn port(
    node: &Node,
    text: &str,
    range: Range<usize>,
    reader: &mut Reader,
) -> Placed<PortDefinition> {
    let place = node.part(range.clone());
    let definition = port_text(&text[range], &place, reader);
    Placed::new(definition, place)
}

/// A port's number or name. Whether a number is in range is checked with all other values.
pub(super) fn port_text(
    written: &str,
    place: &director_core::diagnostic::Place,
    reader: &mut Reader,
) -> PortDefinition {
    if let Ok(number) = written.parse() {
        return PortDefinition::Number(number);
    }
    let is_name = written.bytes().any(|byte| byte.is_ascii_alphabetic())
        && written
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte));
    if is_name {
        return PortDefinition::Name(written.to_owned());
    }
    let message = format!("{written:?} is not a port");
    let hint = "write a number from 0 to 65535, or a service name such as http";
    reader.error(place, message, hint);
    PortDefinition::Unusable
}
