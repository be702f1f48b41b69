//! The effective weight of a server as a chain of links, each with the weight after it, since when it holds and why. What
//! the table requires and what `ipvsctl explain` shows is this one chain, so that the reason shown is the reason.
//!
//! To add a link: give [`WeightReason`] a variant with its words, write a rule in [`rules`] that looks at [`ServerFacts`] and at
//! the weight before it, and put it at its place in [`RULES`]: a later one overrules an earlier one. What a rule needs to
//! know becomes a field of [`ServerFacts`], and of [`Situation`] when the director has to remember it. A rule that has nothing
//! to say gives no link. What depends on the other servers of a service is decided in [`service`].
//!
//! Invariant: nothing here changes anything or reads a clock; the same situation gives the same chains.

mod chain;
mod departing;
mod rules;
mod service;
mod state;

pub use chain::{Chain, ExplainedLink, Link, WeightReason};
pub use departing::Departing;
pub use service::{EffectiveWeight, ServiceWeights};
pub use state::{ServiceCondition, ServiceState};

use crate::health::{Health, HealthByServer};
use crate::model::{Model, RealServer, ServiceId, SlowStart, VirtualService};
use crate::moment::Moment;
use crate::overrides::{Override, OverrideKind, Overrides};
use crate::recovery::{Ramp, RecoveryState, damping_counts, room, with_room};
use crate::table::{ServerEntry, Table};

/// Everything that weights are made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What is defined.
    pub model: &'a Model,
    /// Health of the servers; a server that it does not know counts as up.
    pub book: &'a HealthByServer,
    /// Overrides.
    pub overrides: &'a Overrides,
    /// Slow starts, drains, and whether the pools have enough servers.
    pub recovery: &'a RecoveryState,
    /// What the kernel holds.
    pub observed: &'a Table,
    /// The moment.
    pub now: Moment,
}

impl ServiceWeights<'_> {
    /// The same with each chain led to the end that people are to see: nobody of a service that is withdrawn is in the table.
    #[must_use]
    pub fn shown(mut self) -> Self {
        let Some(shortage) = self.withdrawn else {
            return self;
        };
        for weighing in self.servers.iter_mut().chain(&mut self.fallback) {
            if weighing.chain.weight().is_some() {
                weighing.chain.push(Link {
                    weight: None,
                    since: Some(shortage.since),
                    reason: WeightReason::Withdrawn(shortage),
                });
            }
        }
        self
    }
}

impl Situation<'_> {
    /// Whether damping holds any of these servers of a service out.
    pub(crate) fn is_damped(&self, service: ServiceId, servers: &[RealServer]) -> bool {
        damping_counts(service, servers, self.book, self.overrides)
    }

    /// The weight in the kernel of a server of which nothing speaks against all of it.
    #[must_use]
    pub fn full_weight(&self, service: &VirtualService, server: &RealServer) -> u32 {
        let override_ = self.overrides.ruling(&(service.id, server.endpoint));
        let weight = match override_.map(|override_| override_.kind) {
            Some(OverrideKind::Weight(overridden)) => overridden,
            _ => server.weight,
        };
        with_room(weight, room(service))
    }
}

/// What is known about one real server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerFacts<'a> {
    pub(crate) service: &'a VirtualService,
    pub(crate) server: &'a RealServer,
    pub(crate) health: Option<&'a Health>,
    /// The factor between weights as defined and as the kernel has them.
    pub(crate) room: u32,
    /// Its slow start, while it has one.
    pub(crate) ramp: Option<(&'a SlowStart, Ramp)>,
    pub(crate) now: Moment,
    /// The override that rules it.
    pub(crate) override_: Option<&'a Override>,
    /// What the kernel holds of it.
    pub(crate) known: Option<&'a ServerEntry>,
    /// Whether damping holds servers of the service out.
    pub(crate) damped: bool,
}

/// A rule: the link after a chain that has come to this weight (none: not in the table), if it has something to say.
type Rule = for<'a> fn(&ServerFacts<'a>, Option<u32>) -> Option<Link<'a>>;

/// The rules in their order; a later one overrules an earlier one.
const RULES: &[Rule] = &[
    rules::defined,
    rules::weight_source,
    rules::limit_of_source,
    rules::room,
    rules::slow_start,
    rules::agent,
    rules::limit_of_agent,
    rules::state,
    rules::override_,
];

/// The chain of one server, as far as it does not depend on others.
pub(crate) fn chain<'a>(facts: &ServerFacts<'a>) -> Chain<'a> {
    let mut chain = Chain::default();
    for rule in RULES {
        if let Some(link) = rule(facts, chain.weight()) {
            chain.push(link);
        }
    }
    chain
}

/// Whether there are connections that could be waited for. Datagrams have none, and one-packet scheduling keeps none.
pub(crate) fn waits_for_connections(service: &VirtualService) -> bool {
    !service.is_of_datagrams() && !service.scheduling.one_packet
}
