//! What agents and the sources of weights say, and the connections that are held open to servers.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use super::{Director, Effect, Notice};
use crate::health::{Advice, Concern, HealthState, Outcome, Report, Subscription};
use crate::model::{Check, Probe, ProbeKind, Protocol, VirtualService, largest_advised};
use crate::moment::Moment;
use crate::overrides::Target;
use crate::scope::ServiceScope;

impl Director {
    /// An agent, or the source of a weight, has answered.
    pub(super) fn advised(
        &mut self,
        subscription: &Subscription,
        report: &Report,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let model = Arc::clone(&self.model);
        let target = (subscription.service, subscription.server);
        let (Some(service), Some(health)) = (model.service(&target.0), self.book.get_mut(&target))
        else {
            return;
        };
        let (adviser, known) = match subscription.concern {
            Concern::Agent => ("agent", &mut health.agent),
            Concern::WeightSource => ("weight source", &mut health.weight_source),
            Concern::Check(_) => return,
        };
        let (name, server) = (service.name.clone(), target.1);
        match &report.outcome {
            Outcome::Good { detail } => {
                let advice = known.get_or_insert_with(|| Box::new(Advice::none(now)));
                let configured = (service.real_servers.iter())
                    .find(|defined| defined.endpoint == server)
                    .map_or(1, |defined| defined.weight);
                let was_limited = advice.beyond_limit(configured).is_some();
                if advice.hear(detail, now) {
                    let words = advice.heard.clone();
                    let limited = advice.beyond_limit(configured).filter(|_| !was_limited);
                    let limited = limited.map(|wanted| Notice::AdviceLimited {
                        name: name.clone(),
                        server,
                        adviser,
                        wanted,
                        largest: largest_advised(configured),
                    });
                    self.unsettled.add(target.0);
                    self.health_changed.add(target.0);
                    self.persist.changed = true;
                    effects.push(Effect::Tell(Notice::Advised {
                        name,
                        server,
                        adviser,
                        words,
                    }));
                    effects.extend(limited.map(Effect::Tell));
                }
            }
            // Whether the server works is for the checks to say; what the agent said last stays.
            Outcome::Failed { reason } | Outcome::LocalError { reason } => {
                let is_new = match known {
                    Some(advice) => advice.miss(reason, now),
                    None => !self.unheard.contains(subscription),
                };
                if is_new {
                    self.unheard.insert(*subscription);
                    effects.push(Effect::Tell(Notice::Unheard {
                        name,
                        server,
                        adviser,
                        reason: reason.clone(),
                    }));
                }
                return;
            }
        }
        self.unheard.remove(subscription);
    }

    /// Has the connections held that the definitions want, except to servers that are known to be down: to those a new
    /// one is made in the moment they are up again, and none before.
    pub(super) fn hold_connections(&mut self, scope: &ServiceScope, effects: &mut Vec<Effect>) {
        let model = Arc::clone(&self.model);
        let before = self.held.len();
        if *scope == ServiceScope::All {
            self.held.retain(|id, _| model.service(id).is_some());
        }
        let mut changed = self.held.len() < before;
        for service in scope.services(&model) {
            let wanted = held_connections(service, |target| {
                let known = self.book.get(target);
                known.is_some_and(|health| health.state == HealthState::Down && !health.assumed)
            });
            let none = BTreeSet::new();
            if wanted == *self.held.get(&service.id).unwrap_or(&none) {
                continue;
            }
            changed = true;
            match wanted.is_empty() {
                true => self.held.remove(&service.id),
                false => self.held.insert(service.id, wanted),
            };
        }
        if changed {
            let all = self.held.values().flatten();
            effects.push(Effect::Hold(all.copied().collect()));
        }
    }
}

/// Where connections are held: each port that a check with `hold_connection` probes over TCP, of a server that is not down.
fn held_connections(
    service: &VirtualService,
    is_down: impl Fn(&Target) -> bool,
) -> BTreeSet<SocketAddr> {
    let mut wanted = BTreeSet::new();
    let own = service.own_checks.values().flatten();
    if !service
        .checks
        .iter()
        .chain(own)
        .any(|check| check.timing.hold_connection)
    {
        return wanted;
    }
    let servers = service.real_servers.iter();
    for server in servers.filter(|server| !is_down(&(service.id, server.endpoint))) {
        let checks = service.checks_of(&server.endpoint);
        let checks = checks.iter().zip(&server.probes);
        let holding = checks
            .filter(|(check, probe)| check.timing.hold_connection && speaks_tcp(check, probe));
        let places = holding.map(|(_, probe)| probe.own_place());
        wanted.extend(places.filter(|place| place.port() != 0));
    }
    wanted
}

fn speaks_tcp(check: &Check, probe: &Probe) -> bool {
    match &*probe.kind {
        ProbeKind::Connect | ProbeKind::Http(_) => true,
        _ if check.timing.connects_between.is_some() => true,
        ProbeKind::Protocol(check) => check.transport() == Protocol::Tcp,
        _ => false,
    }
}
