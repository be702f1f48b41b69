//! What has to be remembered over a restart is kept in time: whenever it changes, and before anything depends on it.
//!
//! ```text
//!   changed ──Persist{revision}──▶ requested ──Persisted{revision}──▶ saved ──(changed meanwhile)──▶ changed
//! ```
//! Two operations depend on it and wait: a server that is remembered as bad gets weight only when its new state is
//! kept, and a service is made only when it is kept that it is ours. What takes a server out waits for nothing. Without
//! an answer for [`PATIENCE`], or with a failure, the director goes on without: a sick disk keeps no server out of service.
//!
//! Invariant: one memory is on its way at a time, and two follow each other by [`PAUSE`] at least, so that a thousand
//! state changes in a second are a few writings. A director that was never given a memory keeps none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::own_network::OwnNetwork;
use super::{Director, Effect, FreezeNotice, Notice};
use crate::health::{Health, HealthByServer, HealthState, PendingChange};
use crate::model::{DrainRule, Endpoint, ServiceId};
use crate::moment::Moment;
use crate::overrides::Target;
use crate::persistent_state::{Advised, PersistentState, RecentPools, SavedHealth};
use crate::recovery::SavedRecovery;
use crate::table::{ServiceEntry, Table};
use crate::weight::waits_for_connections;

/// Longest time that an operation waits for what it depends on to be kept.
const PATIENCE: Duration = Duration::from_secs(1);
/// Least time between two writings.
const PAUSE: Duration = Duration::from_millis(50);
/// The same after a failure.
const RETRY: Duration = Duration::from_secs(5);

/// What is kept, and what is on its way.
#[derive(Debug, Clone, Default)]
pub(super) struct Persist {
    /// Whether there is a state file.
    active: bool,
    /// What was remembered at the start and has found no use yet.
    pub(super) restored: BTreeMap<Target, SavedHealth>,
    /// The same of what servers have said of themselves.
    pub(super) advice: BTreeMap<Target, Advised>,
    /// The same of answers that had not decided anything yet.
    pub(super) pending_changes: BTreeMap<Target, Vec<PendingChange>>,
    /// What has found its use. As long as it is not confirmed by an answer it outlives the next restart as well.
    believed: BTreeMap<Target, SavedHealth>,
    /// Services that were ours when the director before this one ended.
    ours_before: BTreeSet<ServiceId>,
    revision: u64,
    /// Something may have changed since the last memory that was handed over.
    pub(super) changed: bool,
    asked: Option<Asked>,
    /// Not before this moment.
    next: Moment,
    /// What is known to be kept.
    kept: Durable,
    /// Why keeping fails, when it does.
    failure: Option<String>,
}

#[derive(Debug, Clone)]
struct Asked {
    since: Moment,
    /// Nothing waits for it any more.
    gave_up: bool,
    essence: Durable,
}

/// What operations depend on.
#[derive(Debug, Clone, Default)]
struct Durable {
    bad: BTreeMap<Target, HealthState>,
    owned: BTreeSet<ServiceId>,
}

impl Durable {
    fn of(saved: &PersistentState) -> Self {
        Self {
            bad: saved.known_bad(),
            owned: saved.owned.clone(),
        }
    }
}

/// What takes its time and outlives a restart.
#[derive(Debug, PartialEq)]
pub(super) struct LongRunning {
    recovery: SavedRecovery,
    drain_rules: BTreeMap<ServiceId, DrainRule>,
    removed_at_stop: BTreeSet<ServiceId>,
}

impl Persist {
    /// A server begins with what was remembered of it, or again.
    pub(super) fn set_assumed(&mut self, target: Target, judged: Option<SavedHealth>) {
        match judged {
            Some(judged) => drop(self.believed.insert(target, judged)),
            None => drop(self.believed.remove(&target)),
        }
    }

    /// Whether a service was ours when the director before this one ended.
    pub(super) fn was_ours(&self, service: &ServiceId) -> bool {
        self.ours_before.contains(service)
    }

    /// The number of the memory that holds all that is known now; none without a state file.
    pub(super) fn latest_revision(&self) -> Option<u64> {
        let waits = u64::from(self.changed);
        self.active.then_some(self.revision + waits)
    }

    /// Whether the next director will know what this one knows.
    pub(super) fn remembers(&self) -> bool {
        self.active
    }

    /// When something is to be done about it.
    pub(super) fn next_due(&self) -> Option<Moment> {
        match &self.asked {
            Some(asked) => (!asked.gave_up).then_some(asked.since + PATIENCE),
            None => (self.active && self.changed).then_some(self.next),
        }
    }

    /// Whether the director goes on without waiting.
    fn waits_for_nothing(&self) -> bool {
        let gave_up = self.asked.as_ref().is_some_and(|asked| asked.gave_up);
        !self.active || self.failure.is_some() || gave_up
    }

    /// Leaves out of the desired table what depends on something that is not kept yet; says whether there was such.
    pub(super) fn hold_back(
        &self,
        wanted: &mut Table,
        observed: &Table,
        book: &HealthByServer,
    ) -> bool {
        if self.waits_for_nothing() {
            return false;
        }
        let before = wanted.services.len();
        wanted
            .services
            .retain(|id, _| observed.services.contains_key(id) || self.kept.owned.contains(id));
        let mut held = wanted.services.len() < before;
        for (id, entry) in &mut wanted.services {
            let known = observed.services.get(id);
            for server in self.not_persisted_up(id, entry, known, book) {
                held = true;
                match known.and_then(|known| known.servers.get(&server)) {
                    Some(known) => entry.servers.insert(server, *known),
                    None => entry.servers.remove(&server),
                };
            }
        }
        held
    }

    /// Servers that are to get weight because of a state that is not saved, while the saved one is bad.
    fn not_persisted_up(
        &self,
        id: &ServiceId,
        wanted: &ServiceEntry,
        known: Option<&ServiceEntry>,
        book: &HealthByServer,
    ) -> Vec<Endpoint> {
        let rises = |server: &Endpoint, weight: u32| {
            let known = known.and_then(|known| known.servers.get(server));
            weight > known.map_or(0, |known| known.settings.weight)
        };
        let servers = wanted.servers.iter();
        let rising = servers.filter(|(server, entry)| rises(server, entry.settings.weight));
        let held = rising.map(|(server, _)| *server).filter(|server| {
            let target = (*id, *server);
            let (Some(health), Some(saved)) = (book.get(&target), self.kept.bad.get(&target))
            else {
                return false;
            };
            // One that is held out and serves all the same, because no other is up, is saved as one that is held out.
            let waits = *saved == HealthState::Down || health.penalty.held_until().is_none();
            health.state == HealthState::Up && waits
        });
        held.collect()
    }
}

impl Director {
    /// What is to be remembered over a restart.
    #[must_use]
    pub fn persistent_state(&self) -> PersistentState {
        let unused = self.persist.restored.iter();
        let unused = unused.map(|(target, judged)| (*target, judged.clone()));
        let judged = self
            .book
            .iter()
            .filter_map(|(target, health)| Some((*target, self.judged(target, health)?)));
        let LongRunning {
            recovery,
            drain_rules,
            removed_at_stop,
        } = self.lasting();
        let mut advice = self.persist.advice.clone();
        let said = self.book.iter();
        advice.extend(said.filter_map(|(target, health)| Some((*target, Advised::of(health)?))));
        let mut pending_changes = self.persist.pending_changes.clone();
        let wavering = self.book.iter();
        pending_changes.extend(
            wavering.filter_map(|(target, health)| {
                Some((*target, self.pending_changes(target, health)?))
            }),
        );
        PersistentState {
            overrides: self.overrides.by_command(),
            pending_changes: pending_changes.into_iter().collect(),
            freeze: self.frozen.clone(),
            freeze_used: self.freeze_used,
            advice: advice.into_iter().collect(),
            health: unused
                .chain(judged)
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
            owned: self.owned.clone(),
            drain_rules: drain_rules.into_iter().collect(),
            removed_at_stop,
            recovery,
            recent_pools: self.recent_pools.saved(),
        }
    }

    /// What is known of a server, or assumed from the saved state.
    fn judged(&self, target: &Target, health: &Health) -> Option<SavedHealth> {
        let believed = || self.persist.believed.get(target).cloned();
        SavedHealth::of(health).or_else(believed)
    }

    /// What a server has answered and what has not decided anything yet, if there is such.
    fn pending_changes(&self, target: &Target, health: &Health) -> Option<Vec<PendingChange>> {
        let service = self.model.service(&target.0)?;
        let pending_changes = health.pending_changes(service.checks_of(&target.1));
        (!pending_changes.is_empty()).then_some(pending_changes)
    }

    /// What takes its time, as it is to be remembered.
    pub(super) fn lasting(&self) -> LongRunning {
        let services = self.model.services().iter();
        let defined = services.filter_map(|service| {
            let rule = service
                .recovery
                .leaving
                .filter(|_| waits_for_connections(service));
            Some((service.id, rule?))
        });
        let leaving = self.recovery.leaving.iter();
        LongRunning {
            recovery: self.recovery.saved(),
            drain_rules: leaving
                .map(|(service, rule)| (*service, *rule))
                .chain(defined)
                .collect(),
            removed_at_stop: self.recovery.removed_at_stop.clone(),
        }
    }

    /// The number of the memory that holds everything up to now, once it is saved; none without a state file.
    #[must_use]
    pub fn latest_revision(&self) -> Option<u64> {
        self.persist.latest_revision()
    }

    /// Whether everything up to now is kept, so that no further writing is to be waited for.
    #[must_use]
    pub fn is_all_persisted(&self) -> bool {
        self.persist.active && !self.persist.changed && self.persist.asked.is_none()
    }

    /// Why what is to be remembered cannot be kept, when it cannot.
    #[must_use]
    pub fn persist_error(&self) -> Option<&str> {
        self.persist.failure.as_deref()
    }

    /// Begins with what a director before this one has left.
    pub(super) fn restored(
        &mut self,
        saved: PersistentState,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.persist.active = true;
        self.persist.kept = Durable::of(&saved);
        self.persist.ours_before.clone_from(&saved.owned);
        self.persist.restored = saved.health.into_iter().collect();
        self.persist.advice = saved.advice.into_iter().collect();
        self.persist.pending_changes = saved.pending_changes.into_iter().collect();
        self.frozen = saved.freeze;
        self.freeze_used = saved.freeze_used;
        self.own_network = OwnNetwork::after_freeze(saved.freeze_used);
        self.owned.extend(saved.owned);
        // Whoever is defined does not leave, which the first definitions tell.
        self.recovery.leaving.extend(saved.drain_rules);
        self.recovery.removed_at_stop.extend(saved.removed_at_stop);
        let drains = saved.recovery.drains.len();
        self.recovery.restore(saved.recovery);
        let overrides = saved.overrides.len();
        let bad = self.persist.kept.bad.len();
        self.overrides.restore(saved.overrides);
        self.recent_pools = RecentPools::restored(saved.recent_pools);
        self.persist.next = now;
        if let Some(frozen) = &self.frozen {
            let notice = FreezeNotice::StillFrozen {
                servers: frozen.servers,
                words: frozen.words.clone(),
            };
            effects.push(Effect::Tell(Notice::Freeze(notice)));
        }
        if overrides + bad + drains > 0 {
            effects.push(Effect::Tell(Notice::Restored {
                overrides,
                bad,
                drains,
            }));
        }
    }

    /// Nothing waits for ever for what is on its way.
    pub(super) fn expire_wait(&mut self, now: Moment) {
        if let Some(asked) = &mut self.persist.asked {
            asked.gave_up |= asked.since + PATIENCE <= now;
        }
    }

    /// Hands over what is to be kept when it has changed: drains and slow starts included that have begun in this moment,
    /// and ahead of what is requested from the kernel.
    pub(super) fn keep(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let persist = &self.persist;
        let waits = persist.asked.is_some() || persist.next > now;
        if !persist.active || !persist.changed || waits {
            return;
        }
        let saved = self.persistent_state();
        self.persist.changed = false;
        self.persist.revision += 1;
        self.persist.asked = Some(Asked {
            since: now,
            gave_up: false,
            essence: Durable::of(&saved),
        });
        let keep = Effect::Persist {
            revision: self.persist.revision,
            saved,
        };
        effects.insert(0, keep);
    }

    /// A memory is kept, or could not be.
    pub(super) fn kept(
        &mut self,
        revision: u64,
        failure: Option<String>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        if revision != self.persist.revision {
            return;
        }
        let Some(asked) = self.persist.asked.take() else {
            return;
        };
        self.persist.next = now + PAUSE;
        match &failure {
            None => self.persist.kept = asked.essence,
            Some(_) => {
                self.persist.changed = true;
                self.persist.next = now + RETRY;
            }
        }
        if failure != self.persist.failure {
            effects.push(Effect::Tell(Notice::Persist {
                failure: failure.clone(),
            }));
        }
        self.persist.failure = failure;
    }
}
