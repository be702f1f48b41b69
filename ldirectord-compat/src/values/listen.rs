//! What a `virtual` line listens on: an address with its port, or a firewall mark.

use director_core::definitions::{Host, Placed, PortDefinition};
use director_core::model::Family;

use super::ValueReader;
use super::address::{Port, ipv4, is_port};
use crate::directives::Key;
use crate::quirks::Quirk;
use crate::slice::Slice;

/// The virtual address; the protocol is decided when the whole service is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Listen {
    Address {
        host: Placed<Host>,
        port: Port,
        family: Family,
    },
    Mark {
        mark: u64,
        family: Family,
    },
}

/// The family of the services that this directive opens.
fn family(key: Key) -> Family {
    if key == Key::Virtual6 {
        Family::Ipv6
    } else {
        Family::Ipv4
    }
}

pub(super) fn read(reader: &mut ValueReader<'_, '_, '_>) -> Option<Listen> {
    let family = family(reader.written.directive.key);
    let all = reader.all();
    if family == Family::Ipv4 && all.text().starts_with('[') {
        let message = "virtual is for IPv4 addresses";
        reader.error(
            all.trim_end(),
            message,
            "write virtual6 in place of virtual, and real6 for its real servers",
        );
        return None;
    }
    let with_port = reader.split_host(all, "._+-").and_then(|(host, rest)| {
        let port = rest
            .text()
            .starts_with(':')
            .then(|| rest.from(1).split_run(is_port))?;
        (!port.0.is_empty()).then_some((host, port))
    });
    match with_port {
        Some((host, (port, rest))) => address(reader, family, host, port, rest),
        None => mark(reader, family),
    }
}

fn address(
    reader: &mut ValueReader<'_, '_, '_>,
    family: Family,
    host: Slice<'_>,
    port: Slice<'_>,
    rest: Slice<'_>,
) -> Option<Listen> {
    // What was reported is marked as unusable, so that the rest of the service is still looked at.
    let host_place = host.place();
    let host = reader
        .host_of(host, family)
        .unwrap_or_else(|| Placed::new(Host::Unusable, host_place));
    let slice = port;
    let port = reader.port(port).unwrap_or(Port {
        definition: PortDefinition::Unusable,
        leading_zero: false,
    });
    warn_of_rest(reader, rest);
    if port.leading_zero {
        let message = format!(
            "{} is a port, but with its leading zeros no service belongs to it",
            slice.text()
        );
        reader.findings.quirk(
            Quirk::LeadingZeroPort,
            &slice.place(),
            message,
            "write it without leading zeros",
        );
    }
    Some(Listen::Address { host, port, family })
}

fn warn_of_rest(reader: &mut ValueReader<'_, '_, '_>, rest: Slice<'_>) {
    let text = rest.trim();
    if !text.is_empty() && !text.text().starts_with('#') {
        let message = format!("the text after the address of {} is ignored", reader.name());
        let hint = match text.text().starts_with(',') {
            true => "write a virtual of its own for each port, or one for a firewall mark",
            false => "remove it",
        };
        reader
            .findings
            .quirk(Quirk::TextAfterAddress, &text.place(), message, hint);
    }
}

fn mark(reader: &mut ValueReader<'_, '_, '_>, family: Family) -> Option<Listen> {
    let all = reader.all();
    let (digits, rest) = all.split_run(|c| c.is_ascii_digit());
    let core = reader.core();
    if digits.is_empty() {
        let message = match core.text() {
            "" => format!("{} needs an address and port", reader.name()),
            text => format!("{text} is not an address and port"),
        };
        let hint = match family {
            Family::Ipv4 => "write ADDRESS:PORT, NAME:PORT or a firewall mark",
            Family::Ipv6 => "write [ADDRESS]:PORT, NAME:PORT or a firewall mark",
        };
        reader.error(core, message, hint);
        return None;
    }
    // Longer numbers are as much out of range as the largest one.
    let mark = digits.text().parse().unwrap_or(u64::MAX);
    let text = rest.trim_end();
    let is_comment = text.trim_start().text().starts_with('#');
    if !text.is_empty() && !is_comment {
        let message = format!(
            "{} has no port, so it is read as the firewall mark {mark}",
            core.text()
        );
        let hint = if ipv4(core.text()).is_some() {
            format!(
                "write {}:PORT for an address, or {}={mark} for the mark",
                core.text(),
                reader.name()
            )
        } else {
            format!(
                "write ADDRESS:PORT for an address, or {}={mark} for the mark",
                reader.name()
            )
        };
        reader
            .findings
            .quirk(Quirk::MarkFromAddress, &core.place(), message, hint);
    }
    Some(Listen::Mark { mark, family })
}
