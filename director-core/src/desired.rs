//! What the kernel's table should be: the ends of the chains that [`crate::weight`] makes of the model, the standing
//! overrides, the health states and what the kernel holds now.
//!
//! A server without a known state keeps the weight that the kernel's table gives it, so that a start moves no traffic. The
//! fallback stands in while no real server can take a connection, but not before every server has been probed once. Until
//! then whoever served goes on: the fallback of before, or servers that are no longer defined.

pub use crate::health::HealthByServer;

use crate::health::{Health, HealthState};
use crate::model::{
    DrainRule, Endpoint, FIRST_TIER, Model, ProbeService, RealServer, ServiceId, VirtualService,
};
use crate::moment::Moment;
use crate::overrides::Overrides;
use crate::recovery::{Pool, Pools, RecoveryState, census, damping_counts};
use crate::scope::ServiceScope;
use crate::table::{ServerEntry, ServerSettings, ServiceEntry, Table};
use crate::weight::{Departing, EffectiveWeight, ServiceWeights, Situation};

/// The table that a situation requires.
#[must_use]
pub fn desired(situation: &Situation<'_>) -> Table {
    desired_of(&ServiceScope::All, situation)
}

/// The part of it that some services have.
#[must_use]
pub fn desired_of(scope: &ServiceScope, situation: &Situation<'_>) -> Table {
    let defined = scope.services(situation.model).filter_map(|service| {
        let weighed = situation.weigh(service);
        let stays = weighed.withdrawn.is_none();
        stays.then(|| (service.id, service_entry(service, &weighed)))
    });
    let leaving = situation
        .recovery
        .leaving
        .iter()
        .filter(|(id, _)| scope.contains(id))
        .filter_map(|(id, rule)| Some((*id, leaving_entry(situation, id, *rule)?)));
    let probe_services = situation.model.probe_services().iter();
    let probe_services = probe_services.filter(|(id, _)| scope.contains(id));
    let probe_services =
        probe_services.map(|(id, probe_service)| (*id, probe_service_entry(probe_service)));
    Table {
        services: defined.chain(leaving).chain(probe_services).collect(),
    }
}

/// A probe service is there as long as its probe is, whatever the health.
fn probe_service_entry(probe_service: &ProbeService) -> ServiceEntry {
    let mut entry = ServiceEntry::new(probe_service.scheduling.clone());
    let settings = ServerSettings {
        forwarding: probe_service.forwarding,
        weight: 1,
        upper_threshold: 0,
        lower_threshold: 0,
    };
    entry
        .servers
        .insert(probe_service.endpoint, ServerEntry::new(settings));
    entry
}

/// The table that the model requires when all real servers have this health, as `plan --assume` shows it.
#[must_use]
pub fn assumed(model: &Model, state: HealthState) -> Table {
    assumed_from(model, state, &Overrides::default(), &Table::default())
}

/// The same with these overrides, for a kernel that holds this.
#[must_use]
pub fn assumed_from(
    model: &Model,
    state: HealthState,
    overrides: &Overrides,
    observed: &Table,
) -> Table {
    let mut book = HealthByServer::new();
    for service in model.services() {
        for server in service.real_servers.iter().chain(&service.fallback) {
            // The fallback is there for the time when real servers are down.
            let is_real = service.real_servers.contains(server);
            let state = if is_real { state } else { HealthState::Up };
            let mut health = Health::assumed(state, "assumed", Moment::START);
            health.assumed = false;
            book.entry((service.id, server.endpoint)).or_insert(health);
        }
    }
    let nothing = RecoveryState::default();
    let mut situation = Situation {
        model,
        book: &book,
        overrides,
        recovery: &nothing,
        observed,
        now: Moment::START,
    };
    let recovery = RecoveryState {
        pools: judged(&situation),
        ..RecoveryState::default()
    };
    situation.recovery = &recovery;
    desired(&situation)
}

/// Whether the services of a situation have enough servers, from what is known of them now.
#[must_use]
pub fn judged(situation: &Situation<'_>) -> Pools {
    let mut pools = Pools::default();
    let services = situation.model.services().iter();
    for service in services.filter(|service| Pool::matters(service)) {
        let tiers = census(service, situation.book, situation.overrides);
        let first = tiers.first().map_or(FIRST_TIER, |tier| tier.tier);
        let former = situation.recovery.pools.of(&service.id).copied();
        let minimum = service.recovery.minimum.unwrap_or_default();
        let pool = former.unwrap_or_else(|| Pool::begin(first, situation.now));
        pools.set(service.id, pool.evaluate(&minimum, &tiers, situation.now));
    }
    pools
}

/// Whether a service has a real server that takes connections; none while that is not known, because a server has not
/// been probed yet and none is known to be up.
#[must_use]
pub fn available(
    service: &VirtualService,
    book: &HealthByServer,
    overrides: &Overrides,
) -> Option<bool> {
    let mut all_evaluated = true;
    let damped = damping_counts(service.id, &service.real_servers, book, overrides);
    for server in service
        .real_servers
        .iter()
        .filter(|server| server.weight > 0)
    {
        let target = (service.id, server.endpoint);
        if overrides.taking_out(&target).is_some() {
            continue;
        }
        match book.get(&target) {
            Some(health) if health.is_advised_out() => {}
            Some(health) if health.assumed => all_evaluated = false,
            Some(health) if health.may_serve(damped) => return Some(true),
            Some(_) => {}
            None => all_evaluated = false,
        }
    }
    all_evaluated.then_some(false)
}

/// The settings of a server at this weight.
#[must_use]
pub fn settings(server: &RealServer, weight: u32) -> ServerSettings {
    ServerSettings {
        forwarding: server.forwarding,
        weight,
        upper_threshold: server.upper_threshold,
        lower_threshold: server.lower_threshold,
    }
}

fn service_entry(service: &VirtualService, weighed: &ServiceWeights<'_>) -> ServiceEntry {
    let mut entry = ServiceEntry::new(service.scheduling.clone());
    let enter = |weighing: &EffectiveWeight<'_>| {
        let weight = weighing.chain.weight()?;
        let settings = settings(weighing.server, weight);
        Some((weighing.server.endpoint, ServerEntry::new(settings)))
    };
    entry
        .servers
        .extend(weighed.servers.iter().filter_map(enter));
    // The fallback may be one of the servers.
    entry
        .servers
        .extend(weighed.fallback.iter().filter_map(enter));
    entry
        .servers
        .extend(weighed.departing.iter().filter_map(stay));
    entry
}

/// A service that is no longer defined, while one of its servers has to stay.
fn leaving_entry(
    situation: &Situation<'_>,
    service: &ServiceId,
    rule: DrainRule,
) -> Option<ServiceEntry> {
    let observed = situation.observed.services.get(service)?;
    let mut entry = ServiceEntry::new(observed.scheduling.clone());
    let departing = situation.departing_weights(service, rule);
    entry.servers.extend(departing.iter().filter_map(stay));
    (!entry.servers.is_empty()).then_some(entry)
}

fn stay(departing: &Departing<'_>) -> Option<(Endpoint, ServerEntry)> {
    let settings = ServerSettings {
        weight: departing.chain.weight()?,
        ..departing.known.settings
    };
    Some((departing.endpoint, ServerEntry::new(settings)))
}
