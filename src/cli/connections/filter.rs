//! Which connections are meant.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use director_core::model::{ClientMask, Endpoint, Family, Protocol, ServiceId};

use super::wanted::ServerMatch;
use crate::cli::list::ConnectionEntry;

/// The protocol that the kernel shows for the template of a mark.
const OF_MARK: &str = "IP";

/// The conditions that a connection has to meet, all of them.
#[derive(Debug, Default)]
pub(super) struct ConnectionFilter {
    pub(super) client: Option<ClientNetwork>,
    /// One of these services.
    pub(super) service: Option<Vec<ServiceMatch>>,
    pub(super) server: Option<ServerMatch>,
    pub(super) masks: Masks,
}

/// How the services group their clients: a template has the address of the group.
#[derive(Debug, Default)]
pub(super) struct Masks(pub(super) BTreeMap<ServiceId, ClientMask>);

/// A service whose connections are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServiceMatch {
    /// Connections to this address; port 0 for all ports, no protocol for all of them.
    Address {
        protocol: Option<Protocol>,
        virtual_address: Endpoint,
    },
    /// Connections that came by a mark.
    Mark {
        family: Family,
        mark: u32,
        /// Its real servers. On which port they are asked depends on persistence (ip_vs_core.c, ip_vs_sched_persist).
        servers: BTreeSet<IpAddr>,
        /// Services that are chosen by address.
        others: BTreeSet<ServiceId>,
    },
}

/// An address, or all that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClientNetwork {
    address: IpAddr,
    bits: u8,
}

impl ClientNetwork {
    /// `ADDRESS` or `ADDRESS/BITS`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').unzip();
        let address: IpAddr = address
            .unwrap_or(text)
            .parse()
            .map_err(|_| "write an address, or a network such as 198.51.100.0/24".to_owned())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => Some(most),
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most),
        };
        match bits {
            Some(bits) => Ok(Self { address, bits }),
            None => Err(format!("a network here has 0 to {most} bits")),
        }
    }

    fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4()
            && first_bits(self.address, self.bits) == first_bits(address, self.bits)
    }
}

fn first_bits(address: IpAddr, bits: u8) -> u128 {
    let (number, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    number.checked_shr(width - u32::from(bits)).unwrap_or(0)
}

fn masked(address: IpAddr, mask: ClientMask) -> IpAddr {
    match (address, mask) {
        (IpAddr::V4(address), ClientMask::V4(mask)) => (address & mask).into(),
        (IpAddr::V6(address), ClientMask::V6(prefix)) => {
            let host_bits = u128::MAX.checked_shr(prefix.into()).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & !host_bits).into()
        }
        _ => address,
    }
}

/// How the kernel shows a mark in place of a virtual address (ip_vs_core.c, ip_vs_sched_persist).
fn mark_as_address(family: Family, mark: u32) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::from_bits(mark).into(),
        Family::Ipv6 => Ipv6Addr::from_bits(u128::from(mark) << 96).into(),
    }
}

fn protocol_of(entry: &ConnectionEntry) -> Option<Protocol> {
    match entry.protocol.as_str() {
        "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        "SCTP" => Some(Protocol::Sctp),
        _ => None,
    }
}

impl ConnectionFilter {
    /// Whether a connection meets all conditions.
    pub(super) fn has(&self, entry: &ConnectionEntry) -> bool {
        let services = self.service.as_ref();
        self.client
            .is_none_or(|client| self.is_of_client(client, entry))
            && services.is_none_or(|services| services.iter().any(|service| service.has(entry)))
            && self
                .server
                .is_none_or(|server| server.is(entry.destination))
    }

    fn is_of_client(&self, client: ClientNetwork, entry: &ConnectionEntry) -> bool {
        let source = entry.source.address;
        if client.contains(source) {
            return true;
        }
        // A template stands for all clients of its group.
        let is_template = entry.source.port == 0;
        let mask = || self.masks.of_template(entry);
        let is_group = |mask| masked(client.address, mask) == source;
        is_template && client.address.is_ipv4() == source.is_ipv4() && mask().is_some_and(is_group)
    }
}

impl Masks {
    fn of_template(&self, entry: &ConnectionEntry) -> Option<ClientMask> {
        let Endpoint { address, port } = entry.virtual_address;
        let id = match protocol_of(entry) {
            Some(protocol) => ServiceId::Address {
                protocol,
                vip: address,
                port,
            },
            None => ServiceId::Mark {
                family: Family::of(address),
                mark: match address {
                    IpAddr::V4(address) => address.to_bits(),
                    IpAddr::V6(address) => u32::try_from(address.to_bits() >> 96).ok()?,
                },
            },
        };
        self.0.get(&id).copied()
    }
}

impl ServiceMatch {
    fn has(&self, entry: &ConnectionEntry) -> bool {
        let Endpoint { address, port } = entry.virtual_address;
        match self {
            Self::Address {
                protocol,
                virtual_address,
            } => {
                let of_entry = protocol_of(entry);
                of_entry.is_some()
                    && protocol.is_none_or(|protocol| of_entry == Some(protocol))
                    && address == virtual_address.address
                    && [0, port].contains(&virtual_address.port)
            }
            Self::Mark { family, mark, .. } if entry.protocol == OF_MARK => {
                address == mark_as_address(*family, *mark)
            }
            Self::Mark {
                family,
                servers,
                others,
                ..
            } => {
                let Some(protocol) = protocol_of(entry) else {
                    return false;
                };
                let is_other = |port| {
                    others.contains(&ServiceId::Address {
                        protocol,
                        vip: address,
                        port,
                    })
                };
                Family::of(address) == *family
                    && servers.contains(&entry.destination.address)
                    && !is_other(port)
                    && !is_other(0)
            }
        }
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
