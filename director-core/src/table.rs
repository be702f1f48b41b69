//! The kernel's table as data: virtual services and their real servers, in the form the kernel reports them.
//! Used for what was read (observed) and for what is wanted (desired); only settings are ever compared, never counters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Endpoint, Forwarding, Scheduling, ServiceId, Tunnel, TunnelChecksum};

/// A table of virtual services in listing order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Table {
    /// The services by identity.
    #[serde(with = "pairs")]
    pub services: BTreeMap<ServiceId, ServiceEntry>,
}

/// One virtual service of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceEntry {
    /// Scheduler, flags, persistence.
    pub scheduling: Scheduling,
    /// Real servers by identity.
    #[serde(with = "pairs")]
    pub servers: BTreeMap<Endpoint, ServerEntry>,
    /// What the kernel counted; zero in a desired table.
    #[serde(default)]
    pub statistics: Statistics,
}

/// One real server of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerEntry {
    /// What can be set.
    pub settings: ServerSettings,
    /// Connections now; zero in a desired table.
    #[serde(default)]
    pub connections: Connections,
    /// What the kernel counted; zero in a desired table.
    #[serde(default)]
    pub statistics: Statistics,
}

/// What can be set of a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServerSettings {
    /// Forwarding method.
    pub forwarding: Forwarding,
    /// Weight; 0 = no new connections.
    pub weight: u32,
    /// Upper connection threshold, 0 = none.
    pub upper_threshold: u32,
    /// Lower connection threshold, 0 = three quarters of the upper.
    pub lower_threshold: u32,
}

impl ServerSettings {
    /// Method and weight as options of ipvsadm (ipvsadm(8)), in its own order.
    #[must_use]
    pub fn ipvsadm_options(&self) -> String {
        let method = match self.forwarding {
            Forwarding::Masq => "-m",
            Forwarding::Tunnel(_) => "-i",
            // ipvsadm has no option for the other two.
            Forwarding::Direct | Forwarding::Local | Forwarding::Bypass => "-g",
        };
        let mut text = format!("{method} -w {}", self.weight);
        if let Forwarding::Tunnel(tunnel) = self.forwarding {
            text += &tunnel_options(tunnel);
        }
        text
    }
}

fn tunnel_options(tunnel: Tunnel) -> String {
    let flag = |checksum| match checksum {
        TunnelChecksum::Off => "--tun-nocsum",
        TunnelChecksum::On => "--tun-csum",
        TunnelChecksum::Remote => "--tun-remcsum",
    };
    match tunnel {
        Tunnel::Ipip => " --tun-type ipip".to_owned(),
        Tunnel::Gue { port, checksum } => {
            format!(" --tun-type gue --tun-port {port} {}", flag(checksum))
        }
        Tunnel::Gre { checksum } => format!(" --tun-type gre {}", flag(checksum)),
    }
}

/// Connections of a real server at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Connections {
    /// Established and being set up.
    pub active: u32,
    /// All others; every UDP one.
    pub inactive: u32,
    /// Persistence templates.
    pub persistent: u32,
}

/// Counters and rates; the kernel's estimator refreshes them every 2 s (net/netfilter/ipvs/ip_vs_est.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Statistics {
    /// Connections scheduled.
    pub connections: u64,
    /// Packets in.
    pub packets_in: u64,
    /// Packets out.
    pub packets_out: u64,
    /// Bytes in.
    pub bytes_in: u64,
    /// Bytes out.
    pub bytes_out: u64,
    /// Connections a second.
    pub connections_rate: u64,
    /// Packets in a second.
    pub packets_in_rate: u64,
    /// Packets out a second.
    pub packets_out_rate: u64,
    /// Bytes in a second.
    pub bytes_in_rate: u64,
    /// Bytes out a second.
    pub bytes_out_rate: u64,
}

impl ServiceEntry {
    /// A service without real servers and counters.
    #[must_use]
    pub fn new(scheduling: Scheduling) -> Self {
        Self {
            scheduling,
            servers: BTreeMap::new(),
            statistics: Statistics::default(),
        }
    }

    /// Whether a new connection finds a server here.
    #[must_use]
    pub fn can_serve(&self) -> bool {
        self.servers
            .values()
            .any(|server| server.settings.weight > 0)
    }
}

impl ServerEntry {
    /// A server without connections and counters.
    #[must_use]
    pub fn new(settings: ServerSettings) -> Self {
        Self {
            settings,
            connections: Connections::default(),
            statistics: Statistics::default(),
        }
    }
}

impl Table {
    /// Whether both tables hold the same settings, counters aside.
    #[must_use]
    pub fn same_settings(&self, other: &Self) -> bool {
        self.services.len() == other.services.len()
            && self.services.iter().zip(&other.services).all(
                |((left_id, left), (right_id, right))| {
                    left_id == right_id
                        && left.scheduling == right.scheduling
                        && left.servers.len() == right.servers.len()
                        && left
                            .servers
                            .iter()
                            .zip(&right.servers)
                            .all(|((l_id, l), (r_id, r))| l_id == r_id && l.settings == r.settings)
                },
            )
    }
}

/// Maps with structured keys as lists of pairs, since JSON knows only text keys.
pub(crate) mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K, V, S>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize,
        V: Serialize,
        S: Serializer,
    {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}
