//! One thing that ipvsd changes on a machine outside the IPVS table: on a director or on a real server.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::sync_daemon::{SyncDaemon, SyncFollower};
use super::sysctl;
use super::tunnel_interface::{GuePort, TunnelInterface};

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

/// One change that a machine shall have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostChange {
    /// A setting of the kernel.
    Setting {
        /// Name, with dots; a dot in an interface's name is a slash, as sysctl(8) has it.
        name: String,
        /// Value.
        value: String,
        /// Whether values with the same effect are left as they are. Which those are follows from the name.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        or_equivalent: bool,
    },
    /// The interface towards this real server takes packets whose source is a VIP of this machine, as answers to path checks
    /// have it. Which settings that needs follows from the route of the moment.
    VipReplies {
        /// The real server.
        toward: IpAddr,
    },
    /// A timeout of the connection table.
    Timeout {
        /// Which.
        of: TimeoutKind,
        /// Seconds.
        seconds: u32,
    },
    /// A tunnel interface of a real server.
    Tunnel(TunnelInterface),
    /// A UDP port on which a real server unwraps GUE.
    GuePort(GuePort),
    /// The largest TCP segment that a real server announces to clients of this VIP.
    MssClamp {
        /// The VIP.
        vip: IpAddr,
        /// Bytes.
        mss: u16,
    },
    /// A VIP of a real server, alone in its network.
    Address {
        /// The VIP.
        address: IpAddr,
        /// The interface.
        interface: String,
    },
    /// A VIP of a director.
    Vip(Vip),
    /// A synchronisation daemon of the kernel.
    SyncDaemon(SyncDaemon),
    /// A synchronisation daemon whose role follows a VIP. Which role that is follows from the addresses of the moment.
    SyncFollower(SyncFollower),
}

impl HostChange {
    /// A setting that must have exactly this value.
    #[must_use]
    pub fn setting(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Setting {
            name: name.into(),
            value: value.into(),
            or_equivalent: false,
        }
    }

    /// A setting that gets this value unless it has the same effect already.
    #[must_use]
    pub fn setting_or_equivalent(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Setting {
            name: name.into(),
            value: value.into(),
            or_equivalent: true,
        }
    }

    /// Whether a setting that has this value needs no change. `of_all` is the value for all interfaces, of a setting of one
    /// interface. No other change has a value.
    #[must_use]
    pub fn is_met_by(&self, found: &str, of_all: Option<&str>) -> bool {
        let Self::Setting {
            name,
            value,
            or_equivalent,
        } = self
        else {
            return false;
        };
        found == value || (*or_equivalent && sysctl::is_equivalent(name, found, of_all))
    }

    /// Whether two changes are about the same setting, timeout, address, interface or sync daemon, so that one takes the place of the
    /// other.
    #[must_use]
    pub fn same_subject(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Setting { name, .. }, Self::Setting { name: other, .. }) => name == other,
            (Self::Timeout { of, .. }, Self::Timeout { of: other, .. }) => of == other,
            // The kernel runs at most one of each role.
            (Self::SyncDaemon(daemon), Self::SyncDaemon(other)) => daemon.role == other.role,
            _ => self == other,
        }
    }
}

/// The timeouts of the connection table that can be set.
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
    /// Its key in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::TcpFin => "tcp_fin",
            Self::Udp => "udp",
        }
    }
}

/// The prefix length of a single address.
#[must_use]
pub fn single_address_prefix(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl fmt::Display for HostChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { name, value, .. } => write!(f, "{name}={value}"),
            Self::VipReplies { toward } => write!(f, "replies from VIPs through {toward}"),
            Self::Timeout { of, seconds } => write!(f, "timeout {} {seconds} s", of.name()),
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
            Self::MssClamp { vip, mss } => write!(
                f,
                "TCP segments of at most {mss} bytes for clients of {vip}"
            ),
            Self::Address { address, interface } => write!(
                f,
                "{address}/{} on {interface}",
                single_address_prefix(*address)
            ),
            Self::Vip(vip) => vip.fmt(f),
            Self::SyncDaemon(daemon) => daemon.fmt(f),
            Self::SyncFollower(follower) => follower.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equivalent_value_is_left_where_that_is_allowed() {
        let met = |name: &str, found: &str, of_all: &str| {
            let change = HostChange::setting_or_equivalent(name, "9");
            change.is_met_by(found, Some(of_all))
        };
        let accept = "net.ipv4.conf.back.accept_local";
        assert!(met(accept, "1", "0") && met(accept, "0", "1"));
        assert!(!met(accept, "0", "0"));
        let filter = "net.ipv4.conf.back.rp_filter";
        assert!(met(filter, "0", "0") && met(filter, "2", "1") && met(filter, "1", "2"));
        assert!(!met(filter, "1", "0") && !met(filter, "0", "1"));
        assert!(met("net.ipv4.conf.all.arp_ignore", "8", "8"));
        assert!(!met("net.ipv4.conf.all.arp_ignore", "3", "3"));
        assert!(!met("net.ipv4.vs.conntrack", "1", "1"));

        let exact = HostChange::setting("net.ipv4.conf.all.arp_ignore", "1");
        assert!(exact.is_met_by("1", None) && !exact.is_met_by("2", None));
    }

    #[test]
    fn another_value_is_about_the_same_setting() {
        let one = HostChange::setting("net.ipv4.vs.conn_reuse_mode", "1");
        let three = HostChange::setting("net.ipv4.vs.conn_reuse_mode", "3");
        assert!(one.same_subject(&three));
        assert!(!one.same_subject(&HostChange::setting("net.ipv4.vs.conntrack", "1")));
        let clamp = |mss| HostChange::MssClamp {
            vip: [192, 0, 2, 1].into(),
            mss,
        };
        // A rule of another size does not replace this one, so that this one is removed.
        assert!(!clamp(1400).same_subject(&clamp(1300)));
    }
}
