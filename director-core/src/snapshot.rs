//! The one read-only view of a director: per service and server what is defined, judged, desired and observed, and what
//! stands in the way. Whatever shows the director's state shows this.

use crate::definitions::{HostName, IsolatedBlock};
use crate::desired::settings;
use crate::director::{Director, Refusal, Trouble};
use crate::health::Health;
use crate::model::{Endpoint, RealServer, ServiceId, VirtualService};
use crate::moment::Moment;
use crate::overrides::Order;
use crate::table::{ServerEntry, ServerSettings, ServiceEntry, Table};
use crate::weighing::{Chain, ExplainedLink, Weighed};

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
    /// Virtual services in the order of the file.
    pub services: Vec<ServiceView>,
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
    /// Whether the kernel holds the service.
    pub in_kernel: bool,
    /// Real servers in the order of the file.
    pub servers: Vec<ServerView>,
    /// The fallback.
    pub fallback: Option<ServerView>,
    /// What the kernel refused about the service itself.
    pub trouble: Option<Trouble>,
}

/// One real server, or the fallback.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerView {
    /// Identity.
    pub endpoint: Endpoint,
    /// Weight as defined.
    pub defined_weight: u32,
    /// Verdict and its reason; none for the fallback, which is not probed.
    pub health: Option<Health>,
    /// Standing orders about it, the oldest first.
    pub orders: Vec<Order>,
    /// How its weight came about: the chain at whose end is what it should be in the kernel now.
    pub chain: Vec<ExplainedLink>,
    /// What it should be in the kernel now; none when it should not be there.
    pub desired: Option<ServerSettings>,
    /// What the kernel held when it was last read; none when it was not there.
    pub observed: Option<ServerEntry>,
    /// When it is asked next; none while a question is open.
    pub next_probe: Option<Moment>,
    /// What the kernel refused about it.
    pub trouble: Option<Trouble>,
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
            self.service_view(service, in_kernel, &situation.weigh(service))
        };
        Snapshot {
            now,
            loaded_at: self.loaded_at,
            refusal: self.refusal.clone(),
            observed_at: self.observed.as_ref().map(|_| self.observed_at),
            unreadable: self.unreadable.clone(),
            names: self.model.definitions().names.clone(),
            isolated: self.model.definitions().isolated.clone(),
            services: self.model.services().iter().map(view).collect(),
        }
    }

    fn service_view(
        &self,
        service: &VirtualService,
        observed: Option<&ServiceEntry>,
        weighed: &Weighed<'_>,
    ) -> ServiceView {
        let server = |(real, chain): &(&RealServer, Chain<'_>)| {
            let endpoint = real.endpoint;
            ServerView {
                endpoint,
                defined_weight: real.weight,
                health: self.book.get(&(service.id, endpoint)).cloned(),
                orders: self.orders.about(&(service.id, endpoint)).to_vec(),
                chain: chain.explained(),
                desired: chain.weight().map(|weight| settings(real, weight)),
                observed: observed
                    .and_then(|entry| entry.servers.get(&endpoint))
                    .copied(),
                next_probe: self.schedule.next_for(&service.id, &endpoint),
                trouble: self.trouble(&(service.id, Some(endpoint))).cloned(),
            }
        };
        ServiceView {
            id: service.id,
            name: service.name.clone(),
            scheduler: service.scheduling.scheduler.clone(),
            in_kernel: observed.is_some(),
            servers: weighed.servers.iter().map(server).collect(),
            fallback: weighed.fallback.as_ref().map(server),
            trouble: self.trouble(&(service.id, None)).cloned(),
        }
    }
}
