//! One real server behind a virtual service.

use std::fmt;

use super::{Adviser, Endpoint, Forwarding, Probe};

/// A real server, valid and complete.
#[derive(Debug, Clone, PartialEq)]
pub struct RealServer {
    /// Identity in the kernel's table. With direct routing and tunnels the port is the service's, since the wire has no other.
    pub endpoint: Endpoint,
    /// The host name that has its address; none when the address itself was written.
    pub host: Option<String>,
    /// Port as defined, on which the server itself listens; 0 = the port that the client used.
    pub port: u16,
    /// Forwarding method.
    pub forwarding: Forwarding,
    /// Weight while up, 0 to 2^31-1.
    pub weight: u32,
    /// Tier, from 1: a higher one is used when those below it have too few available servers.
    pub tier: u32,
    /// Above this number of connections the server gets no new ones; 0 = no limit.
    pub upper_threshold: u32,
    /// Below this number an overloaded server gets connections again; 0 = three quarters of the upper one.
    pub lower_threshold: u32,
    /// How to find out whether it works, a probe for each check of its service; none for a server that always counts as
    /// up, as a fallback does.
    pub probes: Vec<Probe>,
    /// Its agent, which says of itself how it fares.
    pub agent: Option<Box<Adviser>>,
    /// Where its weight comes from, when not from the definitions alone.
    pub weight_source: Option<Box<Adviser>>,
}

/// A real server whose host name has no address yet. It is not available until the name is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedServer {
    pub host: String,
    /// Port as defined; 0 = the port that the client requested.
    pub port: u16,
    /// Weight while up.
    pub weight: u32,
    /// Tier, from 1.
    pub tier: u32,
}

impl fmt::Display for UnresolvedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
