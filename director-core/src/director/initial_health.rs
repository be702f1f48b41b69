//! What is assumed about a real server before its first report: what a director before this one knew of it, else what the
//! kernel's table says, unless the definitions say something else.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Director;
use crate::desired::HealthByServer;
use crate::health::{Health, HealthState};
use crate::model::{Endpoint, InitialHealth, Model, ProbeKind, RealServer, VirtualService};
use crate::moment::Moment;
use crate::persistent_state::{Advised, SavedHealth};
use crate::table::Table;

impl Director {
    /// Notes which servers of the kernel may have a host name without an address, of services that the former model lacked.
    pub(super) fn note_perhaps_named(&mut self, table: &Table, former: &Model) {
        let services = self.model.services().iter();
        let new = services.filter(|service| former.service(&service.id).is_none());
        for service in new.filter(|service| !service.unresolved.is_empty()) {
            let entry = table.services.get(&service.id);
            let known = entry.into_iter().flat_map(|entry| entry.servers.keys());
            let defined = service.real_servers.iter().chain(&service.fallback);
            let defined: BTreeSet<Endpoint> = defined.map(|server| server.endpoint).collect();
            let unknown = known.filter(|server| !defined.contains(server));
            let targets = unknown.map(|server| (service.id, *server));
            self.recovery.perhaps_named.extend(targets);
        }
    }

    /// Notes which servers another program made: those of services that were not ours when a director before this one ended.
    pub(super) fn note_found(&mut self, table: &Table) {
        let services = self.model.services().iter();
        for service in services.filter(|service| !self.persist.was_ours(&service.id)) {
            let entry = table.services.get(&service.id);
            let known = entry.into_iter().flat_map(|entry| entry.servers.keys());
            let targets = known.map(|server| (service.id, *server));
            self.recovery.found.extend(targets);
        }
    }

    /// Once its names are resolved, it is known of a service which servers are defined.
    pub(super) fn forget_perhaps_named(&mut self) {
        let model = &self.model;
        self.recovery.perhaps_named.retain(|(id, _)| {
            let service = model.service(id);
            service.is_some_and(|service| !service.unresolved.is_empty())
        });
    }

    /// Gives every server without a known state its assumed state, and forgets those that are gone.
    pub(super) fn assume_health(&mut self, table: &Table, now: Moment) {
        let mut book = HealthByServer::new();
        let model = Arc::clone(&self.model);
        for service in model.services() {
            let asked = service
                .fallback
                .iter()
                .filter(|server| service.asks(server));
            for server in service.real_servers.iter().chain(asked) {
                let key = (service.id, server.endpoint);
                let checks = service.checks_of(&server.endpoint);
                let mut former = self.book.remove(&key);
                // What it said of itself stands until it says otherwise, over a restart as well.
                let before = self.persist.advice.remove(&key);
                let advice = match &mut former {
                    Some(known) => Advised {
                        agent: known.agent.take(),
                        weight_source: known.weight_source.take(),
                    },
                    None => before.unwrap_or_default(),
                };
                let former =
                    former.filter(|known| service.asks(server) && !known.checks.is_empty());
                let weight = table
                    .services
                    .get(&service.id)
                    .and_then(|entry| entry.servers.get(&server.endpoint))
                    .map(|entry| entry.settings.weight);
                let mut health = match former {
                    Some(mut known) => {
                        let before = (known.state, known.penalty, known.streak());
                        if known.redefine_checks(checks, &server.probes, service.combine, now) {
                            self.schedule.probe_now(key.0, key.1, now);
                        }
                        // A rise waits until the new state is saved, so that it has to be handed over.
                        let after = (known.state, known.penalty, known.streak());
                        self.persist.changed |= after != before;
                        known
                    }
                    None => {
                        let judged = self.persist.restored.remove(&key);
                        let judged = judged.filter(|_| service.asks(server));
                        let mut health = match judged.clone() {
                            Some(known) => recalled(known, service, server, weight, now),
                            None => first_health(service, server, weight, now),
                        }
                        .about(&server.probes);
                        // The penalty of its changes counts also where its state does not.
                        health.penalty = judged
                            .as_ref()
                            .map(|known| known.penalty)
                            .unwrap_or_default();
                        self.persist.set_assumed(key, judged);
                        let pending_changes = self.persist.pending_changes.remove(&key);
                        health.resume(pending_changes.unwrap_or_default(), checks, now);
                        health
                    }
                };
                if health.assumed && health.state == HealthState::Up {
                    let good = |check: usize| {
                        let known = health.checks.get(check);
                        known.is_none_or(|check| check.state == HealthState::Up)
                    };
                    self.schedule.assume_good(key.0, key.1, good, now);
                }
                health.agent = advice.agent.filter(|_| server.agent.is_some());
                health.weight_source =
                    (advice.weight_source).filter(|_| server.weight_source.is_some());
                book.insert(key, health);
            }
        }
        self.book = book;
        self.persist.restored.clear();
        self.persist.advice.clear();
        self.persist.pending_changes.clear();
        self.next_release = self
            .book
            .values()
            .filter_map(|health| health.penalty.held_until())
            .min();
    }
}

/// What a director before this one knew of a server, as far as it still counts. That a server was good does not where the kernel
/// no longer has it, unless it cannot be checked.
fn recalled(
    judged: SavedHealth,
    service: &VirtualService,
    server: &RealServer,
    kernel_weight: Option<u32>,
    now: Moment,
) -> Health {
    let checks = service.checks_of(&server.endpoint);
    let known = judged.health(checks, service.combine, now);
    if !known.is_available() || kernel_weight.is_some() {
        return known;
    }
    let first = first_health(service, server, kernel_weight, now);
    match service.initial_health {
        InitialHealth::Adopt => first.recalling(&known),
        InitialHealth::Up | InitialHealth::Down => first,
    }
}

/// What is assumed about a server before its first report.
fn first_health(
    service: &VirtualService,
    server: &RealServer,
    kernel_weight: Option<u32>,
    now: Moment,
) -> Health {
    if !service.asks(server) {
        return unasked(server, kernel_weight, now);
    }
    match service.initial_health {
        InitialHealth::Adopt => adopted(kernel_weight, now),
        InitialHealth::Down => {
            Health::assumed(HealthState::Down, "down until the first check", now)
        }
        InitialHealth::Up => settled(Health::assumed(
            HealthState::Up,
            "up until the first check",
            now,
        )),
    }
    .with_checks(service.checks_of(&server.endpoint))
}

/// The kernel's table says whether it was in service.
fn adopted(kernel_weight: Option<u32>, now: Moment) -> Health {
    match kernel_weight {
        Some(0) => Health::assumed(HealthState::Down, "weight 0 in the kernel's table", now),
        Some(weight) => Health::assumed(
            HealthState::Up,
            &format!("weight {weight} in the kernel's table"),
            now,
        ),
        None => Health::assumed(HealthState::Down, "not checked yet", now),
    }
}

/// The definitions alone say what becomes of it.
fn unasked(server: &RealServer, kernel_weight: Option<u32>, now: Moment) -> Health {
    let adopted = adopted(kernel_weight, now);
    let off = (server.probes.iter()).any(|probe| *probe.kind == ProbeKind::AlwaysDown);
    settled(match (off, adopted.state) {
        (false, _) => Health::assumed(HealthState::Up, "assumed up", now),
        // A server in service stays there; no other comes into it.
        (true, HealthState::Up) => adopted,
        (true, HealthState::Down) => Health::assumed(HealthState::Down, "assumed down", now),
    })
}

/// A state for which no report is awaited.
fn settled(mut health: Health) -> Health {
    health.assumed = false;
    health
}
