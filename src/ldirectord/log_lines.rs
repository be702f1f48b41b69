//! What the director tells, in the words of ldirectord's log: notices in, lines out. Where lines are written is left to
//! [`super::log_writer`].
//!
//! Reasons, which ldirectord never told, are lines of their own in our own words.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process;

use director_core::diagnostic::Diagnostic;
use director_core::director::Notice;
use director_core::health::HealthState;
use director_core::model::{Endpoint, Family, Model, ServiceId};
use director_core::plan::{Op, Step};
use director_core::snapshot::Snapshot;

#[cfg(test)]
#[path = "log_lines_tests.rs"]
mod tests;

/// What has to be known of a service to tell its servers apart.
#[derive(Debug, Clone, Default)]
struct KnownService {
    /// Real servers with the weight they are defined with.
    servers: BTreeMap<Endpoint, u32>,
    fallback: Option<Endpoint>,
}

/// Finds the words for notices.
#[derive(Debug, Clone)]
pub(super) struct LogLines {
    shown: String,
    services: BTreeMap<ServiceId, KnownService>,
    /// Real servers in service when the stop began; none before it.
    in_service: Option<BTreeMap<ServiceId, Vec<Endpoint>>>,
}

impl LogLines {
    /// For a configuration that messages name so.
    pub(super) fn new(shown: &str) -> Self {
        Self {
            shown: shown.to_owned(),
            services: BTreeMap::new(),
            in_service: None,
        }
    }

    /// Takes the services of a new configuration.
    pub(super) fn set_services(&mut self, model: &Model) {
        let known = model.services().iter().map(|service| {
            let servers = service.real_servers.iter();
            let known = KnownService {
                servers: servers
                    .map(|server| (server.endpoint, server.weight))
                    .collect(),
                fallback: service.fallback.first().map(|fallback| fallback.endpoint),
            };
            (service.id, known)
        });
        self.services = known.collect();
    }

    /// The director stops, from this state.
    pub(super) fn stop(&mut self, state: &Snapshot) {
        let in_service = state.services.iter().map(|service| {
            let servers = service.servers.iter().filter(|server| {
                server
                    .observed
                    .is_some_and(|observed| observed.settings.weight > 0)
            });
            (service.id, servers.map(|server| server.endpoint).collect())
        });
        self.in_service = Some(in_service.collect());
    }

    /// The lines for a notice.
    pub(super) fn of(&self, notice: &Notice) -> Vec<String> {
        match notice {
            Notice::Loaded { warnings, .. } => self.findings(warnings),
            Notice::LoadRefused { diagnostics } => {
                let mut lines = self.findings(diagnostics);
                lines.push(format!(
                    "{}: new configuration refused, the previous one stays in force",
                    self.shown
                ));
                lines
            }
            Notice::HealthChanged {
                service,
                server,
                transition,
                ..
            } => {
                let returns = transition.to == HealthState::Up && !transition.was_assumed;
                let reset = returns.then(|| reset(server, service));
                reset.into_iter().chain([notice.to_string()]).collect()
            }
            Notice::Failing {
                service,
                server,
                failures,
                limit,
                ..
            } => vec![
                format!(
                    "Soft failure real server: {server} ({}) failure {failures}/{limit}",
                    identity(service)
                ),
                notice.to_string(),
            ],
            Notice::Recovered {
                service, server, ..
            } => vec![reset(server, service)],
            Notice::Change { step, .. } => self.step(step),
            Notice::Drift { step, .. } => [notice.to_string()]
                .into_iter()
                .chain(self.step(step))
                .collect(),
            Notice::Stopping { .. } => Vec::new(),
            // What ldirectord never told is told in our own words.
            other => vec![other.to_string()],
        }
    }

    fn findings(&self, findings: &[Diagnostic]) -> Vec<String> {
        findings
            .iter()
            .map(|found| finding(&self.shown, found))
            .collect()
    }

    fn step(&self, step: &Step) -> Vec<String> {
        match &step.op {
            Op::AddService { service, .. } => {
                vec![format!("Added virtual server: {}", address(service))]
            }
            Op::EditService { service, .. } => {
                vec![format!("Changed virtual server: {}", address(service))]
            }
            Op::DeleteService { service } => self.service_leaves(service),
            Op::AddServer {
                service,
                server,
                settings,
            } => {
                vec![self.server_with_weight(service, server, settings.weight, ServerChange::Added)]
            }
            Op::EditServer {
                service,
                server,
                to,
                ..
            } => vec![self.server_with_weight(service, server, to.weight, ServerChange::Restored)],
            Op::DeleteServer {
                service, server, ..
            } => vec![self.server_leaves(service, server)],
        }
    }

    fn service_leaves(&self, service: &ServiceId) -> Vec<String> {
        let service_words = address(service);
        let Some(in_service) = &self.in_service else {
            return vec![format!("Purged virtual server (start): {service_words}")];
        };
        let servers = in_service.get(service).into_iter().flatten();
        servers
            .map(|server| format!("Purged real server (stop): {server} ({service_words})"))
            .chain([format!("Purged virtual server (stop): {service_words}")])
            .collect()
    }

    fn server_with_weight(
        &self,
        service: &ServiceId,
        server: &Endpoint,
        weight: u32,
        event: ServerChange,
    ) -> String {
        let (kind, defined) = self.role(service, server);
        let what = match (event, weight == 0 && defined != Some(0)) {
            (ServerChange::Added, false) => "Added",
            (ServerChange::Restored, false) => "Restored",
            (ServerChange::Added, true) => "Readd Quiescent",
            (ServerChange::Restored, true) => "Quiescent",
        };
        format!(
            "{what} {}: {server} ({}) (Weight set to {weight})",
            kind.words(),
            address(service)
        )
    }

    fn server_leaves(&self, service: &ServiceId, server: &Endpoint) -> String {
        let what = match self.role(service, server) {
            (ServerRole::Unknown, _) => "Purged real server (start)".to_owned(),
            (kind, _) => format!("Deleted {}", kind.words()),
        };
        format!("{what}: {server} ({})", address(service))
    }

    /// What a server is to its service, and the weight it is defined with.
    fn role(&self, service: &ServiceId, server: &Endpoint) -> (ServerRole, Option<u32>) {
        let Some(known) = self.services.get(service) else {
            return (ServerRole::Unknown, None);
        };
        match known.servers.get(server) {
            Some(weight) => (ServerRole::Real, Some(*weight)),
            None if known.fallback == Some(*server) => (ServerRole::Fallback, None),
            None => (ServerRole::Unknown, None),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum ServerChange {
    Added,
    Restored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerRole {
    Real,
    Fallback,
    /// It is not defined, or not any more.
    Unknown,
}

impl ServerRole {
    fn words(self) -> &'static str {
        match self {
            Self::Real | Self::Unknown => "real server",
            Self::Fallback => "fallback server",
        }
    }
}

/// A finding about the configuration in one line.
#[must_use]
pub fn finding(shown: &str, finding: &Diagnostic) -> String {
    let kind = if finding.is_error() {
        "Error"
    } else {
        "Warning"
    };
    let pid = process::id();
    let at = match finding.place.line {
        0 => String::new(),
        line => format!(" at line {line}"),
    };
    let hint = match &finding.hint {
        Some(hint) => format!(" ({hint})"),
        None => String::new(),
    };
    format!(
        "{kind} [{pid}] reading file {shown}{at}: {}{hint}",
        finding.message
    )
}

fn reset(server: &Endpoint, service: &ServiceId) -> String {
    format!(
        "Resetting soft failure count: {server} ({})",
        identity(service)
    )
}

/// A service in lines about the table.
fn address(service: &ServiceId) -> String {
    match *service {
        ServiceId::Address { vip, port, .. } => SocketAddr::new(vip, port).to_string(),
        ServiceId::Mark { mark, .. } => mark.to_string(),
    }
}

/// A service in lines about checks.
fn identity(service: &ServiceId) -> String {
    match *service {
        ServiceId::Address { protocol, .. } => format!("{protocol}:{}", address(service)),
        ServiceId::Mark {
            family: Family::Ipv4,
            mark,
        } => format!("fwm:{mark}"),
        ServiceId::Mark {
            family: Family::Ipv6,
            mark,
        } => format!("fwm6:{mark}"),
    }
}
