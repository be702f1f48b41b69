//! The way from the kernel's table to the desired one: when to read, what to apply, what to tell.

use std::collections::BTreeSet;
use std::time::Duration;

use super::attempts::Attempt;
use super::retry::keep_serving;
use super::{Director, Effect, KernelState, reasons};
use crate::desired::desired_of;
use crate::model::{OnStop, ServiceId};
use crate::moment::Moment;
use crate::plan::{Cause, Plan, check, plan};
use crate::scope::ServiceScope;
use crate::table::Table;

/// How long readiness waits for the first answers: before them the desired table has no servers that the kernel did not know.
const READY_PATIENCE: Duration = Duration::from_secs(10);

impl Director {
    /// Probes the servers that are due, and talks to the kernel when there is a reason.
    pub(super) fn go_on(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.loaded_at.is_none() {
            if self.stopping {
                self.leave(effects);
            }
            return;
        }
        if self.may_probe() {
            for (id, probe) in self.schedule.take_due(now) {
                match self.local_error(&probe) {
                    None => effects.push(Effect::Probe {
                        id,
                        probe: Box::new(probe),
                    }),
                    Some(report) => self.probed(id, &report, now, effects),
                }
            }
        }
        self.host_go_on(now, effects);
        if self.kernel_state != KernelState::Idle {
            return;
        }
        if self.stopping {
            self.finish(now, effects);
        } else if self.observed.is_none() || self.next_read <= now {
            if self.next_read <= now {
                self.kernel_state = KernelState::Reading;
                effects.push(Effect::ReadTable);
            }
        } else {
            self.unsettled.extend(self.retries.due(now));
            if self.next_review.is_some_and(|next| next <= now) {
                self.unsettled.extend(self.recovery.in_motion());
            }
            if !self.unsettled.is_empty() {
                self.converge(now, effects);
            }
            if self.unsettled.is_empty() {
                self.tell_ready(now, effects);
            }
        }
    }

    /// The table is as desired: startup or reload is over, and the director is ready, when every check has a result.
    fn tell_ready(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.enter_running();
        if !self.ready_told && (self.schedule.all_have_results() || self.is_overdue(now)) {
            self.ready_told = true;
            effects.push(Effect::Ready {
                refused: self.retries.len(),
            });
        }
    }

    /// How many services decisions have looked at so far, each as often as it was: the work that events have caused.
    #[must_use]
    pub fn services_looked_at(&self) -> u64 {
        self.looked_at
    }

    /// Readiness has waited long enough for servers that have not answered yet.
    fn is_overdue(&self, now: Moment) -> bool {
        !self.ready_told && self.ready_at_last().is_some_and(|last| last <= now)
    }

    /// When readiness is reported at the latest, once the kernel holds what is desired.
    pub(super) fn ready_at_last(&self) -> Option<Moment> {
        self.loaded_at.map(|loaded| loaded + READY_PATIENCE)
    }

    /// Brings the kernel's table nearer to the desired one, in the services to which something has happened.
    fn converge(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        // What changes by time alone is brought up to date as often as anything is.
        self.unsettled.extend(self.recovery.in_motion());
        let scope = self.unsettled.clone();
        self.looked_at += scope.len_in(&self.model);
        self.review(&scope, now, effects);
        let Some(all) = &self.observed else {
            return;
        };
        let desired = desired_of(&scope, &self.situation(all, now));
        if self.retries.settle(&scope, &desired, &scope.part(all)) {
            // A service that the kernel has refused is in another state once it is no longer to be there.
            self.review_states(&scope, now, effects);
        }
        let Some(all) = &self.observed else {
            return;
        };
        let observed = &*scope.part(all);
        let mut target = self.retries.target(&scope, &desired, observed, now);
        let held = self.persist.hold_back(&mut target, observed, &self.book);
        keep_serving(&mut target, &desired, observed, &self.book, &self.overrides);
        let reasons = reasons::Reasons::new(self, &target, now);
        let changeable = self.changeable(&scope);
        let plan = plan(observed, &target, &changeable, |service, server| {
            reasons.reason(service, server)
        });
        debug_assert_eq!(
            check::faults(&plan, observed, &target, &changeable),
            Vec::new()
        );
        if plan.is_empty() && held {
            // The rest waits for what it depends on to be kept.
            self.retries.postpone(&scope, now);
            return;
        }
        if plan.is_empty() {
            self.settle(&scope, target, now);
            return;
        }
        let attempts = plan.steps.iter().map(|step| {
            let subject = (step.op.service(), step.op.server());
            Attempt {
                step: step.clone(),
                cause: reasons.cause(&subject),
                drift: reasons.is_drift(&subject),
                leaving: Vec::new(),
            }
        });
        self.attempts = attempts.collect();
        self.apply(plan, now, effects);
    }

    /// The kernel holds what is desired of these services.
    fn settle(&mut self, scope: &ServiceScope, target: Table, now: Moment) {
        self.unsettled = ServiceScope::none();
        let existing = self.observed.as_ref().map(|table| &table.services);
        let is_gone = |id: &ServiceId| {
            !existing.is_some_and(|services| services.contains_key(id))
                && self.model.service(id).is_none()
                && !self.model.probe_services().contains_key(id)
        };
        let gone: Vec<ServiceId> = self.owned_in(scope).filter(is_gone).collect();
        self.persist.changed |= !gone.is_empty();
        for id in gone {
            self.owned.remove(&id);
        }
        match (&mut self.settled, scope) {
            (Some(settled), _) => scope.replace(settled, target),
            (None, ServiceScope::All) => self.settled = Some(target),
            // What another program changes is known once all was as desired.
            (None, ServiceScope::Services(_)) => {}
        }
        self.retries.postpone(scope, now);
        self.has_stood = true;
    }

    /// Services that may be changed now: ours, without those of which it is not known what is wanted.
    pub(super) fn changeable(&self, scope: &ServiceScope) -> BTreeSet<ServiceId> {
        let owned = self.owned_in(scope);
        owned.filter(|id| !self.model.holds(id)).collect()
    }

    fn owned_in<'a>(&'a self, scope: &'a ServiceScope) -> impl Iterator<Item = ServiceId> + 'a {
        let (all, some) = match scope {
            ServiceScope::All => (Some(&self.owned), None),
            ServiceScope::Services(services) => (None, Some(services)),
        };
        let some = some.into_iter().flatten();
        let some = some.filter(|id| self.owned.contains(id));
        all.into_iter().flatten().chain(some).copied()
    }

    fn apply(&mut self, plan: Plan, now: Moment, effects: &mut Vec<Effect>) {
        self.note_cut(&plan, now);
        self.kernel_state = KernelState::Applying;
        effects.push(Effect::Apply(plan));
    }

    /// Services of ours that shall not outlive the director. What is still leaving goes too where nothing is remembered of it.
    pub(super) fn removed_at_stop(&self) -> impl Iterator<Item = ServiceId> {
        let defined = self.model.services().iter();
        let defined = defined.filter(|service| service.on_stop == OnStop::Remove);
        let leaving = self.recovery.leaving.keys().copied().filter(|id| {
            let is_ours = self.owned.contains(id) && !self.model.holds(id);
            is_ours && (self.recovery.removed_at_stop.contains(id) || !self.persist.remembers())
        });
        defined.map(|service| service.id).chain(leaving)
    }

    /// Removes what shall not outlive the director, once, and ends.
    fn finish(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(observed) = &self.observed else {
            self.leave(effects);
            return;
        };
        let leaving: BTreeSet<ServiceId> = self
            .removed_at_stop()
            .filter(|id| {
                self.retries
                    .about(&(*id, None))
                    .is_none_or(|retry| retry.retry_at <= now)
            })
            .chain(self.existing_probe_services(now))
            .collect();
        let plan = plan(observed, &Table::default(), &leaving, |_, _| {
            "ipvsd is stopping".to_owned()
        });
        if plan.is_empty() {
            self.leave(effects);
            return;
        }
        let attempts = plan.steps.iter().map(|step| Attempt {
            step: step.clone(),
            cause: Cause::Stop,
            drift: false,
            leaving: self.leaving_with(&step.op),
        });
        self.attempts = attempts.collect();
        self.apply(plan, now, effects);
    }
}
