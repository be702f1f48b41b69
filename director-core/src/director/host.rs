//! What the director wants of its machine outside the table: VIPs, settings of the kernel, timeouts. They are requested when
//! the table stands, so that no VIP draws clients before there is a server for them, and again at each reading of the table,
//! since an interface that was down has lost its addresses. At a stop they go last. What path checks need comes first: no
//! probe is sent before it.
//!
//! Invariant: nothing is requested while nothing is wanted and nothing was.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::vips::Announced;
use super::{Director, Effect, Notice};
use crate::model::HostChange;
use crate::moment::Moment;

/// First pause after a failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What becomes of changes that were made before and are not wanted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// They are undone.
    Undo,
    /// They stay for the time being.
    Keep,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostOutcome {
    /// The change.
    pub change: HostChange,
    /// What happened.
    pub result: HostResult,
}

/// What happened to a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostResult {
    /// It was as wanted, without us or by us.
    Unchanged,
    /// It was made so; what it was before, of a setting.
    Made(Option<String>),
    /// What was there before was put back, of a setting with its value.
    Undone(Option<String>),
    /// It cannot be made yet, for want of something that comes by itself, such as an interface at the start of a machine.
    Waits(String),
    /// It could not be made or undone.
    Failed(String),
}

/// What was requested and not answered yet.
#[derive(Debug)]
struct Asked {
    /// The servers of path checks among it.
    path_servers: BTreeSet<IpAddr>,
    unwanted: Unwanted,
}

/// How the conversation about the machine stands.
#[derive(Debug, Default)]
pub(super) struct HostSync {
    asked: Option<Asked>,
    /// Something was wanted, or made by a director before this one.
    concerned: bool,
    /// When to request next; none while there is nothing to request.
    next: Option<Moment>,
    /// Failures as last reported, so that each is reported once.
    told: BTreeMap<HostChange, String>,
    /// Attempts in a row with a failure.
    failures: u32,
    /// The last request was sent.
    farewell: bool,
    /// The servers of path checks whose settings were answered for.
    path_servers: BTreeSet<IpAddr>,
    /// Which VIPs are announced.
    pub(super) announced: Announced,
}

impl HostSync {
    /// When to request next; not before it is known which VIPs are announced, or the wait for that is over: `patience`.
    pub(super) fn next(&self, patience: Option<Moment>) -> Option<Moment> {
        let next = self.next.filter(|_| self.asked.is_none())?;
        let patience = patience.filter(|_| self.announced.pending_changes);
        Some(patience.map_or(next, |patience| next.max(patience)))
    }

    fn ask(&mut self, wanted: Vec<HostChange>, unwanted: Unwanted, effects: &mut Vec<Effect>) {
        let path_server = |change: &HostChange| match change {
            HostChange::VipReplies { toward } => Some(*toward),
            _ => None,
        };
        self.asked = Some(Asked {
            path_servers: wanted.iter().filter_map(path_server).collect(),
            unwanted,
        });
        effects.push(Effect::ReconcileHost { wanted, unwanted });
    }
}

impl Director {
    /// What could not be had at the last attempt, in words.
    pub(crate) fn host_errors(&self) -> Vec<String> {
        let told = self.host.told.iter();
        told.map(|(change, why)| format!("{change}: {why}"))
            .collect()
    }

    /// Whether the machine was prepared for all path checks, as far as that could be done.
    pub(super) fn host_is_prepared(&self) -> bool {
        let wanted = &self.model.host().path_servers;
        wanted.is_subset(&self.host.path_servers)
    }

    /// A new configuration, or the journal of a director before this one, says what is wanted.
    pub(super) fn host_wanted(&mut self, journal_found: bool, now: Moment) {
        self.host.concerned |= journal_found || !self.model.host().changes().is_empty();
        if self.host.concerned {
            self.host.next = Some(now);
            self.host.failures = 0;
        }
    }

    /// Requests what is wanted, when it is time and the table stands.
    pub(super) fn host_go_on(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.stopping || !self.host.concerned {
            return;
        }
        // Probes wait for this, and VIPs may wait for probes.
        if self.host.asked.is_none() && !self.host_is_prepared() {
            let wanted = self.model.host().for_path_checks();
            self.host.ask(wanted, Unwanted::Keep, effects);
        }
        let due = self.host.next.is_some_and(|next| next <= now);
        if (due || self.unsettled) && self.announce(now) {
            self.host.next = Some(now);
            self.host.failures = 0;
        }
        let next = self.host.next(self.ready_at_last());
        if !self.has_stood || next.is_none_or(|next| next > now) {
            return;
        }
        let wanted = self.host.announced.only(self.model.host().changes());
        self.host.ask(wanted, Unwanted::Undo, effects);
    }

    pub(super) fn host_reconciled(
        &mut self,
        outcomes: Vec<HostOutcome>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let asked = self.host.asked.take();
        let waits = |outcome: &HostOutcome| matches!(outcome.result, HostResult::Waits(_));
        let waits = outcomes.iter().any(waits);
        let fails = |outcome: &HostOutcome| matches!(outcome.result, HostResult::Failed(_));
        let fails = outcomes.iter().any(fails);
        let missing = self.tell_outcomes(outcomes, effects);
        if let Some(asked) = asked {
            self.host.path_servers = asked.path_servers;
            if asked.unwanted == Unwanted::Keep {
                // A part of what is wanted; the whole is requested in its own time.
                self.host.told.extend(missing);
                return;
            }
        }
        self.host.failures = if fails {
            self.host.failures.saturating_add(1)
        } else {
            0
        };
        self.host.told = missing;
        if self.host.farewell {
            effects.push(Effect::Exit);
            return;
        }
        self.host.next = Some(now + self.host_pause(waits));
    }

    /// Reports what became of the changes; what is missing, and why.
    fn tell_outcomes(
        &self,
        outcomes: Vec<HostOutcome>,
        effects: &mut Vec<Effect>,
    ) -> BTreeMap<HostChange, String> {
        let mut missing = BTreeMap::new();
        for HostOutcome { change, result } in outcomes {
            match &result {
                HostResult::Unchanged => {}
                HostResult::Failed(why) | HostResult::Waits(why) => {
                    if self.host.told.get(&change) != Some(why) {
                        effects.push(Effect::Tell(Notice::Host {
                            reason: String::new(),
                            change: change.clone(),
                            result: result.clone(),
                        }));
                    }
                    missing.insert(change, why.clone());
                }
                HostResult::Made(_) | HostResult::Undone(_) => {
                    effects.push(Effect::Tell(Notice::Host {
                        reason: self.host_reason(&change, &result),
                        change,
                        result,
                    }));
                }
            }
        }
        missing
    }

    /// How long until the machine is looked at again: what comes by itself may come at any moment.
    fn host_pause(&self, waits: bool) -> Duration {
        let resync = self.model.resync();
        let grown = |failures: u32| {
            FIRST_PAUSE
                .saturating_mul(1 << (failures - 1).min(16))
                .min(LONGEST_PAUSE)
        };
        match (self.host.failures, waits) {
            (0, false) => resync,
            (0, true) => FIRST_PAUSE.min(resync),
            (failures, false) => grown(failures),
            (failures, true) => grown(failures).min(resync),
        }
    }

    /// Why a change was made or undone.
    fn host_reason(&self, change: &HostChange, result: &HostResult) -> String {
        match (change, result) {
            (HostChange::Vip(vip), HostResult::Undone(_)) if !self.stopping => {
                self.why_not_announced(vip.address)
            }
            (_, HostResult::Undone(_)) => String::new(),
            _ => self.model.host().reason(change),
        }
    }

    /// The end, after the last request about the machine where there is one.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        if self.host.asked.is_some() || self.host.farewell {
            return;
        }
        if !self.host.concerned {
            effects.push(Effect::Exit);
            return;
        }
        self.host.farewell = true;
        let staying = self.model.host().changes_after_stop();
        let wanted = self.host.announced.only(staying);
        self.host.ask(wanted, Unwanted::Undo, effects);
    }
}
