//! What the director wants of its machine besides the table: VIPs, settings of the kernel, time limits. They are asked for
//! when the table stands, so that no VIP draws clients before there is anybody to serve them, and again at each reading of
//! the table, since an interface that was down has lost its addresses. At a stop they go last.
//!
//! Invariant: nothing is asked for while nothing is wanted and nothing was.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::vips::Announced;
use super::{Director, Effect, Notice};
use crate::model::HostPiece;
use crate::moment::Moment;

/// First pause after a failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What became of one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostOutcome {
    /// The piece.
    pub piece: HostPiece,
    /// What happened.
    pub result: HostResult,
}

/// What happened to a piece.
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

/// How the conversation about the machine stands.
#[derive(Debug, Default)]
pub(super) struct HostSync {
    /// An answer is awaited.
    asking: bool,
    /// Something was wanted, or made by a director before this one.
    concerned: bool,
    /// When to ask next; none while nothing is to be asked.
    next: Option<Moment>,
    /// Failures as last told, so that each is told once.
    told: BTreeMap<HostPiece, String>,
    /// Attempts in a row with a failure.
    failures: u32,
    /// The last words were sent.
    farewell: bool,
    /// Which VIPs are announced.
    pub(super) announced: Announced,
}

impl HostSync {
    /// When to ask next; not before it is known which VIPs are announced, or nobody waits for that any longer: `patience`.
    pub(super) fn next(&self, patience: Option<Moment>) -> Option<Moment> {
        let next = self.next.filter(|_| !self.asking)?;
        let patience = patience.filter(|_| self.announced.pending_changes);
        Some(patience.map_or(next, |patience| next.max(patience)))
    }
}

impl Director {
    /// What could not be had at the last attempt, in words.
    pub(crate) fn host_errors(&self) -> Vec<String> {
        let told = self.host.told.iter();
        told.map(|(piece, why)| format!("{piece}: {why}")).collect()
    }

    /// New definitions, or the memory of a director before this one, say what is wanted.
    pub(super) fn host_wanted(&mut self, restored: bool, now: Moment) {
        self.host.concerned |= restored || !self.model.host().pieces().is_empty();
        if self.host.concerned {
            self.host.next = Some(now);
            self.host.failures = 0;
        }
    }

    /// Asks for what is wanted, when it is time and the table stands.
    pub(super) fn host_go_on(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.stopping || !self.host.concerned {
            return;
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
        self.host.asking = true;
        let pieces = self.model.host().pieces();
        effects.push(Effect::SettleHost(self.host.announced.only(pieces)));
    }

    pub(super) fn host_settled(
        &mut self,
        outcomes: Vec<HostOutcome>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.host.asking = false;
        let waits = |outcome: &HostOutcome| matches!(outcome.result, HostResult::Waits(_));
        let waits = outcomes.iter().any(waits);
        let fails = |outcome: &HostOutcome| matches!(outcome.result, HostResult::Failed(_));
        let fails = outcomes.iter().any(fails);
        let mut missing = BTreeMap::new();
        for HostOutcome { piece, result } in outcomes {
            match &result {
                HostResult::Unchanged => {}
                HostResult::Failed(why) | HostResult::Waits(why) => {
                    if self.host.told.get(&piece) != Some(why) {
                        effects.push(Effect::Tell(Notice::Host {
                            reason: String::new(),
                            piece: piece.clone(),
                            result: result.clone(),
                        }));
                    }
                    missing.insert(piece, why.clone());
                }
                HostResult::Made(_) | HostResult::Undone(_) => {
                    effects.push(Effect::Tell(Notice::Host {
                        reason: self.host_reason(&piece, &result),
                        piece,
                        result,
                    }));
                }
            }
        }
        self.host.failures = match fails {
            false => 0,
            true => self.host.failures.saturating_add(1),
        };
        self.host.told = missing;
        if self.host.farewell {
            effects.push(Effect::Exit);
            return;
        }
        self.host.next = Some(now + self.host_pause(waits));
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

    /// Why a piece was made or undone.
    fn host_reason(&self, piece: &HostPiece, result: &HostResult) -> String {
        match (piece, result) {
            (HostPiece::Vip(vip), HostResult::Undone(_)) if !self.stopping => {
                self.why_not_announced(vip.address)
            }
            (_, HostResult::Undone(_)) => String::new(),
            _ => self.model.host().reason(piece),
        }
    }

    /// The end, after the last words about the machine where there are any.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        if self.host.asking || self.host.farewell {
            return;
        }
        if !self.host.concerned {
            effects.push(Effect::Exit);
            return;
        }
        self.host.farewell = true;
        self.host.asking = true;
        let staying = self.model.host().pieces_after_stop();
        effects.push(Effect::SettleHost(self.host.announced.only(staying)));
    }
}
