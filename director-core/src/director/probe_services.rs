//! The probe services of path checks: no such probe starts before its probe service exists, none
//! outlives its probe, and those that a director left behind that was killed are taken for what they are.

use super::Director;
use crate::health::{Contact, Outcome, Phases, Report};
use crate::model::{Probe, ServiceId};
use crate::moment::Moment;
use std::time::Duration;

impl Director {
    /// Probe services that no check needs are ours to remove.
    pub(super) fn own_stray_probe_services(&mut self) {
        let (Some(observed), Some(marks)) = (&self.observed, self.model.probe_marks()) else {
            return;
        };
        let stray = observed
            .services
            .iter()
            .filter(|(id, entry)| marks.holds_probe_service(id, &entry.scheduling))
            .map(|(id, _)| *id);
        self.owned.extend(stray);
    }

    /// Whether servers are probed now: new helpers, and settings that path checks need, are given the moment that the kernel
    /// takes to make them.
    pub(super) fn may_probe(&self) -> bool {
        self.probing()
            && self.host_is_prepared()
            && self
                .model
                .probe_services()
                .keys()
                .all(|id| self.stands(id) || self.is_refused(id))
    }

    /// Why a probe cannot start: its password is not known, or without its probe service it would reach any server.
    pub(super) fn local_error(&self, probe: &Probe) -> Option<Report> {
        let reason = if probe.kind.is_withheld() {
            "local error: passwords are not kept across restarts; fix the configuration of this service".to_owned()
        } else {
            self.missing_probe_service(probe)?
        };
        Some(Report {
            outcome: Outcome::LocalError { reason },
            took: Duration::ZERO,
            contact: Contact::NotAsked,
            phases: Phases::default(),
        })
    }

    /// What to say of a helper that is wanted and not there.
    fn missing_probe_service(&self, probe: &Probe) -> Option<String> {
        let mark = probe.vip_path?.mark;
        let probe_service = self
            .model
            .probe_services()
            .keys()
            .find(|id| matches!(id, ServiceId::Mark { mark: of, .. } if *of == mark))?;
        if self.stands(probe_service) {
            return None;
        }
        let refused = self.refusals(probe_service).next();
        Some(match refused {
            Some(message) => {
                format!("local error: path check impossible: {probe_service} is missing: {message}")
            }
            None => format!("local error: path check impossible: {probe_service} is missing"),
        })
    }

    /// Helpers that the kernel holds and that can be removed now.
    pub(super) fn existing_probe_services(&self, now: Moment) -> Vec<ServiceId> {
        let Some(observed) = &self.observed else {
            return Vec::new();
        };
        let is_probe_service = |id: &ServiceId| {
            let marks = self.model.probe_marks();
            let entry = observed.services.get(id);
            self.model.probe_services().contains_key(id)
                || marks
                    .zip(entry)
                    .is_some_and(|(marks, entry)| marks.holds_probe_service(id, &entry.scheduling))
        };
        let waits = |id: &ServiceId| {
            let retry = self.retries.about(&(*id, None));
            retry.is_some_and(|retry| retry.retry_at > now)
        };
        let probe_services = observed
            .services
            .keys()
            .filter(|id| is_probe_service(id) && !waits(id));
        probe_services.copied().collect()
    }

    /// Whether the kernel holds a helper with its server; taken for granted while that cannot be read.
    fn stands(&self, probe_service: &ServiceId) -> bool {
        let Some(observed) = &self.observed else {
            return true;
        };
        let wanted = self
            .model
            .probe_services()
            .get(probe_service)
            .map(|probe_service| probe_service.endpoint);
        let entry = observed.services.get(probe_service);
        wanted.zip(entry).is_some_and(|(wanted, entry)| {
            entry.servers.len() == 1 && entry.servers.contains_key(&wanted)
        })
    }

    fn is_refused(&self, probe_service: &ServiceId) -> bool {
        self.refusals(probe_service).next().is_some()
    }

    /// What the kernel said about a helper or its server.
    fn refusals(&self, probe_service: &ServiceId) -> impl Iterator<Item = &str> {
        let endpoint = self
            .model
            .probe_services()
            .get(probe_service)
            .map(|known| known.endpoint);
        let of = move |server| self.retries.about(&(*probe_service, server));
        let retries = [of(None), endpoint.and_then(|endpoint| of(Some(endpoint)))];
        retries
            .into_iter()
            .flatten()
            .map(|retry| retry.failure.message.as_str())
    }
}
