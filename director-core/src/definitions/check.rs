//! Checks as written: what is probed, when, and how results determine a state.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::secrets::hide_password;
use super::{Placed, PortDefinition};
use crate::model::{
    CheckProtocol, Combine, InitialHealth, PemFile, Protocol, ProxyHeader, Secret, TlsMode,
};

/// What determines the health of a real server other than its first check, as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct JudgingDefinition {
    /// The checks after the first.
    pub further_checks: Vec<CheckDefinition>,
    /// How the states of several checks determine the health.
    pub combine: Option<Placed<Combine>>,
    /// What counts before the first probe.
    pub initial_health: Option<Placed<InitialHealth>>,
    /// An agent on every real server.
    pub agent: Option<Placed<AgentDefinition>>,
    /// Where weights come from.
    pub weight_from: Option<Placed<WeightFromDefinition>>,
}

/// An agent on a real server, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentDefinition {
    /// Where it listens.
    pub port: Placed<PortDefinition>,
    /// What is sent to it.
    pub send: Option<Placed<String>>,
    /// Check interval.
    pub every: Option<Placed<Duration>>,
    /// Time limit of one probe.
    pub timeout: Option<Placed<Duration>>,
}

/// Where weights come from, as written. The words that stand for addresses and ports in a program's arguments do so in a
/// file's path too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightFromDefinition {
    /// A file or a program.
    pub source: WeightSourceDefinition,
    /// Check interval.
    pub every: Option<Placed<Duration>>,
    /// Time limit of one probe.
    pub timeout: Option<Placed<Duration>>,
}

/// A file or a program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum WeightSourceDefinition {
    /// A file.
    File(Placed<String>),
    /// A program.
    Command(CommandCheckDefinition),
}

/// When all health is frozen, as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FreezeDefinition {
    /// Never.
    pub off: bool,
    /// How close together failures have to be.
    pub within: Option<Placed<Duration>>,
    /// How many servers have to fail.
    pub servers: Option<Placed<u64>>,
    /// How long it lasts at most; zero for no limit.
    pub lasts: Option<Placed<Duration>>,
}

/// How real servers are probed, as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CheckDefinition {
    /// What it is called; its kind when nothing is written.
    pub name: Option<Placed<String>>,
    /// What is probed; a TCP connect (or, for UDP services, a ping) when nothing is written.
    pub kind: Option<Placed<CheckKindDefinition>>,
    /// Port to probe, instead of that of the real server.
    pub port: Option<Placed<PortDefinition>>,
    /// Port to probe on a real server without a port; by default that of the virtual service.
    pub default_port: Option<u16>,
    /// From the start of one probe to the start of the next.
    pub every: Option<Placed<Duration>>,
    /// The same while answers contradict the state.
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
    /// Over how long the first probes are spread.
    pub start_spread: Option<Placed<Duration>>,
    /// By how many per cent of it each interval is varied.
    pub jitter: Option<Placed<u64>>,
    /// Whether a TCP connection is held whose end makes the check ask at once.
    pub hold_connection: Option<Placed<bool>>,
    /// Path of the probe.
    pub path: Option<Placed<CheckPath>>,
    /// VIP and port to probe on that path in a service of a firewall mark, which has no VIP of its own.
    pub to: Option<Placed<super::ListenDefinition>>,
    /// Whether the probe fills a whole packet.
    pub full_size: Option<Placed<bool>>,
    /// Address of this host to probe from.
    pub source: Option<Placed<IpAddr>>,
    /// Address to probe, instead of that of the real server.
    pub address: Option<Placed<IpAddr>>,
    /// Header of the PROXY protocol that connections begin with.
    pub proxy_header: Option<Placed<ProxyHeader>>,
    /// TCP connects between full probes.
    pub connects_between: Option<ConnectsBetweenDefinition>,
}

/// TCP connects between full probes, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectsBetweenDefinition {
    /// Connects between two full probes.
    pub count: u64,
    /// Limit for one connect.
    pub timeout: Duration,
}

/// Path of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckPath {
    /// Straight to the real server's own address.
    #[default]
    Server,
    /// To the VIP, as the clients' packets go.
    Forwarding,
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

/// What is probed, as written.
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
    Http(Box<HttpCheckDefinition>),
    /// A program.
    Command(CommandCheckDefinition),
    /// A check in the service's protocol.
    Protocol(Box<ProtocolCheckDefinition>),
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
    /// The other settings of TLS.
    #[serde(default)]
    pub tls_files: TlsFilesDefinition,
    /// The version of HTTP: 1 or 2.
    #[serde(default)]
    pub version: Option<Placed<String>>,
    /// Request method.
    pub method: Option<Placed<String>>,
    /// Path and query; or an absolute URL, whose host is probed instead of the server unless `proxy` is set.
    #[serde(serialize_with = "hide_password")]
    pub path: Option<Placed<String>>,
    /// Headers in their order.
    #[serde(default)]
    pub headers: Vec<HeaderDefinition>,
    /// Body of the request.
    pub content: Option<Placed<Secret>>,
    /// User name.
    pub login: Option<Placed<String>>,
    /// Password of that user.
    pub password: Option<Placed<Secret>>,
    /// Token, instead of user and password.
    pub bearer: Option<Placed<Secret>>,
    /// The server is a proxy, and gets a request for the absolute URL in `path`.
    pub proxy: bool,
    /// Host header and SNI.
    pub virtual_host: Option<Placed<String>>,
    /// Good status codes: `200`, `200-299`, `2xx`.
    pub status: Vec<Placed<String>>,
    /// Regular expression that the body must hold.
    pub body: Option<Placed<String>>,
    /// MD5 digest of the body, in hexadecimal digits.
    #[serde(default)]
    pub md5: Option<Placed<String>>,
    /// Bytes of the body read at most.
    pub body_limit: Option<Placed<u64>>,
    /// Redirects followed at most; none are when nothing is written.
    pub follow_redirects: Option<Placed<u64>>,
}

/// A header of a request, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeaderDefinition {
    /// Its name.
    pub name: Placed<String>,
    /// Its value.
    pub value: Placed<Secret>,
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

/// A check in a protocol, as written. Only the settings that the protocol takes have an effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtocolCheckDefinition {
    /// The protocol.
    pub protocol: CheckProtocol,
    /// Transport, where there is a choice; the service's own otherwise.
    pub transport: Option<Protocol>,
    /// TLS from the first byte, by the word for the protocol.
    pub tls: bool,
    /// Whether TLS is used, where the word for the protocol leaves that open.
    #[serde(default)]
    pub tls_mode: Option<Placed<TlsMode>>,
    /// TLS that begins after the server has agreed.
    #[serde(default)]
    pub starttls: Option<Placed<bool>>,
    /// Whether the certificate is verified.
    pub verify: Option<Placed<bool>>,
    /// Name for SNI and certificate.
    #[serde(default)]
    pub server_name: Option<Placed<String>>,
    /// The other settings of TLS.
    #[serde(default)]
    pub tls_files: TlsFilesDefinition,
    /// What to ask.
    pub request: Option<Placed<String>>,
    /// Regular expression that the answer must match.
    pub receive: Option<Placed<String>>,
    /// User name.
    pub login: Option<Placed<String>>,
    /// Password.
    pub password: Option<Placed<Secret>>,
    /// Database.
    pub database: Option<Placed<String>>,
    /// Shared secret.
    pub secret: Option<Placed<Secret>>,
    /// The name of a service on a gRPC server.
    #[serde(default)]
    pub service: Option<Placed<String>>,
}

/// Certificates, keys and ALPN of a check over TLS, as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TlsFilesDefinition {
    /// The authorities to verify against.
    pub ca: Option<Placed<PemFile>>,
    /// The director's own certificate.
    pub certificate: Option<Placed<PemFile>>,
    /// The key for it.
    pub key: Option<Placed<PemFile>>,
    /// Protocols that are offered by ALPN.
    pub alpn: Vec<Placed<String>>,
}

impl TlsFilesDefinition {
    /// All of its files.
    pub fn files_mut(&mut self) -> impl Iterator<Item = &mut Placed<PemFile>> {
        let files = [&mut self.ca, &mut self.certificate, &mut self.key];
        files.into_iter().flatten()
    }
}

impl CheckKindDefinition {
    /// Certificates, keys and ALPN, where the check can have them.
    pub fn tls_files_mut(&mut self) -> Option<&mut TlsFilesDefinition> {
        match self {
            Self::Http(check) => Some(&mut check.tls_files),
            Self::Protocol(check) => Some(&mut check.tls_files),
            _ => None,
        }
    }
}

impl ProtocolCheckDefinition {
    /// The check with nothing but its protocol written.
    #[must_use]
    pub fn plain(protocol: CheckProtocol, tls: bool) -> Self {
        Self {
            protocol,
            transport: None,
            tls,
            tls_mode: None,
            starttls: None,
            verify: None,
            server_name: None,
            tls_files: TlsFilesDefinition::default(),
            request: None,
            receive: None,
            login: None,
            password: None,
            database: None,
            secret: None,
            service: None,
        }
    }
}
