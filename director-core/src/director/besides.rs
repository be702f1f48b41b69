//! What the director does besides the table: overrides come and go, duties are given out.

use std::sync::Arc;

use super::retry::agrees;
use super::{Director, Effect, Notice};
use crate::desired::available;
use crate::notify::{AlertSettings, Notification, Phase};
use crate::health::{Outcome, Report, Transition, HealthState};
use crate::model::{OnFailure, ServiceId};
use crate::moment::Moment;
use crate::overrides::{NewOverride, OverrideChanges, OverrideCommand, Target};
use crate::plan::{Cause, Op, Step};
use crate::table::Table;

/// A step that the kernel was asked for and whose outcome is not known yet.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) step: Step,
    pub(super) cause: Cause,
    pub(super) drift: bool,
    /// Servers that leave with their service.
    pub(super) leaving: Vec<Target>,
}

impl Director {
    pub(super) fn alerts_loaded(&mut self, alerts: Arc<AlertSettings>, effects: &mut Vec<Effect>) {
        self.alerts.take_over(alerts);
        for (service, available) in &self.available {
            effects.extend(wish(self.alerts.available(*service, *available)));
        }
    }

    pub(super) fn file_overrides(
        &mut self,
        author: &str,
        overrides: &[NewOverride],
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let changes = self.overrides.replace(author, overrides, now);
        self.overrides_changed(changes, effects);
    }

    pub(super) fn override_commanded(
        &mut self,
        command: &OverrideCommand,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let changes = self.overrides.command(command, now);
        self.overrides_changed(changes, effects);
    }

    /// What time alone brings about, and what follows from new verdicts and overrides.
    pub(super) fn look_around(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let lapsed = self.overrides.expire(now);
        self.overrides_changed(lapsed, effects);
        if std::mem::take(&mut self.health_changed) && !self.stopping {
            self.tell_who_is_available(effects);
            self.hold_connections(effects);
        }
        effects.extend(self.alerts.due(now).into_iter().map(Effect::Notification));
    }

    /// Hands over what there is to tell, and what is due of it. At the end nothing waits any longer.
    pub(super) fn send_messages(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        for effect in &*effects {
            if let Effect::Tell(notice) = effect {
                self.batcher.hear(notice, now);
            }
        }
        let end = effects.contains(&Effect::Exit);
        let due = self.batcher.due(now, end);
        let due = due.into_iter().map(Notification::EventMessage).map(Effect::Notification);
        // Nobody listens any more after the end.
        effects.splice(0..0, due);
    }

    /// The kernel holds what is desired: the end of a beginning, when every server has been asked.
    pub(super) fn settle_down(&mut self) {
        if !self.stopping && self.schedule.all_have_results() {
            self.alerts.enter(Phase::Running);
        }
    }

    /// A report came in, and this is what it changed.
    pub(super) fn record_result(
        &mut self,
        target: Target,
        report: &Report,
        transition: Option<&Transition>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        self.health_changed |= transition.is_some();
        self.persist.changed |= transition.is_some();
        let overridden_out = self.overrides.taking_out(&target).is_some();
        let line = if overridden_out {
            self.alerts.checked(&target, false, "Server in maintenance")
        } else {
            let good = matches!(report.outcome, Outcome::Good { .. });
            self.alerts.checked(&target, good, report.outcome.words())
        };
        effects.extend(wish(line));
        let stays_out = transition.is_some_and(|transition| {
            transition.was_assumed && (transition.from, transition.to) == (HealthState::Down, HealthState::Down)
        });
        if stays_out && !overridden_out {
            let service = self.model.service(&target.0);
            let quiesced = service.is_some_and(|known| known.on_failure == OnFailure::Quiesce);
            effects.extend(wish(self.alerts.found_down(target, quiesced, now)));
        }
    }

    /// Tells which of the attempts came about: those that the table now agrees with, all when it could not be read.
    pub(super) fn tell_attempts(
        &mut self,
        read: Option<&Table>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        for attempt in std::mem::take(&mut self.attempts) {
            let Attempt {
                step,
                cause,
                drift,
                leaving,
            } = attempt;
            if read.is_some_and(|table| !agrees(table, &step.op)) {
                continue;
            }
            let notification = self.alerts.changed(&step.op, cause, now);
            let ended = match (&step.op, cause) {
                (Op::DeleteService { service }, Cause::Stop) => self.alerts.ended(*service),
                _ => None,
            };
            effects.push(Effect::Tell(if drift {
                Notice::Drift { step, cause }
            } else {
                Notice::Change { step, cause }
            }));
            effects.extend(wish(notification));
            for target in leaving {
                effects.extend(wish(self.alerts.stopped(target, now)));
            }
            effects.extend(wish(ended));
        }
    }

    /// Real servers that serve now and leave when their service does.
    pub(super) fn leaving_with(&self, op: &Op) -> Vec<Target> {
        let Op::DeleteService { service } = op else {
            return Vec::new();
        };
        let known = self
            .observed
            .as_ref()
            .and_then(|table| table.services.get(service));
        let serving = known.into_iter().flat_map(|entry| &entry.servers);
        serving
            .filter(|(_, entry)| entry.settings.weight > 0)
            .map(|(server, _)| (*service, *server))
            .filter(|target| self.book.contains_key(target))
            .collect()
    }

    fn overrides_changed(&mut self, changes: OverrideChanges, effects: &mut Vec<Effect>) {
        let name = |service: &ServiceId| {
            let known = self.model.service(service);
            known.map_or_else(|| service.to_string(), |known| known.name.clone())
        };
        for ((service, server), override_) in &changes.cleared {
            effects.push(Effect::Tell(Notice::OverrideCleared {
                name: name(service),
                service: *service,
                server: *server,
                override_: override_.clone(),
            }));
        }
        for ((service, server), override_) in &changes.set {
            effects.push(Effect::Tell(Notice::OverrideSet {
                name: name(service),
                service: *service,
                server: *server,
                override_: override_.clone(),
            }));
        }
        if changes != OverrideChanges::default() {
            self.health_changed = true;
            self.unsettled = true;
            self.persist.changed = true;
        }
    }

    fn tell_who_is_available(&mut self, effects: &mut Vec<Effect>) {
        let model = Arc::clone(&self.model);
        self.available.retain(|id, _| model.service(id).is_some());
        for service in model.services() {
            let Some(now_available) = available(service, &self.book, &self.overrides) else {
                continue;
            };
            let before = self.available.insert(service.id, now_available);
            if before == Some(now_available) {
                continue;
            }
            if before.is_some() || !now_available {
                effects.push(Effect::Tell(Notice::Availability {
                    name: service.name.clone(),
                    service: service.id,
                    available: now_available,
                }));
            }
            effects.extend(wish(self.alerts.available(service.id, now_available)));
        }
    }
}

fn wish(notification: Option<Notification>) -> Option<Effect> {
    notification.map(Effect::Notification)
}
