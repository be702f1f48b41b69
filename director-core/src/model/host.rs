//! What the definitions want of this machine besides its IPVS table: addresses, settings of the kernel, time limits.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tuning::{KernelTimeouts, Profile};
use super::{OnStop, Tuned};

/// A VIP that the director keeps on an interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vip {
    /// The address.
    pub address: IpAddr,
    /// Length of its network's prefix.
    pub prefix: u8,
    /// The interface.
    pub interface: String,
}

impl fmt::Display for Vip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} on {}", self.address, self.prefix, self.interface)
    }
}

/// One thing that this machine shall have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostPiece {
    /// A setting of the kernel.
    Setting {
        /// Name, with dots.
        name: String,
        /// Value.
        value: String,
    },
    /// A time limit of the connection table.
    Timeout {
        /// Which.
        of: TimeoutKind,
        /// Seconds.
        seconds: u32,
    },
    /// An address.
    Vip(Vip),
}

/// The time limits of the connection table that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeoutKind {
    /// Established TCP.
    Tcp,
    /// TCP after a FIN.
    TcpFin,
    /// UDP.
    Udp,
}

impl TimeoutKind {
    /// Its name in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::TcpFin => "tcp_fin",
            Self::Udp => "udp",
        }
    }
}

impl fmt::Display for HostPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { name, value } => write!(f, "{name}={value}"),
            Self::Timeout { of, seconds } => write!(f, "timeout {} {seconds} s", of.name()),
            Self::Vip(vip) => vip.fmt(f),
        }
    }
}

/// All that is wanted of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostWishes {
    /// VIPs, and whether each leaves with the director.
    pub vips: Vec<(Vip, OnStop)>,
    /// The way of balancing whose settings are applied.
    pub profile: Option<Profile>,
    /// Whether servers are reached by NAT of IPv6.
    pub ipv6_nat: bool,
    /// Time limits of the connection table.
    pub timeouts: KernelTimeouts,
}

impl HostWishes {
    /// What this machine shall have while the director runs.
    #[must_use]
    pub fn pieces(&self) -> Vec<HostPiece> {
        let mut pieces: Vec<HostPiece> = self
            .settings()
            .map(|(_, one)| HostPiece::Setting {
                name: one.name.to_owned(),
                value: one.value.to_owned(),
            })
            .collect();
        let limits = [
            (TimeoutKind::Tcp, self.timeouts.tcp),
            (TimeoutKind::TcpFin, self.timeouts.tcp_fin),
            (TimeoutKind::Udp, self.timeouts.udp),
        ];
        pieces.extend(limits.into_iter().filter_map(|(of, limit)| {
            let seconds = u32::try_from(limit?.as_secs()).ok()?;
            Some(HostPiece::Timeout { of, seconds })
        }));
        pieces.extend(self.vips.iter().map(|(vip, _)| HostPiece::Vip(vip.clone())));
        pieces
    }

    /// The settings of the way of balancing.
    fn settings(&self) -> impl Iterator<Item = (Profile, &'static Tuned)> {
        let besides = self.ipv6_nat;
        self.profile.into_iter().flat_map(move |profile| {
            let all = profile.settings().iter();
            let ipv6 = profile.settings_for_ipv6_nat().iter();
            all.chain(ipv6.filter(move |_| besides))
                .map(move |one| (profile, one))
        })
    }

    /// What stays when the director stops: settings and time limits are put back, addresses as defined.
    #[must_use]
    pub fn pieces_after_stop(&self) -> Vec<HostPiece> {
        let staying = self.vips.iter().filter(|(_, stop)| *stop == OnStop::Keep);
        staying
            .map(|(vip, _)| HostPiece::Vip(vip.clone()))
            .collect()
    }

    /// Why a piece is wanted.
    #[must_use]
    pub fn reason(&self, piece: &HostPiece) -> String {
        match piece {
            HostPiece::Setting { name, .. } => {
                let tuned = self.settings().find(|(_, one)| one.name == name);
                tuned.map_or_else(String::new, |(profile, one)| {
                    format!("{profile}: {}", one.reason)
                })
            }
            HostPiece::Timeout { .. } => "the definitions set it".to_owned(),
            HostPiece::Vip(_) => "the VIP of a service".to_owned(),
        }
    }
}

/// The largest time limit that the kernel takes with any tick rate: (2^31-1)/1000 s (net/netfilter/ipvs/ip_vs_ctl.c,
/// ip_vs_set_timeout).
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(2_147_483);
