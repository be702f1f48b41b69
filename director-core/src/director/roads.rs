//! The helper services of probes that go by the clients' road: none of them is asked before its helper stands, none
//! outlives its probe, and those that a director left behind that was killed are taken for what they are.

use super::Director;
use crate::health::{Outcome, Phases, Report};
use crate::model::{Probe, ServiceId};
use crate::moment::Moment;
use std::time::Duration;

impl Director {
    /// Helpers that nobody asks for are ours to remove.
    pub(super) fn own_stray_helpers(&mut self) {
        let (Some(observed), Some(marks)) = (&self.observed, self.model.probe_marks()) else {
            return;
        };
        let stray = observed
            .services
            .iter()
            .filter(|(id, entry)| marks.holds_helper(id, &entry.scheduling))
            .map(|(id, _)| *id);
        self.owned.extend(stray);
    }

    /// Whether servers are asked now: new helpers, and settings that path checks need, are given the moment that the kernel
    /// takes to make them.
    pub(super) fn may_ask(&self) -> bool {
        self.probing()
            && self.host_is_prepared()
            && self
                .model
                .helpers()
                .keys()
                .all(|id| self.stands(id) || self.is_refused(id))
    }

    /// Why a question cannot be asked: nobody knows its password, or without its helper it would go to any server.
    pub(super) fn obstacle(&self, probe: &Probe) -> Option<Report> {
        let reason = if probe.kind.is_withheld() {
            "cannot ask: its password is not kept over a restart; mend what is wrong with its definition".to_owned()
        } else {
            self.missing_helper(probe)?
        };
        Some(Report {
            outcome: Outcome::Unable { reason },
            took: Duration::ZERO,
            phases: Phases::default(),
        })
    }

    /// What to say of a helper that is wanted and not there.
    fn missing_helper(&self, probe: &Probe) -> Option<String> {
        let mark = probe.road?.mark;
        let helper = self
            .model
            .helpers()
            .keys()
            .find(|id| matches!(id, ServiceId::Mark { mark: of, .. } if *of == mark))?;
        if self.stands(helper) {
            return None;
        }
        let refused = self.refusals(helper).next();
        Some(match refused {
            Some(message) => {
                format!("cannot ask by the clients' road: {helper} is missing: {message}")
            }
            None => format!("cannot ask by the clients' road: {helper} is missing"),
        })
    }

    /// Helpers that the kernel holds and that can be removed now.
    pub(super) fn standing_helpers(&self, now: Moment) -> Vec<ServiceId> {
        let Some(observed) = &self.observed else {
            return Vec::new();
        };
        let is_helper = |id: &ServiceId| {
            let marks = self.model.probe_marks();
            let entry = observed.services.get(id);
            self.model.helpers().contains_key(id)
                || marks
                    .zip(entry)
                    .is_some_and(|(marks, entry)| marks.holds_helper(id, &entry.scheduling))
        };
        let waits = |id: &ServiceId| {
            let trouble = self.troubles.about(&(*id, None));
            trouble.is_some_and(|trouble| trouble.retry_at > now)
        };
        let helpers = observed
            .services
            .keys()
            .filter(|id| is_helper(id) && !waits(id));
        helpers.copied().collect()
    }

    /// Whether the kernel holds a helper with its server; taken for granted while that cannot be read.
    fn stands(&self, helper: &ServiceId) -> bool {
        let Some(observed) = &self.observed else {
            return true;
        };
        let wanted = self
            .model
            .helpers()
            .get(helper)
            .map(|helper| helper.endpoint);
        let entry = observed.services.get(helper);
        wanted.zip(entry).is_some_and(|(wanted, entry)| {
            entry.servers.len() == 1 && entry.servers.contains_key(&wanted)
        })
    }

    fn is_refused(&self, helper: &ServiceId) -> bool {
        self.refusals(helper).next().is_some()
    }

    /// What the kernel said about a helper or its server.
    fn refusals(&self, helper: &ServiceId) -> impl Iterator<Item = &str> {
        let endpoint = self.model.helpers().get(helper).map(|known| known.endpoint);
        let of = move |server| self.troubles.about(&(*helper, server));
        let troubles = [of(None), endpoint.and_then(|endpoint| of(Some(endpoint)))];
        troubles
            .into_iter()
            .flatten()
            .map(|trouble| trouble.failure.message.as_str())
    }
}
