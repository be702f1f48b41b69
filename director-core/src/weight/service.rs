//! All servers of one service weighed together: what depends on the others is decided here, and who is held back by a
//! drain.

use super::{
    Chain, Departing, Link, ServerFacts, Situation, WeightReason, chain, waits_for_connections,
};
use crate::health::Health;
use crate::model::{
    BelowMinimum, DEFAULT_DRAIN, DrainRule, Endpoint, OnFailure, RealServer, ServiceId, Then,
    VirtualService,
};
use crate::overrides::OverrideKind;
use crate::recovery::{Pool, Shortage, room, slow_start};
use crate::table::{ServerEntry, ServiceEntry};

/// The servers of one service with their chains.
#[derive(Debug, Clone)]
pub struct ServiceWeights<'a> {
    /// Its real servers in the order of the file.
    pub servers: Vec<EffectiveWeight<'a>>,
    /// Its fallback.
    pub fallback: Vec<EffectiveWeight<'a>>,
    /// Servers that are no longer defined and stay for a while.
    pub departing: Vec<Departing<'a>>,
    /// Too few servers are available, and the service is not to be in the kernel.
    pub withdrawn: Option<Shortage>,
}

/// A defined server with its chain.
#[derive(Debug, Clone)]
pub struct EffectiveWeight<'a> {
    /// The server.
    pub server: &'a RealServer,
    /// Its weight and why.
    pub chain: Chain<'a>,
    /// How it is leaving the table, when it is.
    pub drain: Option<DrainRule>,
}

impl<'a> Situation<'a> {
    /// Weighs the servers of a service.
    #[must_use]
    pub fn weigh(&self, service: &'a VirtualService) -> ServiceWeights<'a> {
        let observed = self.observed.services.get(&service.id);
        let pool = self.recovery.pools.of(&service.id);
        let minimum = service.recovery.minimum.unwrap_or_default();
        let shortage = pool.and_then(|pool| pool.shortage);
        let short = |what: BelowMinimum| shortage.filter(|_| minimum.below == what);

        let mut servers = self.real_servers(service, observed, pool);
        if !servers.iter().any(serves) {
            // No server stands by while none serves, also where the first tier has not been probed yet.
            servers = self.real_servers(service, observed, None);
        }
        let mut fallback = self.fallback(service, observed);
        let able = fallback.iter().any(serves);
        // With no server up at all a fallback that works is worth more than servers that fail.
        let kept = short(BelowMinimum::KeepAll);
        if let Some(shortage) = kept.filter(|shortage| shortage.available > 0 || !able) {
            self.keep_all(service, &mut servers, shortage);
        }
        let replaces = short(BelowMinimum::Fallback).filter(|_| able);
        if let Some(shortage) = replaces {
            give_up(service, &mut servers, shortage);
        }
        let health =
            |weighing: &EffectiveWeight<'_>| self.book.get(&(service.id, weighing.server.endpoint));
        let known = |weighing: &EffectiveWeight<'_>| {
            let target = (service.id, weighing.server.endpoint);
            health(weighing).is_none_or(|health| !health.assumed)
                || self.overrides.taking_out(&target).is_some()
        };
        let out_of_reach =
            |weighing: &EffectiveWeight<'_>| health(weighing).is_some_and(Health::cannot_be_probed);
        // Predecessors serve until something is known of their successors, which also need an address for that.
        let relieved = !self.any_predecessor_serves(service, observed);
        let all_probed = servers
            .iter()
            .all(|server| known(server) || relieved && out_of_reach(server))
            && (relieved || service.unresolved.is_empty());
        let serving = servers.iter().any(serves);
        let named = serving || self.any_perhaps_named(service, observed);
        let stays = !self.model.host().expires_templates();
        let rule = service.recovery.leaving;
        // Persistent clients would come back to it for as long as it drains.
        let rule = rule.filter(|_| !(stays && service.scheduling.persistence.is_some()));
        call_fallback(service, &mut fallback, named, all_probed, replaces, rule);

        // A fallback that serves is no guest, however little is known of the servers. While nothing serves, one of the kernel's
        // servers may be the fallback whose name has no address yet.
        // Nor may one leave before something is known of those that take its place.
        let fallback_is_known = fallback.is_empty() || fallback.iter().any(known) || relieved;
        let is_known = all_probed && service.unresolved_fallback.is_empty() && fallback_is_known;
        let decided = serving || is_known || fallback.iter().any(serves);
        let mut weighed = ServiceWeights {
            departing: self.departing(service, observed, decided),
            servers,
            fallback,
            withdrawn: short(BelowMinimum::Withdraw),
        };
        self.hold_back(service, observed, &mut weighed);
        weighed
    }

    fn real_servers(
        &self,
        service: &'a VirtualService,
        observed: Option<&'a ServiceEntry>,
        pool: Option<&Pool>,
    ) -> Vec<EffectiveWeight<'a>> {
        let room = room(service);
        let damped = self.is_damped(service.id, &service.real_servers);
        let weigh = |server: &'a RealServer| {
            let facts = self.facts(service, server, room, damped, observed);
            let mut chain = chain(&facts);
            let leaves = chain.weight().is_none();
            let ruled_by = |kind| {
                facts
                    .override_
                    .is_some_and(|override_| override_.kind == kind)
            };
            let overridden = ruled_by(OverrideKind::Drain);
            // Removed at once, whatever the service says of servers that fail.
            let disabled = ruled_by(OverrideKind::Disable);
            let closed = pool.filter(|pool| server.tier > pool.open);
            if let Some(pool) = closed.filter(|_| chain.weight().is_some_and(|weight| weight > 0)) {
                chain.push(Link {
                    weight: idle(service),
                    since: Some(pool.open_since),
                    reason: WeightReason::Standby(pool.open),
                });
            }
            let by_override = service.recovery.drain.filter(|_| overridden);
            let drains = leaves && !disabled && service.on_failure == OnFailure::Drain;
            let failed = drains.then(|| service.recovery.drain.unwrap_or(DEFAULT_DRAIN));
            EffectiveWeight {
                server,
                chain,
                // A server that is out by health or override leaves as the service says.
                drain: by_override.or(failed),
            }
        };
        service.real_servers.iter().map(weigh).collect()
    }

    /// Health is frozen; overrides count.
    fn keep_all(
        &self,
        service: &VirtualService,
        servers: &mut [EffectiveWeight<'a>],
        shortage: Shortage,
    ) {
        for weighing in servers {
            let target = (service.id, weighing.server.endpoint);
            let full = self.full_weight(service, weighing.server);
            if serves(weighing)
                || weighing.server.weight == 0
                || self.overrides.taking_out(&target).is_some()
            {
                continue;
            }
            // A server that was not probed yet is not known to be bad, and keeps what it has; one that is out by the will of its
            // operators is not out by its health.
            let health = self.book.get(&target);
            if health.is_some_and(|health| health.assumed || health.is_advised_to_rest()) {
                continue;
            }
            weighing.drain = None;
            weighing.chain.push(Link {
                weight: Some(full),
                since: Some(shortage.since),
                reason: WeightReason::KeptAll(shortage),
            });
        }
    }

    /// The fallback, as far as its own health goes.
    fn fallback(
        &self,
        service: &'a VirtualService,
        observed: Option<&'a ServiceEntry>,
    ) -> Vec<EffectiveWeight<'a>> {
        let damped = self.is_damped(service.id, &service.fallback);
        let weigh = |server: &'a RealServer| {
            let mut facts = self.facts(service, server, 1, damped, observed);
            // One that is not probed is the last resort, whatever is known of it as a real server.
            facts.health = facts.health.filter(|_| !server.probes.is_empty());
            facts.override_ = facts.override_.filter(|_| !server.probes.is_empty());
            EffectiveWeight {
                server,
                chain: chain(&facts),
                drain: None,
            }
        };
        service.fallback.iter().map(weigh).collect()
    }

    fn facts(
        &self,
        service: &'a VirtualService,
        server: &'a RealServer,
        room: u32,
        damped: bool,
        observed: Option<&'a ServiceEntry>,
    ) -> ServerFacts<'a> {
        let target = (service.id, server.endpoint);
        let ramp = self.recovery.ramps.of(&target);
        ServerFacts {
            service,
            server,
            room,
            ramp: slow_start(service).zip(ramp),
            now: self.now,
            health: self.book.get(&target),
            override_: self.overrides.ruling(&target),
            known: observed.and_then(|observed| observed.servers.get(&server.endpoint)),
            damped,
        }
    }

    /// Whoever leaves by a drain stays until it is over.
    fn hold_back(
        &self,
        service: &VirtualService,
        observed: Option<&ServiceEntry>,
        weighed: &mut ServiceWeights<'a>,
    ) {
        let waits = waits_for_connections(service);
        let defined = weighed.servers.iter_mut().chain(&mut weighed.fallback);
        for EffectiveWeight {
            server,
            chain,
            drain,
        } in defined
        {
            let known = observed.and_then(|observed| observed.servers.get(&server.endpoint));
            *drain = drain.filter(|_| waits);
            self.drain(&service.id, &server.endpoint, known, *drain, true, chain);
        }
        for departing in &mut weighed.departing {
            let Departing {
                endpoint,
                known,
                chain,
                drain,
            } = departing;
            *drain = drain.filter(|_| waits);
            self.drain(&service.id, endpoint, Some(known), *drain, false, chain);
        }
    }

    /// Holds a server back that would leave the table.
    pub(super) fn drain(
        &self,
        service: &ServiceId,
        server: &Endpoint,
        known: Option<&ServerEntry>,
        rule: Option<DrainRule>,
        defined: bool,
        chain: &mut Chain<'a>,
    ) {
        let Some(rule) = rule else { return };
        let Some(known) = known else {
            // It has left, or was never there: nobody adds it for the sake of leaving.
            if rule.then == Then::Remove && chain.weight().is_some() {
                let end = self.recovery.drains.end_of_absent(&(*service, *server));
                chain.push(Link {
                    weight: None,
                    since: None,
                    reason: WeightReason::Drained(end, rule.then),
                });
            }
            return;
        };
        let drain = self.recovery.drains.of(&(*service, *server));
        let left = drain.map_or(rule.timeout, |drain| {
            drain.until().map(|until| until.since(self.now))
        });
        let since = drain.map_or(self.now, |drain| drain.since);
        let goes = drain.is_some_and(|drain| drain.lets_go(defined));
        let reason = match drain.and_then(|drain| drain.end) {
            Some(end) => WeightReason::Drained(end, rule.then),
            None => WeightReason::Draining {
                active: known.connections.active,
                left,
                then: rule.then,
            },
        };
        chain.push(Link {
            weight: (!goes).then_some(0),
            since: Some(since),
            reason,
        });
    }
}

/// Too few real servers: the fallback serves in their place.
fn give_up(service: &VirtualService, servers: &mut [EffectiveWeight<'_>], shortage: Shortage) {
    for weighing in servers.iter_mut().filter(|weighing| serves(weighing)) {
        weighing.chain.push(Link {
            weight: idle(service),
            since: Some(shortage.since),
            reason: WeightReason::GivenUp(shortage),
        });
    }
}

fn call_fallback(
    service: &VirtualService,
    fallback: &mut [EffectiveWeight<'_>],
    serving: bool,
    all_probed: bool,
    replaces: Option<Shortage>,
    leaving: Option<DrainRule>,
) {
    for weighing in fallback {
        let reason = match replaces {
            Some(shortage) => WeightReason::FallbackReplaces(shortage),
            None if serving => WeightReason::FallbackWaits,
            None if all_probed => WeightReason::FallbackServes,
            None => WeightReason::FallbackUndecided,
        };
        let waits = matches!(
            reason,
            WeightReason::FallbackWaits | WeightReason::FallbackUndecided
        );
        let is_real = |server: &RealServer| server.endpoint == weighing.server.endpoint;
        if reason == WeightReason::FallbackWaits && !service.real_servers.iter().any(is_real) {
            weighing.drain = leaving;
        }
        let own = weighing.chain.weight();
        weighing.chain.push(Link {
            weight: own.filter(|_| !waits),
            since: replaces.map(|shortage| shortage.since),
            reason,
        });
    }
}

/// The weight of a server that is well and not needed.
fn idle(service: &VirtualService) -> Option<u32> {
    (!service.scheduling.zero_turns_away()).then_some(0)
}

fn serves(weighing: &EffectiveWeight<'_>) -> bool {
    weighing.chain.weight().is_some_and(|weight| weight > 0)
}
