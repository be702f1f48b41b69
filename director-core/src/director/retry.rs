//! What the kernel refused, and when it is tried again. Each subject (a service's own settings, or one real server of it)
//! waits for itself: the others go on.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::desired::HealthByServer;
use crate::health::HealthState;
use crate::model::{Endpoint, ServiceId};
use crate::moment::Moment;
use crate::overrides::Overrides;
use crate::plan::{Op, OpFailure};
use crate::scope::ServiceScope;
use crate::table::{ServiceEntry, Table};

/// First pause after a refusal; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What an operation is about: a service's own settings, or one real server of it.
pub type Subject = (ServiceId, Option<Endpoint>);

/// A refusal that is waiting for its next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRetry {
    /// The operation and the error.
    pub failure: OpFailure,
    /// Refusals in a row.
    pub attempts: u32,
    /// Not before this moment.
    pub retry_at: Moment,
}

/// All refusals that wait.
#[derive(Debug, Clone, Default)]
pub(super) struct RetryQueue {
    by_subject: BTreeMap<Subject, PendingRetry>,
}

impl RetryQueue {
    /// Notes a refusal; says how long it now waits.
    pub(super) fn refused(&mut self, failure: &OpFailure, now: Moment) -> Duration {
        let subject = (failure.service(), failure.op.server());
        let former = self
            .by_subject
            .get(&subject)
            .filter(|retry| retry.failure.op == failure.op);
        let attempts = former.map_or(0, |retry| retry.attempts) + 1;
        let pause = pause(attempts);
        self.by_subject.insert(
            subject,
            PendingRetry {
                failure: failure.clone(),
                attempts,
                retry_at: now + pause,
            },
        );
        pause
    }

    /// Forgets refusals in these services whose subject now is as desired, or is no longer ours; says whether there was one.
    pub(super) fn settle(
        &mut self,
        scope: &ServiceScope,
        desired: &Table,
        observed: &Table,
    ) -> bool {
        let before = self.by_subject.len();
        self.by_subject.retain(|subject, _| {
            !scope.contains(&subject.0) || differs(subject, desired, observed)
        });
        self.by_subject.len() < before
    }

    /// Gives a new pause to attempts in these services that were due but did not come about, so that nothing wakes for them in vain.
    pub(super) fn postpone(&mut self, scope: &ServiceScope, now: Moment) {
        for (_, retry) in (self.by_subject.iter_mut())
            .filter(|((service, _), retry)| scope.contains(service) && retry.retry_at <= now)
        {
            retry.retry_at = now + pause(retry.attempts);
        }
    }

    /// The services in which something is to be tried again now.
    pub(super) fn due(&self, now: Moment) -> impl Iterator<Item = ServiceId> {
        let due = self
            .by_subject
            .iter()
            .filter(move |(_, retry)| retry.retry_at <= now);
        due.map(|((service, _), _)| *service)
    }

    /// Forgets everything: new definitions deserve a new attempt.
    pub(super) fn clear(&mut self) {
        self.by_subject.clear();
    }

    /// Refusals that wait.
    pub(super) fn len(&self) -> usize {
        self.by_subject.len()
    }

    /// The refusal about this subject.
    pub(super) fn about(&self, subject: &Subject) -> Option<&PendingRetry> {
        self.by_subject.get(subject)
    }

    /// When the next attempt is due.
    pub(super) fn next_retry(&self) -> Option<Moment> {
        self.by_subject.values().map(|retry| retry.retry_at).min()
    }

    /// The desired table with every waiting subject left as the kernel has it, so that a plan does not touch it.
    pub(super) fn target(
        &self,
        scope: &ServiceScope,
        desired: &Table,
        observed: &Table,
        now: Moment,
    ) -> Table {
        let mut target = desired.clone();
        // An operation that is no longer the one that was refused deserves its own attempt.
        let waiting =
            |retry: &PendingRetry| retry.retry_at > now && agrees(desired, &retry.failure.op);
        for ((service, server), _) in (self.by_subject.iter())
            .filter(|((service, _), retry)| scope.contains(service) && waiting(retry))
        {
            leave(&mut target, observed, service, server.as_ref());
        }
        target
    }
}

/// Where a table that waits for something would leave a service unable to serve which could and is to serve, servers
/// that are not known to be bad stay.
pub(super) fn keep_serving(
    target: &mut Table,
    desired: &Table,
    observed: &Table,
    book: &HealthByServer,
    overrides: &Overrides,
) {
    for (service, entry) in &mut target.services {
        let wanted = desired
            .services
            .get(service)
            .is_some_and(ServiceEntry::can_serve);
        let Some(before) = observed
            .services
            .get(service)
            .filter(|before| before.can_serve())
        else {
            continue;
        };
        if wanted && !entry.can_serve() {
            keep_servers_not_known_bad(service, entry, before, book, overrides);
        }
    }
}

fn pause(attempts: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << attempts.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE)
}

fn leave(target: &mut Table, observed: &Table, service: &ServiceId, server: Option<&Endpoint>) {
    let before = observed.services.get(service);
    match (server, before) {
        (None, None) => {
            target.services.remove(service);
        }
        (None, Some(before)) => match target.services.get_mut(service) {
            Some(entry) => entry.scheduling = before.scheduling.clone(),
            None => {
                target.services.insert(*service, before.clone());
            }
        },
        (Some(server), before) => {
            let Some(entry) = target.services.get_mut(service) else {
                return;
            };
            match before.and_then(|before| before.servers.get(server)) {
                Some(known) => entry.servers.insert(*server, *known),
                None => entry.servers.remove(server),
            };
        }
    }
}

fn keep_servers_not_known_bad(
    service: &ServiceId,
    entry: &mut ServiceEntry,
    before: &ServiceEntry,
    book: &HealthByServer,
    overrides: &Overrides,
) {
    for (server, known) in &before.servers {
        let target = (*service, *server);
        let known_bad = overrides.taking_out(&target).is_some()
            || book
                .get(&target)
                .is_some_and(|health| health.state == HealthState::Down);
        if !known_bad {
            entry.servers.insert(*server, *known);
        }
    }
}

/// Whether a table is as this operation leaves it. For the desired table: whether it requires this very operation.
pub(super) fn agrees(table: &Table, op: &Op) -> bool {
    let service = table.services.get(&op.service());
    match op {
        Op::AddService {
            scheduling: wanted, ..
        }
        | Op::EditService { to: wanted, .. } => {
            service.is_some_and(|entry| entry.scheduling == *wanted)
        }
        Op::DeleteService { .. } => service.is_none(),
        Op::AddServer {
            server,
            settings: wanted,
            ..
        }
        | Op::EditServer {
            server, to: wanted, ..
        } => service
            .and_then(|entry| entry.servers.get(server))
            .is_some_and(|found| found.settings == *wanted),
        Op::DeleteServer { server, .. } => {
            service.is_none_or(|entry| !entry.servers.contains_key(server))
        }
    }
}

fn differs(subject: &Subject, desired: &Table, observed: &Table) -> bool {
    let (service, server) = subject;
    let (wanted, found) = (
        desired.services.get(service),
        observed.services.get(service),
    );
    match server {
        None => wanted.map(|entry| &entry.scheduling) != found.map(|entry| &entry.scheduling),
        Some(server) => {
            let of = |entry: Option<&ServiceEntry>| {
                entry
                    .and_then(|entry| entry.servers.get(server))
                    .map(|server| server.settings)
            };
            of(wanted) != of(found)
        }
    }
}
