//! What is known about a real server in one virtual service: the states of its checks, and the health that they
//! make together.
//!
//! With `all`, a server is up while all of its checks are; with `any`, while one is. An assumed state counts until the checks
//! that matter have decided: one check that is down decides `all`, one that is up decides `any`. A server that has had a
//! known state always has one, also when a check of it was not probed yet.
//!
//! Invariant: a server that is down rises by results, never by an assumed state or by new definitions. Checks that were up
//! when the one that failed was dropped may well have been probed a whole interval ago, about a server that is known to be
//! bad; so each of those that the health depends on confirms it first. They are probed at once, which costs a good server
//! no more than one answer's time.

use serde::{Deserialize, Serialize};

use super::{Advice, CheckHealth, HealthState, Penalty, PendingChange, Report, Transition};
use crate::model::{Check, Combine, Probe};
use crate::moment::Moment;

/// What is known about a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// State, known or assumed.
    pub state: HealthState,
    /// No report has decided yet.
    pub assumed: bool,
    /// Since when it has this state.
    pub since: Moment,
    /// Why it has this state.
    pub reason: String,
    /// The penalty of its state changes.
    pub penalty: Penalty,
    /// What each check knows, in the order of the service's checks; none when there is no check.
    pub checks: Vec<CheckHealth>,
    /// What its agent says.
    pub agent: Option<Box<Advice>>,
    /// What the source of its weight says.
    pub weight_source: Option<Box<Advice>>,
    /// Since when it had the previous state, and the penalty by then.
    pub(crate) before: Option<(Moment, Penalty)>,
}

/// What a report has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HealthChange {
    /// The health of the server.
    pub server: Option<Transition>,
    /// The state of the check.
    pub check: Option<Transition>,
}

impl Health {
    /// Where no check is damped, nobody is held out, whatever was defined before.
    pub(super) fn clear_undamped_penalty(&mut self, checks: &[Check]) {
        if checks.iter().all(|check| check.timing.damping.is_none()) {
            self.penalty = Penalty::default();
        }
    }

    /// Health changes again after a freeze: what came before says no more about what is to come.
    pub(crate) fn restart_windows(&mut self) {
        for check in &mut self.checks {
            check.history.restart_windows();
        }
    }

    /// Takes over the checks of new definitions: one that has the name of a former one goes on as that, and so does an
    /// only one; one that is new, or probes something else, has the assumed state. Says whether the server would be up by
    /// what its checks knew before, and stays down until they have answered again.
    pub(crate) fn redefine_checks(
        &mut self,
        checks: &[Check],
        probes: &[Probe],
        combine: Combine,
        now: Moment,
    ) -> bool {
        let former = std::mem::take(&mut self.checks);
        let only = (former.len() == 1 && checks.len() == 1)
            .then(|| former.first())
            .flatten();
        let taken = |check: &Check| {
            let known = former.iter().find(|known| known.name == check.name);
            let mut taken = known.or(only).cloned().unwrap_or_else(|| {
                CheckHealth::assumed(&check.name, self.state, &self.reason, now)
            });
            taken.name.clone_from(&check.name);
            taken
        };
        self.checks = checks.iter().map(taken).collect();
        self.clear_undamped_penalty(checks);
        for (check, probe) in self.checks.iter_mut().zip(probes) {
            check.start(probe);
        }
        let (state, assumed) = self.count(combine);
        if (self.state, state) == (HealthState::Down, HealthState::Up) {
            self.checks.iter_mut().for_each(CheckHealth::assume_if_up);
            "its checks changed while it was down; it comes up when they pass"
                .clone_into(&mut self.reason);
            return true;
        }
        if state != self.state {
            self.since = now;
            self.reason = "its checks changed".to_owned();
        }
        (self.state, self.assumed) = (state, assumed);
        false
    }

    /// Results of its checks that have not changed their states.
    pub(crate) fn pending_changes(&self, checks: &[Check]) -> Vec<PendingChange> {
        let known = self.checks.iter().zip(checks);
        known
            .filter_map(|(known, check)| known.pending_change(&check.timing))
            .collect()
    }

    /// Goes on with what had not decided when the director before this one ended.
    pub(crate) fn resume(
        &mut self,
        pending_changes: Vec<PendingChange>,
        checks: &[Check],
        now: Moment,
    ) {
        for pending_change in pending_changes {
            let mut known = self.checks.iter_mut().zip(checks);
            if let Some((known, check)) =
                known.find(|(known, _)| known.name == pending_change.check)
            {
                known.resume(pending_change, &check.timing, now);
            }
        }
    }

    /// Keeps a report of a check without counting it.
    pub(crate) fn keep(&mut self, check: usize, report: Report, now: Moment) {
        if let Some(check) = self.checks.get_mut(check) {
            check.keep(report, now);
        }
    }

    /// Forgets what contradicts the state, and turns to down that came at `since` or later; says what changed.
    pub(crate) fn revert_failures(
        &mut self,
        combine: Combine,
        since: Moment,
    ) -> Option<Transition> {
        for check in &mut self.checks {
            check.revert_failures(since);
        }
        let was = self.state;
        let fell_then = was == HealthState::Down && self.since >= since;
        if !fell_then || self.count(combine).0 != HealthState::Up || self.checks.is_empty() {
            return None;
        }
        self.state = HealthState::Up;
        if let Some((up_since, penalty)) = self.before.take() {
            (self.since, self.penalty) = (up_since, penalty);
        }
        "restored from before the freeze".clone_into(&mut self.reason);
        Some(Transition {
            from: was,
            was_assumed: false,
            to: HealthState::Up,
            reason: self.reason.clone(),
        })
    }

    /// The last report of any check and when it came.
    #[must_use]
    pub fn last(&self) -> Option<&(Moment, Report)> {
        let last = self.checks.iter().filter_map(CheckHealth::last);
        last.max_by_key(|(at, _)| *at)
    }

    /// Whether none of its probes could be made: a server that is not in the table and that this director cannot probe will
    /// not come up by waiting.
    #[must_use]
    pub fn cannot_be_probed(&self) -> bool {
        let is_local = |(_, report): &(Moment, Report)| report.outcome.is_good().is_none();
        let mut checks = self.checks.iter();
        self.assumed
            && self.state == HealthState::Down
            && checks.all(|check| check.last().is_some_and(is_local))
    }

    /// Whether it is up and its last report was good.
    #[must_use]
    pub fn answers_well(&self) -> bool {
        let last = self.last();
        self.is_available()
            && last.is_some_and(|(_, report)| report.outcome.is_good() == Some(true))
    }

    /// Whether it counts as up though its last report was not good, and none was since then.
    #[must_use]
    pub(crate) fn is_unproven_since(&self, since: Moment) -> bool {
        let is_good = |report: &Report| report.outcome.is_good() == Some(true);
        let last = self.last();
        let mut histories = self.checks.iter().map(|check| &check.history);
        self.state == HealthState::Up
            && last.is_some_and(|(_, report)| !is_good(report))
            && !histories.any(|history| history.any_good_since(since))
    }

    /// Reports in a row that contradict the state, of the check with the most of them.
    #[must_use]
    pub fn streak(&self) -> u32 {
        let streak = self.checks.iter().map(|check| check.streak);
        streak.max().unwrap_or(0)
    }

    /// Whether it may take connections: up, and not held out for changing too often.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.may_serve(true)
    }

    /// The same where damping holds servers out, or does not (see [`crate::recovery::damping_counts`]).
    #[must_use]
    pub fn may_serve(&self, damped: bool) -> bool {
        let is_held = damped && self.penalty.held_until().is_some();
        self.state == HealthState::Up && !is_held
    }

    /// Whether its agent, or the source of its weight, wants no new connections for it.
    #[must_use]
    pub fn is_advised_out(&self) -> bool {
        let mut advice = self.agent.iter().chain(&self.weight_source);
        advice.any(|advice| advice.wants_nothing())
    }

    /// Whether its agent, or the source of its weight, wants no new connections without saying that it fails.
    #[must_use]
    pub fn is_advised_to_rest(&self) -> bool {
        let mut advice = self.agent.iter().chain(&self.weight_source);
        advice.any(|advice| advice.wants_rest())
    }

    /// Takes a report of one of its checks into account; says what changed, if anything did.
    pub fn report(
        &mut self,
        checks: &[Check],
        combine: Combine,
        check: usize,
        report: Report,
        now: Moment,
    ) -> HealthChange {
        let (Some(definition), Some(own)) = (checks.get(check), self.checks.get_mut(check)) else {
            return HealthChange::default();
        };
        let Some(of_check) = own.report(report, &definition.timing, now) else {
            return HealthChange::default();
        };
        let (state, assumed) = self.together(combine);
        if (state, assumed) == (self.state, self.assumed) {
            return HealthChange {
                server: None,
                check: Some(of_check),
            };
        }
        let transition = Transition {
            from: self.state,
            was_assumed: self.assumed,
            to: state,
            reason: self.describe(checks, combine, check, state, &of_check),
        };
        self.before = Some((self.since, self.penalty));
        if let Some(damping) =
            (definition.timing.damping.as_ref()).filter(|_| state != self.state && !self.assumed)
        {
            self.penalty.change(damping, now);
        }
        // What was assumed and is confirmed holds for as long as it was assumed.
        if state != self.state {
            self.since = now;
        }
        (self.state, self.assumed) = (state, assumed);
        self.reason.clone_from(&transition.reason);
        HealthChange {
            server: Some(transition),
            check: Some(of_check),
        }
    }

    /// The state that the checks determine now, and whether it is only assumed.
    fn together(&self, combine: Combine) -> (HealthState, bool) {
        let counted = self.count(combine);
        let finish = |check: &CheckHealth| check.state == HealthState::Up && !check.assumed;
        let confirmed = match combine {
            Combine::All => self.checks.iter().all(finish),
            Combine::Any => self.checks.iter().any(finish),
        };
        if (self.state, counted.0) == (HealthState::Down, HealthState::Up) && !confirmed {
            return (HealthState::Down, self.assumed);
        }
        counted
    }

    /// The state that the checks determine together, assumed ones included, and whether it is only assumed.
    pub(super) fn count(&self, combine: Combine) -> (HealthState, bool) {
        // What one check alone decides: down with `all`, up with `any`.
        let alone = match combine {
            Combine::All => HealthState::Down,
            Combine::Any => HealthState::Up,
        };
        let deciding = || self.checks.iter().filter(|check| check.state == alone);
        if deciding().next().is_some() {
            return (alone, self.assumed && deciding().all(|check| check.assumed));
        }
        let other = match alone {
            HealthState::Up => HealthState::Down,
            HealthState::Down => HealthState::Up,
        };
        let unsure = self.checks.iter().any(|check| check.assumed);
        (other, self.assumed && unsure)
    }

    fn describe(
        &self,
        checks: &[Check],
        combine: Combine,
        check: usize,
        state: HealthState,
        transition: &Transition,
    ) -> String {
        let all = checks.len();
        if all < 2 {
            return transition.reason.clone();
        }
        let name = &checks[check].name;
        let agreeing = (self.checks.iter())
            .filter(|known| known.state == state)
            .count();
        let needed = match combine {
            Combine::All => "all must be up",
            Combine::Any => "any is enough",
        };
        format!(
            "check {name}: {}; {agreeing} of {all} checks {state}, {needed}",
            transition.reason
        )
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
