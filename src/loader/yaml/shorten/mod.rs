//! What a person would write: no value that is the default, defaults for what most services have, and names for checks and lists
//! of servers that several have. The text says the same as before.

mod checks;
mod named;
mod names;
mod plain;
mod servers;

use std::collections::BTreeMap;
use std::sync::Arc;

use director_core::definitions::{CheckKindDefinition, Placed, ServiceDefinition};
use director_core::diagnostic::Place;

use super::keys::service::{SERVICE, ServiceText};
use super::mapping::Lines;
use checks::CheckTexts;
use plain::{plain, same_fallbacks};
use servers::{ServerTexts, UsualServer};

/// Keys that have no default.
const OWN: [&str; 2] = ["name", "listen"];

/// Services as lines, and what they share.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ServicesText {
    /// Each of the services.
    pub(super) services: Vec<Lines>,
    /// Defaults of services.
    pub(super) service: Lines,
    /// Defaults of checks.
    pub(super) check: Lines,
    /// Defaults of real servers.
    pub(super) real_server: Lines,
    pub(super) checks: Vec<(String, String)>,
    pub(super) groups: Vec<(String, String)>,
}

impl ServicesText {
    pub(super) fn of(services: &[ServiceDefinition]) -> Self {
        let mut services: Vec<ServiceDefinition> = services.iter().cloned().map(plain).collect();
        same_fallbacks(&mut services);
        let usual = UsualServer::of(&services);
        let servers = ServerTexts::of(&services, &usual);
        let checks = CheckTexts::of(&services);
        let values = servers.services.into_iter().zip(checks.services);
        let mut lines: Vec<Lines> = services
            .into_iter()
            .zip(values)
            .map(|(service, (servers, check))| service_lines(service, &servers, check.as_deref()))
            .collect();
        let service = defaults(&mut lines);
        let mut text = Self {
            services: lines,
            service,
            check: checks.defaults,
            real_server: usual.lines(),
            checks: checks.named,
            groups: servers.groups,
        };
        text.inline_default_check();
        text
    }

    /// A check that nothing but the defaults of services name is written there.
    fn inline_default_check(&mut self) {
        let Some((_, name)) = self.service.iter_mut().find(|(key, _)| *key == "check") else {
            return;
        };
        let Some(at) = self.checks.iter().position(|(known, _)| *known == *name) else {
            return;
        };
        let start = format!("{{use: {name}, ");
        let names = |text: &str| text == name.as_str() || text.contains(&start);
        let checks = self.services.iter().flatten();
        let mut checks = checks.filter(|(key, _)| matches!(*key, "check" | "checks"));
        let is_named = checks.any(|(key, text)| *key == "checks" || names(text))
            || self.checks.iter().any(|(_, text)| names(text));
        if !is_named {
            *name = self.checks.remove(at).1;
        }
    }
}

/// The lines of a service with these texts for its servers and checks.
fn service_lines(mut service: ServiceDefinition, servers: &str, check: Option<&str>) -> Lines {
    // Every check has a place among the keys then, also one of which nothing is to be said.
    service.check.kind.get_or_insert_with(|| {
        let place = Place::whole_file(&Arc::from(""));
        Placed::new(CheckKindDefinition::Connect, place)
    });
    let lines = SERVICE.lines(&ServiceText::of(service)).into_iter();
    lines
        .filter_map(|(key, text)| match key {
            "check" | "checks" => Some((key, check?.to_owned())),
            "real_servers" => Some((key, servers.to_owned())),
            _ => Some((key, text)),
        })
        .collect()
}

/// Values that stand at every service, or at many where every service has one, become defaults.
fn defaults(services: &mut [Lines]) -> Lines {
    let Some(first) = services.first().filter(|_| services.len() > 1) else {
        return Lines::new();
    };
    let keys: Vec<&'static str> = first.iter().map(|(key, _)| *key).collect();
    let mut defaults = Lines::new();
    for key in keys.into_iter().filter(|key| !OWN.contains(key)) {
        let Some((usual, count)) = usual(services, key) else {
            continue;
        };
        let is_list = usual.starts_with(['[', '\n']);
        let is_default = match key {
            // Servers of most services would be a surprise at the others.
            "real_servers" => count == services.len() && !is_list,
            _ => count > 1 && count * 4 >= services.len(),
        };
        if is_default {
            for service in services.iter_mut() {
                service.retain(|(known, text)| *known != key || *text != usual);
            }
            defaults.push((key, usual));
        }
    }
    defaults
}

/// The most frequent value of a key that every service has, the first one where several are, and how many have it.
fn usual(services: &[Lines], key: &str) -> Option<(String, usize)> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (at, service) in services.iter().enumerate() {
        let (_, text) = service.iter().find(|(known, _)| *known == key)?;
        let (_, count) = counts.entry(text).or_insert((at, 0));
        *count += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|(_, (at, count))| (*count, std::cmp::Reverse(*at)));
    most.map(|(text, (_, count))| (text.to_owned(), count))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
