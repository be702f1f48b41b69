//! The health machine of one check of one real server in one virtual service. What several of them say together is
//! [`super::Health`]'s work.
//!
//! ```text
//!              rise good in a row
//!   Down ─────────────────────────────▶ Up
//!    ▲                                   │
//!    └───────────────────────────────────┘
//!              fall failures in a row
//! ```
//! With a window, the count of good ones among the last answers decides in place of rise and fall. A server begins with a
//! state assumed from the kernel's table: in service there means assumed up, anything else
//! assumed down. An assumed state is confirmed by the reports that the diagram names, or by the first report that
//! agrees with it. Reports that say nothing about the server ([`Outcome::LocalError`]) change nothing, but for one case: after
//! a boot, what was up before it and cannot be checked now is up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::interval::probe_hash;
use super::{History, Outcome, Report};
use crate::model::{CheckTiming, Probe};
use crate::moment::Moment;

/// The health of a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthState {
    /// It takes connections.
    Up,
    /// It does not.
    Down,
}

impl std::fmt::Display for HealthState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

/// A state change, or a confirmed assumption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// What was assumed before.
    pub from: HealthState,
    /// Whether that was only assumed.
    pub was_assumed: bool,
    /// The state now.
    pub to: HealthState,
    /// Why, with the count that decided: `connection refused, 3 of 3`.
    pub reason: String,
}

/// What one check knows about a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckHealth {
    /// The check, by its name.
    pub name: String,
    /// State, known or assumed.
    pub state: HealthState,
    /// No report has decided yet.
    pub assumed: bool,
    /// Since when it has this state.
    pub since: Moment,
    /// Reports in a row that contradict the state.
    pub streak: u32,
    /// Why it has this state.
    pub reason: String,
    /// The last answers.
    pub history: History,
    /// The last failure: when, and in what words.
    pub last_failure: Option<(Moment, String)>,
    /// Since when no probe could be made, for a reason of this director; none when the last one could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_errors_since: Option<Moment>,
    /// Since when it was up before it went down.
    pub was_up_since: Option<Moment>,
    /// Whether that was only assumed.
    #[serde(default)]
    pub was_assumed: bool,
    /// What is probed, as a number; none while that is not known. It is made of a whole probe, secrets and all, and so
    /// goes nowhere.
    #[serde(skip)]
    pub(super) probe_hash: Option<u64>,
    /// Whether it was up when the director before this one ended, and is assumed down only because the kernel lost its table.
    #[serde(skip)]
    pub(super) was_up_before_start: bool,
}

impl CheckHealth {
    /// A check without a probe so far.
    #[must_use]
    pub fn assumed(name: &str, state: HealthState, reason: &str, now: Moment) -> Self {
        Self {
            name: name.to_owned(),
            state,
            assumed: true,
            since: now,
            streak: 0,
            reason: reason.to_owned(),
            history: History::default(),
            last_failure: None,
            local_errors_since: None,
            was_up_since: None,
            was_assumed: false,
            probe_hash: None,
            was_up_before_start: false,
        }
    }

    /// What it probes from now on. Results of another probe say nothing about this one: what they led to is only assumed.
    pub(super) fn start(&mut self, probe: &Probe) {
        let probe_hash = Some(probe_hash(probe));
        if self.probe_hash.is_some() && self.probe_hash != probe_hash {
            self.assumed = true;
            self.streak = 0;
        }
        self.probe_hash = probe_hash;
    }

    /// Only assumes that it is up where it knew, until the next good answer.
    pub(super) fn assume_if_up(&mut self) {
        self.assumed |= self.state == HealthState::Up;
    }

    /// Failures in a row of a server that is up.
    #[must_use]
    pub fn failures(&self) -> u32 {
        match self.state {
            HealthState::Up => self.streak,
            HealthState::Down => 0,
        }
    }

    /// Failures that count towards a turn to down, and how many make one.
    #[must_use]
    pub fn failures_of(&self, timing: &CheckTiming) -> (u32, u32) {
        let Some(window) = timing.window else {
            return (self.failures(), timing.fall);
        };
        let (good, answers) = self.history.good_in(window);
        (answers - good, window.of - window.good + 1)
    }

    /// The last report and when it came.
    #[must_use]
    pub fn last(&self) -> Option<&(Moment, Report)> {
        self.history.last()
    }

    /// The time to the next probe after this report.
    #[must_use]
    pub fn interval(&self, timing: &CheckTiming) -> Duration {
        let changing = timing.every_while_changing.filter(|_| self.streak > 0);
        let down = timing
            .every_while_down
            .filter(|_| self.state == HealthState::Down);
        changing.or(down).unwrap_or(timing.every)
    }

    /// Takes a report into account; says what changed, if anything did.
    pub fn report(
        &mut self,
        report: Report,
        timing: &CheckTiming,
        now: Moment,
    ) -> Option<Transition> {
        let good = report.outcome.is_good();
        let words = report.outcome.words().to_owned();
        self.keep(report, now);
        let Some(good) = good else {
            return self.recall(&words, now);
        };
        let reported = if good {
            HealthState::Up
        } else {
            HealthState::Down
        };
        if reported == self.state {
            self.streak = 0;
            return self.assumed.then(|| self.transition(reported, words, now));
        }
        self.streak = self.streak.saturating_add(1);
        let count = self.decides(reported, timing)?;
        Some(self.transition(reported, format!("{words}, {count}"), now))
    }

    /// It cannot be checked: what was known before the start counts, so that no fault of the director empties a pool.
    fn recall(&mut self, why: &str, now: Moment) -> Option<Transition> {
        let is_undecided = self.assumed && self.state == HealthState::Down;
        let recalled = std::mem::take(&mut self.was_up_before_start) && is_undecided;
        let reason = || format!("up before the start, and cannot be checked: {why}");
        recalled.then(|| self.transition(HealthState::Up, reason(), now))
    }

    /// Keeps a report without counting it.
    pub(super) fn keep(&mut self, report: Report, now: Moment) {
        if let Outcome::Failed { reason } = &report.outcome {
            self.last_failure = Some((now, reason.clone()));
        }
        let is_local = report.outcome.is_good().is_none();
        self.local_errors_since = is_local.then(|| self.local_errors_since.unwrap_or(now));
        self.history.keep(now, report);
    }

    /// Forgets what contradicts the state, and the turn to down itself when it came at `since` or later.
    pub(super) fn revert_failures(&mut self, since: Moment) {
        self.streak = 0;
        if self.state == HealthState::Down
            && self.since >= since
            && let Some(up_since) = self.was_up_since.take()
        {
            self.state = HealthState::Up;
            // What had not answered before has not answered now.
            self.assumed = self.was_assumed;
            self.since = up_since;
            "restored from before the freeze".clone_into(&mut self.reason);
        }
    }

    /// The count by which the reports change the state; none while it does not suffice.
    fn decides(&self, reported: HealthState, timing: &CheckTiming) -> Option<String> {
        let Some(window) = timing.window else {
            let needed = match reported {
                HealthState::Up => timing.rise,
                HealthState::Down => timing.fall,
            };
            return (self.streak >= needed).then(|| format!("{} of {needed}", self.streak));
        };
        let (good, answers) = self.history.good_in(window);
        // Answers that are still to come may be good, but those that a server needs to come up must have come.
        let possible = good + window.of.saturating_sub(answers);
        let decided = match reported {
            HealthState::Up => good >= window.good,
            HealthState::Down => possible < window.good,
        };
        decided.then(|| {
            format!(
                "{good} of the last {answers} succeeded, {} of {} needed",
                window.good, window.of
            )
        })
    }

    fn transition(&mut self, to: HealthState, reason: String, now: Moment) -> Transition {
        let transition = Transition {
            from: self.state,
            was_assumed: self.assumed,
            to,
            reason: reason.clone(),
        };
        // What was assumed and is confirmed holds for as long as it was assumed.
        if to != self.state {
            self.was_up_since = (to == HealthState::Down).then_some(self.since);
            self.was_assumed = self.assumed;
            self.since = now;
        }
        self.state = to;
        self.assumed = false;
        self.streak = 0;
        self.reason = reason;
        transition
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
