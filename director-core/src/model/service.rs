//! A virtual service with all that the director needs to keep it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    BelowMinimum, Endpoint, Probe, Protocol, RealServer, Recovery, Scheduling, ServiceId,
    UnresolvedServer,
};

/// A virtual service, valid and complete.
#[derive(Debug, Clone, PartialEq)]
pub struct VirtualService {
    /// Identity in the kernel's table.
    pub id: ServiceId,
    /// The operator's name for it; its identity in words when none was given.
    pub name: String,
    /// Scheduler, persistence, one-packet.
    pub scheduling: Scheduling,
    /// Real servers in the order of the file.
    pub real_servers: Vec<RealServer>,
    /// Real servers whose host names have no address yet, in the order of the file.
    pub unresolved: Vec<UnresolvedServer>,
    /// Used while too few real servers are available.
    pub fallback: Vec<RealServer>,
    /// Fallback servers whose host names have no address yet.
    pub unresolved_fallback: Vec<UnresolvedServer>,
    /// How those are checked; none when they are not probed.
    pub fallback_checks: Vec<Check>,
    /// How its real servers are checked, at least one check; each real server has a probe for each of them.
    pub checks: Vec<Check>,
    /// Those of real servers that have checks of their own.
    pub own_checks: BTreeMap<Endpoint, Vec<Check>>,
    /// How the states of several checks determine the health of a server.
    pub combine: Combine,
    /// State of a server before its first probe.
    pub initial_health: InitialHealth,
    /// What happens to a real server that fails.
    pub on_failure: OnFailure,
    /// What happens to the service when the director stops.
    pub on_stop: OnStop,
    /// What happens on failure and return over time.
    pub recovery: Recovery,
    /// The file for its state.
    pub publish: Option<Publish>,
}

/// A file for the state of a service, as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Its path, absolute.
    pub file: String,
    /// The number of a service that is up.
    pub up: i32,
    /// The same when it is degraded or on its fallback.
    pub degraded: i32,
    /// The same when it is down.
    pub down: i32,
}

impl VirtualService {
    /// The checks of this server of it: a fallback has its own, and a real server may.
    #[must_use]
    pub fn checks_of(&self, server: &Endpoint) -> &[Check] {
        if let Some(own) = self.own_checks.get(server) {
            return own;
        }
        let is_real = |real: &RealServer| real.endpoint == *server;
        if self.fallback_checks.is_empty() || self.real_servers.iter().any(is_real) {
            &self.checks
        } else {
            &self.fallback_checks
        }
    }

    /// Whether something takes its place when its servers are down: a fallback, or another machine when it is withdrawn.
    #[must_use]
    pub fn has_replacement(&self) -> bool {
        match self.recovery.minimum.unwrap_or_default().below {
            BelowMinimum::Withdraw => true,
            BelowMinimum::Fallback | BelowMinimum::KeepAll => !self.fallback.is_empty(),
        }
    }

    /// Whether a server that is to have no connections leaves the table in place of having weight 0: its scheduler would refuse
    /// the clients that belong to it, and the definitions do not ask for that.
    #[must_use]
    pub fn removes_idle_servers(&self) -> bool {
        self.scheduling.zero_turns_away() && self.on_failure == OnFailure::Remove
    }

    /// Whether a failed server leaves the table at once, with connections of clients that the kernel keeps.
    #[must_use]
    pub fn removes_failed_servers(&self) -> bool {
        match self.on_failure {
            OnFailure::Remove => true,
            OnFailure::Quiesce => false,
            // Nothing shows when datagrams have ended, and of single packets the kernel keeps nothing.
            OnFailure::Drain => self.is_of_datagrams() && !self.scheduling.one_packet,
        }
    }

    /// Whether clients may send datagrams, of which nothing shows when the last one has come. What a firewall mark marks is not known.
    #[must_use]
    pub fn may_carry_datagrams(&self) -> bool {
        let is_mark = matches!(self.id, ServiceId::Mark { .. });
        (is_mark || self.is_of_datagrams()) && !self.scheduling.one_packet
    }

    /// Whether its clients send datagrams, as far as that is known: what belongs to a firewall mark is known by the checks alone.
    #[must_use]
    pub fn is_of_datagrams(&self) -> bool {
        match self.id {
            ServiceId::Address { protocol, .. } => protocol == Protocol::Udp,
            ServiceId::Mark { .. } => {
                let first = self.real_servers.first();
                let probes = || first.into_iter().flat_map(|server| &server.probes);
                let speaks = |wanted| probes().any(|probe| probe.kind.transport() == Some(wanted));
                speaks(Protocol::Udp) && !speaks(Protocol::Tcp)
            }
        }
    }

    /// Whether anything is sent to a server of it.
    #[must_use]
    pub fn asks(&self, server: &RealServer) -> bool {
        if server.probes.iter().any(|probe| probe.kind.is_probed()) {
            return true;
        }
        let checks = self.checks_of(&server.endpoint);
        let mut timings = checks.iter().map(|check| check.timing);
        timings.any(|timing| timing.connects_between.is_some())
    }
}

/// One check of the real servers of a service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Check {
    /// What it is called, different from the service's other checks.
    pub name: String,
    /// When it probes, and how results determine its state.
    pub timing: CheckTiming,
}

impl Check {
    /// Whether its probe sends anything.
    #[must_use]
    pub fn asks(&self, probe: &Probe) -> bool {
        probe.kind.is_probed() || self.timing.connects_between.is_some()
    }
}

/// How the states of several checks determine the health of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Combine {
    /// The server is up while all of its checks are.
    #[default]
    All,
    /// The server is up while any of its checks is.
    Any,
}

/// State of a server before its first probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InitialHealth {
    /// It keeps the weight that the kernel's table gives it, and stays out when it is not there.
    #[default]
    Adopt,
    /// It gets no connection before a check was good, whatever the kernel's table says.
    Down,
    /// It takes connections until its checks say otherwise.
    Up,
}

/// When probes run and how results determine a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CheckTiming {
    /// From the start of one probe to the start of the next.
    pub every: Duration,
    /// The same while answers contradict the state, so that a change is known sooner; [`Self::every`] when none.
    pub every_while_changing: Option<Duration>,
    /// The same while the server is down; [`Self::every`] when none.
    pub every_while_down: Option<Duration>,
    /// Good answers in a row that bring a server up.
    pub rise: u32,
    /// Failures in a row that take it down.
    pub fall: u32,
    /// In place of rise and fall: how many of the last answers must be good.
    pub window: Option<Window>,
    /// Keeps a server that changes too often out.
    pub damping: Option<Damping>,
    /// Over how long the first probes are spread; all are probed at once when zero.
    pub start_spread: Duration,
    /// By how much each interval is varied, in per cent of it, 0 to 50.
    pub jitter: u32,
    /// A TCP connection is held open whose end makes the check ask at once.
    pub hold_connection: bool,
    /// TCP connects between two full probes.
    pub connects_between: Option<ConnectsBetween>,
}

/// TCP connects that take the place of full probes, until one of them fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ConnectsBetween {
    /// Connects between two full probes; 0 = none.
    pub count: u32,
    /// Limit for one connect.
    pub timeout: Duration,
}

/// A server is up while at least `good` of its last `of` answers are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Good answers needed, at least 1.
    pub good: u32,
    /// Answers looked at, at most 64.
    pub of: u32,
}

/// Flap damping, after the manner of BGP's (RFC 2439): each state change costs one penalty point, points decay by
/// half in each half-life, and a server whose points reach `hold_above` stays out until they fall below `release_below`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Damping {
    /// Time in which the points fall by half.
    pub half_life: Duration,
    /// Points from which on the server is held out.
    pub hold_above: u32,
    /// Points below which it is released.
    pub release_below: u32,
}

/// What happens to a real server that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It leaves the table; its open connections are cut off.
    Remove,
    /// It stays with weight 0; its open connections go on.
    Quiesce,
    /// It stays with weight 0 until its connections have ended or time is up, as the drain of its service says.
    #[default]
    Drain,
}

/// What happens to a service when the director stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnStop {
    /// It stays in the kernel and goes on balancing.
    #[default]
    Keep,
    /// It leaves the kernel.
    Remove,
}
