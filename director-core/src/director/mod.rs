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
mod answers;
mod besides;
mod converge;
mod courier;
mod deadline;
mod effect;
mod event;
mod freeze;
mod host;
mod keeping;
mod presumption;
mod reasons;
mod review;
mod roads;
mod trouble;
mod vips;
mod words;

pub use effect::{Effect, Notice};
pub use event::Event;
pub use freeze::{FreezeNotice, Thaw};
pub use host::{HostOutcome, HostResult, Unwanted};
pub use trouble::{Subject, Trouble};

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::desired::HealthBook;
use crate::diagnostic::Diagnostic;
use crate::duties::{Herald, Phase};
use crate::health::{Frozen, Schedule, Subscription};
use crate::model::{Model, OnStop, ServiceId};
use crate::moment::Moment;
use crate::overrides::Overrides;
use crate::plan::OpFailure;
use crate::recovery::RecoveryState;
use crate::table::Table;
use crate::weighing::Situation;
use besides::Attempt;
use courier::Courier;
use host::HostTalk;
use keeping::Keeping;
use trouble::Troubles;

/// Pause before the table is read again after a failure to read it.
const READ_RETRY: Duration = Duration::from_secs(2);

/// What the director is saying to the kernel just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conversation {
    Idle,
    Reading,
    Applying,
}

/// New definitions that were refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// When.
    pub at: Moment,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// The director's whole state.
#[derive(Debug)]
pub struct Director {
    pub(crate) model: Arc<Model>,
    pub(crate) loaded_at: Option<Moment>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) book: HealthBook,
    pub(crate) overrides: Overrides,
    pub(crate) recovery: RecoveryState,
    pub(crate) schedule: Schedule,
    /// The kernel's table as last read; none before the first reading.
    pub(crate) observed: Option<Table>,
    pub(crate) observed_at: Moment,
    pub(crate) unreadable: Option<String>,
    /// Services that are ours to change: those of the model, and those of former models until they are gone.
    owned: BTreeSet<ServiceId>,
    /// What the kernel held when it last was as desired; a difference from it is somebody else's doing.
    settled: Option<Table>,
    troubles: Troubles,
    keeping: Keeping,
    herald: Herald,
    courier: Courier,
    /// Whether each service has a real server that takes connections, as last told.
    available: BTreeMap<ServiceId, bool>,
    /// Verdicts, overrides or definitions have changed since that was looked at.
    judged_anew: bool,
    /// What the kernel was asked for and has not answered yet.
    attempts: Vec<Attempt>,
    conversation: Conversation,
    next_read: Moment,
    /// Something happened since the tables were last compared that may make them differ.
    unsettled: bool,
    /// When the next server that changed too often is let in again.
    next_release: Option<Moment>,
    /// When slow starts and drains are looked at again.
    next_review: Option<Moment>,
    /// Verdicts stand still.
    pub(crate) frozen: Option<Frozen>,
    /// A freeze was ended though nobody answers; there is no other before somebody does.
    freeze_is_spent: bool,
    /// Advisers of whom nothing was heard, as told.
    unheard: BTreeSet<Subscription>,
    /// Whom connections are held to.
    held: BTreeSet<SocketAddr>,
    /// The kernel has held the desired table once.
    has_stood: bool,
    ready_told: bool,
    stopping: bool,
    host: HostTalk,
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
            book: HealthBook::new(),
            overrides: Overrides::default(),
            recovery: RecoveryState::default(),
            schedule: Schedule::default(),
            observed: None,
            observed_at: Moment::START,
            unreadable: None,
            owned: BTreeSet::new(),
            settled: None,
            troubles: Troubles::default(),
            keeping: Keeping::default(),
            herald: Herald::default(),
            courier: Courier::default(),
            available: BTreeMap::new(),
            judged_anew: false,
            attempts: Vec::new(),
            conversation: Conversation::Idle,
            next_read: Moment::START,
            unsettled: true,
            next_release: None,
            next_review: None,
            frozen: None,
            freeze_is_spent: false,
            unheard: BTreeSet::new(),
            held: BTreeSet::new(),
            has_stood: false,
            ready_told: false,
            stopping: false,
            host: HostTalk::default(),
        }
    }

    /// Takes an event into account and says what is to be done.
    pub fn handle(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        // A report only matters to the table when it changes a verdict, which is for `probed` to say.
        self.unsettled |= !matches!(event, Event::Probed { .. } | Event::Woken);
        self.unsettled |= self.next_review.is_some_and(|next| next <= now);
        match event {
            Event::Loaded { model, warnings } => self.loaded(model, warnings, now, &mut effects),
            Event::LoadRefused { diagnostics } => self.load_refused(diagnostics, now, &mut effects),
            Event::DutiesLoaded { duties } => self.duties_loaded(duties, &mut effects),
            Event::FileOverrides { author, overrides } => {
                self.file_overrides(&author, &overrides, now, &mut effects)
            }
            Event::OverrideCommanded { command } => {
                self.override_commanded(&command, now, &mut effects)
            }
            Event::Remembered { memory } => self.remembered(memory, now, &mut effects),
            Event::Kept { revision, failure } => self.kept(revision, failure, now, &mut effects),
            Event::TableRead { table } => self.table_read(table, now),
            Event::ReadFailed { message } => self.read_failed(message, now, &mut effects),
            Event::Applied {
                services,
                failures,
                observed,
            } => {
                self.applied(&services, &failures, observed, now, &mut effects);
            }
            Event::Probed { probe, report } => self.probed(probe, &report, now, &mut effects),
            Event::HostJournalFound => self.host_wanted(true, now),
            Event::HostReconciled { outcomes } => self.host_reconciled(outcomes, now, &mut effects),
            Event::Woken => self.release(now, &mut effects),
            Event::Hinted { peer } => self.schedule.hint(peer, now),
            Event::Unfreeze => self.thaw(Thaw::Operator, now, &mut effects),
            Event::StopRequested => self.stop_requested(&mut effects),
        }
        self.look_at_freeze(now, &mut effects);
        self.look_around(now, &mut effects);
        self.wait_no_longer(now);
        self.go_on(now, &mut effects);
        self.keep(now, &mut effects);
        self.send_bulletins(now, &mut effects);
        effects
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

    /// The refusal that waits about this subject.
    #[must_use]
    pub fn trouble(&self, subject: &Subject) -> Option<&Trouble> {
        self.troubles.about(subject)
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
            self.herald.enter(if begins {
                Phase::Starting
            } else {
                Phase::Reloading
            });
        }
        self.judged_anew = true;
        let lasting = self.lasting();
        let former = std::mem::replace(&mut self.model, model);
        self.pass_on(&former);
        self.keeping.changed |= self.lasting() != lasting;
        self.courier.take_over(self.model.hooks());
        self.loaded_at = Some(now);
        self.refusal = None;
        let owned = self.owned.len();
        self.owned
            .extend(self.model.services().iter().map(|service| service.id));
        self.owned.extend(self.model.helpers().keys());
        self.own_stray_helpers();
        self.keeping.changed |= self.owned.len() > owned;
        self.troubles.clear();
        // Somebody else's change and ours cannot be told apart while the definitions change.
        self.settled = None;
        self.schedule.adopt(&self.model, now);
        if let Some(observed) = self.observed.take() {
            self.presume(&observed, now);
            self.observed = Some(observed);
        }
        self.next_read = now;
        self.host_wanted(false, now);
    }

    fn load_refused(
        &mut self,
        diagnostics: Vec<Diagnostic>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Tell(Notice::LoadRefused {
            diagnostics: diagnostics.clone(),
        }));
        self.refusal = Some(Refusal {
            at: now,
            diagnostics,
        });
    }

    fn table_read(&mut self, table: Table, now: Moment) {
        self.conversation = Conversation::Idle;
        self.unreadable = None;
        self.next_read = now + self.reading_pause();
        self.observed_at = now;
        if self.observed.is_none() {
            self.presume(&table, now);
            self.judged_anew = true;
        }
        self.observed = Some(table);
        self.own_stray_helpers();
    }

    fn read_failed(&mut self, message: String, now: Moment, effects: &mut Vec<Effect>) {
        self.conversation = Conversation::Idle;
        self.next_read = now + READ_RETRY;
        if self.unreadable.as_ref() != Some(&message) {
            effects.push(Effect::Tell(Notice::Unreadable {
                message: message.clone(),
                retry_in: READ_RETRY,
            }));
        }
        self.unreadable = Some(message);
    }

    fn applied(
        &mut self,
        services: &[ServiceId],
        failures: &[OpFailure],
        observed: Result<Table, String>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.conversation = Conversation::Idle;
        self.tell_attempts(observed.as_ref().ok(), now, effects);
        for failure in failures {
            let retry_in = self.troubles.refused(failure, now);
            effects.push(Effect::Tell(Notice::Refused {
                failure: failure.clone(),
                retry_in,
            }));
        }
        match observed {
            Ok(mut read) => {
                let known = self.observed.get_or_insert_default();
                for service in services {
                    match read.services.remove(service) {
                        Some(entry) => known.services.insert(*service, entry),
                        None => known.services.remove(service),
                    };
                }
            }
            // What the kernel holds is unknown now, so nothing more is done before it was read.
            Err(message) => {
                self.observed = None;
                self.read_failed(message, now, effects);
            }
        }
    }

    fn stop_requested(&mut self, effects: &mut Vec<Effect>) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        self.herald.enter(Phase::Stopping);
        let removed = self
            .model
            .services()
            .iter()
            .filter(|service| service.on_stop == OnStop::Remove)
            .count();
        let kept = self.model.services().len() - removed;
        effects.push(Effect::Tell(Notice::Stopping { removed, kept }));
    }

    /// Whether servers are asked: not before their presumptions are known, and not while stopping.
    fn probing(&self) -> bool {
        !self.stopping && (self.observed.is_some() || !self.book.is_empty())
    }
}
