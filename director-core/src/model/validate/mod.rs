//! Definitions become a model, or findings: everything is looked at once, all faults are reported together, and defaults
//! are resolved here and nowhere else. A host name that is still one has no address yet:
//! its server is not available, and its service waits. Names of ports must have been resolved before.

mod advice;
mod check;
mod defaults;
mod findings;
mod hooks;
mod host;
mod http_check;
mod http_request;
mod lint_leaving;
mod lint_patterns;
mod lint_vip_paths;
mod lint_weights;
mod lints;
mod listen;
mod lists;
mod no_servers;
mod probe_addresses;
mod publish;
mod real_server;
mod recovery;
mod scheduling;
mod shared_kinds;
mod surroundings;
mod sync_daemon;
mod timing;
mod tls;
mod unresolved;
mod vip_path;

pub use defaults::{
    DEFAULT_BODY_LIMIT, DEFAULT_EVERY, DEFAULT_FALL, DEFAULT_RESYNC, DEFAULT_RISE,
    DEFAULT_SCHEDULER, DEFAULT_TIMEOUT,
};
pub use hooks::DEFAULT_GATHER;
pub use no_servers::without_servers;
pub use recovery::{DEFAULT_SLOW_START, DEFAULT_SLOW_START_FROM};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    Combine, InitialHealth, Model, OnFailure, OnStop, Recovery, Scheduling, ServiceId,
    VirtualService,
};
use crate::definitions::{Definitions, ListenDefinition, ServiceDefinition};
use crate::diagnostic::{Diagnostic, Place};
use findings::Findings;
use shared_kinds::SharedKinds;
use surroundings::Surroundings;

pub use listen::service_id;

/// Checks definitions and resolves defaults. The model is there when no finding is an error and nothing in the
/// definitions is marked as unusable.
#[must_use]
pub fn validate(definitions: &Definitions) -> (Option<Model>, Vec<Diagnostic>) {
    validate_shared(&Arc::new(definitions.clone()))
}

/// The same for definitions that the model shares with whoever else has them.
#[must_use]
pub fn validate_shared(definitions: &Arc<Definitions>) -> (Option<Model>, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    let mut services: Vec<VirtualService> = Vec::new();
    let mut seen: BTreeMap<ServiceId, &Place> = BTreeMap::new();
    let mut kinds = SharedKinds::default();
    let lists = lists::lists(definitions);
    lists::names(definitions, &mut findings);
    for written in &definitions.services {
        let id = listen::identity(written, &mut findings);
        let list = lists.get(&written.place).map_or(&[][..], Vec::as_slice);
        if let Some(mut service) = service(written, id, list, &mut findings) {
            kinds.share(&mut service);
            lints::lint(written, &service, &mut findings);
            lists::persistence(written, list, &mut findings);
            services.push(service);
        }
        let Some(id) = id else { continue };
        if let Some(first) = seen.get(&id) {
            findings.error(
                &written.listen.place,
                format!(
                    "virtual service {id} is defined twice; the first definition is at {first}"
                ),
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
            findings.positive(resync.value, &resync.place, "the resync interval")
        });
    let probe_marks = vip_path::marks(definitions, &mut services, &mut findings);
    let hooks = hooks::hooks(&definitions.notify, &mut findings);
    let guard = recovery::guard(definitions.guard.as_ref(), &mut findings);
    let freeze = advice::freeze(definitions.freeze.as_ref(), &mut findings);
    let host = host::config(definitions, &services, &mut findings);
    let model = (!findings.has_error()).then_some(Model::new(
        Arc::clone(definitions),
        services,
        resync,
        probe_marks,
        guard,
        hooks,
        host,
    ));
    let model = model.map(|model| {
        let (waiting, held) = (listen::waiting(definitions), listen::held(definitions));
        model.with_freeze(freeze).with_unknown(waiting, held)
    });
    (model, findings.into_list())
}

/// What happens to a failed server where nothing is said: it finishes what it has begun. A hashing scheduler without its fallback
/// flag refuses the clients of a server with weight 0, so there it is removed.
fn default_on_failure(scheduling: &Scheduling) -> OnFailure {
    if scheduling.zero_turns_away() {
        OnFailure::Remove
    } else {
        OnFailure::default()
    }
}

fn service(
    written: &ServiceDefinition,
    id: Option<ServiceId>,
    list: &[&ListenDefinition],
    findings: &mut Findings,
) -> Option<VirtualService> {
    let protocol = listen::protocol(written);
    let family = listen::family(written, id.as_ref());
    let scheduling = scheduling::scheduling(written, family, findings);
    let checks = timing::checks(written, findings);
    let surroundings = Surroundings {
        written,
        id: listen::assumed_identity(written, id),
        family,
        protocol,
        list,
    };
    let listed = real_server::all(&surroundings, findings);
    let (real_servers, unresolved) = (listed.servers, listed.without_address);
    let (fallback, unresolved_fallback) =
        real_server::fallback(&surroundings, &real_servers, findings);
    let pool = written.recovery.fallback_pool.iter();
    let fallback_checks = pool
        .map(|pool| timing::single(&pool.check, findings))
        .collect();
    let recovery = recovery::recovery(written, &real_servers, findings);
    let (id, scheduling) = (id?, scheduling?);
    let on_failure = written
        .on_failure
        .as_ref()
        .map_or_else(|| default_on_failure(&scheduling), |choice| choice.value);
    let judging = &written.judging;
    // A server that drains has weight 0, and the scheduler refuses its clients.
    let drains = on_failure != OnFailure::Remove || !scheduling.zero_turns_away();
    let recovery = Recovery {
        drain: recovery.drain.filter(|_| drains),
        leaving: recovery::leaving(written, recovery.drain, on_failure, &scheduling)
            .filter(|_| drains),
        ..recovery
    };
    Some(VirtualService {
        id,
        name: written
            .name
            .as_ref()
            .map_or_else(|| id.to_string(), |name| name.value.clone()),
        scheduling,
        real_servers,
        unresolved,
        fallback,
        unresolved_fallback,
        fallback_checks,
        checks,
        own_checks: listed.own_checks,
        combine: judging
            .combine
            .as_ref()
            .map_or(Combine::default(), |word| word.value),
        initial_health: judging
            .initial_health
            .as_ref()
            .map_or(InitialHealth::default(), |word| word.value),
        publish: publish::publish(written, findings),
        on_failure,
        on_stop: written
            .on_stop
            .as_ref()
            .map_or(OnStop::default(), |choice| choice.value),
        recovery,
    })
}
