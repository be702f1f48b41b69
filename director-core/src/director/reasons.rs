//! Why an operation is wanted, in words for the plan, the log and the status.

use super::{Director, Subject};
use crate::health::Verdict;
use crate::model::{Endpoint, ServiceId};
use crate::plan::Cause;
use crate::table::{ServerSettings, ServiceEntry, Table};

/// What is needed to tell reasons.
pub(super) struct Reasons<'a> {
    pub(super) director: &'a Director,
    pub(super) desired: &'a Table,
}

impl Reasons<'_> {
    /// The reason for a change of a service or of a real server; empty when the definitions alone say so.
    pub(super) fn because(&self, service: &ServiceId, server: Option<&Endpoint>) -> String {
        let subject = (*service, server.copied());
        if self.is_drift(&subject) {
            return self.found(&subject);
        }
        if let Some(helper) = self.director.model.helpers().get(service) {
            return format!("probes of {} at {} go this way", helper.of, helper.server);
        }
        let book = &self.director.book;
        match (self.cause(&subject), server) {
            (Cause::Defined, _) | (_, None) if self.is_defined(service) => String::new(),
            (Cause::Ordered, Some(server)) => {
                let order = self.director.orders.taking_out(&(*service, *server));
                order.map(ToString::to_string).unwrap_or_default()
            }
            (Cause::ServerUp | Cause::ServerDown, Some(server)) => {
                let health = book.get(&(*service, *server));
                health.map_or_else(String::new, |health| {
                    format!("{}: {}", health.verdict, health.reason)
                })
            }
            (Cause::Fallback, Some(server)) => self.why_fallback(service, server).to_owned(),
            _ => "no longer defined".to_owned(),
        }
    }

    /// The same as one of a few kinds, whether or not somebody else made the change necessary.
    pub(super) fn cause(&self, subject: &Subject) -> Cause {
        let (service, server) = subject;
        if self.director.model.helpers().contains_key(service) {
            return Cause::Defined;
        }
        let Some(definition) = self.director.model.service(service) else {
            return Cause::NoLongerDefined;
        };
        let Some(server) = server else {
            return Cause::Defined;
        };
        let target = (*service, *server);
        let is_fallback = definition
            .fallback
            .as_ref()
            .is_some_and(|fallback| fallback.endpoint == *server);
        match self.director.book.get(&target) {
            Some(_) if self.director.orders.taking_out(&target).is_some() => Cause::Ordered,
            Some(health) if health.verdict == Verdict::Up => Cause::ServerUp,
            Some(_) => Cause::ServerDown,
            None if is_fallback => Cause::Fallback,
            None => Cause::NoLongerDefined,
        }
    }

    fn is_defined(&self, service: &ServiceId) -> bool {
        self.director.model.service(service).is_some()
    }

    fn why_fallback(&self, service: &ServiceId, server: &Endpoint) -> &'static str {
        let entry = self.desired.services.get(service);
        if entry.is_some_and(|entry| entry.servers.contains_key(server)) {
            "no real server is available"
        } else {
            "a real server is available"
        }
    }

    /// Whether the kernel already was as desired here, so that somebody else must have changed it.
    pub(super) fn is_drift(&self, subject: &Subject) -> bool {
        let Some(settled) = &self.director.settled else {
            return false;
        };
        match subject.1 {
            None => of_service(settled, subject) == of_service(self.desired, subject),
            Some(_) => of_server(settled, subject) == of_server(self.desired, subject),
        }
    }

    fn found(&self, subject: &Subject) -> String {
        let observed = self.director.observed.as_ref();
        let found = match subject.1 {
            None => observed
                .and_then(|table| of_service(table, subject))
                .is_some(),
            Some(_) => observed
                .and_then(|table| of_server(table, subject))
                .is_some(),
        };
        if found {
            "somebody else changed it"
        } else {
            "somebody else removed it"
        }
        .to_owned()
    }
}

fn of_service<'a>(table: &'a Table, subject: &Subject) -> Option<&'a crate::model::Scheduling> {
    table
        .services
        .get(&subject.0)
        .map(|entry| &entry.scheduling)
}

fn of_server(table: &Table, subject: &Subject) -> Option<ServerSettings> {
    let entry: &ServiceEntry = table.services.get(&subject.0)?;
    entry.servers.get(&subject.1?).map(|server| server.settings)
}
