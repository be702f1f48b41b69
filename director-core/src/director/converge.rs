//! The way from the kernel's table to the desired one: when to read, what to apply, what to tell.

use std::collections::BTreeSet;
use std::time::Duration;

use super::attempts::Attempt;
use super::retry::keep_serving;
use super::{Director, Effect, KernelState, reasons};
use crate::desired::desired;
use crate::model::{OnStop, ServiceId};
use crate::moment::Moment;
use crate::plan::{Cause, Plan, check, plan};
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
        } else if self.unsettled
            || self.is_overdue(now)
            || self.retries.next_retry().is_some_and(|retry| retry <= now)
        {
            self.converge(now, effects);
        }
    }

    /// Readiness has waited long enough for servers that have not answered yet.
    fn is_overdue(&self, now: Moment) -> bool {
        !self.ready_told && self.ready_at_last().is_some_and(|last| last <= now)
    }

    /// When readiness is reported at the latest, once the kernel holds what is desired.
    pub(super) fn ready_at_last(&self) -> Option<Moment> {
        self.loaded_at.map(|loaded| loaded + READY_PATIENCE)
    }

    /// Brings the kernel's table nearer to the desired one.
    fn converge(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.review(now, effects);
        let Some(observed) = &self.observed else {
            return;
        };
        let desired = desired(&self.situation(observed, now));
        self.retries.settle(&desired, observed);
        let mut target = self.retries.target(&desired, observed, now);
        let held = self.persist.hold_back(&mut target, observed, &self.book);
        keep_serving(&mut target, &desired, observed, &self.book, &self.overrides);
        let reasons = reasons::Reasons::new(self, &target, now);
        let changeable = self.changeable();
        let plan = plan(observed, &target, &changeable, |service, server| {
            reasons.reason(service, server)
        });
        debug_assert_eq!(
            check::faults(&plan, observed, &target, &changeable),
            Vec::new()
        );
        if plan.is_empty() && held {
            // The rest waits for what it depends on to be kept.
            self.retries.postpone(now);
            return;
        }
        if plan.is_empty() {
            self.unsettled = false;
            let owned = self.owned.len();
            self.owned.retain(|id| {
                observed.services.contains_key(id)
                    || self.model.service(id).is_some()
                    || self.model.probe_services().contains_key(id)
            });
            self.persist.changed |= self.owned.len() < owned;
            self.settled = Some(target);
            self.retries.postpone(now);
            self.enter_running();
            self.has_stood = true;
            if !self.ready_told && (self.schedule.all_have_results() || self.is_overdue(now)) {
                self.ready_told = true;
                effects.push(Effect::Ready {
                    refused: self.retries.len(),
                });
            }
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

    /// Services that may be changed now: ours, without those of which it is not known what is wanted.
    fn changeable(&self) -> BTreeSet<ServiceId> {
        let owned = self.owned.iter().copied();
        owned.filter(|id| !self.model.holds(id)).collect()
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
