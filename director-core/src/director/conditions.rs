//! The state of each service: what it is now, and what was last reported of it.

use std::sync::Arc;

use super::{Director, Effect, Notice};
use crate::model::{Endpoint, ServiceId, VirtualService};
use crate::moment::Moment;
use crate::overrides::Target;
use crate::scope::ServiceScope;
use crate::table::ServiceEntry;
use crate::weight::{ServiceCondition, ServiceState, ServiceWeights, Situation};

/// The state of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportedState {
    pub(crate) shown: ServiceState,
    pub(crate) since: Moment,
    /// The last one that was reported, or need not be, since it was the first; never that it is not known.
    reported: Option<ServiceState>,
}

impl Director {
    /// The state of a service with these weights, for what the kernel holds of it.
    pub(crate) fn condition(
        &self,
        service: &VirtualService,
        observed: Option<&ServiceEntry>,
        situation: &Situation<'_>,
        weighed: &ServiceWeights<'_>,
    ) -> ServiceCondition {
        let servers = service.real_servers.iter().chain(&service.fallback);
        let refused: Vec<Endpoint> = servers
            .map(|server| server.endpoint)
            .filter(|server| self.kernel_refuses(service, observed, server))
            .collect();
        let servers = service.real_servers.iter();
        let unproven: Vec<Endpoint> = servers
            .map(|server| server.endpoint)
            .filter(|server| self.is_unproven(&(service.id, *server)))
            .collect();
        let frozen = self.is_frozen(service);
        let condition = situation.condition(service, weighed, &refused, &unproven, frozen);
        let is_absent = observed.is_none() && self.retry(&(service.id, None)).is_some();
        ServiceCondition {
            state: match is_absent {
                true => ServiceState::Down,
                false => condition.state,
            },
            ..condition
        }
    }

    /// Whether a server counts as up only because a freeze held it, until it has a good result again.
    pub(super) fn is_unproven(&self, target: &Target) -> bool {
        let health = self.book.get(target);
        self.chances_since
            .zip(health)
            .is_some_and(|(since, health)| health.is_unproven_since(since))
    }

    /// Whether the kernel has refused a server and does not have it.
    fn kernel_refuses(
        &self,
        service: &VirtualService,
        observed: Option<&ServiceEntry>,
        server: &Endpoint,
    ) -> bool {
        let is_held = observed.is_some_and(|entry| entry.servers.contains_key(server));
        !is_held && self.retry(&(service.id, Some(*server))).is_some()
    }

    /// Reports services that have another state. That one is up when the director begins is no news.
    pub(super) fn report_conditions(
        &mut self,
        scope: &ServiceScope,
        conditions: &[(ServiceId, ServiceCondition)],
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let model = Arc::clone(&self.model);
        if *scope == ServiceScope::All {
            self.conditions.retain(|id, _| model.service(id).is_some());
        }
        for (id, condition) in conditions {
            let known = self.conditions.entry(*id).or_insert(ReportedState {
                shown: condition.state,
                since: now,
                reported: None,
            });
            if known.shown != condition.state {
                (known.shown, known.since) = (condition.state, now);
            }
            let is_news = match (known.reported, condition.state) {
                (_, ServiceState::Unknown) | (None, ServiceState::Up) => false,
                (reported, state) => reported != Some(state),
            };
            if condition.state == ServiceState::Unknown {
                continue;
            }
            let from = known.reported.replace(condition.state);
            if let Some(service) = model.service(id).filter(|_| is_news) {
                effects.push(Effect::Tell(Notice::ServiceStateChanged {
                    name: service.name.clone(),
                    service: *id,
                    from,
                    to: *condition,
                }));
            }
        }
    }
}
