//! Everything that a director can wish for.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::FreezeNotice;
use crate::diagnostic::Diagnostic;
use crate::director::{HostRequest, HostResult};
use crate::health::{ProbeId, Transition};
use crate::model::{BelowMinimum, DrainRule, Endpoint, HostChange, Probe, ServiceId, Then};
use crate::notify::Notification;
use crate::overrides::{Override, Target};
use crate::persistent_state::PersistentState;
use crate::plan::{Cause, OpFailure, Plan, Step};
use crate::recovery::{DrainEnd, Shortage};
use crate::weight::{ServiceCondition, ServiceState};

/// One wish. The shell carries it out and reports back with an event where one is named.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Replace what a file holds by this number.
    Publish {
        /// The file.
        file: String,
        /// The number.
        number: i32,
    },
    /// Read the whole kernel table; answer with `TableRead` or `ReadFailed`.
    ReadTable,
    /// Carry out a plan, read its services again; answer with `Applied`.
    Apply(Plan),
    /// Ask a real server; answer with `Probed`.
    Probe {
        /// Which probe.
        id: ProbeId,
        /// The probe.
        probe: Box<Probe>,
    },
    /// Find out whether a gateway of this machine or one of these fallback servers answers; answer with `NetworkChecked`.
    CheckNetwork {
        /// Fallback servers that no check probes.
        fallbacks: BTreeSet<SocketAddr>,
    },
    /// Keep what is to be remembered over a restart; answer with `Persisted`.
    Persist {
        /// Its number.
        revision: u64,
        /// All of it; it takes the place of what was kept before.
        saved: PersistentState,
    },
    /// Hold an idle TCP connection to each of these and to no other; answer with `Hinted` when one ends.
    Hold(BTreeSet<SocketAddr>),
    /// Make these changes to this machine; answer with `HostReconciled`, in the order of the requests. A request that comes
    /// while VIPs of the one before are being added does not wait for them: what is missing then belongs to the new one.
    ReconcileHost(HostRequest),
    /// Tell the operator.
    Tell(Notice),
    /// Do something else; nothing waits for it.
    Notification(Notification),
    /// The kernel holds the desired table for the first time, and every server was probed or had time enough to answer.
    Ready {
        /// Changes that the kernel refused and that wait for their next attempt.
        refused: usize,
    },
    /// All is done that had to be done before the end.
    Exit,
}

/// Something the operator should know.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// Definitions are in force.
    Loaded {
        /// How many virtual services.
        services: usize,
        /// How many real servers.
        real_servers: usize,
        /// Warnings that came with them.
        warnings: Vec<Diagnostic>,
    },
    /// New definitions were refused; the former ones stay in force.
    LoadRefused {
        /// What is wrong with them.
        diagnostics: Vec<Diagnostic>,
    },
    /// The health of a real server has changed, or is known for the first time.
    HealthChanged {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// From, to and why.
        transition: Transition,
        /// How long the previous state lasted.
        previous_for: Duration,
        /// How long the deciding probe took.
        took: Duration,
    },
    /// One of several checks of a real server has changed its state, and the health of the server is unchanged.
    CheckChanged {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// The check.
        check: String,
        /// From, to and why.
        transition: Transition,
    },
    /// A real server that is up fails, but not yet often enough to count as down.
    Failing {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// Failures in a row so far.
        failures: u32,
        /// Failures in a row that take it down.
        limit: u32,
        /// The last one.
        reason: String,
    },
    /// A real server that wavered answers well again.
    Recovered {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
    },
    /// A director could not ask a server; that says nothing about the server.
    LocalError {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// Why.
        reason: String,
    },
    /// All servers failed at once, or that is over.
    Freeze(FreezeNotice),
    /// An agent, or the source of a weight, says something else than before.
    Advised {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// Who says so.
        adviser: &'static str,
        /// Its own words.
        words: String,
    },
    /// An agent, or the source of a weight, wants a larger weight than it may give.
    AdviceLimited {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// Who says so.
        adviser: &'static str,
        /// The weight that it wants.
        wanted: u32,
        /// The weight that it gets.
        largest: u32,
    },
    /// An agent, or the source of a weight, is unreachable; that says nothing about the server.
    Unheard {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// Who.
        adviser: &'static str,
        /// Why.
        reason: String,
    },
    /// A server changes too often and is held out for a while.
    Held {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// For how long, when it does not change again.
        until_in: Duration,
    },
    /// A server that damping kept down has stopped flapping.
    Released {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
    },
    /// A override was given.
    OverrideSet {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// The override.
        override_: Override,
    },
    /// A override was lifted or has lapsed.
    OverrideCleared {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// The override.
        override_: Override,
    },
    /// An override no longer applies: new definitions have the machine of its server at another port, or in another service.
    OverrideIdle {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// The override.
        override_: Override,
        /// Where the machine serves now.
        now_at: Target,
    },
    /// A service has another state.
    ServiceStateChanged {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// Its state until now; none at the start.
        from: Option<ServiceState>,
        /// Its state from now on.
        to: ServiceCondition,
    },
    /// Another tier of a service is the highest in use.
    Tier {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The highest tier until now.
        from: u32,
        /// The highest tier from now on.
        to: u32,
    },
    /// Fewer real servers are available than a service needs, or enough again.
    Shortage {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// How few; none when there are enough again.
        shortage: Option<Shortage>,
        /// What happens while there are too few.
        below: BelowMinimum,
    },
    /// A server leaves and waits for its connections to end.
    Draining {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// Connections that are active.
        active: u32,
        /// How it leaves.
        rule: DrainRule,
    },
    /// A server's connections have ended, or its time is up.
    Drained {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// How long it took.
        took: Duration,
        /// How it ended.
        end: DrainEnd,
        /// What happens now.
        then: Then,
    },
    /// Someone else changed one of our services; it was put right.
    Drift {
        /// What was done about it.
        step: Step,
        /// Why the service is to be as it is.
        cause: Cause,
    },
    /// The kernel's table was changed.
    Change {
        /// What was done and why.
        step: Step,
        /// Why, as a kind.
        cause: Cause,
    },
    /// The kernel refused an operation.
    Refused {
        /// The operation and the error.
        failure: OpFailure,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The kernel's table could not be read.
    Unreadable {
        /// What was attempted and the error.
        message: String,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// What a director before this one has left is known.
    Restored {
        /// Overrides.
        overrides: usize,
        /// Real servers that are known to be bad.
        bad: usize,
        /// Real servers that drain.
        drains: usize,
    },
    /// What is to be remembered over a restart cannot be kept, or can be again.
    Persist {
        /// Why not; none when all is well again.
        failure: Option<String>,
    },
    /// A change to this machine outside the table was made or undone, or could not be.
    Host {
        /// The change.
        change: HostChange,
        /// What happened.
        result: HostResult,
        /// Why it is wanted.
        reason: String,
    },
    /// The director stops.
    Stopping {
        /// Services that leave the kernel.
        removed: usize,
        /// Services that stay in it.
        kept: usize,
    },
    /// Settings of the kernel stay as they are at the end, since the kernel goes on balancing with them.
    SettingsStay {
        /// Settings and timeouts.
        settings: usize,
        /// Sync daemons.
        sync_daemons: usize,
    },
}
