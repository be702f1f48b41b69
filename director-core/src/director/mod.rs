//! The director: the only mutable state. Everything that happens is an [`Event`], everything it wants an [`Effect`].
//!
//! ```text
//!              ReadTable              Apply
//!   Idle ────────────────▶ Reading    Idle ─────────▶ Applying
//!    ▲     TableRead          │        ▲    Applied      │
//!    └────ReadFailed──────────┘        └─────────────────┘
//! ```
//! Invariants: one conversation with the kernel at a time; no operation before the table was read once; only services in
//! `owned` are ever planned for; a refused operation waits for itself and stops nothing else.

mod advised;
mod alerts;
mod answers;
mod attempts;
mod batcher;
mod conditions;
mod converge;
mod deadline;
mod differences;
mod effect;
mod event;
mod finishing;
mod freeze;
mod host;
mod host_request;
mod initial_health;
mod kernel_answers;
mod objections;
mod observing;
mod overrides;
mod own_network;
mod persist;
mod probe_services;
mod publish;
mod reasons;
mod refusal;
mod retry;
mod review;
mod sync_daemons;
mod unsettled;
mod vips;
mod words;

pub use differences::{Differences, TableDifference};
pub use effect::{Effect, Notice};
pub use event::Event;
pub use freeze::{FreezeNotice, UnfreezeReason};
pub use host_request::{Finishing, HostOutcome, HostRequest, HostResult, Unwanted};
pub use refusal::Refusal;
pub use retry::{PendingRetry, Subject};
pub use sync_daemons::SyncDaemonState;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::desired::HealthByServer;
use crate::diagnostic::Diagnostic;
use crate::health::{Frozen, ProbeId, Schedule, Subscription};
use crate::model::{Model, ServiceId};
use crate::moment::Moment;
use crate::notify::{LdirectordAlerts, Phase};
use crate::overrides::Overrides;
use crate::persistent_state::RecentPools;
use crate::recovery::RecoveryState;
use crate::scope::ServiceScope;
use crate::table::Table;
use crate::weight::Situation;
use attempts::Attempt;
use batcher::Batcher;
use conditions::ReportedState;
use host::HostSync;
use own_network::OwnNetwork;
use persist::Persist;
use publish::Published;
use retry::RetryQueue;

/// Pause before the table is read again after a failure to read it.
const READ_RETRY: Duration = Duration::from_secs(2);

/// What the director is saying to the kernel just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KernelState {
    Idle,
    Reading,
    Applying,
}

/// The director's whole state.
#[derive(Debug, Clone)]
pub struct Director {
    pub(crate) model: Arc<Model>,
    pub(crate) loaded_at: Option<Moment>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) book: HealthByServer,
    pub(crate) overrides: Overrides,
    pub(crate) recovery: RecoveryState,
    recent_pools: RecentPools,
    pub(crate) schedule: Schedule,
    /// The kernel's table as last read; none before the first reading.
    pub(crate) observed: Option<Table>,
    pub(crate) observed_at: Moment,
    pub(crate) unreadable: Option<String>,
    /// Services that are ours to change: those of the model, and those of former models until they are gone.
    owned: BTreeSet<ServiceId>,
    /// What the kernel held when it last was as desired; a difference from it is the doing of another program.
    settled: Option<Table>,
    retries: RetryQueue,
    persist: Persist,
    alerts: LdirectordAlerts,
    batcher: Batcher,
    /// Whether each service has a real server that takes connections, as last reported.
    available: BTreeMap<ServiceId, bool>,
    pub(crate) conditions: BTreeMap<ServiceId, ReportedState>,
    published: Published,
    /// Services of which health states, overrides or definitions have changed since that was looked at.
    health_changed: ServiceScope,
    /// What was requested from the kernel and is not answered yet.
    attempts: Vec<Attempt>,
    kernel_state: KernelState,
    next_read: Moment,
    /// Services that decisions have looked at, each as often as it was.
    looked_at: u64,
    /// Services to which something happened since the tables were last compared that may make them differ.
    unsettled: ServiceScope,
    /// When the next server that changed too often is let in again.
    next_release: Option<Moment>,
    /// When slow starts and drains are looked at again.
    next_review: Option<Moment>,
    /// Health is frozen.
    pub(crate) frozen: Option<Frozen>,
    /// A freeze was ended though no server answers; there is no other before one does.
    freeze_used: bool,
    /// When a freeze ended last, of all services or of some.
    chances_since: Option<Moment>,
    own_network: OwnNetwork,
    /// Unreachable advisers, as last reported.
    unheard: BTreeSet<Subscription>,
    /// Whom connections are held to, for each service that wants it.
    held: BTreeMap<ServiceId, BTreeSet<SocketAddr>>,
    /// The kernel has held the desired table once.
    has_stood: bool,
    ready_told: bool,
    stopping: bool,
    host: HostSync,
}

impl Default for Director {
    fn default() -> Self {
        Self::new()
    }
}

impl Director {
    /// A director that knows nothing yet; it waits for its first definitions.
    #[must_use]
    pub fn new() -> Self {
        Self {
            model: Arc::new(Model::empty()),
            loaded_at: None,
            refusal: None,
            book: HealthByServer::new(),
            overrides: Overrides::default(),
            recovery: RecoveryState::default(),
            recent_pools: RecentPools::default(),
            schedule: Schedule::default(),
            observed: None,
            observed_at: Moment::START,
            unreadable: None,
            owned: BTreeSet::new(),
            settled: None,
            retries: RetryQueue::default(),
            persist: Persist::default(),
            alerts: LdirectordAlerts::default(),
            batcher: Batcher::default(),
            available: BTreeMap::new(),
            conditions: BTreeMap::new(),
            published: Published::default(),
            health_changed: ServiceScope::none(),
            attempts: Vec::new(),
            kernel_state: KernelState::Idle,
            next_read: Moment::START,
            looked_at: 0,
            unsettled: ServiceScope::All,
            next_release: None,
            next_review: None,
            frozen: None,
            freeze_used: false,
            chances_since: None,
            own_network: OwnNetwork::default(),
            unheard: BTreeSet::new(),
            held: BTreeMap::new(),
            has_stood: false,
            ready_told: false,
            stopping: false,
            host: HostSync::default(),
        }
    }

    /// Takes an event into account and says what is to be done.
    pub fn handle(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.note(event, now, &mut effects);
        self.decide(now, &mut effects);
        effects
    }

    /// Takes an event into account without deciding what follows from it. Several results of probes may be noted at the same moment
    /// before one decision: that costs as much for one as for many.
    pub fn note(&mut self, event: Event, now: Moment, effects: &mut Vec<Effect>) {
        if self.may_change_any_service(&event) {
            self.unsettled = ServiceScope::All;
        }
        match event {
            Event::Loaded { model, warnings } => self.loaded(model, warnings, now, effects),
            Event::LoadRefused { diagnostics } => self.load_refused(diagnostics, now, effects),
            Event::AlertsLoaded { alerts } => self.alerts_loaded(alerts, effects),
            Event::FileOverrides { author, overrides } => {
                self.file_overrides(&author, &overrides, now, effects)
            }
            Event::OverrideCommanded { command } => self.override_commanded(&command, now, effects),
            Event::Restored { saved } => self.restored(saved, now, effects),
            Event::Persisted { revision, failure } => self.kept(revision, failure, now, effects),
            Event::TableRead { table } => self.table_read(table, now),
            Event::ReadFailed { message } => self.read_failed(message, now, effects),
            Event::Applied {
                services,
                failures,
                observed,
            } => {
                self.applied(&services, &failures, observed, now, effects);
            }
            Event::Probed { probe, report } => self.probed(probe, &report, now, effects),
            Event::HostJournalFound => self.host_wanted(true, now),
            Event::AddressesChanged => self.addresses_changed(now),
            Event::HostReconciled { outcomes } => self.host_reconciled(outcomes, now, effects),
            Event::Woken => self.release(now, effects),
            Event::Hinted { peer } => self.schedule.hint(peer, now),
            Event::NetworkChecked { reached } => self.network_checked(reached, now, effects),
            Event::LimitsSkipped => self.recent_pools.forget(),
            Event::Unfreeze => self.unfreeze(UnfreezeReason::Operator, now, effects),
            Event::StopRequested => self.stop_requested(effects),
        }
    }

    /// Says what is to be done after what was noted; `effects` are those of the noted events.
    pub fn decide(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.expire_freeze(now, effects);
        self.expire_overrides(now, effects);
        self.update_alerts(now, effects);
        self.expire_wait(now);
        self.go_on(now, effects);
        self.keep(now, effects);
        self.send_messages(now, effects);
    }

    /// All that weights are made from, for what the kernel holds.
    pub(crate) fn situation<'a>(&'a self, observed: &'a Table, now: Moment) -> Situation<'a> {
        Situation {
            model: &self.model,
            book: &self.book,
            overrides: &self.overrides,
            recovery: &self.recovery,
            observed,
            now,
        }
    }

    /// A service that needs this probe; none if the probe has left the configuration.
    #[must_use]
    pub fn service_of(&self, probe: ProbeId) -> Option<ServiceId> {
        self.schedule.service_of(probe)
    }

    /// The refusal that waits about this subject.
    #[must_use]
    pub fn retry(&self, subject: &Subject) -> Option<&PendingRetry> {
        self.retries.about(subject)
    }

    fn loaded(
        &mut self,
        model: Arc<Model>,
        warnings: Vec<Diagnostic>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Tell(Notice::Loaded {
            services: model.services().len(),
            real_servers: model
                .services()
                .iter()
                .map(|service| service.real_servers.len())
                .sum(),
            warnings,
        }));
        if !self.stopping {
            let begins = self.loaded_at.is_none();
            self.alerts.enter(if begins {
                Phase::Starting
            } else {
                Phase::Reloading
            });
        }
        self.health_changed = ServiceScope::All;
        let lasting = self.lasting();
        let former = std::mem::replace(&mut self.model, model);
        self.pass_on(&former);
        self.tell_idle_overrides(&former, effects);
        self.forget_perhaps_named();
        self.persist.changed |= self.lasting() != lasting;
        self.persist.changed |= self.recent_pools.adopt(&self.model, now);
        self.batcher.take_over(self.model.hooks());
        self.loaded_at = Some(now);
        self.refusal = None;
        let owned = self.owned.len();
        self.owned
            .extend(self.model.services().iter().map(|service| service.id));
        self.owned.extend(self.model.probe_services().keys());
        self.own_stray_probe_services();
        self.persist.changed |= self.owned.len() > owned;
        self.retries.clear();
        // The change of another program and ours cannot be distinguished while the definitions change.
        self.settled = None;
        self.schedule.adopt(&self.model, now);
        self.published.adopt(&self.model);
        if let Some(observed) = self.observed.take() {
            self.note_perhaps_named(&observed, &former);
            self.assume_health(&observed, now);
            self.observed = Some(observed);
        }
        self.next_read = now;
        self.host_wanted(false, now);
    }

    fn table_read(&mut self, table: Table, now: Moment) {
        self.kernel_state = KernelState::Idle;
        self.unreadable = None;
        self.next_read = now + self.reading_pause();
        self.observed_at = now;
        if self.observed.is_none() {
            if !self.has_stood {
                self.note_found(&table);
                self.note_perhaps_named(&table, &Model::empty());
            }
            self.assume_health(&table, now);
            self.health_changed = ServiceScope::All;
        }
        self.observed = Some(table);
        self.own_stray_probe_services();
    }

    fn stop_requested(&mut self, effects: &mut Vec<Effect>) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        self.alerts.enter(Phase::Stopping);
        let removed = self.removed_at_stop().count();
        let all = self.model.services().len() + self.recovery.leaving.len();
        let kept = all.saturating_sub(removed);
        effects.push(Effect::Tell(Notice::Stopping { removed, kept }));
    }

    /// Whether servers are probed: not before their assumed states are known, and not while stopping.
    fn probing(&self) -> bool {
        !self.stopping && (self.observed.is_some() || !self.book.is_empty())
    }
}
