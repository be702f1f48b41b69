//! What is believed of a real server before its first report: what a director before this one knew of it, else what the
//! kernel's table says, unless the definitions say something else.

use std::sync::Arc;

use super::Director;
use crate::desired::HealthBook;
use crate::health::{Health, Verdict};
use crate::memory::{Advised, Judged};
use crate::model::{FirstVerdict, ProbeKind, RealServer, VirtualService};
use crate::moment::Moment;
use crate::table::Table;

impl Director {
    /// Gives every server that has no verdict yet its presumption, and forgets those that are gone.
    pub(super) fn presume(&mut self, table: &Table, now: Moment) {
        let mut book = HealthBook::new();
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
                let before = self.keeping.advice.remove(&key);
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
                        let before = (known.verdict, known.penalty, known.against());
                        if known.rearrange(checks, &server.probes, service.combine, now) {
                            self.schedule.ask_now(key.0, key.1, now);
                        }
                        // A rise waits until the new verdict is kept, so that it has to be handed over.
                        let after = (known.verdict, known.penalty, known.against());
                        self.keeping.changed |= after != before;
                        known
                    }
                    None => {
                        let judged = self.keeping.remembered.remove(&key);
                        let judged = judged.filter(|_| service.asks(server));
                        let known = judged.clone();
                        let known =
                            known.and_then(|known| recalled(known, service, server, weight, now));
                        let mut health = known
                            .unwrap_or_else(|| first_health(service, server, weight, now))
                            .about(&server.probes);
                        // What its changes have cost it counts also where its verdict does not.
                        health.penalty = judged
                            .as_ref()
                            .map(|known| known.penalty)
                            .unwrap_or_default();
                        self.keeping.believe(key, judged);
                        let undecided = self.keeping.undecided.remove(&key);
                        health.resume(undecided.unwrap_or_default(), checks, now);
                        health
                    }
                };
                if health.presumed && health.verdict == Verdict::Up {
                    let good = |check: usize| {
                        let known = health.checks.get(check);
                        known.is_none_or(|check| check.verdict == Verdict::Up)
                    };
                    self.schedule.vouch(key.0, key.1, good, now);
                }
                health.agent = advice.agent.filter(|_| server.agent.is_some());
                health.weight_source =
                    (advice.weight_source).filter(|_| server.weight_source.is_some());
                book.insert(key, health);
            }
        }
        self.book = book;
        self.keeping.remembered.clear();
        self.keeping.advice.clear();
        self.keeping.undecided.clear();
        self.next_release = self
            .book
            .values()
            .filter_map(|health| health.penalty.held_until())
            .min();
    }
}

/// What a director before this one knew of a server, as far as it still counts: that a server was good does not when the
/// kernel no longer has it.
fn recalled(
    judged: Judged,
    service: &VirtualService,
    server: &RealServer,
    kernel_weight: Option<u32>,
    now: Moment,
) -> Option<Health> {
    let checks = service.checks_of(&server.endpoint);
    let health = judged.health(checks, service.combine, now);
    let counts = !health.is_available() || kernel_weight.is_some();
    counts.then_some(health)
}

/// What is believed of a server before its first report.
fn first_health(
    service: &VirtualService,
    server: &RealServer,
    kernel_weight: Option<u32>,
    now: Moment,
) -> Health {
    if !service.asks(server) {
        return unasked(server, kernel_weight, now);
    }
    match service.before_first_verdict {
        FirstVerdict::Adopt => adopted(kernel_weight, now),
        FirstVerdict::Down => Health::presumed(Verdict::Down, "down until it is asked", now),
        FirstVerdict::Up => settled(Health::presumed(Verdict::Up, "up until it is asked", now)),
    }
    .asked_by(service.checks_of(&server.endpoint))
}

/// The kernel's table says whether it was in service.
fn adopted(kernel_weight: Option<u32>, now: Moment) -> Health {
    match kernel_weight {
        Some(0) => Health::presumed(Verdict::Down, "the kernel had it with weight 0", now),
        Some(weight) => Health::presumed(
            Verdict::Up,
            &format!("the kernel had it with weight {weight}"),
            now,
        ),
        None => Health::presumed(Verdict::Down, "not asked yet", now),
    }
}

/// The definitions alone say what becomes of it.
fn unasked(server: &RealServer, kernel_weight: Option<u32>, now: Moment) -> Health {
    let adopted = adopted(kernel_weight, now);
    let off = (server.probes.iter()).any(|probe| probe.kind == ProbeKind::AlwaysDown);
    settled(match (off, adopted.verdict) {
        (false, _) => Health::presumed(Verdict::Up, "counts as up unasked", now),
        // Whoever is in service stays there; nobody comes into it.
        (true, Verdict::Up) => adopted,
        (true, Verdict::Down) => Health::presumed(Verdict::Down, "counts as down unasked", now),
    })
}

/// A verdict for which no report is awaited.
fn settled(mut health: Health) -> Health {
    health.presumed = false;
    health
}
