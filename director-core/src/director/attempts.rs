//! Steps sent to the kernel whose outcome is not known yet, and what is reported when it is.

use super::alerts::effect;
use super::retry::agrees;
use super::{Director, Effect, Notice};
use crate::moment::Moment;
use crate::overrides::Target;
use crate::plan::{Cause, Op, Step};
use crate::table::Table;

/// A step that was sent to the kernel and whose outcome is not known yet.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) step: Step,
    pub(super) cause: Cause,
    pub(super) drift: bool,
    /// Servers that leave with their service.
    pub(super) leaving: Vec<Target>,
}

impl Director {
    /// Reports the attempts that succeeded: those that the table now agrees with, or all when it could not be read.
    pub(super) fn report_attempts(
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
            if drift {
                effects.push(Effect::Tell(Notice::Drift { step, cause }));
            } else if !self.is_ramp_step(&step.op, cause) {
                effects.push(Effect::Tell(Notice::Change { step, cause }));
            }
            effects.extend(effect(notification));
            for target in leaving {
                effects.extend(effect(self.alerts.stopped(target, now)));
            }
            effects.extend(effect(ended));
        }
    }

    /// Whether a weight rises by one more step of a slow start. The first step and the end of it are notified, not a hundred steps
    /// between them.
    fn is_ramp_step(&self, op: &Op, cause: Cause) -> bool {
        let Op::EditServer {
            service,
            server,
            from,
            ..
        } = op
        else {
            return false;
        };
        let ramp = self.recovery.ramps.of(&(*service, *server));
        cause == Cause::ServerUp && from.weight > 0 && ramp.is_some()
    }

    /// Real servers in service that are removed together with their service.
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
}
