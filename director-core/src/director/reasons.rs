//! Why an operation is wanted, in words for the plan, the log and the status.

use super::{Director, Subject};
use crate::model::{Endpoint, ServiceId};
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
        let Some(server) = server else {
            let defined = self.director.model.service(service).is_some();
            return if defined {
                String::new()
            } else {
                "no longer defined".to_owned()
            };
        };
        if let Some(health) = self.director.book.get(&(*service, *server)) {
            return format!("{}: {}", health.verdict, health.reason);
        }
        let definition = self.director.model.service(service);
        let is_fallback = definition
            .and_then(|known| known.fallback.as_ref())
            .is_some_and(|f| f.endpoint == *server);
        if !is_fallback {
            return "no longer defined".to_owned();
        }
        let stands_in = self
            .desired
            .services
            .get(service)
            .is_some_and(|entry| entry.servers.contains_key(server));
        if stands_in {
            "no real server is available"
        } else {
            "a real server is available"
        }
        .to_owned()
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
