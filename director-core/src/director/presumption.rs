//! What is believed of a real server before its first report: the kernel's table says whether it was in service.

use super::Director;
use crate::desired::HealthBook;
use crate::health::{Health, Verdict};
use crate::model::{ProbeKind, RealServer};
use crate::moment::Moment;
use crate::table::Table;

impl Director {
    /// Gives every server that has no verdict yet its presumption, and forgets those that are gone.
    pub(super) fn presume(&mut self, table: &Table, now: Moment) {
        let mut book = HealthBook::new();
        for service in self.model.services() {
            for server in &service.real_servers {
                let key = (service.id, server.endpoint);
                let former = self.book.remove(&key).filter(|_| !is_fixed(server));
                let weight = table
                    .services
                    .get(&service.id)
                    .and_then(|entry| entry.servers.get(&server.endpoint))
                    .map(|entry| entry.settings.weight);
                book.insert(
                    key,
                    former.unwrap_or_else(|| first_health(server, weight, now)),
                );
            }
        }
        self.book = book;
    }
}

/// What is believed of a server before its first report.
fn first_health(server: &RealServer, kernel_weight: Option<u32>, now: Moment) -> Health {
    let presumed = match kernel_weight {
        Some(0) => Health::presumed(Verdict::Down, "the kernel had it with weight 0", now),
        Some(weight) => Health::presumed(
            Verdict::Up,
            &format!("the kernel had it with weight {weight}"),
            now,
        ),
        None => Health::presumed(Verdict::Down, "not asked yet", now),
    };
    match server.probe.as_ref().map(|probe| &probe.kind) {
        None | Some(ProbeKind::AlwaysUp) => {
            settled(Health::presumed(Verdict::Up, "counts as up unasked", now))
        }
        // Whoever is in service stays there; nobody comes into it.
        Some(ProbeKind::AlwaysDown) if presumed.verdict == Verdict::Up => settled(presumed),
        Some(ProbeKind::AlwaysDown) => settled(Health::presumed(
            Verdict::Down,
            "counts as down unasked",
            now,
        )),
        Some(_) => presumed,
    }
}

/// A verdict for which no report is awaited.
fn settled(health: Health) -> Health {
    Health {
        presumed: false,
        ..health
    }
}

/// Whether a server's verdict comes from the definitions alone.
fn is_fixed(server: &RealServer) -> bool {
    matches!(
        server.probe.as_ref().map(|probe| &probe.kind),
        None | Some(ProbeKind::AlwaysUp | ProbeKind::AlwaysDown)
    )
}
