//! The health with which a real server begins.

use super::{CheckHealth, Health, HealthState, Penalty};
use crate::model::{Check, Combine, Probe};
use crate::moment::Moment;

impl Health {
    /// A server of which only the kernel's table is known, and that no check probes.
    #[must_use]
    pub fn assumed(state: HealthState, reason: &str, now: Moment) -> Self {
        Self {
            state,
            assumed: true,
            since: now,
            reason: reason.to_owned(),
            penalty: Penalty::default(),
            checks: Vec::new(),
            agent: None,
            weight_source: None,
            before: None,
        }
    }

    /// The same with checks, each of which knows no more.
    #[must_use]
    pub fn with_checks(mut self, checks: &[Check]) -> Self {
        let fresh = |check: &Check| CheckHealth {
            assumed: self.assumed,
            ..CheckHealth::assumed(&check.name, self.state, &self.reason, self.since)
        };
        self.checks = checks.iter().map(fresh).collect();
        self.clear_undamped_penalty(checks);
        self
    }

    /// The same, where `known` was up before the start but the kernel has lost it: a check that cannot be made counts as before.
    #[must_use]
    pub(crate) fn recalling(mut self, known: &Self) -> Self {
        for check in &mut self.checks {
            let before = known.checks.iter().find(|before| before.name == check.name);
            check.was_up_before_start =
                before.is_some_and(|before| before.state == HealthState::Up);
        }
        self
    }

    /// The same, down when its checks say so together: they may have been defined otherwise when it was up.
    #[must_use]
    pub(crate) fn down_if_checks_are(mut self, combine: Combine, now: Moment) -> Self {
        let (state, assumed) = self.count(combine);
        if (self.state, state) == (HealthState::Up, HealthState::Down) {
            (self.state, self.assumed, self.since) = (state, assumed, now);
            "its checks changed".clone_into(&mut self.reason);
        }
        self
    }

    /// Notes what its checks probe, so that another probe is distinguished from the same one.
    #[must_use]
    pub(crate) fn about(mut self, probes: &[Probe]) -> Self {
        for (check, probe) in self.checks.iter_mut().zip(probes) {
            check.start(probe);
        }
        self
    }
}
