//! The kernel's synchronisation daemons: one tells other directors of its connections, the other takes over what they tell.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Bytes of the headers around a message: IPv4 or IPv6, and UDP.
const IPV4_HEADERS: u16 = 20 + 8;
const IPV6_HEADERS: u16 = 40 + 8;
/// The kernel takes an Ethernet for granted where no length is set (net/netfilter/ipvs/ip_vs_sync.c, start_sync_thread).
const USUAL_MTU: u16 = 1500;
/// The shortest length that the kernel gives a backup daemon, which raises shorter ones silently (same place).
pub const SHORTEST_SYNC_MESSAGE: u16 = 1024;

/// What a synchronisation daemon does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncRole {
    /// Tells others of its connections.
    Master,
    /// Takes over what others tell.
    Backup,
}

impl SyncRole {
    /// The word of the configuration, and of ipvsadm.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Backup => "backup",
        }
    }
}

/// One synchronisation daemon, as the kernel has it or as it is wanted. The kernel runs at most one of each role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SyncDaemon {
    pub role: SyncRole,
    /// Interface of the multicast.
    pub interface: String,
    /// Only messages with the same number are taken; a backup daemon with 0 takes all.
    pub sync_id: u32,
    /// Longest message, bytes. A wanted 0 leaves it to the kernel.
    pub max_length: u16,
    /// Multicast group; none on kernels before 4.3.
    pub group: Option<IpAddr>,
    /// UDP port; 0 on kernels before 4.3.
    pub port: u16,
    /// Time to live of the multicast; 0 on kernels before 4.3.
    pub ttl: u8,
}

impl SyncDaemon {
    /// Whether a daemon of the kernel does what this one shall do. What an old kernel does not tell is not compared.
    #[must_use]
    pub fn is_met_by(&self, found: &Self) -> bool {
        let same = self.role == found.role
            && self.interface == found.interface
            && self.sync_id == found.sync_id;
        let old_kernel = found.group.is_none();
        let details = || {
            self.group == found.group
                && self.port == found.port
                && self.ttl == found.ttl
                && self.is_length(found.max_length)
        };
        same && (old_kernel || details())
    }

    /// Whether the kernel makes this length of the wanted one. That of a backup daemon without a wanted one depends on the MTU
    /// at its start.
    fn is_length(&self, found: u16) -> bool {
        let usual = USUAL_MTU - self.headers();
        match (self.max_length, self.role) {
            (0, SyncRole::Master) => found == usual,
            (0, SyncRole::Backup) => found >= usual,
            (wanted, SyncRole::Master) => found == wanted,
            (wanted, SyncRole::Backup) => found == wanted.max(SHORTEST_SYNC_MESSAGE),
        }
    }

    fn headers(&self) -> u16 {
        sync_headers(self.group)
    }
}

fn sync_headers(group: Option<IpAddr>) -> u16 {
    match group {
        Some(IpAddr::V6(_)) => IPV6_HEADERS,
        _ => IPV4_HEADERS,
    }
}

/// The longest message that fits a datagram to this group.
#[must_use]
pub fn longest_sync_message(group: IpAddr) -> u16 {
    u16::MAX - sync_headers(Some(group))
}

/// A synchronisation daemon that has the role of this director: it is the master while clients reach the VIP here, and the
/// backup otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SyncFollower {
    pub vip: IpAddr,
    /// Its settings, as backup.
    pub backup: SyncDaemon,
}

impl SyncFollower {
    /// The daemon in this role.
    #[must_use]
    pub fn daemon(&self, role: SyncRole) -> SyncDaemon {
        SyncDaemon {
            role,
            ..self.backup.clone()
        }
    }
}

impl fmt::Display for SyncFollower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SyncDaemon {
            interface, sync_id, ..
        } = &self.backup;
        let vip = self.vip;
        write!(
            f,
            "sync daemon on {interface}, id {sync_id}, master while this machine has {vip}, else backup"
        )
    }
}

impl fmt::Display for SyncDaemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            role,
            interface,
            sync_id,
            ..
        } = self;
        write!(
            f,
            "{} sync daemon on {interface}, id {sync_id}",
            role.name()
        )?;
        if let Some(group) = self.group {
            write!(f, ", group {group}, port {}, ttl {}", self.port, self.ttl)?;
        }
        match self.max_length {
            0 => Ok(()),
            bytes => write!(f, ", maxlen {bytes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(role: SyncRole, max_length: u16) -> SyncDaemon {
        SyncDaemon {
            role,
            interface: "eth1".to_owned(),
            sync_id: 7,
            max_length,
            group: Some([224, 0, 0, 81].into()),
            port: 8848,
            ttl: 1,
        }
    }

    #[test]
    fn a_running_daemon_is_kept_when_the_kernel_would_start_the_same_again() {
        for (role, max_length, runs, met) in [
            (SyncRole::Master, 0, 1472, true),
            (SyncRole::Master, 0, 1400, false),
            (SyncRole::Master, 500, 500, true),
            (SyncRole::Master, 500, 1472, false),
            (SyncRole::Backup, 0, 1472, true),
            // An interface with jumbo frames.
            (SyncRole::Backup, 0, 8972, true),
            (SyncRole::Backup, 0, 1024, false),
            (SyncRole::Backup, 500, 1024, true),
            (SyncRole::Backup, 2000, 2000, true),
            (SyncRole::Backup, 2000, 1472, false),
        ] {
            let found = wanted(role, runs);
            let is_met = wanted(role, max_length).is_met_by(&found);
            assert_eq!(is_met, met, "{role:?} {max_length} {runs}");
        }
    }

    #[test]
    fn each_setting_counts() {
        let one = wanted(SyncRole::Master, 0);
        let found = wanted(SyncRole::Master, 1472);
        let changes: [fn(&mut SyncDaemon); 6] = [
            |daemon| daemon.role = SyncRole::Backup,
            |daemon| daemon.interface = "eth2".to_owned(),
            |daemon| daemon.sync_id = 8,
            |daemon| daemon.group = Some([224, 0, 0, 82].into()),
            |daemon| daemon.port = 8849,
            |daemon| daemon.ttl = 2,
        ];
        for change in changes {
            let mut other = found.clone();
            change(&mut other);
            assert!(!one.is_met_by(&other), "{other}");
        }
    }

    #[test]
    fn what_an_old_kernel_does_not_tell_is_not_compared() {
        let found = SyncDaemon {
            group: None,
            port: 0,
            ttl: 0,
            ..wanted(SyncRole::Master, 0)
        };
        assert!(wanted(SyncRole::Master, 500).is_met_by(&found));
        let other = SyncDaemon {
            sync_id: 8,
            ..found
        };
        assert!(!wanted(SyncRole::Master, 500).is_met_by(&other));
    }
}
