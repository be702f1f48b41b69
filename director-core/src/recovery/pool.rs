//! Whether the servers of a service are enough: which tiers are open, and whether too few are available with all of them
//! open.
//!
//! Tiers open one after another until the available servers of the open ones are as many as needed; they close again when
//! the lower ones alone are as many as are needed to be back. While it is not known whether a server is up, what was
//! decided before stays.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::health::{Health, HealthByServer};
use crate::model::{FIRST_TIER, Minimum, RealServer, ServiceId, VirtualService};
use crate::moment::Moment;
use crate::overrides::Overrides;
use crate::scope::ServiceScope;

/// What one tier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Census {
    /// The tier.
    pub tier: u32,
    /// Servers with a weight.
    pub all: usize,
    /// Those of them that are available.
    pub available: usize,
    /// Those of them of which that is not known yet.
    pub unknown: usize,
}

/// Too few servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// Since when.
    pub since: Moment,
    /// Servers that are available.
    pub available: usize,
    /// Servers that have to be.
    pub needed: usize,
    /// Servers that have to be so that it ends.
    #[serde(default)]
    pub back_at: usize,
    /// All servers with a weight.
    pub all: usize,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.available >= self.needed {
            return write!(
                f,
                "{} of {} real servers are available, {} are needed after a shortage",
                self.available, self.all, self.back_at
            );
        }
        write!(
            f,
            "only {} of {} real servers are available, {} {} needed",
            self.available,
            self.all,
            self.needed,
            if self.needed == 1 { "is" } else { "are" }
        )
    }
}

/// The state of one service's servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The highest open tier.
    pub open: u32,
    /// Since when it is.
    pub open_since: Moment,
    /// Too few servers are available, in all tiers together.
    pub shortage: Option<Shortage>,
}

/// The state of every service that has tiers or needs more than one server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pools {
    by_service: BTreeMap<ServiceId, Pool>,
}

impl Pools {
    /// The state of a service; none when nothing depends on it.
    #[must_use]
    pub fn of(&self, service: &ServiceId) -> Option<&Pool> {
        self.by_service.get(service)
    }

    /// Notes a state; gives the former one.
    pub fn set(&mut self, service: ServiceId, pool: Pool) -> Option<Pool> {
        self.by_service.insert(service, pool)
    }

    /// Those of some services.
    pub(super) fn of_services(&self, scope: &ServiceScope) -> Vec<(ServiceId, Pool)> {
        let entry = |(service, pool): (&ServiceId, &Pool)| (*service, *pool);
        match scope {
            ServiceScope::All => self.by_service.iter().map(entry).collect(),
            ServiceScope::Services(services) => {
                let known = services.iter();
                let known = known.filter_map(|id| self.by_service.get_key_value(id));
                known.map(entry).collect()
            }
        }
    }

    /// Forgets services.
    pub fn retain(&mut self, wanted: impl Fn(&ServiceId) -> bool) {
        self.by_service.retain(|service, _| wanted(service));
    }
}

/// Whether damping holds any of these servers of a service out. It does not where none would be left: one that may change
/// again serves clients better than none.
#[must_use]
pub fn damping_counts(
    service: ServiceId,
    servers: &[RealServer],
    book: &HealthByServer,
    overrides: &Overrides,
) -> bool {
    let mut servers = servers.iter().filter(|server| server.weight > 0);
    servers.any(|server| {
        let target = (service, server.endpoint);
        let is_left = |health: &Health| health.is_available() && !health.is_advised_out();
        overrides.taking_out(&target).is_none() && book.get(&target).is_none_or(is_left)
    })
}

/// The tiers of a service in their order.
#[must_use]
pub fn census(
    service: &VirtualService,
    book: &HealthByServer,
    overrides: &Overrides,
) -> Vec<Census> {
    let mut tiers: BTreeMap<u32, Census> = BTreeMap::new();
    let empty = |tier| Census {
        tier,
        all: 0,
        available: 0,
        unknown: 0,
    };
    let damped = damping_counts(service.id, &service.real_servers, book, overrides);
    let unresolved = service.unresolved.iter();
    for server in unresolved.filter(|server| server.weight > 0) {
        let tier = tiers.entry(server.tier);
        let tier = tier.or_insert_with(|| empty(server.tier));
        tier.all += 1;
        // What is not known decides nothing: new names shall not take the service from servers that are well.
        tier.unknown += 1;
    }
    for server in service
        .real_servers
        .iter()
        .filter(|server| server.weight > 0)
    {
        let tier = tiers.entry(server.tier);
        let tier = tier.or_insert_with(|| empty(server.tier));
        let target = (service.id, server.endpoint);
        tier.all += 1;
        if overrides.taking_out(&target).is_some() {
            continue;
        }
        match book.get(&target) {
            // Its own report counts, also before its first probe.
            Some(health) if health.is_advised_out() => {}
            Some(health) if health.assumed => tier.unknown += 1,
            Some(health) => tier.available += usize::from(health.may_serve(damped)),
            None => tier.available += 1,
        }
    }
    tiers.into_values().collect()
}

impl Pool {
    /// Whether anything depends on the state of this service's servers.
    #[must_use]
    pub fn matters(service: &VirtualService) -> bool {
        let tiers = |server: &crate::model::RealServer| server.tier != FIRST_TIER;
        service.recovery.minimum.is_some() || service.real_servers.iter().any(tiers)
    }

    /// A beginning, with tiers open up to this one.
    #[must_use]
    pub fn begin(open: u32, now: Moment) -> Self {
        Self {
            open,
            open_since: now,
            shortage: None,
        }
    }

    /// The state that follows from this one.
    #[must_use]
    pub fn evaluate(self, rule: &Minimum, tiers: &[Census], now: Moment) -> Self {
        let whole = tiers.first().map_or(0, |tier| tier.all);
        let needed = rule.servers.at_least(whole).max(1);
        let back_at = rule.back_at.at_least(whole).max(needed);
        let mut next = self;
        let open = self.open_tier(tiers, needed, back_at);
        if open != self.open {
            (next.open, next.open_since) = (open, now);
        }
        let available: usize = tiers.iter().map(|tier| tier.available).sum();
        let unknown: usize = tiers.iter().map(|tier| tier.unknown).sum();
        let enough = if self.shortage.is_some() {
            back_at
        } else {
            needed
        };
        if available >= enough {
            next.shortage = None;
        } else if available + unknown < enough {
            next.shortage = Some(Shortage {
                since: self.shortage.map_or(now, |before| before.since),
                available,
                needed,
                back_at,
                all: tiers.iter().map(|tier| tier.all).sum(),
            });
        }
        next
    }

    fn open_tier(&self, tiers: &[Census], needed: usize, back_at: usize) -> u32 {
        let (mut available, mut unknown) = (0, 0);
        let last = tiers.last().map_or(FIRST_TIER, |tier| tier.tier);
        for tier in tiers {
            available += tier.available;
            unknown += tier.unknown;
            let enough = if self.open > tier.tier {
                back_at
            } else {
                needed
            };
            if available >= enough {
                return tier.tier;
            }
            if available + unknown >= enough {
                // Not known yet, so what was decided stays; a tier that is gone leaves the nearest one open.
                return self.open.clamp(tier.tier, last);
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BelowMinimum, Quantity};

    fn tier(tier: u32, all: usize, available: usize, unknown: usize) -> Census {
        Census {
            tier,
            all,
            available,
            unknown,
        }
    }

    fn rule(servers: Quantity, back_at: Quantity) -> Minimum {
        Minimum {
            servers,
            back_at,
            below: BelowMinimum::KeepAll,
        }
    }

    /// Open tier and whether there are too few, after each census in turn.
    fn course(rule: &Minimum, turns: &[&[Census]]) -> Vec<(u32, bool)> {
        let mut pool = Pool::begin(1, Moment::START);
        let evaluate = |transition: &&[Census]| {
            pool = pool.evaluate(rule, transition, Moment::START);
            (pool.open, pool.shortage.is_some())
        };
        turns.iter().map(evaluate).collect()
    }

    #[test]
    fn tiers_open_when_the_first_has_too_few_and_close_when_it_has_enough() {
        let two = rule(Quantity::Number(2), Quantity::Number(3));
        let turns: &[&[Census]] = &[
            &[tier(1, 3, 3, 0), tier(2, 2, 2, 0)],
            &[tier(1, 3, 2, 0), tier(2, 2, 2, 0)],
            &[tier(1, 3, 1, 0), tier(2, 2, 2, 0)],
            &[tier(1, 3, 2, 0), tier(2, 2, 2, 0)],
            &[tier(1, 3, 3, 0), tier(2, 2, 2, 0)],
            &[tier(1, 3, 0, 0), tier(2, 2, 1, 0)],
        ];
        assert_eq!(
            course(&two, turns),
            [
                (1, false),
                (1, false),
                (2, false),
                (2, false),
                (1, false),
                (2, true)
            ]
        );
    }

    #[test]
    fn what_is_not_known_decides_nothing() {
        let half = rule(Quantity::Percent(50), Quantity::Percent(50));
        let turns: &[&[Census]] = &[
            &[tier(1, 4, 0, 4)],
            &[tier(1, 4, 1, 1)],
            &[tier(1, 4, 1, 0)],
            &[tier(1, 4, 1, 3)],
            &[tier(1, 4, 2, 0)],
        ];
        let short: Vec<bool> = course(&half, turns).into_iter().map(|(_, s)| s).collect();
        assert_eq!(short, [false, false, true, true, false]);
    }

    #[test]
    fn a_shortage_lasts_until_there_are_enough_to_be_back() {
        let rule = rule(Quantity::Number(2), Quantity::Percent(75));
        let with = |available| [tier(1, 4, available, 0)];
        let turns = [4, 2, 1, 2, 3].map(with);
        let turns: Vec<&[Census]> = turns
            .iter()
            .map(|transition| transition.as_slice())
            .collect();
        let short: Vec<bool> = course(&rule, &turns).into_iter().map(|(_, s)| s).collect();
        assert_eq!(short, [false, false, true, true, false]);
    }
}
