//! The pieces that a setting is made of, and their words.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// One thing that must be so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// A setting of the kernel.
    Sysctl {
        /// Its name, with dots.
        name: String,
        /// Its value.
        value: i64,
        /// Whether other values that do the same will do as well; which those are follows from its name.
        #[serde(rename = "or_more")]
        or_alike: bool,
    },
    /// A tunnel that takes packets in.
    Tunnel(Tunnel),
    /// A UDP port on which GUE is unwrapped.
    GuePort(GuePort),
    /// An address on an interface, alone in its network.
    Address {
        /// The address.
        address: IpAddr,
        /// The interface.
        interface: String,
    },
    /// The largest TCP segment that clients of this VIP are told.
    Clamp {
        /// The VIP.
        vip: IpAddr,
        /// Bytes.
        mss: u16,
    },
}

/// The setting of the kernel that decides for which addresses ARP answers.
const ARP_IGNORE: &str = "net.ipv4.conf.all.arp_ignore";
/// The setting of the kernel that decides which address ARP asks from.
const ARP_ANNOUNCE: &str = "net.ipv4.conf.all.arp_announce";

/// Whether ARP says nothing about an address of the loopback with this value of `arp_ignore`: with 1 and 2 it answers for
/// addresses of the interface that was asked alone, with 8 for none; 3 tells addresses apart by their scope, which a VIP
/// does not help; the kernel takes all others for 0 (net/ipv4/arp.c, arp_ignore).
#[must_use]
pub fn arp_ignore_is_silent(value: i64) -> bool {
    matches!(value, 1 | 2 | 8)
}

/// Whether ARP never asks from an address of the loopback with this value of `arp_announce`; the kernel takes values above
/// 2 for 0 (net/ipv4/arp.c, arp_solicit).
#[must_use]
pub fn arp_announce_is_silent(value: i64) -> bool {
    value == 2
}

impl Piece {
    /// That ARP answers for no address of the loopback.
    pub(super) fn silent_answers() -> Self {
        Self::Sysctl {
            name: ARP_IGNORE.to_owned(),
            value: 1,
            or_alike: true,
        }
    }

    /// That ARP asks from no address of the loopback.
    pub(super) fn silent_questions() -> Self {
        Self::Sysctl {
            name: ARP_ANNOUNCE.to_owned(),
            value: 2,
            or_alike: true,
        }
    }

    /// Whether a setting with this value is as it shall be; no other piece has a value.
    #[must_use]
    pub fn takes(&self, found: i64) -> bool {
        let Self::Sysctl {
            name,
            value,
            or_alike,
        } = self
        else {
            return false;
        };
        let alike = match name.as_str() {
            ARP_IGNORE => arp_ignore_is_silent(found),
            ARP_ANNOUNCE => arp_announce_is_silent(found),
            _ => false,
        };
        found == *value || (*or_alike && alike)
    }
}

/// A tunnel that takes packets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tunnel {
    /// Name of its interface.
    pub name: String,
    /// What it unwraps.
    pub kind: TunnelKind,
    /// The outer address it takes packets for; all of this machine's when none.
    pub local: Option<IpAddr>,
}

/// What a tunnel unwraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TunnelKind {
    /// IPv4 in IPv4.
    Ipip,
    /// IPv6 in IPv4.
    Sit,
    /// Either in IPv6.
    Ip6tnl,
    /// GRE over IPv4.
    Gre {
        /// Whether its packets carry a checksum.
        checksum: bool,
    },
    /// GRE over IPv6.
    Ip6gre {
        /// Whether its packets carry a checksum.
        checksum: bool,
    },
}

impl TunnelKind {
    /// The name of it that `ip link add … type` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ipip => "ipip",
            Self::Sit => "sit",
            Self::Ip6tnl => "ip6tnl",
            Self::Gre { .. } => "gre",
            Self::Ip6gre { .. } => "ip6gre",
        }
    }

    /// The module of the kernel that has it.
    #[must_use]
    pub fn module(self) -> &'static str {
        match self {
            Self::Ipip => "ipip",
            Self::Sit => "sit",
            Self::Ip6tnl => "ip6_tunnel",
            Self::Gre { .. } => "ip_gre",
            Self::Ip6gre { .. } => "ip6_gre",
        }
    }

    /// Whether its packets carry a checksum of GRE.
    #[must_use]
    pub fn checksum(self) -> bool {
        matches!(
            self,
            Self::Gre { checksum: true } | Self::Ip6gre { checksum: true }
        )
    }

    /// The name of our interface of this kind, at most the 15 letters that Linux allows.
    #[must_use]
    pub fn interface(self, local: Option<IpAddr>) -> String {
        let Some(local) = local else {
            return format!("lvs-{}", self.name());
        };
        let letter = match self {
            Self::Ipip => 'i',
            Self::Sit => 's',
            Self::Ip6tnl => 't',
            Self::Gre { .. } => 'g',
            Self::Ip6gre { .. } => 'h',
        };
        let number = match local {
            IpAddr::V4(address) => u32::from(address),
            IpAddr::V6(address) => u128::from(address)
                .to_be_bytes()
                .chunks(4)
                .filter_map(|part| part.try_into().ok())
                .fold(0, |sum, part| sum ^ u32::from_be_bytes(part)),
        };
        format!("lvs{letter}-{number:08x}")
    }
}

/// A port that takes packets of GUE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GuePort {
    /// UDP port.
    pub port: u16,
    /// Whether the outer packets are of IPv6.
    pub ipv6: bool,
}

/// The prefix of a single address.
pub(super) fn alone(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sysctl { name, value, .. } => write!(f, "{name}={value}"),
            Self::Tunnel(tunnel) => {
                write!(f, "tunnel {} ({}", tunnel.name, tunnel.kind.name())?;
                if tunnel.kind.checksum() {
                    f.write_str(" with checksum")?;
                }
                match tunnel.local {
                    Some(local) => write!(f, " to {local})"),
                    None => f.write_str(")"),
                }
            }
            Self::GuePort(gue) => {
                let over = if gue.ipv6 { " over IPv6" } else { "" };
                write!(f, "GUE on UDP port {}{over}", gue.port)
            }
            Self::Address { address, interface } => {
                write!(f, "{address}/{} on {interface}", alone(*address))
            }
            Self::Clamp { vip, mss } => {
                write!(
                    f,
                    "TCP segments of at most {mss} bytes for clients of {vip}"
                )
            }
        }
    }
}
