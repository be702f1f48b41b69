//! Which services something is about: all of them, or those that have changed. What works on a scope does as much as has changed,
//! however large the configuration is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::{Model, ServiceId, VirtualService};
use crate::table::Table;

/// A set of services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceScope {
    /// All services, also those that are not known yet.
    All,
    /// These.
    Services(BTreeSet<ServiceId>),
}

impl ServiceScope {
    /// No service.
    #[must_use]
    pub fn none() -> Self {
        Self::Services(BTreeSet::new())
    }

    /// Whether it has no service.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Services(services) if services.is_empty())
    }

    /// Whether it has this service.
    #[must_use]
    pub fn contains(&self, service: &ServiceId) -> bool {
        match self {
            Self::All => true,
            Self::Services(services) => services.contains(service),
        }
    }

    /// How many services it has, where all are those of a model.
    #[must_use]
    pub fn len_in(&self, model: &Model) -> u64 {
        let services = match self {
            Self::All => model.services().len(),
            Self::Services(services) => services.len(),
        };
        u64::try_from(services).unwrap_or(u64::MAX)
    }

    /// Adds a service.
    pub fn add(&mut self, service: ServiceId) {
        if let Self::Services(services) = self {
            services.insert(service);
        }
    }

    /// The services of a model that it has, in the order of the file where it has all.
    pub fn services<'m>(&self, model: &'m Model) -> impl Iterator<Item = &'m VirtualService> {
        let (all, some) = match self {
            Self::All => (model.services(), None),
            Self::Services(services) => (&[][..], Some(services)),
        };
        let some = some.into_iter().flatten();
        all.iter().chain(some.filter_map(|id| model.service(id)))
    }

    /// The part of a table that it has.
    #[must_use]
    pub fn part<'t>(&self, table: &'t Table) -> Cow<'t, Table> {
        let services = match self {
            Self::All => return Cow::Borrowed(table),
            Self::Services(services) => services.iter(),
        };
        let known = services.filter_map(|id| Some((*id, table.services.get(id)?.clone())));
        Cow::Owned(Table {
            services: known.collect(),
        })
    }

    /// Makes the services of a table that it has those of `part`, which has no others.
    pub fn replace(&self, table: &mut Table, part: Table) {
        match self {
            Self::All => *table = part,
            Self::Services(services) => {
                for id in services {
                    table.services.remove(id);
                }
                table.services.extend(part.services);
            }
        }
    }
}

impl Extend<ServiceId> for ServiceScope {
    fn extend<I: IntoIterator<Item = ServiceId>>(&mut self, added: I) {
        if let Self::Services(services) = self {
            services.extend(added);
        }
    }
}
