//! The interfaces and ports on which a real server unwraps what a director sends through a tunnel.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A tunnel interface that takes packets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TunnelInterface {
    /// At most 15 letters.
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

    /// The kernel module that has it.
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

/// A UDP port on which packets of GUE are unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GuePort {
    /// UDP port.
    pub port: u16,
    /// Whether the outer packets are of IPv6.
    pub ipv6: bool,
}
