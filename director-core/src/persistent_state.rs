//! What a director has to remember over a restart: the overrides that were given to it, its health states, which services are its
//! own, and what takes its time: drains, slow starts, too few servers. Times are the director's own moments; whoever keeps a
//! memory lets the director's clock go on from there.
//!
//! Leaves to others where it is kept (the shell) and when (`director::persist`).

mod recent_pools;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::health::{Advice, CheckHealth, Frozen, Health, HealthState, Penalty, PendingChange};
use crate::model::{Check, Combine, DrainRule, ServiceId};
use crate::moment::Moment;
use crate::overrides::{Override, Target};
use crate::recovery::SavedRecovery;

pub use recent_pools::RecentPool;
pub(crate) use recent_pools::{RecentPools, pool_size};

/// Everything that outlives a restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersistentState {
    /// Overrides that were given by command and stand.
    pub overrides: Vec<(Target, Override)>,
    /// What was known about real servers.
    pub health: Vec<(Target, SavedHealth)>,
    /// What real servers have said of themselves. It stands until they say otherwise.
    pub advice: Vec<(Target, Advised)>,
    /// Answers that had not decided anything yet.
    pub pending_changes: Vec<(Target, Vec<PendingChange>)>,
    /// Health was frozen.
    pub freeze: Option<Frozen>,
    /// A freeze was ended though no server answered, and none has answered since.
    pub freeze_used: bool,
    /// Services that are ours to change, those included that are still to leave the kernel.
    pub owned: BTreeSet<ServiceId>,
    /// How services leave that wait for connections to end: those that were defined, and those on their way out. One that
    /// is dropped from the definitions while no director runs leaves as it would have left otherwise.
    pub drain_rules: Vec<(ServiceId, DrainRule)>,
    /// Those of them that a stop removes.
    pub removed_at_stop: BTreeSet<ServiceId>,
    /// Slow starts, drains and pools.
    pub recovery: SavedRecovery,
    /// How many servers each service had in the configurations of the last hour.
    pub recent_pools: Vec<(ServiceId, RecentPool)>,
}

/// What a real server has said of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Advised {
    /// By its agent.
    pub agent: Option<Box<Advice>>,
    /// By the source of its weight.
    pub weight_source: Option<Box<Advice>>,
}

impl Advised {
    /// What a server has said; nothing when it never said anything.
    pub(crate) fn of(health: &Health) -> Option<Self> {
        let advised = Self {
            agent: health.agent.clone(),
            weight_source: health.weight_source.clone(),
        };
        (advised != Self::default()).then_some(advised)
    }
}

/// A state that the results of a real server have led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedHealth {
    /// Up or down.
    pub state: HealthState,
    /// Since when.
    pub since: Moment,
    /// Why.
    pub reason: String,
    /// The penalty of its state changes.
    #[serde(default)]
    pub penalty: Penalty,
    /// What each of its checks has found, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<SavedCheckHealth>,
}

/// A state that the results of one check have led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCheckHealth {
    /// The check, by its name.
    pub name: String,
    /// Up or down.
    pub state: HealthState,
    /// Since when.
    pub since: Moment,
    /// Why.
    pub reason: String,
}

impl SavedHealth {
    /// What is worth saving of a server's health; nothing of an assumed state.
    pub(crate) fn of(health: &Health) -> Option<Self> {
        (!health.assumed).then(|| Self {
            state: health.state,
            since: health.since,
            reason: health.reason.clone(),
            penalty: health.penalty,
            checks: SavedCheckHealth::several(&health.checks),
        })
    }

    /// The health that a server begins with after a restart, and its checks with it. Who is known to be bad is known to be
    /// bad still; a good one is assumed to be good until it is probed.
    pub(crate) fn health(self, checks: &[Check], combine: Combine, now: Moment) -> Health {
        let Self {
            state,
            since,
            reason,
            penalty,
            checks: known,
        } = self;
        let mut health = Health {
            assumed: state == HealthState::Up,
            penalty,
            ..Health::assumed(state, &reason, since)
        }
        .with_checks(checks);
        let known: BTreeMap<&str, &SavedCheckHealth> = known
            .iter()
            .map(|known| (known.name.as_str(), known))
            .collect();
        for check in &mut health.checks {
            if let Some(known) = known.get(check.name.as_str()) {
                *check = known.health();
            }
        }
        health.down_if_checks_are(combine, now)
    }
}

impl SavedCheckHealth {
    /// What is worth remembering of a server's checks. An only one knows what is known of the server.
    fn several(checks: &[CheckHealth]) -> Vec<Self> {
        if checks.len() < 2 {
            return Vec::new();
        }
        let known = checks.iter().filter(|check| !check.assumed);
        let judged = known.map(|check| Self {
            name: check.name.clone(),
            state: check.state,
            since: check.since,
            reason: check.reason.clone(),
        });
        judged.collect()
    }

    fn health(&self) -> CheckHealth {
        let mut health = CheckHealth::assumed(&self.name, self.state, &self.reason, self.since);
        health.assumed = self.state == HealthState::Up;
        health
    }
}

impl PersistentState {
    /// Servers that are remembered as bad: down, or up and held out.
    pub(crate) fn known_bad(&self) -> BTreeMap<Target, HealthState> {
        let bad = self.health.iter().filter(|(_, judged)| judged.is_out());
        bad.map(|(target, judged)| (*target, judged.state))
            .collect()
    }
}

impl SavedHealth {
    /// Whether the server was out of service for what it answered.
    fn is_out(&self) -> bool {
        self.state == HealthState::Down || self.penalty.held_until().is_some()
    }
}
