//! `virtual_server_group`: many addresses and marks that share one virtual server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use director_core::diagnostic::Place;
use director_core::model::Family;

use super::values;
use crate::findings::Findings;
use crate::tree::Entry;

/// Addresses that one range may have. The kernel holds more, a slip of a digit should not.
const LARGEST_RANGE: u128 = 65_536;

/// A group by its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AddressGroup {
    pub(super) name: String,
    pub(super) members: Vec<Member>,
}

/// What one line of a group stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Member {
    /// Addresses from the first to the last, with a port; 0 for all ports.
    Addresses {
        first: IpAddr,
        last: IpAddr,
        port: u16,
        place: Place,
    },
    /// A firewall mark; its family is that of the servers when none is written.
    Mark {
        mark: u64,
        family: Option<Family>,
        place: Place,
    },
}

impl Member {
    /// Every address of a range.
    pub(super) fn addresses(first: IpAddr, last: IpAddr) -> Vec<IpAddr> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (first.to_bits()..=last.to_bits())
                .map(|bits| Ipv4Addr::from_bits(bits).into())
                .collect(),
            (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits()..=last.to_bits())
                .map(|bits| Ipv6Addr::from_bits(bits).into())
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// Reads a group. One without a usable line is none.
pub(super) fn group(entry: &Entry, findings: &mut Findings) -> Option<AddressGroup> {
    let Some(name) = entry.value() else {
        findings.faulty(
            &entry.place,
            "this virtual_server_group has no name",
            "write a name before {",
        );
        return None;
    };
    let members: Vec<Member> = entry
        .entries
        .iter()
        .filter_map(|line| member(line, findings))
        .collect();
    if members.is_empty() {
        let message = format!(
            "virtual_server_group {} has no address and no mark",
            name.text
        );
        findings.faulty(&entry.place, message, "add addresses, or remove the group");
        return None;
    }
    Some(AddressGroup {
        name: name.text.clone(),
        members,
    })
}

fn member(line: &Entry, findings: &mut Findings) -> Option<Member> {
    let member = match line.name.as_str() {
        "fwmark" => mark(line),
        _ => addresses(line),
    };
    if let Err((message, hint)) = &member {
        findings.faulty(&line.place, message, hint.to_owned());
    }
    member.ok()
}

type Fault = (String, &'static str);

fn mark(line: &Entry) -> Result<Member, Fault> {
    let written = line.value().map_or("", |word| word.text.as_str());
    let mark = written.parse::<u32>().map_err(|_| {
        (
            format!("fwmark {written:?} is no number"),
            "write fwmark and a number",
        )
    })?;
    let family = match line.values.get(1).map(|word| word.text.as_str()) {
        None => None,
        Some("inet") => Some(Family::Ipv4),
        Some("inet6") => Some(Family::Ipv6),
        Some(other) => {
            let message = format!("{other} is no family of addresses");
            return Err((message, "write inet or inet6, or nothing"));
        }
    };
    Ok(Member::Mark {
        mark: mark.into(),
        family,
        place: line.place.clone(),
    })
}

/// `ADDRESS`, `ADDRESS/LENGTH`, `FIRST-LAST` or `ADDRESS-LAST_BYTE`, with or without a port.
fn addresses(line: &Entry) -> Result<Member, Fault> {
    let written = line.name.as_str();
    let no_address = || {
        (
            format!("{written} is no address"),
            "write an address, a range such as 10.0.0.1-9, or a network",
        )
    };
    let first = values::address(written).ok_or_else(no_address)?;
    let port = values::port(line.value()).map_err(|word| {
        (
            format!("{} is no port", word.text),
            "write a number up to 65535",
        )
    })?;
    let last = match (written.split_once('/'), written.split_once('-')) {
        (Some((_, length)), _) => network_end(first, length),
        (_, Some((_, end))) => range_end(first, end),
        _ => Some(first),
    };
    let empty = || {
        (
            format!("{written} is no range of addresses"),
            "write the lower address first, and a network without host bits",
        )
    };
    let last = last.ok_or_else(empty)?;
    let size = match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            last.to_bits().checked_sub(first.to_bits()).map(u128::from)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => last.to_bits().checked_sub(first.to_bits()),
        _ => None,
    };
    if size.ok_or_else(empty)? >= LARGEST_RANGE {
        let message = format!("{written} has more than {LARGEST_RANGE} addresses");
        return Err((message, "check both ends"));
    }
    Ok(Member::Addresses {
        first,
        last,
        port: port.map_or(0, |port| port.value),
        place: line.place.clone(),
    })
}

/// The last address of a network, if the first has no bits of a host.
fn network_end(first: IpAddr, length: &str) -> Option<IpAddr> {
    let length: u32 = length.parse().ok().filter(|length| *length > 0)?;
    match first {
        IpAddr::V4(first) => {
            let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
            (length <= 32 && first.to_bits() & hosts == 0)
                .then(|| Ipv4Addr::from_bits(first.to_bits() | hosts).into())
        }
        IpAddr::V6(first) => {
            let hosts = u128::MAX.checked_shr(length).unwrap_or(0);
            (length <= 128 && first.to_bits() & hosts == 0)
                .then(|| Ipv6Addr::from_bits(first.to_bits() | hosts).into())
        }
    }
}

/// The end of a range: an address, or its last byte (IPv4) or last two bytes in hexadecimal (IPv6).
fn range_end(first: IpAddr, end: &str) -> Option<IpAddr> {
    match first {
        IpAddr::V4(_) if end.contains('.') => end.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        IpAddr::V6(_) if end.contains(':') => end.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        IpAddr::V4(first) => {
            let end: u8 = end.parse().ok()?;
            let last = first.to_bits() & !0xff | u32::from(end);
            (last > first.to_bits()).then(|| Ipv4Addr::from_bits(last).into())
        }
        IpAddr::V6(first) => {
            let end = u16::from_str_radix(end, 16).ok()?;
            let last = first.to_bits() & !0xffff | u128::from(end);
            (last > first.to_bits()).then(|| Ipv6Addr::from_bits(last).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_two_ends() {
        let address = |text: &str| text.parse::<IpAddr>().ok();
        let first = address("10.0.0.1").unwrap();
        assert_eq!(range_end(first, "5"), address("10.0.0.5"));
        assert_eq!(range_end(first, "10.0.1.2"), address("10.0.1.2"));
        assert_eq!(range_end(first, "1"), None);
        let network = address("10.0.0.0").unwrap();
        assert_eq!(network_end(network, "29"), address("10.0.0.7"));
        assert_eq!(network_end(first, "29"), None);
        assert_eq!(network_end(first, "32"), Some(first));
        let sixth = address("2001:db8::a").unwrap();
        assert_eq!(range_end(sixth, "1f"), address("2001:db8::1f"));
    }
}
