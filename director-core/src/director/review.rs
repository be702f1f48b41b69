//! Brings slow starts, drains and pools up to date before the tables are compared, and reports what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{Director, Effect, Notice};
use crate::health::Health;
use crate::model::{DrainRule, FIRST_TIER, Model, OnStop, ServiceId, VirtualService};
use crate::moment::Moment;
use crate::overrides::Target;
use crate::recovery::{Pool, census, slow_start};
use crate::scope::ServiceScope;
use crate::table::{ServerEntry, Table};
use crate::weight::{ServiceCondition, waits_for_connections};

/// How often the kernel's table is read while a drain waits for connections to end.
const LOOK: Duration = Duration::from_secs(1);

/// What one weighing of all servers brought to light.
#[derive(Default)]
struct Found {
    /// Servers that leave, how, and what the kernel holds of them.
    leaving: BTreeMap<Target, (DrainRule, ServerEntry)>,
    /// Configured servers that have left.
    away: BTreeSet<Target>,
    /// Servers with a slow start that are in service.
    serving: BTreeMap<Target, Serving>,
    /// The same, assumed to be in service until they have been probed.
    believed: BTreeSet<Target>,
    /// The state of each service.
    conditions: Vec<(ServiceId, ServiceCondition)>,
}

/// A server with a slow start that is in service.
struct Serving {
    /// Its weight in the kernel when the slow start is over.
    full: u32,
    /// Its weight in the kernel now.
    kernel: Option<u32>,
}

/// Whether a service that is no longer defined would keep the clients of another from it, and refuse them: the kernel looks for the
/// firewall mark first, then for the port, and then for a service of all ports (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_service_find).
fn hides_another(leaving: &ServiceId, former: &Model, model: &Model) -> bool {
    let is_new = |id: &ServiceId| former.service(id).is_none();
    let mut defined = model.services().iter().map(|service| &service.id);
    match leaving {
        // What was marked may now be meant for any service that is new.
        ServiceId::Mark { .. } => defined.any(is_new),
        ServiceId::Address { vip, protocol, .. } => defined.any(|id| {
            matches!(id, ServiceId::Address { vip: other, port: 0, protocol: of }
                if other == vip && of == protocol)
        }),
    }
}

impl Director {
    /// New definitions take the place of former ones.
    pub(super) fn pass_on(&mut self, former: &Model) {
        let model = Arc::clone(&self.model);
        let removed = (former.services().iter().chain(model.services()))
            .filter(|service| service.on_stop == OnStop::Remove);
        let removed: BTreeSet<ServiceId> = removed.map(|service| service.id).collect();
        self.recovery.removed_at_stop.extend(removed);
        for service in former.services() {
            match model.service(&service.id) {
                None if model.holds(&service.id) => {}
                None => {
                    let drain = service.recovery.leaving;
                    let hides = hides_another(&service.id, former, &model);
                    if let Some(rule) = drain.filter(|_| waits_for_connections(service) && !hides) {
                        self.recovery.leaving.insert(service.id, rule);
                    }
                }
                Some(next) => self.spare_slow_start(service, next),
            }
        }
        let leaving = &mut self.recovery.leaving;
        leaving.retain(|service, _| model.service(service).is_none() && !model.holds(service));
        // What is defined now says so itself.
        let leaving = &self.recovery.leaving;
        self.recovery.removed_at_stop.retain(|id| {
            let defined = model.service(id);
            defined.map_or(leaving.contains_key(id), |service| {
                service.on_stop == OnStop::Remove
            })
        });
    }

    /// A server with full weight when a slow start is defined has no slow start behind it.
    fn spare_slow_start(&mut self, former: &VirtualService, next: &VirtualService) {
        if slow_start(former).is_some() || slow_start(next).is_none() {
            return;
        }
        for server in &former.real_servers {
            let target = (former.id, server.endpoint);
            let serves = self
                .book
                .get(&target)
                .is_none_or(|health| health.is_available() && !health.assumed);
            if serves && server.weight > 0 {
                self.recovery.ramps.complete(target);
            }
        }
    }

    /// Looks at everything that takes its time in these services.
    pub(super) fn review(&mut self, scope: &ServiceScope, now: Moment, effects: &mut Vec<Effect>) {
        let Some(observed) = self.observed.take() else {
            return;
        };
        let before = (self.recovery.saved_of(scope), self.recovery.leaving.len());
        self.review_pools(scope, &observed, now, effects);
        let found = self.found(scope, &observed, now);
        self.review_ramps(scope, &found, now);
        self.report_conditions(scope, &found.conditions, now, effects);
        self.publish(scope, effects);
        self.review_drains(scope, &found, now, effects);
        let known =
            |service: &ServiceId, _: &mut DrainRule| observed.services.contains_key(service);
        // Few services are leaving at any time.
        self.recovery.leaving.retain(known);
        let after = (self.recovery.saved_of(scope), self.recovery.leaving.len());
        self.persist.changed |= after != before;
        self.observed = Some(observed);
        self.next_review = [self.next_step(now), self.recovery.drains.next_end()]
            .into_iter()
            .flatten()
            .min();
        if self.recovery.drains.any_waits() {
            self.next_read = self.next_read.min(now + LOOK);
        }
    }

    /// The pause before the table is read again.
    pub(super) fn reading_pause(&self) -> Duration {
        let resync = self.model.resync();
        if self.recovery.drains.any_waits() {
            resync.min(LOOK)
        } else {
            resync
        }
    }

    /// Looks at the states of these services again, after what the kernel refuses has changed.
    pub(super) fn review_states(
        &mut self,
        scope: &ServiceScope,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some(observed) = self.observed.take() else {
            return;
        };
        let found = self.found(scope, &observed, now);
        self.observed = Some(observed);
        self.report_conditions(scope, &found.conditions, now, effects);
        self.publish(scope, effects);
    }

    fn review_pools(
        &mut self,
        scope: &ServiceScope,
        observed: &Table,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let model = Arc::clone(&self.model);
        if *scope == ServiceScope::All {
            let matters = |id: &ServiceId| model.service(id).is_some_and(Pool::matters);
            self.recovery.pools.retain(matters);
        }
        for service in scope.services(&model).filter(|known| Pool::matters(known)) {
            let tiers = census(service, &self.book, &self.overrides);
            let minimum = service.recovery.minimum.unwrap_or_default();
            let former = self.recovery.pools.of(&service.id).copied();
            let before = former.unwrap_or_else(|| Pool::begin(open_tier(service, observed), now));
            let after = before.evaluate(&minimum, &tiers, now);
            self.recovery.pools.set(service.id, after);
            if before.open != after.open {
                effects.push(Effect::Tell(Notice::Tier {
                    name: service.name.clone(),
                    service: service.id,
                    from: before.open,
                    to: after.open,
                }));
            }
            if before.shortage.is_some() != after.shortage.is_some() {
                effects.push(Effect::Tell(Notice::Shortage {
                    name: service.name.clone(),
                    service: service.id,
                    shortage: after.shortage,
                    below: minimum.below,
                }));
            }
        }
    }

    fn found(&self, scope: &ServiceScope, observed: &Table, now: Moment) -> Found {
        let situation = self.situation(observed, now);
        let mut found = Found::default();
        for service in scope.services(&self.model) {
            let entry = observed.services.get(&service.id);
            let ramps = slow_start(service).is_some();
            let weighed = situation.weigh(service);
            let condition = self.condition(service, entry, &situation, &weighed);
            let damped = situation.is_damped(service.id, &service.real_servers);
            found.conditions.push((service.id, condition));
            for weighing in weighed.servers.iter().chain(&weighed.fallback) {
                let target = (service.id, weighing.server.endpoint);
                let known = entry.and_then(|entry| entry.servers.get(&target.1));
                match (weighing.drain, known) {
                    (Some(rule), Some(known)) => {
                        found.leaving.insert(target, (rule, *known));
                    }
                    (Some(_), None) => {
                        found.away.insert(target);
                    }
                    (None, _) => {}
                }
            }
            for departing in &weighed.departing {
                if let Some(rule) = departing.drain {
                    let target = (service.id, departing.endpoint);
                    found.leaving.insert(target, (rule, *departing.known));
                }
            }
            let servers = weighed.servers.iter().filter(|_| ramps);
            for weighing in servers.filter(|known| known.chain.weight().is_some_and(|w| w > 0)) {
                let target = (service.id, weighing.server.endpoint);
                let health = self.book.get(&target);
                // A server that is kept in spite of its health does not return, and an assumed state moves nothing.
                if health.is_none_or(|health| health.may_serve(damped) && !health.assumed) {
                    let known = entry.and_then(|entry| entry.servers.get(&target.1));
                    let serving = Serving {
                        full: situation.full_weight(service, weighing.server),
                        kernel: known.map(|known| known.settings.weight),
                    };
                    found.serving.insert(target, serving);
                } else if health.is_some_and(Health::is_available) {
                    found.believed.insert(target);
                }
            }
        }
        let leaving = self.recovery.leaving.iter();
        for (service, rule) in leaving.filter(|(service, _)| scope.contains(service)) {
            for departing in situation.departing_weights(service, *rule) {
                let target = (*service, departing.endpoint);
                found.leaving.insert(target, (*rule, *departing.known));
            }
        }
        found
    }

    fn review_ramps(&mut self, scope: &ServiceScope, found: &Found, now: Moment) {
        let model = Arc::clone(&self.model);
        let ramps = &mut self.recovery.ramps;
        ramps.retain(scope, |target| {
            found.serving.contains_key(target) || found.believed.contains(target)
        });
        for (target, serving) in &found.serving {
            let Some(rule) = model.service(&target.0).and_then(slow_start) else {
                continue;
            };
            if ramps.knows(target) {
                ramps.settle(target, rule, now);
            } else {
                ramps.begin(*target, rule, serving.full, serving.kernel, now);
            }
        }
    }

    /// When the next step of a slow start is due.
    fn next_step(&self, now: Moment) -> Option<Moment> {
        let rising = self.recovery.ramps.under_way();
        let rules = rising.filter_map(|service| slow_start(self.model.service(&service)?));
        rules.map(|rule| now + rule.step()).min()
    }

    fn review_drains(
        &mut self,
        scope: &ServiceScope,
        found: &Found,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let clients_stay = self.persistent_clients_stay();
        let drains = &mut self.recovery.drains;
        drains.forget(
            scope,
            |target| found.leaving.contains_key(target),
            &found.away,
        );
        for (target, (rule, known)) in &found.leaving {
            let (service, server) = *target;
            let name = || {
                let known = self.model.service(&service);
                known.map_or_else(|| service.to_string(), |known| known.name.clone())
            };
            if drains.begin(*target, *rule, now) && known.connections.active > 0 {
                effects.push(Effect::Tell(Notice::Draining {
                    name: name(),
                    service,
                    server,
                    active: known.connections.active,
                    rule: *rule,
                }));
            }
            if let Some(end) = drains.look(target, Some(known), clients_stay, self.observed_at, now)
            {
                effects.push(Effect::Tell(Notice::Drained {
                    name: name(),
                    service,
                    server,
                    took: drains
                        .of(target)
                        .map(|drain| now.since(drain.since))
                        .unwrap_or_default(),
                    end,
                    then: rule.then,
                }));
            }
        }
    }
}

/// The highest tier of which the kernel has somebody in service; the first one when there is nobody.
fn open_tier(service: &VirtualService, observed: &Table) -> u32 {
    let entry = observed.services.get(&service.id);
    let serving = service.real_servers.iter().filter(|server| {
        let known = entry.and_then(|entry| entry.servers.get(&server.endpoint));
        known.is_some_and(|known| known.settings.weight > 0)
    });
    let first = service.real_servers.iter().map(|server| server.tier).min();
    let open = serving.map(|server| server.tier).max();
    open.or(first).unwrap_or(FIRST_TIER)
}
