//! The guard: whether one change by people takes out more than they can have meant. It compares the weights before and after
//! a change of definitions or overrides; what failed checks take out is no business of it, but of the minimum of each service.
//!
//! Two measures protect the servers of a service: how many of those that serve now a change takes out, and how many of the
//! configured pool are left with it. The second one sees what several small changes do together.
//!
//! Replaced servers do not count as lost: a server that was not probed yet counts as up, since its predecessors serve
//! until their successors have been probed.

use std::fmt;

use crate::desired::{desired, judged};
use crate::model::{Guard, Quantity, RealServer, ServiceId, VirtualService};
use crate::recovery::RecoveryState;
use crate::table::ServiceEntry;
use crate::weight::{EffectiveWeight, Situation, waits_for_connections};

/// Services named in one objection at most.
const NAMED: usize = 5;

/// Why a change should not happen by accident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// Too many serving real servers of one service go.
    Servers {
        /// The service, by the operator's name.
        name: String,
        /// Real servers that serve now.
        before: usize,
        /// Real servers that would serve then.
        after: usize,
        /// The limit.
        limit: Quantity,
    },
    /// Of the configured real servers of one service too many are out by the will of people.
    Pool {
        /// The service, by the operator's name.
        name: String,
        /// Real servers that are configured now.
        configured: usize,
        /// Real servers that would be configured then, and not out by an override.
        left: usize,
        /// The limit.
        limit: Quantity,
    },
    /// Too many services go.
    Services {
        /// Their names.
        names: Vec<String>,
        /// All services that are defined now.
        all: usize,
        /// The limit.
        limit: Quantity,
    },
    /// Too many active connections would be cut off.
    Connections {
        /// How many.
        cut: u64,
        /// The limit.
        limit: u64,
    },
}

impl Objection {
    /// What to do when a change of the definitions is meant.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Servers { .. } | Self::Pool { .. } | Self::Services { .. } => {
                "if you mean it: ipvsctl reload --force; the limits are in director.safety_limits"
            }
            Self::Connections { .. } => {
                "set drain on the services so that connections can end, or run ipvsctl reload --force"
            }
        }
    }

    /// What to do when an override is meant.
    #[must_use]
    pub fn hint_for_overrides(&self) -> &'static str {
        match self {
            Self::Servers { .. } | Self::Pool { .. } | Self::Services { .. } => {
                "if you mean it, use --force; the limits are in director.safety_limits"
            }
            Self::Connections { .. } => {
                "drain first so that connections can end (ipvsctl drain --wait), or use --force"
            }
        }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Servers {
                name,
                before,
                after,
                limit,
            } => write!(
                f,
                "this change leaves {after} of the {before} serving real servers of {name}; one change may remove at \
                 most {limit}"
            ),
            Self::Pool {
                name,
                configured,
                left,
                limit,
            } => write!(
                f,
                "this change leaves {left} of the {configured} configured real servers of {name} in use; the limit is to \
                 take out {limit} in all"
            ),
            Self::Services { names, all, limit } => {
                let more = names.len().saturating_sub(NAMED);
                let shown = names[..names.len().min(NAMED)].join(", ");
                let more = match more {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                write!(
                    f,
                    "this change removes {} of {all} virtual services ({shown}{more}); one change may remove at most \
                     {limit}",
                    names.len()
                )
            }
            Self::Connections { cut, limit } => write!(
                f,
                "this change ends {cut} active connections; one change may end at most {limit}"
            ),
        }
    }
}

/// What speaks against the way from one situation to another.
#[must_use]
pub fn objections(limits: &Guard, before: &Situation<'_>, after: &Situation<'_>) -> Vec<Objection> {
    // Tiers open and close with the change.
    let state = RecoveryState {
        pools: judged(after),
        ..after.recovery.clone()
    };
    let after = Situation {
        recovery: &state,
        ..*after
    };
    let mut found = Vec::new();
    found.extend(services(limits, before, &after));
    for service in before.model.services() {
        found.extend(servers(limits, service, before, &after));
    }
    let cut = connections_cut(before, &after);
    if cut > limits.connections {
        found.push(Objection::Connections {
            cut,
            limit: limits.connections,
        });
    }
    found
}

fn services(limits: &Guard, before: &Situation<'_>, after: &Situation<'_>) -> Option<Objection> {
    let all = before.model.services();
    let gone = all
        .iter()
        .filter(|service| after.model.service(&service.id).is_none())
        .filter(|service| !after.model.holds(&service.id));
    let names: Vec<String> = gone.map(|service| service.name.clone()).collect();
    let exceeded = limits.services.is_exceeded_by(names.len(), all.len());
    exceeded.then_some(Objection::Services {
        names,
        all: all.len(),
        limit: limits.services,
    })
}

fn servers(
    limits: &Guard,
    service: &VirtualService,
    before: &Situation<'_>,
    after: &Situation<'_>,
) -> Option<Objection> {
    let next = after.model.service(&service.id)?;
    let serving = |situation: &Situation<'_>, service| {
        let weighed = situation.weigh(service);
        let serves =
            |weighing: &&EffectiveWeight<'_>| weighing.chain.weight().is_some_and(|w| w > 0);
        weighed.servers.iter().filter(serves).count()
    };
    let (serving_before, serving_after) = (serving(before, service), serving(after, next));
    let lost = serving_before.saturating_sub(serving_after);
    let (name, limit) = (|| service.name.clone(), limits.servers);
    if limit.is_exceeded_by(lost, serving_before) {
        return Some(Objection::Servers {
            name: name(),
            before: serving_before,
            after: serving_after,
            limit,
        });
    }
    let (used, left) = (in_use(before, service), in_use(after, next));
    // No server of a service serves that the kernel does not have, as after a boot; there the definitions alone tell.
    let is_known = before.observed.services.contains_key(&service.id);
    let takes_out = lost > 0 || (!is_known && left < used);
    let configured = configured(service).count() + unresolved(service);
    let missing = configured.saturating_sub(left);
    let exceeded = takes_out && limit.is_exceeded_by(missing, configured);
    exceeded.then(|| Objection::Pool {
        name: name(),
        configured,
        left,
        limit,
    })
}

fn configured(service: &VirtualService) -> impl Iterator<Item = &RealServer> {
    let servers = service.real_servers.iter();
    servers.filter(|server| server.weight > 0)
}

fn unresolved(service: &VirtualService) -> usize {
    let servers = service.unresolved.iter();
    servers.filter(|server| server.weight > 0).count()
}

/// Real servers that people want in service, whatever their checks say.
fn in_use(situation: &Situation<'_>, service: &VirtualService) -> usize {
    let is_out = |server: &RealServer| {
        let target = (service.id, server.endpoint);
        situation.overrides.taking_out(&target).is_some()
    };
    let wanted = configured(service).filter(|server| !is_out(server));
    wanted.count() + unresolved(service)
}

/// Active connections of servers that leave the table and do not drain.
fn connections_cut(before: &Situation<'_>, after: &Situation<'_>) -> u64 {
    let wanted_before = desired(before);
    let wanted = desired(after);
    let drains = |service: &ServiceId| {
        let former = before.model.service(service);
        let gone = former.filter(|_| after.model.service(service).is_none());
        gone.is_some_and(|gone| gone.recovery.drain.is_some() && waits_for_connections(gone))
    };
    let ours = before
        .observed
        .services
        .iter()
        .filter(|(id, _)| wanted_before.services.contains_key(id) && !drains(id))
        // The only connections of helpers are those of our own probes.
        .filter(|(id, _)| !before.model.probe_services().contains_key(id));
    let cut = ours.flat_map(|(id, entry)| {
        let was = wanted_before.services.get(id);
        let stays = wanted.services.get(id);
        let has = |table: Option<&ServiceEntry>, server| {
            table.is_some_and(|entry: &ServiceEntry| entry.servers.contains_key(server))
        };
        entry
            .servers
            .iter()
            .filter(move |(server, _)| has(was, server) && !has(stays, server))
            .map(|(_, known)| u64::from(known.connections.active))
    });
    cut.sum()
}
