//! How many real servers each service had in the configurations of the last hour. The safety limits measure against the largest
//! of them: steps that are small one by one may remove together no more than one change.
//!
//! One hour is longer than a chain of mistakes takes, such as a script that reloads after each edit, or answers of DNS that
//! shrink with each time to live. It is shorter than what people or a scaling group do on purpose over a day.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Model, ServiceId, VirtualService};
use crate::moment::Moment;

/// How long a configuration counts after another one has replaced it.
const COUNTS_FOR: Duration = Duration::from_secs(60 * 60);

/// The pools of all services, those included that are no longer configured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RecentPools(BTreeMap<ServiceId, RecentPool>);

/// What was configured for one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentPool {
    /// The service, by the operator's name.
    name: String,
    /// Real servers in the configuration in force; none if that lacks the service.
    configured: Option<usize>,
    /// Larger pools of before, the latest first. Each is larger than those that are later.
    former: Vec<FormerPool>,
}

/// A pool that was configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct FormerPool {
    servers: usize,
    /// When a smaller one replaced it.
    at: Moment,
}

/// Real servers that a configuration wants in service. A host name without an address counts: what is not known removes
/// nothing.
pub(crate) fn pool_size(service: &VirtualService) -> usize {
    let resolved = service.real_servers.iter().filter(|s| s.weight > 0);
    let unresolved = service.unresolved.iter().filter(|s| s.weight > 0);
    resolved.count() + unresolved.count()
}

impl RecentPools {
    /// A configuration comes into force. Returns whether there is anything to save.
    pub(crate) fn adopt(&mut self, model: &Model, now: Moment) -> bool {
        let before = self.clone();
        for (id, pool) in &mut self.0 {
            // A service with errors keeps what the kernel has, so its pool is not known to be smaller.
            let is_gone = model.service(id).is_none() && !model.holds(id);
            if is_gone {
                pool.replace(None, now);
            }
        }
        for service in model.services() {
            let pool = self.0.entry(service.id).or_insert_with(RecentPool::new);
            pool.name.clone_from(&service.name);
            pool.replace(Some(pool_size(service)), now);
        }
        self.0.retain(|_, pool| pool.expire(now));
        *self != before
    }

    /// The operator skips the limits: steps of before have been meant.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    /// The largest pool of a service within the last hour, none included if it was not configured.
    pub(crate) fn largest(&self, service: &ServiceId, now: Moment) -> usize {
        self.0.get(service).map_or(0, |pool| pool.largest(now))
    }

    /// Services that are no longer configured since less than an hour.
    pub(crate) fn removed(&self, now: Moment) -> impl Iterator<Item = (&ServiceId, &str)> {
        let pools = self.0.iter().filter(move |(_, pool)| pool.is_removed(now));
        pools.map(|(id, pool)| (id, pool.name.as_str()))
    }

    /// As it is saved.
    pub(crate) fn saved(&self) -> Vec<(ServiceId, RecentPool)> {
        let pools = self.0.iter();
        pools.map(|(id, pool)| (*id, pool.clone())).collect()
    }

    pub(crate) fn restored(saved: Vec<(ServiceId, RecentPool)>) -> Self {
        Self(saved.into_iter().collect())
    }
}

impl RecentPool {
    fn new() -> Self {
        Self {
            name: String::new(),
            configured: None,
            former: Vec::new(),
        }
    }

    fn replace(&mut self, configured: Option<usize>, now: Moment) {
        if let Some(servers) = self.configured.filter(|_| configured < self.configured) {
            // A smaller one that ended before can no longer be the largest.
            self.former.retain(|former| former.servers > servers);
            self.former.insert(0, FormerPool { servers, at: now });
        }
        self.configured = configured;
    }

    fn recent(&self, now: Moment) -> impl Iterator<Item = &FormerPool> {
        let counts = move |former: &&FormerPool| now < former.at + COUNTS_FOR;
        self.former.iter().filter(counts)
    }

    fn largest(&self, now: Moment) -> usize {
        let former = self.recent(now).map(|former| former.servers);
        former.chain(self.configured).max().unwrap_or_default()
    }

    fn is_removed(&self, now: Moment) -> bool {
        self.configured.is_none() && self.recent(now).next().is_some()
    }

    /// Drops what no longer counts. Returns whether anything is left.
    fn expire(&mut self, now: Moment) -> bool {
        self.former = self.recent(now).copied().collect();
        self.configured.is_some() || !self.former.is_empty()
    }
}
