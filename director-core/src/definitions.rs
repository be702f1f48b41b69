//! What was written: the form both dialects are read into, every value with its place, every setting optional.
//! It says nothing about what is valid; [`crate::model::validate`] turns it into a [`crate::model::Model`].
//! Defaults of a dialect that differ from ours are written out by that dialect's reader.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Place;
use crate::model::{Family, OnFailure, OnStop, Protocol, Secret, TunnelChecksum};

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
    /// Virtual services in the order of the file.
    pub services: Vec<ServiceDefinition>,
}

impl Definitions {
    /// The definitions of a file that says nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            place: Place::whole_file(&Arc::from("")),
            resync: None,
            services: Vec::new(),
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
    /// One-packet scheduling.
    pub one_packet: Option<Placed<bool>>,
    /// Forwarding method of real servers that name none.
    pub forwarding: Option<Placed<ForwardingDefinition>>,
    /// How real servers are probed.
    pub check: CheckDefinition,
    /// What happens to a failed real server.
    pub on_failure: Option<Placed<OnFailure>>,
    /// What happens when the director stops.
    pub on_stop: Option<Placed<OnStop>>,
    /// Real servers in the order of the file.
    pub real_servers: Vec<RealServerDefinition>,
    /// Server for the time when no real server is available.
    pub fallback: Option<RealServerDefinition>,
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
    /// Something that was reported as neither, kept so that the rest of its service is still judged.
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
    /// The last of a range, inclusive.
    pub last: Option<Placed<Host>>,
    /// Port; the service's own when none is written.
    pub port: Option<Placed<PortDefinition>>,
    /// Forwarding method.
    pub forwarding: Option<Placed<ForwardingDefinition>>,
    /// Weight; negative ones are refused with their place.
    pub weight: Option<Placed<i64>>,
    /// Upper connection threshold.
    pub upper_threshold: Option<Placed<i64>>,
    /// Lower connection threshold.
    pub lower_threshold: Option<Placed<i64>>,
    /// A request of its own, in place of the service's.
    pub request: Option<Placed<String>>,
    /// An expected answer of its own, in place of the service's.
    pub receive: Option<Placed<String>>,
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

/// How real servers are probed, as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CheckDefinition {
    /// What is asked; a TCP connect (or, for UDP services, a ping) when nothing is written.
    pub kind: Option<Placed<CheckKindDefinition>>,
    /// Port asked, in place of the real server's.
    pub port: Option<Placed<PortDefinition>>,
    /// Port asked of a real server that has none of its own; the virtual service's when not given.
    pub default_port: Option<u16>,
    /// From the start of one probe to the start of the next.
    pub every: Option<Placed<Duration>>,
    /// The same while answers speak against the verdict.
    pub every_while_changing: Option<Placed<Duration>>,
    /// The same while the server is down.
    pub every_while_down: Option<Placed<Duration>>,
    /// Limit for one probe.
    pub timeout: Option<Placed<Duration>>,
    /// Good answers in a row that bring a server up.
    pub rise: Option<Placed<u64>>,
    /// Failures in a row that take it down.
    pub fall: Option<Placed<u64>>,
    /// Good answers needed among the last ones, in place of rise and fall.
    pub window: Option<Placed<WindowDefinition>>,
    /// Flap damping.
    pub damping: Option<Placed<DampingDefinition>>,
}

/// A window over the last answers, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowDefinition {
    /// Good answers needed.
    pub good: u64,
    /// Answers looked at.
    pub of: u64,
}

/// Flap damping as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DampingDefinition {
    /// Time in which the penalty falls by half.
    pub half_life: Duration,
    /// Changes from which on the server is held out.
    pub hold_above: u64,
    /// Penalty, in changes, below which it is released.
    pub release_below: u64,
}

/// What is asked, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CheckKindDefinition {
    /// Counts as up unasked.
    AlwaysUp,
    /// Counts as down unasked; what the kernel's table has in service stays there.
    AlwaysDown,
    /// TCP connect.
    Connect,
    /// ICMP echo.
    Ping {
        /// Attempts within one probe.
        attempts: u64,
    },
    /// HTTP or HTTPS.
    Http(HttpCheckDefinition),
    /// A program.
    Command(CommandCheckDefinition),
    /// A dialogue in the service's protocol.
    Conversation(ConversationCheckDefinition),
    /// TCP connects between full questions.
    Combined {
        /// Connects between two questions.
        connects: u64,
        /// Limit for one connect.
        connect_timeout: Duration,
        /// The full question.
        question: Box<CheckKindDefinition>,
    },
}

/// An HTTP check as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HttpCheckDefinition {
    /// HTTPS in place of HTTP.
    pub tls: bool,
    /// Whether the certificate is verified.
    pub verify: Option<Placed<bool>>,
    /// Name for SNI and certificate, when it is not the virtual host.
    pub server_name: Option<Placed<String>>,
    /// Request method.
    pub method: Option<Placed<String>>,
    /// Path and query; or an absolute URL, whose host is asked in the server's place unless `proxy` is set.
    pub path: Option<Placed<String>>,
    /// The server is asked as a proxy for the absolute URL in `path`.
    pub proxy: bool,
    /// Host header and SNI.
    pub virtual_host: Option<Placed<String>>,
    /// Good status codes: `200`, `200-299`, `2xx`.
    pub status: Vec<Placed<String>>,
    /// Regular expression that the body must hold.
    pub body: Option<Placed<String>>,
    /// Bytes of the body read at most.
    pub body_limit: Option<Placed<u64>>,
    /// Redirects followed at most; none are when nothing is written.
    pub follow_redirects: Option<Placed<u64>>,
}

/// A check by a program, as written. The words `{vip}`, `{vport}`, `{rip}` and `{rport}` inside an argument stand for the
/// addresses and ports of service and server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandCheckDefinition {
    /// Program and arguments.
    pub argv: Vec<Placed<String>>,
    /// User to run it as.
    pub user: Option<Placed<String>>,
}

/// A dialogue check as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConversationCheckDefinition {
    /// The protocol.
    pub conversation: crate::model::Conversation,
    /// Transport, where there is a choice; the service's own otherwise.
    pub transport: Option<Protocol>,
    /// TLS from the first byte.
    pub tls: bool,
    /// Whether the certificate is verified.
    pub verify: Option<Placed<bool>>,
    /// What to ask.
    pub request: Option<Placed<String>>,
    /// Regular expression that the answer must hold.
    pub receive: Option<Placed<String>>,
    /// User name.
    pub login: Option<Placed<String>>,
    /// Password.
    pub password: Option<Placed<Secret>>,
    /// Database.
    pub database: Option<Placed<String>>,
    /// Shared secret.
    pub secret: Option<Placed<Secret>>,
}
