//! Definitions become a model, or findings: everything is looked at once, all faults are reported together, and defaults
//! are resolved here and nowhere else. Host and service names must have been resolved before.

mod advice;
mod check;
mod hooks;
mod host;
mod lint_vip_paths;
mod lint_weights;

mod lints;
mod listen;
mod real_server;
mod recovery;
mod scheduling;
mod timing;
mod vip_path;

pub use hooks::DEFAULT_GATHER;
pub use recovery::{DEFAULT_SLOW_START, DEFAULT_SLOW_START_FROM};

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Combine, InitialHealth, Model, OnFailure, OnStop, ServiceId, VirtualService};
use crate::definitions::{Definitions, PortDefinition, ServiceDefinition};
use crate::diagnostic::{Diagnostic, Place};

/// How often the whole kernel table is read again when the definitions do not say.
pub const DEFAULT_RESYNC: Duration = Duration::from_secs(10);
/// Time between probes when the definitions do not say.
pub const DEFAULT_EVERY: Duration = Duration::from_secs(5);
/// Limit for one probe when the definitions do not say.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);
/// Good answers that bring a server up when the definitions do not say.
pub const DEFAULT_RISE: u32 = 1;
/// Failures that take a server down when the definitions do not say.
pub const DEFAULT_FALL: u32 = 3;
/// Scheduler when the definitions do not say; the kernel's and ipvsadm's own default.
pub const DEFAULT_SCHEDULER: &str = "wlc";
/// Bytes of an HTTP body that are read when the definitions do not say.
pub const DEFAULT_BODY_LIMIT: usize = 1 << 20;

/// Checks definitions and resolves defaults. The model is there when no finding is an error and nothing in the
/// definitions is marked as unusable.
#[must_use]
pub fn validate(definitions: &Definitions) -> (Option<Model>, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let mut services: Vec<VirtualService> = Vec::new();
    let mut seen: BTreeMap<ServiceId, &Place> = BTreeMap::new();
    for written in &definitions.services {
        let id = listen::identity(written, &mut findings);
        if let Some(service) = service(written, id, &mut findings) {
            lints::lint(written, &service, &mut findings);
            services.push(service);
        }
        let Some(id) = id else { continue };
        if let Some(first) = seen.get(&id) {
            findings.error(
                &written.listen.place,
                format!("virtual service {id} is defined twice; the first is at {first}"),
                "remove one of the two, or merge their real servers",
            );
        } else {
            seen.insert(id, &written.listen.place);
        }
    }
    let resync = definitions
        .resync
        .as_ref()
        .map_or(DEFAULT_RESYNC, |resync| {
            findings.positive(
                resync.value,
                &resync.place,
                "the time between two readings of the kernel's table",
            )
        });
    let probe_marks = vip_path::marks(definitions, &mut services, &mut findings);
    let hooks = hooks::hooks(&definitions.notify, &mut findings);
    let guard = recovery::guard(definitions.guard.as_ref(), &mut findings);
    let freeze = advice::freeze(definitions.freeze.as_ref(), &mut findings);
    let host = host::config(definitions, &services, &mut findings);
    let model = (!findings.has_error()).then_some(Model::new(
        Arc::new(definitions.clone()),
        services,
        resync,
        probe_marks,
        guard,
        hooks,
        host,
    ));
    let model = model.map(|model| model.with_freeze(freeze));
    (model, findings.list)
}

/// Collected findings, with shorthands for the common ones.
#[derive(Default)]
struct Findings {
    list: Vec<Diagnostic>,
    /// Something was met that the reader of the file has reported already.
    unusable: bool,
}

impl Findings {
    fn error(&mut self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.list.push(Diagnostic::error(place, message).hint(hint));
    }

    fn warning(&mut self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.list
            .push(Diagnostic::warning(place, message).hint(hint));
    }

    fn has_error(&self) -> bool {
        self.unusable || self.list.iter().any(Diagnostic::is_error)
    }

    /// A time span above zero; a zero one is reported and passed on, since no model comes of it.
    fn positive(&mut self, span: Duration, place: &Place, what: &str) -> Duration {
        if span.is_zero() {
            self.error(
                place,
                format!("{what} must be above zero"),
                "write a time such as 5s",
            );
        }
        span
    }

    /// A port number in range.
    fn port(&mut self, port: &PortDefinition, place: &Place) -> Option<u16> {
        match port {
            PortDefinition::Number(number) => {
                let port = u16::try_from(*number).ok();
                if port.is_none() {
                    self.error(
                        place,
                        format!("port {number} is out of range"),
                        "write a port from 0 to 65535",
                    );
                }
                port
            }
            PortDefinition::Name(name) => {
                let message = format!("the service name {name} could not be resolved to a port");
                self.error(place, message, "write the port's number");
                None
            }
            PortDefinition::Unusable => {
                self.unusable = true;
                None
            }
        }
    }
}

fn service(
    written: &ServiceDefinition,
    id: Option<ServiceId>,
    findings: &mut Findings,
) -> Option<VirtualService> {
    let protocol = listen::protocol(written);
    let family = listen::family(written, id.as_ref());
    let scheduling = scheduling::scheduling(written, family, findings);
    let checks = timing::checks(written, findings);
    let surroundings = real_server::Surroundings {
        written,
        id,
        family,
        protocol,
    };
    let real_servers = real_server::all(&surroundings, findings);
    let fallback = real_server::fallback(&surroundings, &real_servers, findings);
    let pool = written.recovery.fallback_pool.iter();
    let fallback_checks = pool
        .map(|pool| timing::single(&pool.check, findings))
        .collect();
    let recovery = recovery::recovery(written, &real_servers, findings);
    let id = id?;
    let judging = &written.judging;
    Some(VirtualService {
        id,
        name: written
            .name
            .as_ref()
            .map_or_else(|| id.to_string(), |name| name.value.clone()),
        scheduling: scheduling?,
        real_servers,
        fallback,
        fallback_checks,
        checks,
        combine: judging
            .combine
            .as_ref()
            .map_or(Combine::default(), |word| word.value),
        initial_health: judging
            .initial_health
            .as_ref()
            .map_or(InitialHealth::default(), |word| word.value),
        on_failure: written
            .on_failure
            .as_ref()
            .map_or(OnFailure::default(), |choice| choice.value),
        on_stop: written
            .on_stop
            .as_ref()
            .map_or(OnStop::default(), |choice| choice.value),
        recovery,
    })
}
