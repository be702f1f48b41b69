//! Identities of virtual services and real servers: addresses, ports, protocols and firewall marks, with the override in
//! which tables are listed.

use std::cmp::Ordering;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() {
            Self::Ipv4
        } else {
            Self::Ipv6
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// A transport protocol that IPVS balances, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP, number 6.
    Tcp,
    /// UDP, number 17.
    Udp,
    /// SCTP, number 132.
    Sctp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        })
    }
}

/// The identity of a virtual service, as the kernel sees it: changing any part makes another service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceId {
    /// VIP, port and protocol. Port 0 means every port of the VIP and needs persistence.
    Address {
        /// Transport protocol.
        protocol: Protocol,
        /// The virtual IP.
        vip: IpAddr,
        /// Port, host order.
        port: u16,
    },
    /// Packets that a firewall rule has marked; one mark may serve both families, as two services.
    Mark {
        /// Family of the packets.
        family: Family,
        /// The mark, never 0.
        mark: u32,
    },
}

impl ServiceId {
    /// The family of the service.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::Address { vip, .. } => Family::of(*vip),
            Self::Mark { family, .. } => *family,
        }
    }

    /// The transport protocol; a mark may stand for packets of any.
    #[must_use]
    pub fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Address { protocol, .. } => Some(*protocol),
            Self::Mark { .. } => None,
        }
    }

    /// Whether it is at this VIP.
    #[must_use]
    pub fn is_at(&self, address: IpAddr) -> bool {
        matches!(self, Self::Address { vip, .. } if *vip == address)
    }

    /// The service as an option of ipvsadm (ipvsadm(8)), its port written as `named`.
    #[must_use]
    pub fn ipvsadm_option(&self, named: impl FnOnce(IpAddr, u16, Protocol) -> String) -> String {
        match *self {
            Self::Address {
                protocol,
                vip,
                port,
            } => {
                let option = match protocol {
                    Protocol::Tcp => "-t",
                    Protocol::Udp => "-u",
                    Protocol::Sctp => "--sctp-service",
                };
                format!("{option} {}", named(vip, port, protocol))
            }
            Self::Mark { family, mark } => match family {
                Family::Ipv4 => format!("-f {mark}"),
                // A mark stands for a service of each family; without this ipvsadm takes the other one.
                Family::Ipv6 => format!("-f {mark} -6"),
            },
        }
    }

    /// The service's port, when it has one of its own: none for a mark or for port 0.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Address { port, .. } if *port != 0 => Some(*port),
            _ => None,
        }
    }

    /// The listing order: address services by family, protocol, VIP and port, then marks. In numbers, since every search in a
    /// table compares these.
    #[inline]
    fn key(&self) -> (u32, u8, u8, u128, u16) {
        match *self {
            Self::Address {
                protocol,
                vip,
                port,
            } => {
                let (family, bits) = match vip {
                    IpAddr::V4(vip) => (Family::Ipv4, u128::from(vip.to_bits())),
                    IpAddr::V6(vip) => (Family::Ipv6, vip.to_bits()),
                };
                (0, family as u8, protocol as u8, bits, port)
            }
            Self::Mark { family, mark } => (mark, family as u8, 0, 0, 0),
        }
    }
}

impl Ord for ServiceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for ServiceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Address {
                protocol,
                vip,
                port,
            } => write!(f, "{protocol} {}", SocketAddr::new(vip, port)),
            Self::Mark {
                family: Family::Ipv4,
                mark,
            } => write!(f, "fwmark {mark}"),
            Self::Mark {
                family: Family::Ipv6,
                mark,
            } => write!(f, "fwmark {mark} IPv6"),
        }
    }
}

/// Address and port of a real server: its identity inside one virtual service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// The real server's address (RIP).
    pub address: IpAddr,
    /// Port, host order; 0 = the port that the client used.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.address, self.port).fmt(f)
    }
}
