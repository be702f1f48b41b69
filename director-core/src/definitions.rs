//! What was written: the form both dialects are read into, every value with its place, every setting optional.
//! It says nothing about what is valid; [`crate::model::validate`] turns it into a [`crate::model::Model`].
//! Defaults of a dialect that differ from ours are written out by that dialect's reader.

mod check;
mod hook;
mod recovery;
mod secrets;
mod state;

pub use check::*;
pub use hook::*;
pub use recovery::*;
pub use secrets::SecretNumbers;
use secrets::hide_password;
pub use state::{HostName, IsolatedBlock, SOURCE_FILE, SrvRecord, is_service_name, is_source_name};

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Place;
use crate::model::{Family, OnFailure, OnStop, Profile, Protocol, TunnelChecksum};

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> Placed<T> {
    /// A value with its place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The same place with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Placed<U> {
        Placed {
            value: change(self.value),
            place: self.place,
        }
    }
}

/// Everything a file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definitions {
    /// The whole file, for findings that belong to no line.
    pub place: Place,
    /// How often the whole kernel table is read again.
    pub resync: Option<Placed<Duration>>,
    /// The firewall marks of the helper services of probes, as written: lowest and highest. None when no service of the
    /// kernel's table is to be taken for a helper.
    pub probe_marks: Option<Placed<(u64, u64)>>,
    /// What one change may take out at most; anything when nothing is said.
    #[serde(default)]
    pub guard: Option<GuardDefinition>,
    /// The receivers of notifications.
    #[serde(default)]
    pub notify: Vec<HookDefinition>,
    /// When all health is frozen.
    #[serde(default)]
    pub freeze: Option<Placed<FreezeDefinition>>,
    /// What is wanted of this machine other than its table.
    #[serde(default)]
    pub host: HostDefinition,
    /// Virtual services in the order of the file.
    pub services: Vec<ServiceDefinition>,
    /// Host names that were resolved, and to what.
    #[serde(default)]
    pub names: Vec<HostName>,
    /// Blocks that are broken while all others are in force.
    #[serde(default)]
    pub isolated: Vec<IsolatedBlock>,
    /// What broken services listen on of which no valid form is known. What the kernel holds of them stays as it is.
    #[serde(default)]
    pub left_out: Vec<ListenDefinition>,
}

/// What is wanted of this machine other than its table, as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HostDefinition {
    /// The way of balancing whose settings of the kernel are applied.
    pub profile: Option<Placed<Profile>>,
    /// Whether open connections to removed servers are reset.
    #[serde(default)]
    pub expire_nodest_conn: Option<Placed<bool>>,
    /// Whether persistent clients leave servers of weight 0.
    #[serde(default)]
    pub expire_quiescent_template: Option<Placed<bool>>,
    /// Whether a reused client port is scheduled again where this machine sees no replies.
    #[serde(default)]
    pub conn_reuse_mode: Option<Placed<bool>>,
    /// Time limit of established TCP connections.
    pub tcp_timeout: Option<Placed<Duration>>,
    /// Time limit of TCP connections after a FIN.
    pub tcp_fin_timeout: Option<Placed<Duration>>,
    /// Time limit of UDP.
    pub udp_timeout: Option<Placed<Duration>>,
    /// The kernel's synchronisation daemons.
    #[serde(default)]
    pub sync: Option<SyncDefinition>,
}

/// The kernel's synchronisation daemons, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncDefinition {
    /// The interface of the multicast.
    pub interface: Placed<String>,
    /// The number that all directors of a group share.
    pub id: Placed<u64>,
    /// Which daemons run; both when nothing is written.
    pub role: Option<Placed<SyncRoles>>,
    /// The VIP whose role `follow_vip` takes.
    #[serde(default)]
    pub vip: Option<Placed<IpAddr>>,
    /// Longest message, bytes.
    pub maxlen: Option<Placed<u64>>,
    /// Multicast group.
    pub group: Option<Placed<IpAddr>>,
    /// UDP port.
    pub port: Option<Placed<u64>>,
    /// Time to live of the multicast.
    pub ttl: Option<Placed<u64>>,
}

/// Which synchronisation daemons run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncRoles {
    /// One that tells others of its connections.
    Master,
    /// One that takes over what others tell.
    Backup,
    /// A master while this machine has the VIP, and a backup otherwise.
    FollowVip,
    #[default]
    Both,
}

/// A VIP that the director keeps on an interface, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VipDefinition {
    /// The interface.
    pub interface: Placed<String>,
    /// Length of its network's prefix; the address alone when none is written.
    pub prefix: Option<Placed<u64>>,
    /// What happens to it when the director stops; what happens to the service when none is written.
    pub on_stop: Option<Placed<OnStop>>,
}

/// A file for the state of a service, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishDefinition {
    /// Its path.
    pub file: Placed<String>,
    /// The number of a service that is up.
    pub up: Option<Placed<i64>>,
    /// The same when it is degraded or on its fallback.
    pub degraded: Option<Placed<i64>>,
    /// The same when it is down.
    pub down: Option<Placed<i64>>,
}

impl Definitions {
    /// The definitions of a file that says nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            place: Place::whole_file(&Arc::from("")),
            resync: None,
            probe_marks: None,
            guard: None,
            notify: Vec::new(),
            freeze: None,
            host: HostDefinition::default(),
            services: Vec::new(),
            names: Vec::new(),
            isolated: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// The same without its services.
    #[must_use]
    pub fn without_services(&self) -> Self {
        Self {
            services: Vec::new(),
            ..self.clone()
        }
    }
}

/// One virtual service as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceDefinition {
    /// The line that opens it.
    pub place: Place,
    /// The operator's name for it.
    pub name: Option<Placed<String>>,
    /// What it listens on.
    pub listen: Placed<ListenDefinition>,
    /// The interface on which the director keeps the VIP.
    #[serde(default)]
    pub vip: Option<VipDefinition>,
    /// Scheduler name.
    pub scheduler: Option<Placed<String>>,
    /// Flags of the scheduler, one each.
    pub scheduler_flags: Vec<Placed<String>>,
    /// Persistence timeout, whole seconds.
    pub persistence: Option<Placed<u64>>,
    /// Persistence granularity: IPv4 mask or IPv6 prefix length, as text.
    pub mask: Option<Placed<String>>,
    /// Persistence engine.
    pub persistence_engine: Option<Placed<String>>,
    /// Whether each port of a list may have its own clients.
    pub persistence_each_port: Option<Placed<bool>>,
    /// One-packet scheduling.
    pub one_packet: Option<Placed<bool>>,
    /// Forwarding method of real servers that name none.
    pub forwarding: Option<Placed<ForwardingDefinition>>,
    /// How real servers are probed.
    pub check: CheckDefinition,
    /// What else determines the health of a real server.
    pub judging: JudgingDefinition,
    /// What happens to a failed real server.
    pub on_failure: Option<Placed<OnFailure>>,
    /// What happens when the director stops.
    pub on_stop: Option<Placed<OnStop>>,
    /// The file for its state.
    #[serde(default)]
    pub publish: Option<PublishDefinition>,
    /// Real servers in the order of the file.
    pub real_servers: Vec<RealServerDefinition>,
    /// Server for the time when no real server is available.
    pub fallback: Option<RealServerDefinition>,
    /// What happens on failure and return.
    #[serde(default)]
    pub recovery: RecoveryDefinition,
}

/// What a virtual service listens on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ListenDefinition {
    /// Address, port and protocol.
    Address {
        /// Transport protocol.
        protocol: Protocol,
        /// The virtual IP, or a name for it.
        host: Host,
        /// The port.
        port: PortDefinition,
        /// The family that a name is resolved to; none when any will do.
        family: Option<Family>,
    },
    /// A firewall mark.
    Mark {
        /// Family of the marked packets.
        family: Family,
        /// The mark as written.
        mark: u64,
    },
}

/// An address or a name still to be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A host name.
    Name(String),
    /// Something that was reported as neither, kept so that the rest of its service is still checked.
    Unusable,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::Unusable => f.write_str("?"),
        }
    }
}

/// A port as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortDefinition {
    /// A number, not yet known to be in range.
    Number(u64),
    /// A name of the services database.
    Name(String),
    /// Something that was reported as neither.
    Unusable,
}

/// One real server, or a range of them, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RealServerDefinition {
    /// The whole entry.
    pub place: Place,
    /// Address or name; the first of a range.
    pub host: Placed<Host>,
    /// The host name that the address was resolved from.
    #[serde(default)]
    pub resolved_from: Option<String>,
    /// Whether a name stands for one server, however many addresses it has.
    #[serde(default)]
    pub single: Option<Placed<bool>>,
    /// The last of a range, inclusive.
    pub last: Option<Placed<Host>>,
    /// Port; the service's own when none is written.
    pub port: Option<Placed<PortDefinition>>,
    /// Forwarding method.
    pub forwarding: Option<Placed<ForwardingDefinition>>,
    /// Weight; negative ones are refused with their place.
    pub weight: Option<Placed<i64>>,
    /// Tier; a higher one is used when those below it have too few available servers.
    #[serde(default)]
    pub tier: Option<Placed<u64>>,
    /// Upper connection threshold.
    pub upper_threshold: Option<Placed<i64>>,
    /// Lower connection threshold.
    pub lower_threshold: Option<Placed<i64>>,
    /// Address to probe, instead of its own and that of the check.
    #[serde(default)]
    pub check_address: Option<Placed<IpAddr>>,
    /// Checks of its own, in place of those of the service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckDefinition>,
    /// A request of its own, in place of the service's.
    #[serde(serialize_with = "hide_password")]
    pub request: Option<Placed<String>>,
    /// An expected answer of its own, in place of the service's.
    pub receive: Option<Placed<String>>,
}

impl RealServerDefinition {
    /// A server of which nothing is written but its host.
    #[must_use]
    pub fn at(place: Place, host: Placed<Host>) -> Self {
        Self {
            place,
            host,
            resolved_from: None,
            single: None,
            last: None,
            port: None,
            forwarding: None,
            weight: None,
            tier: None,
            upper_threshold: None,
            lower_threshold: None,
            check_address: None,
            checks: Vec::new(),
            request: None,
            receive: None,
        }
    }
}

/// Forwarding method as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForwardingDefinition {
    /// NAT.
    Masq,
    /// Direct routing.
    Direct,
    /// IP in IP.
    Ipip,
    /// GUE, with its port.
    Gue {
        /// UDP port as written.
        port: u64,
        /// Checksum of the outer packet.
        checksum: TunnelChecksum,
    },
    /// GRE.
    Gre {
        /// Checksum of the outer packet.
        checksum: TunnelChecksum,
    },
    /// Something that was reported as none of these.
    Unusable,
}
