//! What a result changes: the health of the server, the interval of its probes, whether damping keeps it down.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{Director, Effect, Notice};
use crate::health::{Concern, Health, Outcome, ProbeId, Report, Subscription};
use crate::model::{Endpoint, ServiceId, VirtualService};
use crate::moment::Moment;
use crate::overrides::Target;

/// How soon a server is probed again that fails after a hint that it has.
const INTERVAL_AFTER_HINT: Duration = Duration::from_millis(100);
/// How soon it is probed again after a success, each time. Of a process that crashes, the part that held the connection
/// may end before the part that listens, and the kernel takes connections for the latter until then.
const INTERVALS_DESPITE_HINT: [Duration; 3] = [
    Duration::from_millis(50),
    Duration::from_millis(150),
    Duration::from_millis(400),
];

impl Director {
    /// The services of the servers that a probe checks, one of them for each server.
    pub fn checked_services(&self, probe: ProbeId) -> impl Iterator<Item = ServiceId> {
        self.schedule.checked_services(probe)
    }

    pub(super) fn probed(
        &mut self,
        probe: ProbeId,
        report: &Report,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let mut interval = None;
        let subscriptions = self.schedule.finish(probe, report, now);
        let is_check =
            |subscription: &Subscription| matches!(subscription.concern, Concern::Check(_));
        if subscriptions.iter().any(is_check) && !self.schedule.is_local(probe) {
            self.watch_for_outage(report, now, effects);
        }
        let mut pending_changes = false;
        for subscription in subscriptions {
            let target = (subscription.service, subscription.server);
            let before = self.shown_by_last_result(&target);
            let wished = match subscription.concern {
                Concern::Check(check) if self.holds(subscription.service) => {
                    self.noted(&subscription, check, report, now, effects)
                }
                Concern::Check(check) => {
                    let wished = self.checked(&subscription, check, report, now, effects);
                    pending_changes |= self.has_pending_change(&subscription, check);
                    wished
                }
                Concern::Agent | Concern::WeightSource => {
                    self.advised(&subscription, report, now, effects);
                    None
                }
            };
            if self.shown_by_last_result(&target) != before {
                self.unsettled.add(target.0);
            }
            interval = [interval, wished].into_iter().flatten().min();
        }
        if let Some(interval) = interval {
            self.schedule.set_interval(probe, interval);
        }
        if self.schedule.is_hinted(probe) {
            let good = report.outcome.is_good() == Some(true);
            self.follow_hint(probe, pending_changes, good);
        }
    }

    /// A server answered after a hint that it has failed: probes it again soon until it is known what became of it.
    fn follow_hint(&mut self, probe: ProbeId, pending_changes: bool, good: bool) {
        let interval = match (pending_changes, good) {
            (true, _) => Some(INTERVAL_AFTER_HINT),
            (false, true) => self
                .schedule
                .passed_despite_hint(probe)
                .and_then(|answers| INTERVALS_DESPITE_HINT.get(answers).copied()),
            (false, false) => None,
        };
        match interval {
            Some(interval) => self.schedule.hurry(probe, interval),
            None => self.schedule.forget_hint(probe),
        }
    }

    /// What the last result shows of a server apart from its state: whether it is unproven, and whether it cannot be probed.
    fn shown_by_last_result(&self, target: &Target) -> (bool, bool) {
        let health = self.book.get(target);
        let is_out_of_reach = health.is_some_and(Health::cannot_be_probed);
        (self.is_unproven(target), is_out_of_reach)
    }

    /// A check of a server has its result during a freeze.
    fn noted(
        &mut self,
        subscription: &Subscription,
        check: usize,
        report: &Report,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Option<Duration> {
        let target = (subscription.service, subscription.server);
        self.book.get_mut(&target)?.keep(check, report.clone(), now);
        self.record_result(target, report, None, now, effects);
        None
    }

    /// Whether results contradict the state of a check and have not changed it yet.
    fn has_pending_change(&self, subscription: &Subscription, check: usize) -> bool {
        let target = (subscription.service, subscription.server);
        let health = self.book.get(&target);
        health
            .and_then(|health| health.checks.get(check))
            .is_some_and(|check| check.failures() > 0)
    }

    /// A check of a server has its result; says when to probe again, when that is not as usual.
    fn checked(
        &mut self,
        subscription: &Subscription,
        check: usize,
        report: &Report,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Option<Duration> {
        let model = Arc::clone(&self.model);
        let target = (subscription.service, subscription.server);
        let service = model.service(&target.0)?;
        let checks = service.checks_of(&target.1);
        let timing = &checks.get(check)?.timing;
        let report = &*self.without_excuse(service, &target.1, report);
        let health = self.book.get_mut(&target)?;
        let previous_for = now.since(health.since);
        let before = health.checks.get(check)?;
        let (failures_before, streak_before) = (before.failures(), before.streak);
        let repeated = before
            .last()
            .is_some_and(|(_, last)| last.outcome == report.outcome);
        let change = health.report(checks, service.combine, check, report.clone(), now);
        let held = health.penalty.held_until();
        self.persist.changed |= change.check.is_some() && checks.len() > 1;
        let after = health.checks.get(check)?;
        self.persist.changed |= after.pending_change_differs(streak_before, timing);
        let (failures, wished) = (after.failures(), after.interval(timing));
        let (counted, limit) = after.failures_of(timing);
        self.record_result(target, report, change.server.as_ref(), now, effects);
        let (name, server) = (service.name.clone(), target.1);
        if let Some(transition) = change.server {
            effects.push(Effect::Tell(Notice::HealthChanged {
                name: name.clone(),
                service: target.0,
                server,
                transition,
                previous_for,
                took: report.took,
            }));
            self.unsettled.add(target.0);
            if let Some(until) = held {
                effects.push(Effect::Tell(Notice::Held {
                    name,
                    server,
                    until_in: until.since(now),
                }));
                self.next_release = [self.next_release, Some(until)].into_iter().flatten().min();
            }
        } else if let Some(transition) = change.check.filter(|transition| !transition.was_assumed) {
            effects.push(Effect::Tell(Notice::CheckChanged {
                name,
                server,
                check: checks[check].name.clone(),
                transition,
            }));
        } else if let Outcome::LocalError { reason } = &report.outcome
            && !repeated
        {
            effects.push(Effect::Tell(Notice::LocalError {
                name,
                server,
                reason: reason.clone(),
            }));
        } else if failures > failures_before {
            effects.push(Effect::Tell(Notice::Failing {
                name,
                service: target.0,
                server,
                failures: counted,
                limit,
                reason: report.outcome.words().to_owned(),
            }));
        } else if failures < failures_before {
            effects.push(Effect::Tell(Notice::Recovered {
                name,
                service: target.0,
                server,
            }));
        }
        (wished != timing.every).then_some(wished)
    }

    /// The result as it counts. That this director's network does not lead to a server is no failure of the server; but where
    /// something else can serve, clients must not wait for that network.
    fn without_excuse<'r>(
        &self,
        service: &VirtualService,
        server: &Endpoint,
        report: &'r Report,
    ) -> Cow<'r, Report> {
        let Outcome::LocalError { reason } = &report.outcome else {
            return Cow::Borrowed(report);
        };
        if !report.is_network_error() || !self.is_dispensable(service, server) {
            return Cow::Borrowed(report);
        }
        Cow::Owned(Report {
            outcome: Outcome::Failed {
                reason: reason.clone(),
            },
            ..report.clone()
        })
    }

    /// Lets servers in again that were held out for changing too often.
    pub(super) fn release(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.next_release.is_none_or(|next| next > now) {
            return;
        }
        for ((service, server), health) in &mut self.book {
            if health.penalty.release(now) {
                self.unsettled.add(*service);
                self.health_changed.add(*service);
                self.persist.changed = true;
                let name = self.model.service(service).map(|known| known.name.clone());
                effects.push(Effect::Tell(Notice::Released {
                    name: name.unwrap_or_default(),
                    server: *server,
                }));
            }
        }
        self.next_release = self
            .book
            .values()
            .filter_map(|health| health.penalty.held_until())
            .min();
    }
}
