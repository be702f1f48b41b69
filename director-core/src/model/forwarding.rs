//! How packets reach a real server.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Forwarding method of a real server, with the names of `ipvsadm -L`. Numbers in the kernel: include/uapi/linux/ip_vs.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forwarding {
    /// NAT: address and port are rewritten; the server's way back leads through the director.
    Masq,
    /// Direct routing: only the link-layer destination changes.
    Direct,
    /// Wrapped in another IP packet.
    Tunnel(Tunnel),
    /// The director itself; only ever seen in tables of old kernels.
    Local,
    /// Straight to the original destination; only ever made by the kernel.
    Bypass,
}

impl Forwarding {
    /// Whether the real server sees the port that the client used, so that a port of its own has no effect.
    #[must_use]
    pub fn keeps_port(self) -> bool {
        !matches!(self, Self::Masq)
    }
}

/// Kind of tunnel. Numbers in the kernel: include/uapi/linux/ip_vs.h, IP_VS_CONN_F_TUNNEL_TYPE_*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tunnel {
    /// IP in IP (also IPv6 in IPv4 and the reverse).
    Ipip,
    /// Generic UDP encapsulation to this port, never 0.
    Gue {
        /// UDP port of the receiving end.
        port: u16,
        /// Checksum of the outer packet.
        checksum: TunnelChecksum,
    },
    /// Generic routing encapsulation.
    Gre {
        /// Checksum of the outer packet; remote is not possible here.
        checksum: TunnelChecksum,
    },
}

/// Checksum of a tunnel's outer packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TunnelChecksum {
    /// None.
    #[default]
    Off,
    /// Full checksum.
    On,
    /// Remote checksum offload.
    Remote,
}

impl fmt::Display for Forwarding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Masq => f.write_str("masq"),
            Self::Direct => f.write_str("direct"),
            Self::Tunnel(tunnel) => tunnel.fmt(f),
            Self::Local => f.write_str("local"),
            Self::Bypass => f.write_str("bypass"),
        }
    }
}

impl fmt::Display for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipip => f.write_str("tunnel ipip"),
            Self::Gue { port, checksum } => write!(f, "tunnel gue:{port}{checksum}"),
            Self::Gre { checksum } => write!(f, "tunnel gre{checksum}"),
        }
    }
}

impl fmt::Display for TunnelChecksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "",
            Self::On => " with checksum",
            Self::Remote => " with remote checksum",
        })
    }
}
