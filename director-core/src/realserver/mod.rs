//! The real server's side: what must be set on a machine so that it takes the packets of a VIP that a director forwards to
//! it by direct routing or through a tunnel, and answers for it. The changes are data; `src/machine` makes them.
//!
//! Why each change, in one place:
//! - The VIP itself: without it the machine takes the packets for those of another machine. Its prefix has full length, so
//!   that it brings no route, and it is where no ARP request finds it: on the loopback, or on the tunnel.
//! - `arp_ignore`, `arp_announce`: Linux answers ARP for every address it has, on every interface. If it did for the VIP,
//!   clients would come straight to this server and never see the director. IPv6 answers for an interface's own only.
//! - The tunnel unwraps. Its `rp_filter` is loose, since clients come out of it and are answered elsewhere.
//! - The clamp: what clients send grows by the tunnel's header on its way; a smaller segment size announced to them keeps every
//!   packet below the limit even where the ICMP that would tell them is filtered.

mod commands;

pub use commands::{arguments, interfaces_text, script, undo_script, unit_text};

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::model::sysctl::{ARP_ANNOUNCE, ARP_IGNORE};
use crate::model::{
    Family, Forwarding, GuePort, HostChange, TunnelChecksum, TunnelInterface, TunnelKind,
};

/// The port that IANA assigned to GUE.
pub const GUE_PORT: u16 = 6080;
/// The largest packet of an ordinary Ethernet, bytes.
pub const ETHERNET_MTU: u32 = 1500;
/// A TCP segment smaller than this helps nobody (RFC 9293, 3.7.1, has 536 as the least that IPv4 must take).
const SMALLEST_SEGMENT: u16 = 536;

/// How the director's packets reach this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Direct routing.
    Dr,
    /// IP in IP.
    Ipip,
    /// GRE.
    Gre {
        /// Whether its packets carry a checksum.
        checksum: bool,
    },
    /// GUE.
    Gue {
        /// UDP port.
        port: u16,
    },
}

impl Mode {
    /// The mode of a forwarding method; none for those that need nothing on the real server but a route.
    #[must_use]
    pub fn of(forwarding: Forwarding) -> Option<Self> {
        use crate::model::Tunnel;
        match forwarding {
            Forwarding::Direct => Some(Self::Dr),
            Forwarding::Tunnel(Tunnel::Ipip) => Some(Self::Ipip),
            Forwarding::Tunnel(Tunnel::Gre { checksum }) => Some(Self::Gre {
                checksum: checksum != TunnelChecksum::Off,
            }),
            Forwarding::Tunnel(Tunnel::Gue { port, .. }) => Some(Self::Gue { port }),
            Forwarding::Masq | Forwarding::Local | Forwarding::Bypass => None,
        }
    }

    /// The arguments of `ipvsctl realserver up` that say so.
    #[must_use]
    pub fn arguments(self) -> String {
        match self {
            Self::Dr => "--mode dr".to_owned(),
            Self::Ipip => "--mode ipip".to_owned(),
            Self::Gre { checksum: false } => "--mode gre".to_owned(),
            Self::Gre { checksum: true } => "--mode gre --checksum".to_owned(),
            Self::Gue { port } => format!("--mode gue --port {port}"),
        }
    }

    /// What it adds to each packet, bytes, when the outer one is of this family.
    #[must_use]
    pub fn overhead(self, outer: Family) -> u16 {
        let header = match outer {
            Family::Ipv4 => 20,
            Family::Ipv6 => 40,
        };
        match self {
            Self::Dr => 0,
            Self::Ipip => header,
            Self::Gre { checksum: false } => header + 4,
            Self::Gre { checksum: true } => header + 8,
            // UDP, GUE, and room for the fields of its remote checksum.
            Self::Gue { .. } => header + 8 + 4 + 8,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dr => f.write_str("dr"),
            Self::Ipip => f.write_str("ipip"),
            Self::Gre { checksum: false } => f.write_str("gre"),
            Self::Gre { checksum: true } => f.write_str("gre with checksum"),
            Self::Gue { port } => write!(f, "gue on port {port}"),
        }
    }
}

/// One VIP that this machine serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setup {
    /// The VIP.
    pub vip: IpAddr,
    /// How its packets come.
    pub mode: Mode,
    /// The address to which the director sends them, when the tunnel shall take no others.
    pub local: Option<IpAddr>,
    /// Largest TCP segment to announce to clients, bytes; none when that is left as it is.
    pub mss: Option<u16>,
}

/// Why a VIP cannot be set up in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupFault {
    /// An address to which nothing can be forwarded.
    NoVip(IpAddr),
    /// A segment size out of range.
    Segment(u16),
    /// The VIP is set up already in another way.
    Otherwise {
        /// The VIP.
        vip: IpAddr,
        /// How.
        mode: Mode,
    },
}

impl fmt::Display for SetupFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVip(address) => write!(
                f,
                "{address} cannot be a VIP; write the address of the virtual service"
            ),
            Self::Segment(size) => {
                write!(f, "segment size {size} is out of range; write 536 to 65535")
            }
            Self::Otherwise { vip, mode } => write!(
                f,
                "{vip} is already set up as {mode}; remove it first: ipvsctl realserver down --vip {vip}"
            ),
        }
    }
}

impl std::error::Error for SetupFault {}

impl Setup {
    /// What a real server needs so that it serves a VIP whose packets come to its address in this way; none where it needs
    /// nothing but a route.
    #[must_use]
    pub fn of_road(vip: IpAddr, server: IpAddr, forwarding: Forwarding) -> Option<Self> {
        let mode = Mode::of(forwarding)?;
        // A tunnel of the other family does not follow from the VIP.
        let crosses = mode != Mode::Dr && server.is_ipv4() != vip.is_ipv4();
        let mut setup = Self {
            vip,
            mode,
            local: crosses.then_some(server),
            mss: None,
        };
        setup.mss = setup.fitting_segment(ETHERNET_MTU);
        Some(setup)
    }

    /// Whether it can be.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check(&self) -> Result<(), SetupFault> {
        let unusable =
            self.vip.is_unspecified() || self.vip.is_multicast() || self.vip.is_loopback();
        if unusable {
            return Err(SetupFault::NoVip(self.vip));
        }
        match self.mss {
            Some(mss) if mss < SMALLEST_SEGMENT => return Err(SetupFault::Segment(mss)),
            _ => {}
        }
        Ok(())
    }

    /// The family of the outer packets.
    #[must_use]
    pub fn outer(&self) -> Family {
        Family::of(self.local.unwrap_or(self.vip))
    }

    /// The largest TCP segment that fits once a packet of `mtu` bytes has been wrapped.
    #[must_use]
    pub fn fitting_segment(&self, mtu: u32) -> Option<u16> {
        if self.mode == Mode::Dr {
            return None;
        }
        let headers = match Family::of(self.vip) {
            Family::Ipv4 => 40,
            Family::Ipv6 => 60,
        };
        let taken = u32::from(self.mode.overhead(self.outer()) + headers);
        let left = u16::try_from(mtu.saturating_sub(taken)).unwrap_or(u16::MAX);
        (left >= SMALLEST_SEGMENT).then_some(left)
    }

    /// What it needs, in the order in which it is made.
    #[must_use]
    pub fn changes(&self) -> Vec<HostChange> {
        let mut changes = Vec::new();
        if self.vip.is_ipv4() {
            changes.push(HostChange::setting_or_equivalent(ARP_IGNORE, "1"));
            changes.push(HostChange::setting_or_equivalent(ARP_ANNOUNCE, "2"));
        }
        let mut interface = "lo".to_owned();
        if let Some(tunnel) = self.tunnel() {
            interface.clone_from(&tunnel.name);
            changes.push(HostChange::Tunnel(tunnel));
            if self.vip.is_ipv4() {
                // The stricter of this and the value for all interfaces counts, and loose counts as stricter.
                let name = format!("net.ipv4.conf.{interface}.rp_filter");
                changes.push(HostChange::setting(name, "2"));
            }
        }
        if let Mode::Gue { port } = self.mode {
            changes.push(HostChange::GuePort(GuePort {
                port,
                ipv6: self.outer() == Family::Ipv6,
            }));
        }
        if let Some(mss) = self.mss.filter(|_| self.mode != Mode::Dr) {
            changes.push(HostChange::MssClamp { vip: self.vip, mss });
        }
        // Last, so that no packet is taken, and no ARP answered, before the rest stands.
        changes.push(HostChange::Address {
            address: self.vip,
            interface,
        });
        changes
    }

    fn tunnel(&self) -> Option<TunnelInterface> {
        let outer = self.outer();
        let kind = match (self.mode, outer, Family::of(self.vip)) {
            (Mode::Dr, ..) => return None,
            (Mode::Gre { checksum }, Family::Ipv4, _) => TunnelKind::Gre { checksum },
            (Mode::Gre { checksum }, Family::Ipv6, _) => TunnelKind::Ip6gre { checksum },
            (_, Family::Ipv6, _) => TunnelKind::Ip6tnl,
            (_, Family::Ipv4, Family::Ipv4) => TunnelKind::Ipip,
            (_, Family::Ipv4, Family::Ipv6) => TunnelKind::Sit,
        };
        Some(TunnelInterface {
            name: kind.interface(self.local),
            kind,
            local: self.local,
        })
    }
}

/// What all these VIPs need together, each change once, in the order in which it is made.
#[must_use]
pub fn changes(setups: &BTreeSet<Setup>) -> Vec<HostChange> {
    let mut all: Vec<HostChange> = Vec::new();
    for change in setups.iter().flat_map(Setup::changes) {
        if !all.contains(&change) {
            all.push(change);
        }
    }
    all
}

#[cfg(test)]
mod tests;
