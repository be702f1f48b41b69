//! The guard: whether one change by people takes out more than they can have meant. It compares the weights before and after
//! a change of definitions or overrides; what failed checks take out is no business of it, but of the minimum of each service.
//!
//! Two measures protect the servers of a service: how many of those that serve now a change takes out, and how many are left
//! with it of the largest pool that was configured within the last hour. The second one sees what several small changes do
//! together. So does the measure for services. An operator who skips the limits confirms the steps up to then.
//!
//! Replaced servers do not count as lost: a server that was not probed yet counts as up, since its predecessors serve
//! until their successors have been probed.

use std::collections::BTreeMap;
use std::fmt;

use crate::desired::{desired, judged};
use crate::model::{Guard, Quantity, RealServer, ServiceId, VirtualService};
use crate::persistent_state::{RecentPools, pool_size};
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
        /// The service.
        service: ServiceId,
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
        /// The service.
        service: ServiceId,
        /// The service, by the operator's name.
        name: String,
        /// Real servers that are configured, or were within the last hour.
        configured: usize,
        /// Fewer are configured now: steps of before count.
        was_larger: bool,
        /// Real servers that would be configured then, and not out by an override.
        left: usize,
        /// The limit.
        limit: Quantity,
    },
    /// Too many services go.
    Services {
        /// Those that this change removes.
        removed: Vec<ServiceId>,
        /// The names of all that are gone.
        names: Vec<String>,
        /// All services that are configured, or were within the last hour.
        all: usize,
        /// Some of them were removed before.
        were_more: bool,
        /// The limit.
        limit: Quantity,
    },
    /// Too many active connections would be cut off.
    Connections {
        /// Services of those connections.
        services: Vec<ServiceId>,
        /// How many.
        cut: u64,
        /// The limit.
        limit: u64,
    },
}

impl Objection {
    /// The services that the change may not touch in this way.
    #[must_use]
    pub fn services(&self) -> &[ServiceId] {
        match self {
            Self::Servers { service, .. } | Self::Pool { service, .. } => {
                std::slice::from_ref(service)
            }
            Self::Services { removed, .. } => removed,
            Self::Connections { services, .. } => services,
        }
    }

    /// What to do when a change of the definitions is meant.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Servers { .. } | Self::Pool { .. } | Self::Services { .. } => {
                "if you mean it: ipvsctl reload --force, or ipvsctl apply --force FILE for another file; the limits are in \
                 director.safety_limits"
            }
            Self::Connections { .. } => {
                "keep the VIPs of services that stay, and set drain so that connections can end; if you mean it: ipvsctl reload \
                 --force, or ipvsctl apply --force FILE for another file; the limits are in director.safety_limits"
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
                ..
            } => write!(
                f,
                "this change leaves {after} of the {before} serving real servers of {name}; one change may remove at \
                 most {limit}"
            ),
            Self::Pool {
                name,
                configured,
                was_larger: false,
                left,
                limit,
                ..
            } => write!(
                f,
                "this change leaves {left} of the {configured} configured real servers of {name} in use; at most \
                 {limit} may be out of use"
            ),
            Self::Pool {
                name,
                configured,
                left,
                limit,
                ..
            } => write!(
                f,
                "this change leaves {left} of the {configured} real servers of {name} that were configured within the \
                 last hour; at most {limit} may leave in that time"
            ),
            Self::Services {
                names,
                all,
                were_more,
                limit,
                ..
            } => {
                // Services of one block have one name.
                let mut distinct: Vec<&str> = Vec::new();
                for name in names {
                    if !distinct.contains(&name.as_str()) {
                        distinct.push(name);
                    }
                }
                let more = distinct.len().saturating_sub(NAMED);
                let shown = distinct[..distinct.len().min(NAMED)].join(", ");
                let more = match more {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let gone = names.len();
                if *were_more {
                    return write!(
                        f,
                        "this change and those of the last hour remove {gone} of {all} virtual services ({shown}{more}); \
                         the limit is {limit} in that time"
                    );
                }
                write!(
                    f,
                    "this change removes {gone} of {all} virtual services ({shown}{more}); one change may remove at most \
                     {limit}"
                )
            }
            Self::Connections { cut, limit, .. } => write!(
                f,
                "this change ends {cut} active connections; one change may end at most {limit}"
            ),
        }
    }
}

/// What speaks against the way from one situation to another.
pub(crate) fn objections(
    limits: &Guard,
    recent: &RecentPools,
    before: &Situation<'_>,
    after: &Situation<'_>,
) -> Vec<Objection> {
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
    found.extend(services(limits, recent, before, &after));
    for service in before.model.services() {
        found.extend(servers(limits, recent, service, before, &after));
    }
    let by_service = connections_cut(before, &after);
    let cut: u64 = by_service.values().sum();
    if cut > limits.connections {
        found.push(Objection::Connections {
            services: by_service.into_keys().collect(),
            cut,
            limit: limits.connections,
        });
    }
    found
}

fn services(
    limits: &Guard,
    recent: &RecentPools,
    before: &Situation<'_>,
    after: &Situation<'_>,
) -> Option<Objection> {
    let is_absent = |id: &ServiceId| after.model.service(id).is_none() && !after.model.holds(id);
    let configured = before.model.services();
    let removed = configured.iter().filter(|service| is_absent(&service.id));
    let (removed, mut names): (Vec<ServiceId>, Vec<String>) = removed
        .map(|service| (service.id, service.name.clone()))
        .unzip();
    // A change that removes none is not to blame for those before it.
    if names.is_empty() {
        return None;
    }
    let all = configured.len() + recent.removed(before.now).count();
    let earlier = recent.removed(before.now).filter(|(id, _)| is_absent(id));
    let earlier: Vec<String> = earlier.map(|(_, name)| name.to_owned()).collect();
    let were_more = !earlier.is_empty();
    names.extend(earlier);
    let exceeded = limits.services.is_exceeded_by(names.len(), all);
    exceeded.then_some(Objection::Services {
        removed,
        were_more,
        names,
        all,
        limit: limits.services,
    })
}

fn servers(
    limits: &Guard,
    recent: &RecentPools,
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
            service: service.id,
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
    let now = pool_size(service);
    let configured = now.max(recent.largest(&service.id, before.now));
    let missing = configured.saturating_sub(left);
    let exceeded = takes_out && limit.is_exceeded_by(missing, configured);
    exceeded.then(|| Objection::Pool {
        service: service.id,
        name: name(),
        configured,
        was_larger: configured > now,
        left,
        limit,
    })
}

/// Real servers that people want in service, whatever their checks say.
fn in_use(situation: &Situation<'_>, service: &VirtualService) -> usize {
    let is_out = |server: &RealServer| {
        let target = (service.id, server.endpoint);
        situation.overrides.taking_out(&target).is_some()
    };
    let servers = service.real_servers.iter();
    let out = servers.filter(|server| server.weight > 0 && is_out(server));
    pool_size(service) - out.count()
}

/// Active connections of servers that leave the table and do not drain, and of services that stay without their VIP.
fn connections_cut(before: &Situation<'_>, after: &Situation<'_>) -> BTreeMap<ServiceId, u64> {
    let wanted_before = desired(before);
    let wanted = desired(after);
    let drains = |service: &ServiceId| {
        let former = before.model.service(service);
        let gone = former.filter(|_| after.model.service(service).is_none());
        gone.is_some_and(|gone| gone.recovery.leaving.is_some() && waits_for_connections(gone))
    };
    let ours = before
        .observed
        .services
        .iter()
        .filter(|(id, _)| wanted_before.services.contains_key(id) && !drains(id))
        // The only connections of helpers are those of our own probes.
        .filter(|(id, _)| !before.model.probe_services().contains_key(id));
    let cut = ours.map(|(id, entry)| {
        let was = wanted_before.services.get(id);
        let stays = wanted.services.get(id);
        let has = |table: Option<&ServiceEntry>, server| {
            table.is_some_and(|entry: &ServiceEntry| entry.servers.contains_key(server))
        };
        let without_vip = stays.is_some() && loses_vip(id, before, after);
        let leaving = entry
            .servers
            .iter()
            .filter(|(server, _)| has(was, server) && (without_vip || !has(stays, server)));
        let active = leaving.map(|(_, known)| u64::from(known.connections.active));
        (*id, active.sum())
    });
    cut.filter(|(_, active)| *active > 0).collect()
}

/// Whether this machine had the service's VIP by the definitions and no longer has it.
fn loses_vip(service: &ServiceId, before: &Situation<'_>, after: &Situation<'_>) -> bool {
    let has_vip = |situation: &Situation<'_>| {
        let mut vips = situation.model.host().vips.iter();
        vips.any(|(vip, _)| service.is_at(vip.address))
    };
    has_vip(before) && !has_vip(after)
}
