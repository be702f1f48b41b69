//! What the control interface says, as JSON. Times are ages and spans in seconds at the moment of the answer.

mod chain;
mod health;
mod unresolved;

pub use chain::ChainLink;
pub use health::{
    CheckHistory, CheckStatus, Failing, FreezeStatus, ProbeHistory, ProbeResult, ServerHealth,
    UnfreezeOutcome,
};
pub use unresolved::WaitingStatus;
pub(crate) use unresolved::why as why_unresolved;

use std::net::IpAddr;

use super::departing::{DepartingServer, DepartingService, DrainState};
use director_core::definitions::{HostName, IsolatedBlock};
use director_core::diagnostic::Diagnostic;
use director_core::director::PendingRetry;
use director_core::moment::Moment;
use director_core::snapshot::{ServerView, ServiceView, Snapshot};
use director_core::weight::ServiceState;
use serde::{Deserialize, Serialize};

use super::overrides::{self, OverrideStatus};
use super::overview::Overview;
use super::peer_status::PeerStatus;
use super::sync_daemons::SyncDaemonStatus;
use super::takeover::ObservationStatus;

/// The answer to a request to read the configuration again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReloadOutcome {
    /// Whether the new configuration is in force.
    pub accepted: bool,
    /// Errors, when they were refused; otherwise warnings.
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// The file that the configuration is read from.
    #[serde(default)]
    pub configuration: String,
    /// Time after which the previous configuration returns unless the one on trial is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_seconds_left: Option<f64>,
    /// Age of the configuration in force; none before the first.
    pub loaded_seconds_ago: Option<f64>,
    /// What would have been changed, if this daemon only observes the table of another program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<ObservationStatus>,
    /// A newer configuration that was refused.
    pub refused: Option<Refused>,
    /// Age of the last reading of the kernel's whole table; none when what the kernel holds is not known.
    pub table_read_seconds_ago: Option<f64>,
    /// Why the kernel's table could not be read.
    pub kernel_error: Option<String>,
    /// Host names in use and what they stand for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<HostName>,
    /// Broken blocks of the configuration; all others are in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub isolated: Vec<IsolatedBlock>,
    /// Services whose VIPs are host names without an address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingStatus>,
    /// Why orders and verdicts cannot be kept over a restart, when they cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_error: Option<String>,
    #[serde(default)]
    pub overrides: Vec<overrides::ActiveOverride>,
    /// All servers failed at once, and verdicts stand still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<FreezeStatus>,
    /// What is wanted of the machine other than the table, and could not be had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host_errors: Vec<String>,
    /// The sync daemons of `director.sync`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sync_daemons: Vec<SyncDaemonStatus>,
    /// VIPs that the daemon keeps off the machine, since too few real servers of their services are available.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn_vips: Vec<IpAddr>,
    /// For how long clients of connections that were cut off still get a reset; none where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_seconds_left: Option<f64>,
    /// Whether persistent clients go on to servers of weight 0 (`director.expire_quiescent_template`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub persistent_clients_stay: bool,
    /// The other director of a pair, if one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<PeerStatus>,
    /// Why metrics cannot be read by TCP, where that is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_error: Option<String>,
    /// Virtual services in the order of the configuration.
    pub services: Vec<ServiceStatus>,
    /// Services that are no longer defined and stay until their connections have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departing: Vec<DepartingService>,
}

/// A configuration that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    pub seconds_ago: f64,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// The operator's name for it.
    pub name: String,
    /// What it listens on: `tcp 192.0.2.10:80`, `fwmark 5`.
    pub listen: String,
    pub scheduler: String,
    pub state: ServiceState,
    /// Age of the state; none when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_age_seconds: Option<f64>,
    /// Real servers that are up and not taken out by an override.
    pub servers_up: usize,
    /// Real servers with a weight.
    pub servers_all: usize,
    /// The factor by which weights in the kernel are larger than defined ones, to allow for a slow start.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight_factor: u32,
    /// Whether the kernel holds it.
    pub in_kernel: bool,
    /// What the kernel refused about the service itself.
    pub refused: Option<KernelRefusal>,
    /// Real servers in the order of the configuration; those without an address come last, by their host names.
    pub real_servers: Vec<ServerStatus>,
    pub fallback: Vec<ServerStatus>,
    /// Servers that are no longer defined and stay for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departing: Vec<DepartingServer>,
    /// That fewer real servers are available than needed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortage: Option<String>,
}

fn one() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(factor: &u32) -> bool {
    *factor == 1
}

/// One real server, or the fallback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerStatus {
    pub address: String,
    /// The host name that has this address; none when the address itself is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    pub defined_weight: u32,
    /// How that weight came about.
    #[serde(default)]
    pub chain: Vec<ChainLink>,
    /// Weight that it should have now; none when it should not be in the table.
    pub desired_weight: Option<u32>,
    /// Weight in the kernel; none when it is not in the table.
    pub weight: Option<u32>,
    /// Active connections in the kernel.
    pub active: u32,
    /// Inactive connections in the kernel.
    pub inactive: u32,
    /// Persistent clients that the kernel remembers for it.
    #[serde(default)]
    pub persistent: u32,
    /// The judgement; none for the fallback, which is not probed.
    pub health: Option<ServerHealth>,
    /// What each check says of it, in the order of the configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckStatus>,
    /// Active overrides of it, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<OverrideStatus>,
    /// Time to the next probe; none while one runs, or when it is not probed.
    pub next_probe_in_seconds: Option<f64>,
    /// What the kernel refused about it.
    pub refused: Option<KernelRefusal>,
    /// Its drain, while it leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<DrainState>,
}

/// Something that the kernel refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KernelRefusal {
    pub operation: String,
    /// The kernel's error number.
    pub errno: i32,
    pub message: String,
    /// Refusals in a row.
    pub attempts: u32,
    /// Time to the next attempt.
    pub retry_in_seconds: f64,
}

impl Status {
    /// The daemon's state in the words of the interface.
    #[must_use]
    pub fn of(overview: &Overview) -> Self {
        let snapshot = &overview.snapshot;
        let age = |moment: Moment| snapshot.now.since(moment).as_secs_f64();
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            configuration: overview.configuration.display().to_string(),
            observation: overview.observation.clone(),
            trial_seconds_left: overview.trial_left.map(|left| left.as_secs_f64()),
            loaded_seconds_ago: snapshot.loaded_at.map(age),
            refused: snapshot.refusal.as_ref().map(|refusal| Refused {
                seconds_ago: age(refusal.at),
                diagnostics: refusal.diagnostics.clone(),
            }),
            table_read_seconds_ago: snapshot.observed_at.map(age),
            kernel_error: snapshot.unreadable.clone(),
            names: snapshot.names.clone(),
            isolated: snapshot.isolated.clone(),
            waiting: unresolved::waiting(snapshot),
            state_error: snapshot.not_persisted.clone(),
            overrides: snapshot
                .overrides
                .iter()
                .map(|view| overrides::ActiveOverride::of(view, snapshot.now))
                .collect(),
            frozen: snapshot
                .frozen
                .as_ref()
                .map(|frozen| FreezeStatus::of(frozen, snapshot.now)),
            host_errors: snapshot.host_errors.clone(),
            sync_daemons: snapshot
                .sync_daemons
                .iter()
                .map(SyncDaemonStatus::of)
                .collect(),
            withdrawn_vips: snapshot.withdrawn_vips.clone(),
            resets_seconds_left: snapshot
                .resets_until
                .map(|until| until.since(snapshot.now).as_secs_f64()),
            persistent_clients_stay: snapshot.persistent_clients_stay,
            peer: overview.peer.clone(),
            metrics_error: overview.metrics_error.clone(),
            services: snapshot
                .services
                .iter()
                .map(|service| ServiceStatus::of(service, snapshot))
                .collect(),
            departing: snapshot
                .leaving
                .iter()
                .map(|(id, departing)| DepartingService {
                    listen: id.to_string(),
                    servers: DepartingServer::all(departing, snapshot.now),
                })
                .collect(),
        }
    }
}

impl ServiceStatus {
    fn of(view: &ServiceView, snapshot: &Snapshot) -> Self {
        let now = snapshot.now;
        let unresolved = view.unresolved.iter();
        Self {
            name: view.name.clone(),
            listen: view.id.to_string(),
            scheduler: view.scheduler.clone(),
            state: view.condition.state,
            state_age_seconds: view.state_since.map(|since| now.since(since).as_secs_f64()),
            servers_up: view.condition.up,
            servers_all: view.condition.all,
            weight_factor: view.weight_factor,
            in_kernel: view.in_kernel,
            refused: view
                .retry
                .as_ref()
                .map(|trouble| KernelRefusal::of(trouble, now)),
            real_servers: view
                .servers
                .iter()
                .map(|server| ServerStatus::of(server, now))
                .chain(unresolved.map(|one| unresolved::server(one, snapshot)))
                .collect(),
            fallback: view
                .fallback
                .iter()
                .map(|fallback| ServerStatus::of(fallback, now))
                .collect(),
            departing: DepartingServer::all(&view.leaving, now),
            shortage: view.shortage.map(|shortage| shortage.to_string()),
        }
    }
}

impl ServerStatus {
    fn of(view: &ServerView, now: Moment) -> Self {
        let connections = view
            .observed
            .map(|entry| entry.connections)
            .unwrap_or_default();
        Self {
            address: view.endpoint.to_string(),
            host: view.host.clone(),
            defined_weight: view.defined_weight,
            chain: view
                .chain
                .iter()
                .map(|link| ChainLink::of(link, now))
                .collect(),
            desired_weight: view.desired.map(|settings| settings.weight),
            weight: view.observed.map(|entry| entry.settings.weight),
            active: connections.active,
            inactive: connections.inactive,
            persistent: connections.persistent,
            health: view
                .health
                .as_ref()
                .map(|health| ServerHealth::of(health, view.failing, now)),
            checks: view
                .health
                .iter()
                .flat_map(|health| &health.checks)
                .map(|check| CheckStatus::of(check, now))
                .collect(),
            overrides: view
                .overrides
                .iter()
                .map(|order| OverrideStatus::of(order, now))
                .collect(),
            next_probe_in_seconds: view.next_probe.map(|next| next.since(now).as_secs_f64()),
            refused: view
                .retry
                .as_ref()
                .map(|trouble| KernelRefusal::of(trouble, now)),
            drain: view.drain.as_ref().map(|drain| DrainState::of(drain, now)),
        }
    }
}

impl KernelRefusal {
    fn of(trouble: &PendingRetry, now: Moment) -> Self {
        Self {
            operation: trouble.failure.op.to_string(),
            errno: trouble.failure.errno,
            message: trouble.failure.message.clone(),
            attempts: trouble.attempts,
            retry_in_seconds: trouble.retry_at.since(now).as_secs_f64(),
        }
    }
}
