//! What the kernel's table should be: the ends of the chains that [`crate::weighing`] makes of the model, the standing
//! orders, the verdicts and what the kernel holds now.
//!
//! A server without a verdict keeps the weight that the kernel's table gives it, so that a start moves no traffic. The
//! fallback stands in while no real server can take a connection, but not before every server has been asked once. Until
//! then whoever served goes on: the fallback of before, or servers that are no longer defined.

pub use crate::health::HealthBook;

use crate::health::{Health, Verdict};
use crate::model::{Helper, Model, RealServer, VirtualService};
use crate::moment::Moment;
use crate::overrides::Orders;
use crate::table::{ServerEntry, ServerSettings, ServiceEntry, Table};
use crate::weighing::{Situation, Weighed};

/// The table that a situation asks for.
#[must_use]
pub fn desired(situation: &Situation<'_>) -> Table {
    let services = situation.model.services().iter();
    let helpers = situation.model.helpers().iter();
    Table {
        services: services
            .map(|service| {
                (
                    service.id,
                    service_entry(service, &situation.weigh(service)),
                )
            })
            .chain(helpers.map(|(id, helper)| (*id, helper_entry(helper))))
            .collect(),
    }
}

/// A helper service of a probe is there as long as the probe is, whatever the verdict.
fn helper_entry(helper: &Helper) -> ServiceEntry {
    let mut entry = ServiceEntry::new(helper.scheduling.clone());
    let settings = ServerSettings {
        forwarding: helper.forwarding,
        weight: 1,
        upper_threshold: 0,
        lower_threshold: 0,
    };
    entry
        .servers
        .insert(helper.endpoint, ServerEntry::new(settings));
    entry
}

/// The table that the model asks for when all real servers have this verdict, as `plan --assume` shows it.
#[must_use]
pub fn assumed(model: &Model, verdict: Verdict) -> Table {
    let mut book = HealthBook::new();
    for service in model.services() {
        for server in &service.real_servers {
            let mut health = Health::presumed(verdict, "assumed", Moment::START);
            health.presumed = false;
            book.insert((service.id, server.endpoint), health);
        }
    }
    desired(&Situation {
        model,
        book: &book,
        orders: &Orders::default(),
        observed: &Table::default(),
        now: Moment::START,
    })
}

/// Whether a service has a real server that takes connections; none while that is not known, because a server has not
/// been asked yet and none is known to be up.
#[must_use]
pub fn available(service: &VirtualService, book: &HealthBook, orders: &Orders) -> Option<bool> {
    let mut all_judged = true;
    for server in service
        .real_servers
        .iter()
        .filter(|server| server.weight > 0)
    {
        let target = (service.id, server.endpoint);
        if orders.taking_out(&target).is_some() {
            continue;
        }
        match book.get(&target) {
            Some(health) if health.presumed => all_judged = false,
            Some(health) if health.is_available() => return Some(true),
            Some(_) => {}
            None => all_judged = false,
        }
    }
    all_judged.then_some(false)
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

fn service_entry(service: &VirtualService, weighed: &Weighed<'_>) -> ServiceEntry {
    let mut entry = ServiceEntry::new(service.scheduling.clone());
    let defined = weighed.servers.iter().chain(&weighed.fallback);
    for (server, chain) in defined {
        if let Some(weight) = chain.weight() {
            entry
                .servers
                .insert(server.endpoint, ServerEntry::new(settings(server, weight)));
        }
    }
    for guest in &weighed.guests {
        if let Some(weight) = guest.chain.weight() {
            let settings = ServerSettings {
                weight,
                ..guest.known.settings
            };
            entry
                .servers
                .insert(guest.endpoint, ServerEntry::new(settings));
        }
    }
    entry
}
