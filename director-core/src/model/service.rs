//! A virtual service with all that the director needs to keep it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{RealServer, Scheduling, ServiceId};

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
    /// Used while no real server is available.
    pub fallback: Option<RealServer>,
    /// When its probes run and how many answers make a verdict.
    pub timing: CheckTiming,
    /// What happens to a real server that fails.
    pub on_failure: OnFailure,
    /// What happens to the service when the director stops.
    pub on_stop: OnStop,
}

/// When probes run and how answers make a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CheckTiming {
    /// From the start of one probe to the start of the next.
    pub every: Duration,
    /// The same while answers speak against the verdict, so that a change is known sooner; [`Self::every`] when none.
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
}

/// A server is up while at least `good` of its last `of` answers are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Good answers needed, at least 1.
    pub good: u32,
    /// Answers looked at, at most 64.
    pub of: u32,
}

/// Flap damping, after the manner of BGP's (RFC 2439): each change of verdict costs one penalty point, points decay by
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
    #[default]
    Remove,
    /// It stays with weight 0; its open connections go on.
    Quiesce,
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
