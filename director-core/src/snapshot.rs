//! The one read-only view of a director: per service and server what is defined, known of its health, desired and observed, and what
//! stands in the way. Whatever shows the director's state shows this.

use std::net::IpAddr;

use crate::definitions::{HostName, IsolatedBlock};
use crate::desired::settings;
use crate::director::{Director, PendingRetry, Refusal, SyncDaemonState};
use crate::health::{Frozen, Health, HealthState};
use crate::model::{
    Endpoint, Forwarding, ServiceId, UnresolvedServer, VirtualService, WaitingService,
};
use crate::moment::Moment;
use crate::overrides::{Override, Target};
use crate::recovery::{Drain, Shortage, room};
use crate::table::{ServerEntry, ServerSettings, ServiceEntry, Table};
use crate::weight::{Departing, EffectiveWeight, ExplainedLink, ServiceCondition, ServiceWeights};

/// The director's state at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The moment.
    pub now: Moment,
    /// When the definitions in force were loaded; none before the first.
    pub loaded_at: Option<Moment>,
    /// Newer definitions that were refused.
    pub refusal: Option<Refusal>,
    /// When the whole kernel table was last read; none before the first reading.
    pub observed_at: Option<Moment>,
    /// Why it could not be read the last time.
    pub unreadable: Option<String>,
    /// Host names in use and what they stand for.
    pub names: Vec<HostName>,
    /// Blocks of the definitions that are broken while all others are in force.
    pub isolated: Vec<IsolatedBlock>,
    /// Services whose VIPs are host names without an address.
    pub waiting: Vec<WaitingService>,
    /// Why overrides and health states cannot be saved over a restart, when they cannot.
    pub not_persisted: Option<String>,
    /// All overrides.
    pub overrides: Vec<OverrideView>,
    /// Health is frozen, since all servers failed at once.
    pub frozen: Option<Frozen>,
    /// What is wanted of the machine other than the table, and could not be had.
    pub host_errors: Vec<String>,
    /// The wanted sync daemons of the kernel.
    pub sync_daemons: Vec<SyncDaemonState>,
    /// VIPs that this director keeps off the machine, since too few real servers of their services are available.
    pub withdrawn_vips: Vec<IpAddr>,
    /// Until when clients of connections that were cut off get a reset; none while there are none.
    pub resets_until: Option<Moment>,
    /// Whether persistent clients go on to servers of weight 0.
    pub persistent_clients_stay: bool,
    /// Virtual services in the order of the file.
    pub services: Vec<ServiceView>,
    /// Services that are no longer defined and stay until their connections have ended.
    pub leaving: Vec<(ServiceId, Vec<DepartingView>)>,
}

/// One override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideView {
    /// The name of its service; none when that is not defined.
    pub name: Option<String>,
    /// Its service and server.
    pub target: Target,
    /// Whether the server is defined.
    pub defined: bool,
    /// The override.
    pub override_: Override,
}

/// One virtual service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceView {
    /// Identity.
    pub id: ServiceId,
    /// The operator's name for it.
    pub name: String,
    /// Scheduler as defined.
    pub scheduler: String,
    /// Its state.
    pub condition: ServiceCondition,
    /// Since when it has this state; none when that is not known.
    pub state_since: Option<Moment>,
    /// The factor by which weights in the kernel are larger than defined ones, to allow for a slow start.
    pub weight_factor: u32,
    /// Whether the kernel holds the service.
    pub in_kernel: bool,
    /// Real servers in the order of the file.
    pub servers: Vec<ServerView>,
    /// Real servers whose host names have no address yet.
    pub unresolved: Vec<UnresolvedServer>,
    /// The fallback.
    pub fallback: Vec<ServerView>,
    /// Servers that are no longer defined and stay for a while.
    pub leaving: Vec<DepartingView>,
    /// Fewer real servers are available than it needs.
    pub shortage: Option<Shortage>,
    /// What the kernel refused about the service itself.
    pub retry: Option<PendingRetry>,
}

/// One real server, or the fallback.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerView {
    /// Identity.
    pub endpoint: Endpoint,
    /// The host name that has its address.
    pub host: Option<String>,
    /// Forwarding method as defined.
    pub forwarding: Forwarding,
    /// Weight as defined.
    pub defined_weight: u32,
    /// Health and its reason; none for the fallback, which is not probed.
    pub health: Option<Health>,
    /// Failures that count towards a change to down, and how many make one; of the check that is nearest to it.
    pub failing: Option<(u32, u32)>,
    /// Overrides about it, the oldest first.
    pub overrides: Vec<Override>,
    /// How its weight came about: the chain at whose end is what it should be in the kernel now.
    pub chain: Vec<ExplainedLink>,
    /// What it should be in the kernel now; none when it should not be there.
    pub desired: Option<ServerSettings>,
    /// What the kernel held when it was last read; none when it was not there.
    pub observed: Option<ServerEntry>,
    /// When it is probed next; none while a probe is open.
    pub next_probe: Option<Moment>,
    /// What the kernel refused about it.
    pub retry: Option<PendingRetry>,
    /// Its drain, while it leaves.
    pub drain: Option<Drain>,
}

/// A server that is no longer defined and stays for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct DepartingView {
    /// Identity.
    pub endpoint: Endpoint,
    /// How its weight came about.
    pub chain: Vec<ExplainedLink>,
    /// What the kernel held when it was last read.
    pub observed: ServerEntry,
    /// Its drain.
    pub drain: Option<Drain>,
}

impl Director {
    /// The state at this moment.
    #[must_use]
    pub fn snapshot(&self, now: Moment) -> Snapshot {
        let nothing = Table::default();
        let observed = self.observed.as_ref().unwrap_or(&nothing);
        let situation = self.situation(observed, now);
        let view = |service: &VirtualService| {
            let in_kernel = observed.services.get(&service.id);
            let weighed = situation.weigh(service);
            let condition = self.condition(service, in_kernel, &situation, &weighed);
            self.service_view(service, in_kernel, &weighed.shown(), condition)
        };
        Snapshot {
            now,
            loaded_at: self.loaded_at,
            refusal: self.refusal.clone(),
            observed_at: self.observed.as_ref().map(|_| self.observed_at),
            unreadable: self.unreadable.clone(),
            names: self.model.definitions().names.clone(),
            isolated: self.model.definitions().isolated.clone(),
            waiting: self.model.waiting().to_vec(),
            not_persisted: self.persist_error().map(str::to_owned),
            overrides: self.override_views(),
            frozen: self.frozen.clone(),
            host_errors: self.host_errors(),
            sync_daemons: self.sync_daemon_states(),
            withdrawn_vips: self.withdrawn_vips(),
            resets_until: self.resets_until().filter(|until| now < *until),
            persistent_clients_stay: self.persistent_clients_stay(),
            services: self.model.services().iter().map(view).collect(),
            leaving: self
                .recovery
                .leaving
                .iter()
                .map(|(id, rule)| {
                    let departing = situation.departing_weights(id, *rule);
                    (*id, self.departing(id, &departing))
                })
                .collect(),
        }
    }

    fn departing(&self, service: &ServiceId, departing: &[Departing<'_>]) -> Vec<DepartingView> {
        let view = |departing: &Departing<'_>| DepartingView {
            endpoint: departing.endpoint,
            chain: departing.chain.explained(),
            observed: *departing.known,
            drain: self
                .recovery
                .drains
                .of(&(*service, departing.endpoint))
                .copied(),
        };
        departing.iter().map(view).collect()
    }

    fn failing(&self, service: &VirtualService, server: &Endpoint) -> Option<(u32, u32)> {
        let health = self.book.get(&(service.id, *server))?;
        let checks = health.checks.iter().zip(service.checks_of(server));
        let failing = checks
            // One that is only assumed to be up, as after its check changed, goes down by the same count.
            .filter(|(known, _)| known.state == HealthState::Up)
            .map(|(known, check)| known.failures_of(&check.timing))
            .filter(|(failures, _)| *failures > 0);
        failing.min_by_key(|(failures, limit)| limit.saturating_sub(*failures))
    }

    fn override_views(&self) -> Vec<OverrideView> {
        let view = |(target, override_): (&Target, &Override)| {
            let service = self.model.service(&target.0);
            let servers = service.map(|service| service.real_servers.iter());
            let mut servers = servers.into_iter().flatten();
            OverrideView {
                name: service.map(|service| service.name.clone()),
                target: *target,
                defined: servers.any(|server| server.endpoint == target.1),
                override_: override_.clone(),
            }
        };
        self.overrides.iter().map(view).collect()
    }

    fn service_view(
        &self,
        service: &VirtualService,
        observed: Option<&ServiceEntry>,
        weighed: &ServiceWeights<'_>,
        condition: ServiceCondition,
    ) -> ServiceView {
        let retry = self.retry(&(service.id, None)).cloned();
        let reported = self.conditions.get(&service.id);
        let reported = reported.filter(|reported| reported.shown == condition.state);
        let server = |weighing: &EffectiveWeight<'_>| {
            let (real, chain) = (weighing.server, &weighing.chain);
            let target = (service.id, real.endpoint);
            ServerView {
                endpoint: real.endpoint,
                host: real.host.clone(),
                forwarding: real.forwarding,
                defined_weight: real.weight,
                health: self.book.get(&target).cloned(),
                failing: self.failing(service, &real.endpoint),
                overrides: self.overrides.about(&target).to_vec(),
                chain: chain.explained(),
                desired: chain.weight().map(|weight| settings(real, weight)),
                observed: observed
                    .and_then(|entry| entry.servers.get(&real.endpoint))
                    .copied(),
                next_probe: self.schedule.next_for(&service.id, &real.endpoint),
                drain: self.recovery.drains.of(&target).copied(),
                retry: self.retry(&(service.id, Some(real.endpoint))).cloned(),
            }
        };
        ServiceView {
            id: service.id,
            name: service.name.clone(),
            scheduler: service.scheduling.scheduler.clone(),
            condition,
            state_since: reported.map(|reported| reported.since),
            weight_factor: room(service),
            in_kernel: observed.is_some(),
            servers: weighed.servers.iter().map(server).collect(),
            unresolved: service.unresolved.clone(),
            fallback: weighed.fallback.iter().map(server).collect(),
            leaving: self.departing(&service.id, &weighed.departing),
            shortage: self
                .recovery
                .pools
                .of(&service.id)
                .and_then(|pool| pool.shortage),
            retry,
        }
    }
}
