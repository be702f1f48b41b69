//! How a virtual service chooses among its real servers: scheduler, its flags, persistence, one-packet.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::Family;

/// Schedulers of the kernel up to 7.x, `net/netfilter/ipvs/ip_vs_*.c`, and `none`.
pub const KNOWN_SCHEDULERS: &[&str] = &[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", "twos",
    "none",
];

/// What other programs and people call some of them, without signs between the words.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("rr", &["robin"]),
    (
        "wrr",
        &["roundrobin", "staticrr", "weightedroundrobin", "weighted"],
    ),
    ("lc", &["leastconnection", "leastconnections"]),
    (
        "wlc",
        &["leastconn", "weightedleastconnection", "weightedleastconn"],
    ),
    (
        "sh",
        &["source", "sourcehash", "sourcehashing", "iphash", "hash"],
    ),
    ("dh", &["destinationhash", "destinationhashing"]),
    ("mh", &["maglev", "consistent", "consistenthash"]),
    ("sed", &["shortestexpecteddelay"]),
    ("nq", &["neverqueue"]),
    ("fo", &["failover", "weightedfailover", "first"]),
    ("ovf", &["overflow"]),
    ("twos", &["random", "poweroftwo", "poweroftwochoices"]),
];

/// The scheduler that goes by another name elsewhere, such as `leastconn` and `WRR`.
#[must_use]
pub fn scheduler_by_other_name(name: &str) -> Option<&'static str> {
    let name: String = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let known = KNOWN_SCHEDULERS.iter().find(|known| **known == name);
    let other = || {
        let mut others = OTHER_NAMES.iter();
        Some(others.find(|(_, names)| names.contains(&name.as_str()))?.0)
    };
    known.copied().or_else(other)
}

/// Schedulers whose weight is a share of the connections (net/netfilter/ipvs/ip_vs_wrr.c, ip_vs_wlc.c, ip_vs_lblc.c,
/// ip_vs_lblcr.c, ip_vs_sed.c, ip_vs_nq.c, ip_vs_twos.c). For the others it means nothing, a place among hashes, a rank or a
/// limit.
const SHARING: [&str; 7] = ["wrr", "wlc", "lblc", "lblcr", "sed", "nq", "twos"];
/// Schedulers that hash a client to one server, and refuse it while that one has weight 0 unless their first flag is set
/// (net/netfilter/ipvs/ip_vs_sh.c, ip_vs_mh.c). `dh` refuses it too, and has no such flag (ip_vs_dh.c, ip_vs_dh_schedule).
const HASHING: [&str; 2] = ["sh", "mh"];

/// Scheduler and what belongs to it, in the form that the kernel reports back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scheduling {
    /// The scheduler's kernel name, at most 15 characters.
    pub scheduler: String,
    /// Flags of the scheduler.
    pub flags: SchedulerFlags,
    /// Same client, same real server, for a time.
    pub persistence: Option<Persistence>,
    /// Which clients count as the same one; all ones unless persistence groups them.
    pub mask: ClientMask,
    /// Every packet is scheduled on its own (UDP and marks).
    pub one_packet: bool,
}

impl Scheduling {
    /// A scheduler without flags, persistence or one-packet.
    #[must_use]
    pub fn plain(scheduler: &str, family: Family) -> Self {
        Self {
            scheduler: scheduler.to_owned(),
            flags: SchedulerFlags::default(),
            persistence: None,
            mask: ClientMask::single_client(family),
            one_packet: false,
        }
    }

    /// Whether a weight means a share of the connections.
    #[must_use]
    pub fn weight_is_share(&self) -> bool {
        SHARING.contains(&self.scheduler.as_str())
    }

    /// Whether a server with weight 0 turns away the clients that belong to it, so that it had better leave the table.
    #[must_use]
    pub fn zero_turns_away(&self) -> bool {
        let scheduler = self.scheduler.as_str();
        scheduler == "dh" || HASHING.contains(&scheduler) && !self.flags.first
    }
}

/// Persistence of a virtual service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Persistence {
    /// How long a client's template lives after its last connection, seconds.
    pub timeout_seconds: u32,
    /// Persistence engine such as `sip`, by its kernel name.
    pub engine: Option<String>,
}

/// Granularity of persistence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMask {
    /// IPv4 netmask. The kernel takes one with holes, so it is kept as it is.
    V4(Ipv4Addr),
    /// IPv6 prefix length, 1 to 128.
    V6(u8),
}

impl ClientMask {
    /// The mask under which every client stands alone.
    #[must_use]
    pub fn single_client(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self::V4(Ipv4Addr::BROADCAST),
            Family::Ipv6 => Self::V6(128),
        }
    }

    /// Whether every client stands alone under this mask.
    #[must_use]
    pub fn is_single_client(self) -> bool {
        matches!(self, Self::V4(Ipv4Addr::BROADCAST) | Self::V6(128))
    }
}

impl fmt::Display for ClientMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(mask) => mask.fmt(f),
            Self::V6(prefix) => prefix.fmt(f),
        }
    }
}

/// The three flags a scheduler may define: for `sh` and `mh` the first is fallback and the second port, others define none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct SchedulerFlags {
    /// `sh-fallback`, `mh-fallback`, `flag-1`.
    pub first: bool,
    /// `sh-port`, `mh-port`, `flag-2`.
    pub second: bool,
    /// `flag-3`.
    pub third: bool,
}

impl SchedulerFlags {
    /// Whether no flag is set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The flags under the names that `ipvsadm -b` uses for this scheduler.
    #[must_use]
    pub fn names(self, scheduler: &str) -> Vec<&'static str> {
        let names = scheduler_flag_names(scheduler);
        [self.first, self.second, self.third]
            .iter()
            .zip(names)
            .filter_map(|(set, name)| set.then_some(name))
            .collect()
    }

    /// Sets the flag with this name: that of the scheduler, or `flag-1` to `flag-3`. False when there is none.
    #[must_use]
    pub fn set(&mut self, scheduler: &str, name: &str) -> bool {
        let position = scheduler_flag_names(scheduler)
            .iter()
            .position(|known| *known == name)
            .or_else(|| {
                ["flag-1", "flag-2", "flag-3"]
                    .iter()
                    .position(|known| *known == name)
            });
        match position {
            Some(0) => self.first = true,
            Some(1) => self.second = true,
            Some(2) => self.third = true,
            _ => return false,
        }
        true
    }
}

/// Names of the three flags for this scheduler, as ipvsadm 1.31 prints and takes them.
#[must_use]
pub fn scheduler_flag_names(scheduler: &str) -> [&'static str; 3] {
    match scheduler {
        "sh" => ["sh-fallback", "sh-port", "flag-3"],
        "mh" => ["mh-fallback", "mh-port", "flag-3"],
        _ => ["flag-1", "flag-2", "flag-3"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedulers_are_known_by_the_names_of_other_programs() {
        for (name, known) in [
            ("WRR", Some("wrr")),
            ("roundrobin", Some("wrr")),
            ("least_conn", Some("wlc")),
            ("source", Some("sh")),
            ("Maglev", Some("mh")),
            ("rrr", None),
        ] {
            assert_eq!(scheduler_by_other_name(name), known, "{name}");
        }
        let mut known = OTHER_NAMES.iter().map(|(known, _)| known);
        assert!(known.all(|known| KNOWN_SCHEDULERS.contains(known)));
    }
}
