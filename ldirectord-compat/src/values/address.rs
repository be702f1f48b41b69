//! Hosts and ports as the system's resolver reads them: short and octal IPv4 addresses included.

use std::net::{Ipv4Addr, Ipv6Addr};

use director_core::definitions::{Host, Placed, PortDefinition};
use director_core::model::Family;

use super::ValueReader;
use crate::quirks::Quirk;
use crate::slice::Slice;

/// A port and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) definition: PortDefinition,
    /// Leading zeros keep `ldirectord` from finding the service that belongs to the port.
    pub(crate) leading_zero: bool,
}

/// The characters of ports and their names.
pub(super) fn is_port(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

impl ValueReader<'_, '_, '_> {
    pub(super) fn port(&mut self, slice: Slice<'_>) -> Option<Port> {
        let text = slice.text();
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            if text.starts_with(|c: char| c.is_ascii_digit())
                && text.chars().all(is_port)
                && !text.contains('-')
            {
                let message = format!("{text} is neither a port nor the name of one");
                self.error(
                    slice,
                    message,
                    "write a number from 0 to 65535, or a name from /etc/services",
                );
                return None;
            }
            let definition = PortDefinition::Name(text.to_owned());
            return Some(Port {
                definition,
                leading_zero: false,
            });
        }
        match text.parse::<u64>() {
            Ok(number) if number <= 65535 => Some(Port {
                definition: PortDefinition::Number(number),
                leading_zero: text.len() > 1 && text.starts_with('0'),
            }),
            _ => {
                self.error(
                    slice,
                    format!("port {text} is out of range"),
                    "write a number from 0 to 65535",
                );
                None
            }
        }
    }

    /// An IPv4 address in any of the resolver's forms, or a name.
    pub(super) fn host(&mut self, slice: Slice<'_>) -> Option<Placed<Host>> {
        let text = slice.text();
        let Some(address) = ipv4(text) else {
            if text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
            {
                let message = format!("{text} is not an IPv4 address");
                self.error(
                    slice,
                    message,
                    "write four numbers from 0 to 255 with dots between them",
                );
                return None;
            }
            if let Some((first, last)) = text.split_once('-')
                && ipv4(first).is_some()
                && ipv4(last).is_some()
            {
                let message = format!("{text} is neither an address nor a range");
                self.error(slice, message, format!("write {first}->{last}"));
                return None;
            }
            return Some(Placed::new(Host::Name(text.to_owned()), slice.place()));
        };
        if address.to_string() != text {
            let message = format!("{text} is read as the address {address}");
            let hint = format!("write {address} if you mean it");
            self.findings
                .quirk(Quirk::ShortAddress, &slice.place(), message, hint);
        }
        Some(Placed::new(Host::Address(address.into()), slice.place()))
    }

    /// An IPv6 address in brackets.
    pub(super) fn bracketed(&mut self, slice: Slice<'_>) -> Option<Placed<Host>> {
        let inner = slice.part(1, slice.text().len() - 1);
        match inner.text().parse::<Ipv6Addr>() {
            Ok(address) => Some(Placed::new(Host::Address(address.into()), slice.place())),
            Err(_) => {
                let message = format!("{} is not an IPv6 address", inner.text());
                self.error(inner, message, "write one such as [2001:db8::1]");
                None
            }
        }
    }

    /// The host at the start of `slice` and what follows it: an address in brackets for IPv6, or characters that belong
    /// to host names.
    pub(super) fn split_host<'s>(
        &self,
        slice: Slice<'s>,
        extra: &str,
    ) -> Option<(Slice<'s>, Slice<'s>)> {
        if slice.text().starts_with('[') {
            let end = slice.text().find(']')? + 1;
            return Some((slice.first(end), slice.from(end)));
        }
        let (host, rest) = slice.split_run(|c| c.is_ascii_alphanumeric() || extra.contains(c));
        (!host.is_empty()).then_some((host, rest))
    }

    /// A host of this family: brackets, or a name, or an IPv4 address.
    pub(super) fn host_of(&mut self, slice: Slice<'_>, family: Family) -> Option<Placed<Host>> {
        if slice.text().starts_with('[') {
            return self.bracketed(slice);
        }
        if family == Family::Ipv4 {
            return self.host(slice);
        }
        if ipv4(slice.text()).is_some() {
            let message = format!("{} is not an IPv6 address", slice.text());
            self.error(slice, message, "write an IPv6 address in brackets");
            return None;
        }
        Some(Placed::new(
            Host::Name(slice.text().to_owned()),
            slice.place(),
        ))
    }
}

/// What the system's resolver makes of numbers with dots: one to four of them, decimal, octal with a leading 0 or
/// hexadecimal with 0x, the last one filling what is left.
pub(super) fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut numbers = Vec::new();
    for part in text.split('.') {
        numbers.push(number(part)?);
    }
    let (last, leading) = numbers.split_last()?;
    if leading.len() > 3 || leading.iter().any(|number| *number > 255) {
        return None;
    }
    let room = 32 - 8 * u32::try_from(leading.len()).ok()?;
    if u64::from(*last) >= 1 << room {
        return None;
    }
    let high = leading
        .iter()
        .zip([24, 16, 8])
        .map(|(number, shift)| number << shift)
        .sum::<u32>();
    Some(Ipv4Addr::from_bits(high | last))
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_resolver_reads_them() {
        for (text, expected) in [
            ("10.0.1.1", Some("10.0.1.1")),
            ("10.0.1", Some("10.0.0.1")),
            ("10.1", Some("10.0.0.1")),
            ("5060", Some("0.0.19.196")),
            ("010.0.0.1", Some("8.0.0.1")),
            ("0x0a.0.0.1", Some("10.0.0.1")),
            ("4294967295", Some("255.255.255.255")),
            ("4294967296", None),
            ("10.0.1.300", None),
            ("10.0.1.1.1", None),
            ("10..1", None),
            ("", None),
            ("+5", None),
            ("08", None),
            ("web1", None),
        ] {
            assert_eq!(
                ipv4(text).map(|address| address.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
