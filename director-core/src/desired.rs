//! What the kernel's table should be, from the model, the standing orders, the verdicts and what the kernel holds now.
//!
//! A server without a verdict keeps the weight that the kernel's table gives it, so that a start moves no traffic. The
//! fallback stands in while no real server can take a connection, but not before every server has been asked once. Until
//! then whoever served goes on: the fallback of before, or servers that are no longer defined.

use std::collections::BTreeMap;

use crate::health::{Health, Verdict};
use crate::model::{Endpoint, Model, OnFailure, RealServer, ServiceId, VirtualService};
use crate::overrides::Orders;
use crate::table::{ServerEntry, ServerSettings, ServiceEntry, Table};

/// What is known about every real server, by service and server.
pub type HealthBook = BTreeMap<(ServiceId, Endpoint), Health>;

/// The table that the model, the standing orders and the verdicts ask for, in this order of rank. A server that the book
/// does not know counts as up.
#[must_use]
pub fn desired(model: &Model, book: &HealthBook, orders: &Orders, observed: &Table) -> Table {
    let services = model.services().iter().map(|service| {
        let known = observed.services.get(&service.id);
        (service.id, service_entry(service, book, orders, known))
    });
    Table {
        services: services.collect(),
    }
}

/// The table that the model asks for when all real servers have this verdict, as `plan --assume` shows it.
#[must_use]
pub fn assumed(model: &Model, verdict: Verdict) -> Table {
    let mut book = HealthBook::new();
    for service in model.services() {
        for server in &service.real_servers {
            let mut health = Health::presumed(verdict, "assumed", crate::moment::Moment::START);
            health.presumed = false;
            book.insert((service.id, server.endpoint), health);
        }
    }
    desired(model, &book, &Orders::default(), &Table::default())
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

fn service_entry(
    service: &VirtualService,
    book: &HealthBook,
    orders: &Orders,
    observed: Option<&ServiceEntry>,
) -> ServiceEntry {
    let mut entry = ServiceEntry::new(service.scheduling.clone());
    let mut all_asked = true;
    for server in &service.real_servers {
        let target = (service.id, server.endpoint);
        let health = book.get(&target);
        let known = observed.and_then(|observed| observed.servers.get(&server.endpoint));
        let weight = if orders.taking_out(&target).is_some() {
            weight_when_down(service.on_failure)
        } else {
            all_asked &= health.is_none_or(|health| !health.presumed);
            weight(server, health, known, service.on_failure)
        };
        if let Some(weight) = weight {
            entry
                .servers
                .insert(server.endpoint, ServerEntry::new(settings(server, weight)));
        }
    }
    if entry.can_serve() {
        return entry;
    }
    let before = observed.map(|observed| &observed.servers);
    if !all_asked {
        // A server that was defined until now serves on until its successors have been asked.
        let undefined = |server: &Endpoint| {
            service
                .real_servers
                .iter()
                .all(|known| known.endpoint != *server)
        };
        let serving = before
            .into_iter()
            .flatten()
            .filter(|(_, known)| known.settings.weight > 0);
        entry.servers.extend(
            serving
                .filter(|(server, _)| undefined(server))
                .map(|(server, known)| (*server, *known)),
        );
    } else if let Some(fallback) = &service.fallback {
        entry.servers.insert(
            fallback.endpoint,
            ServerEntry::new(settings(fallback, fallback.weight)),
        );
    }
    entry
}

/// The weight a server should have; none when it should not be in the table.
fn weight(
    server: &RealServer,
    health: Option<&Health>,
    known: Option<&ServerEntry>,
    on_failure: OnFailure,
) -> Option<u32> {
    let Some(health) = health else {
        return Some(server.weight);
    };
    match (health.is_available(), health.presumed) {
        (true, false) => Some(server.weight),
        (true, true) => Some(known.map_or(server.weight, |known| known.settings.weight)),
        (false, true) => known.map(|_| 0),
        (false, false) => weight_when_down(on_failure),
    }
}

fn weight_when_down(on_failure: OnFailure) -> Option<u32> {
    match on_failure {
        OnFailure::Quiesce => Some(0),
        OnFailure::Remove => None,
    }
}
