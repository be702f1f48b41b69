//! Why an operation is wanted, in words for the plan, the log and the status.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::{Director, Subject};
use crate::health::HealthState;
use crate::model::{Endpoint, ServiceId};
use crate::moment::Moment;
use crate::plan::Cause;
use crate::table::{ServerSettings, ServiceEntry, Table};
use crate::weight::{Chain, Link, WeightReason};

/// What is needed to tell reasons.
pub(super) struct Reasons<'a> {
    director: &'a Director,
    desired: &'a Table,
    now: Moment,
    /// The reasons of the requested services.
    told: RefCell<BTreeMap<ServiceId, ServerReasons>>,
}

/// The reasons for the weights of one service's servers.
#[derive(Default)]
struct ServerReasons {
    servers: BTreeMap<Endpoint, String>,
}

impl<'a> Reasons<'a> {
    pub(super) fn new(director: &'a Director, desired: &'a Table, now: Moment) -> Self {
        Self {
            director,
            desired,
            now,
            told: RefCell::default(),
        }
    }

    /// The reason for a change of a service or of a real server; empty when the definitions alone say so.
    pub(super) fn reason(&self, service: &ServiceId, server: Option<&Endpoint>) -> String {
        let subject = (*service, server.copied());
        if self.is_drift(&subject) {
            return self.found(&subject);
        }
        self.decided(service, server)
    }

    /// The reason for what is decided, whatever made the kernel's table differ from it.
    pub(super) fn decided(&self, service: &ServiceId, server: Option<&Endpoint>) -> String {
        if let Some(probe_service) = self.director.model.probe_services().get(service) {
            return format!(
                "path check of {} at {}",
                probe_service.of, probe_service.server
            );
        }
        match server {
            None if self.is_defined(service) => self.why_withdrawn(service),
            Some(server) => self.why(service, server),
            None => "no longer configured".to_owned(),
        }
    }

    /// The same as one of a few kinds, whether or not another program made the change necessary.
    pub(super) fn cause(&self, subject: &Subject) -> Cause {
        let (service, server) = subject;
        if self.director.model.probe_services().contains_key(service) {
            return Cause::Defined;
        }
        let Some(definition) = self.director.model.service(service) else {
            return Cause::NoLongerDefined;
        };
        let Some(server) = server else {
            return Cause::Defined;
        };
        let target = (*service, *server);
        let mut fallback = definition.fallback.iter();
        let is_fallback = fallback.any(|fallback| fallback.endpoint == *server);
        match self.director.book.get(&target) {
            Some(_) if self.director.overrides.taking_out(&target).is_some() => Cause::Override,
            // An override that gives a weight counts for a server that is in service.
            Some(health)
                if health.state == HealthState::Up
                    && self.director.overrides.ruling(&target).is_some() =>
            {
                Cause::Override
            }
            Some(health) if health.state == HealthState::Up => Cause::ServerUp,
            Some(_) => Cause::ServerDown,
            None if is_fallback => Cause::Fallback,
            None => Cause::NoLongerDefined,
        }
    }

    fn is_defined(&self, service: &ServiceId) -> bool {
        self.director.model.service(service).is_some()
    }

    /// The link of the server's chain that says the most.
    fn why(&self, service: &ServiceId, server: &Endpoint) -> String {
        let mut told = self.told.borrow_mut();
        let told = told
            .entry(*service)
            .or_insert_with(|| self.weigh(service).unwrap_or_default());
        let known = told.servers.get(server).cloned();
        known.unwrap_or_else(|| "no longer configured".to_owned())
    }

    fn why_withdrawn(&self, service: &ServiceId) -> String {
        let wanted = self.desired.services.contains_key(service);
        let pool = self.director.recovery.pools.of(service);
        let shortage = pool.and_then(|pool| pool.shortage);
        match shortage.filter(|_| !wanted) {
            Some(shortage) => shortage.to_string(),
            None => String::new(),
        }
    }

    fn weigh(&self, service: &ServiceId) -> Option<ServerReasons> {
        let observed = self.director.observed.as_ref()?;
        let situation = self.director.situation(observed, self.now);
        let mut servers = BTreeMap::new();
        let mut tell = |server: Endpoint, chain: &Chain<'_>| {
            // The connections that are left have not been counted yet.
            let words = match chain.reason_of_drain() {
                Some(cause) => format!("{}; draining", in_short(cause)),
                None => chain.main_reason().map_or_else(String::new, in_short),
            };
            servers.insert(server, words);
        };
        if let Some(rule) = self.director.recovery.leaving.get(service) {
            for departing in situation.departing_weights(service, *rule) {
                tell(departing.endpoint, &departing.chain);
            }
        }
        let weighed = situation.weigh(self.director.model.service(service)?);
        for departing in &weighed.departing {
            tell(departing.endpoint, &departing.chain);
        }
        for weighing in weighed.fallback.iter().chain(&weighed.servers) {
            tell(weighing.server.endpoint, &weighing.chain);
        }
        Some(ServerReasons { servers })
    }

    /// Whether the kernel already was as desired here, so that another program must have changed it.
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
            "another program changed it"
        } else {
            "another program removed it"
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

/// A link as the reason for a step. The author of an override is in the log already.
fn in_short(link: &Link<'_>) -> String {
    match link.reason {
        WeightReason::Defined => String::new(),
        WeightReason::Override(override_) => override_.to_string(),
        WeightReason::SavedHealth { health, .. } => format!("{}: {}", health.state, health.reason),
        ref other => other.to_string(),
    }
}
