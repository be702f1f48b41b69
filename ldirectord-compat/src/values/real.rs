//! Real servers: `HOST[->HOST][:PORT] METHOD [WEIGHT] ["REQUEST", "RECEIVE"] [l:N] [u:N]`.

use director_core::definitions::{ForwardingDefinition, Host, Placed, RealServerDefinition};
use director_core::model::Family;

use super::ValueReader;
use super::address::is_port;
use crate::directives::Key;
use crate::quirks::Quirk;
use crate::slice::{Slice, is_blank};

mod rest;

/// The part of a line that names the server or servers.
struct Target<'a> {
    whole: Slice<'a>,
    host: Slice<'a>,
    last: Option<Slice<'a>>,
    port: Option<Slice<'a>>,
}

pub(super) fn read(reader: &mut ValueReader<'_, '_, '_>) -> Option<RealServerDefinition> {
    let family = if reader.written.directive.key == Key::Real6 {
        Family::Ipv6
    } else {
        Family::Ipv4
    };
    let all = reader.all();
    let Some((target, after)) = find_target(reader, all) else {
        let message = "this does not start with the address of a real server";
        reader.error(
            all.trim_end(),
            message,
            "write HOST:PORT METHOD, such as 192.168.6.4:80 masq; write IPv6 addresses in brackets",
        );
        return None;
    };
    warn_of_junk(reader, all, &target);
    let mut server = named(reader, &target, family);
    let rest = rest::read(reader, after);
    let server = server.as_mut()?;
    let rest = rest?;
    server.forwarding = Some(rest.forwarding);
    server.weight = rest.weight;
    server.request = rest.request;
    server.receive = rest.receive;
    server.lower_threshold = rest.lower;
    server.upper_threshold = rest.upper;
    Some(server.clone())
}

/// The first stretch that reads as a server with a blank or the end of the line behind it.
fn find_target<'a>(
    reader: &ValueReader<'_, 'a, '_>,
    all: Slice<'a>,
) -> Option<(Target<'a>, Slice<'a>)> {
    let mut from = all;
    loop {
        let text = from.text();
        let start = text.find(|c: char| c.is_ascii_alphanumeric() || "._-[".contains(c))?;
        let at = from.from(start);
        // Brackets around anything but an IPv6 address are no part of an address.
        let junk = at.text().starts_with('[') && lacks_colon(at.text());
        if let Some(found) = target_at(reader, at).filter(|_| !junk) {
            return Some(found);
        }
        let (run, _) = at.split_run(is_host);
        from = at.from(run.text().len().max(1));
    }
}

fn lacks_colon(bracketed: &str) -> bool {
    !bracketed
        .split(']')
        .next()
        .is_some_and(|inner| inner.contains(':'))
}

pub(super) fn is_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}

fn target_at<'a>(
    reader: &ValueReader<'_, 'a, '_>,
    at: Slice<'a>,
) -> Option<(Target<'a>, Slice<'a>)> {
    let (host, after) = reader.split_host(at, "._-")?;
    let (host, last, after) = match range(reader, at, host, after) {
        Some((host, last, after)) => (host, Some(last), after),
        None => (host, None, after),
    };
    let (port, after) = match after.text().strip_prefix(':') {
        Some(_) => {
            let (port, after) = after.from(1).split_run(is_port);
            if port.is_empty() {
                return None;
            }
            (Some(port), after)
        }
        None => (None, after),
    };
    let ends = after.is_empty() || after.text().starts_with(is_blank);
    let whole = at.first(at.text().len() - after.text().len());
    ends.then_some((
        Target {
            whole,
            host,
            last,
            port,
        },
        after,
    ))
}

/// The two ends of `A->B`; the dash may have been read as part of the first name.
fn range<'a>(
    reader: &ValueReader<'_, 'a, '_>,
    at: Slice<'a>,
    host: Slice<'a>,
    after: Slice<'a>,
) -> Option<(Slice<'a>, Slice<'a>, Slice<'a>)> {
    let (first, behind) = if after.text().starts_with("->") {
        (host, after.from(2))
    } else {
        let name = host
            .text()
            .strip_suffix('-')
            .filter(|name| !name.is_empty())?;
        after
            .text()
            .starts_with('>')
            .then(|| (at.first(name.len()), after.from(1)))?
    };
    let (last, rest) = reader.split_host(behind, "._-")?;
    Some((first, last, rest))
}

fn warn_of_junk(reader: &mut ValueReader<'_, '_, '_>, all: Slice<'_>, target: &Target<'_>) {
    let skipped = all.text().len() - all.trim_start().text().len();
    let before = all.first(all.text().find(target.whole.text()).unwrap_or(0));
    if before.text().len() > skipped {
        let port = if target.port.is_some() {
            ""
        } else {
            ", without a port"
        };
        let message = format!(
            "{}{} is read as the server {}{port}",
            before.text(),
            target.whole.text(),
            target.whole.text()
        );
        let hint = "write HOST:PORT with one colon and nothing before it";
        let place = all
            .first(before.text().len() + target.whole.text().len())
            .place();
        reader
            .findings
            .quirk(Quirk::JunkBeforeAddress, &place, message, hint);
    }
    for host in [Some(target.host), target.last].into_iter().flatten() {
        if let Some((_, behind)) = host.text().rsplit_once('_') {
            let message = format!(
                "{} is taken as the whole host name; ldirectord would look for {behind:?}",
                host.text()
            );
            let hint = "host names have no underscores; write the address";
            reader
                .findings
                .quirk(Quirk::Underscore, &host.place(), message, hint);
        }
    }
}

fn named(
    reader: &mut ValueReader<'_, '_, '_>,
    target: &Target<'_>,
    family: Family,
) -> Option<RealServerDefinition> {
    if family == Family::Ipv4 && target.host.text().starts_with('[') {
        let inner = target.host.text().trim_matches(['[', ']']);
        if inner.parse::<std::net::Ipv6Addr>().is_err() {
            let message = format!(
                "{inner} is not an address; this real server is left out; ldirectord takes the port for the server's \
                 address"
            );
            let hint = "write the address of a real server";
            let place = target.host.place();
            reader
                .findings
                .quirk(Quirk::ServerRefused, &place, message, hint);
            return None;
        }
        reader.error(
            target.host,
            "real is for IPv4 addresses",
            "write real6 below virtual6",
        );
        return None;
    }
    if let (Family::Ipv6, Some(last)) = (family, target.last) {
        reader.error(
            last,
            "ranges of IPv6 addresses are not supported",
            "write one real6 line for each server",
        );
        return None;
    }
    let host = reader.host_of(target.host, family);
    let last = match target.last {
        Some(slice) => {
            let last = reader.host_of(slice, family)?;
            ascending(reader, host.as_ref(), &last, slice)?;
            Some(last)
        }
        None => None,
    };
    let port = match target.port {
        Some(slice) => {
            let port = reader.port(slice)?;
            Some(Placed::new(port.definition, slice.place()))
        }
        None => None,
    };
    let place = reader.written.statement.whole.place();
    Some(RealServerDefinition {
        // ldirectord takes the first address of a name.
        single: Some(Placed::new(true, place.clone())),
        last,
        port,
        ..RealServerDefinition::at(place, host?)
    })
}

/// Whether the ends of a range stand in their order, as far as they are known before names are resolved.
fn ascending(
    reader: &mut ValueReader<'_, '_, '_>,
    first: Option<&Placed<Host>>,
    last: &Placed<Host>,
    at: Slice<'_>,
) -> Option<()> {
    let (Host::Address(first), Host::Address(last)) = (&first?.value, &last.value) else {
        return Some(());
    };
    if first <= last {
        return Some(());
    }
    let message = format!("this range ends at {last}, below its start {first}");
    reader.error(at, message, format!("swap {last} and {first}"));
    None
}

/// The word here for a forwarding method that other programs, or letters of another size, call by this one.
pub(super) fn other_method(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "gate" | "dr" | "direct" | "gateway" | "droute" | "route" | "g" => "gate",
        "masq" | "nat" | "masquerade" | "masquerading" | "m" => "masq",
        "ipip" | "tun" | "tunnel" | "tunneling" | "i" => "ipip",
        _ => return None,
    })
}

/// The forwarding method with this word.
pub(super) fn method(word: &str) -> Option<ForwardingDefinition> {
    Some(match word {
        "gate" => ForwardingDefinition::Direct,
        "masq" => ForwardingDefinition::Masq,
        "ipip" => ForwardingDefinition::Ipip,
        _ => return None,
    })
}
