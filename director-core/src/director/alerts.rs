//! Feeds ldirectord's alerts (mails, fallback command, monitor file) and the batched notifications.

use std::sync::Arc;

use super::{Director, Effect};
use crate::desired::available;
use crate::health::{HealthState, Outcome, Report, Transition};
use crate::model::OnFailure;
use crate::moment::Moment;
use crate::notify::{AlertSettings, Notification, Phase};
use crate::overrides::Target;
use crate::scope::ServiceScope;

impl Director {
    pub(super) fn alerts_loaded(&mut self, alerts: Arc<AlertSettings>, effects: &mut Vec<Effect>) {
        self.alerts.take_over(alerts);
        for (service, available) in &self.available {
            effects.extend(effect(self.alerts.available(*service, *available)));
        }
    }

    /// Reports what follows from changed health states and overrides, and the alerts that are due.
    pub(super) fn update_alerts(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let changed = std::mem::replace(&mut self.health_changed, ServiceScope::none());
        if !changed.is_empty() && !self.stopping {
            self.alert_availability(&changed, effects);
            self.hold_connections(&changed, effects);
        }
        effects.extend(self.alerts.due(now).into_iter().map(Effect::Notification));
    }

    /// Adds the notices of this event to the batches, and emits the batches that are due; all of them before the exit.
    pub(super) fn send_messages(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        for effect in &*effects {
            if let Effect::Tell(notice) = effect {
                self.batcher.add(notice, now);
            }
        }
        let end = effects.contains(&Effect::Exit);
        let due = self.batcher.due(now, end);
        let due = due
            .into_iter()
            .map(Notification::EventMessage)
            .map(Effect::Notification);
        // The shell carries out nothing after `Exit`.
        effects.splice(0..0, due);
    }

    /// The kernel holds the desired table: startup or reload is over when every server has a result.
    pub(super) fn enter_running(&mut self) {
        if !self.stopping && self.schedule.all_have_results() {
            self.alerts.enter(Phase::Running);
        }
    }

    /// Writes the monitor line of a probe, and the alert about a server that is down at its first probe.
    pub(super) fn record_result(
        &mut self,
        target: Target,
        report: &Report,
        transition: Option<&Transition>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        if transition.is_some() {
            self.health_changed.add(target.0);
            self.persist.changed = true;
        }
        let overridden_out = self.overrides.taking_out(&target).is_some();
        let line = if overridden_out {
            self.alerts.checked(&target, false, "Server in maintenance")
        } else {
            let good = matches!(report.outcome, Outcome::Good { .. });
            self.alerts.checked(&target, good, report.outcome.words())
        };
        effects.extend(effect(line));
        let stays_out = transition.is_some_and(|transition| {
            transition.was_assumed
                && (transition.from, transition.to) == (HealthState::Down, HealthState::Down)
        });
        if stays_out && !overridden_out {
            let service = self.model.service(&target.0);
            let quiesced = service.is_some_and(|known| known.on_failure == OnFailure::Quiesce);
            effects.extend(effect(self.alerts.found_down(target, quiesced, now)));
        }
    }

    fn alert_availability(&mut self, scope: &ServiceScope, effects: &mut Vec<Effect>) {
        let model = Arc::clone(&self.model);
        if *scope == ServiceScope::All {
            self.available.retain(|id, _| model.service(id).is_some());
        }
        for service in scope.services(&model) {
            let Some(now_available) = available(service, &self.book, &self.overrides) else {
                continue;
            };
            let before = self.available.insert(service.id, now_available);
            if before == Some(now_available) {
                continue;
            }
            effects.extend(effect(self.alerts.available(service.id, now_available)));
        }
    }
}

pub(super) fn effect(notification: Option<Notification>) -> Option<Effect> {
    notification.map(Effect::Notification)
}
