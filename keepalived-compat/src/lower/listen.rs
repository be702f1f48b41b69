//! What a virtual server listens on: an address with its port, a firewall mark, or a group of both.

use std::net::IpAddr;

use super::values;
use crate::tree::Entry;

/// What a virtual server listens on, as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum VirtualAddress {
    Address { address: IpAddr, port: u16 },
    Mark(u64),
    Group(String),
}

/// Reads the words behind `virtual_server`.
///
/// # Errors
/// What is wrong with them, and what to write instead.
pub(super) fn listen(entry: &Entry) -> Result<VirtualAddress, (String, &'static str)> {
    let first = entry.value().map_or("", |word| word.text.as_str());
    let second = entry.values.get(1);
    match first {
        "group" => second
            .map(|name| VirtualAddress::Group(name.text.clone()))
            .ok_or_else(|| {
                (
                    "the group has no name".to_owned(),
                    "write group and its name",
                )
            }),
        "fwmark" => {
            let mark = second.and_then(|mark| mark.text.parse::<u32>().ok());
            mark.map(|mark| VirtualAddress::Mark(mark.into()))
                .ok_or_else(|| {
                    (
                        "the firewall mark is no number".to_owned(),
                        "write fwmark and a number",
                    )
                })
        }
        _ => {
            let address = values::address(first).ok_or_else(|| {
                (
                    format!("{first:?} is no address"),
                    "write an IPv4 or IPv6 address; keepalived takes no names",
                )
            })?;
            let port = values::port(second).map_err(|word| {
                (
                    format!("{} is no port", word.text),
                    "write a number up to 65535",
                )
            })?;
            Ok(VirtualAddress::Address {
                address,
                port: port.map_or(0, |port| port.value),
            })
        }
    }
}
