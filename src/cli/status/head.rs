//! What the daemon says of itself and of its configuration, above the services.

use director_core::definitions::is_source_name;
use director_core::health::FreezeScope;
use director_core::weight::ServiceState;

use super::companions::companions;
use super::lines::active_override;
use super::span::span;
use super::view::StatusView;
use crate::api::sync_daemons::SyncDaemonStatus;
use crate::api::wire::Status;

/// The states in the order in which they are counted.
const STATES: [ServiceState; 6] = [
    ServiceState::Up,
    ServiceState::Degraded,
    ServiceState::OnFallback,
    ServiceState::Down,
    ServiceState::Frozen,
    ServiceState::Unknown,
];

/// One line; why one does not run is among the errors of the host.
fn sync_daemons(daemons: &[SyncDaemonStatus], view: &StatusView, text: &mut String) {
    let Some(SyncDaemonStatus { interface, id, .. }) = daemons.first() else {
        return;
    };
    let state = |daemon: &SyncDaemonStatus| {
        let state = if daemon.running {
            "running"
        } else {
            "NOT RUNNING"
        };
        format!("{} {state}", daemon.role.name())
    };
    let states: Vec<String> = daemons.iter().map(state).collect();
    view.sentence(
        text,
        &format!(
            "  sync daemons on {interface}, id {id}: {}",
            states.join(", ")
        ),
    );
}

pub(super) fn head(status: &Status, view: &StatusView, text: &mut String) {
    let loaded = status.loaded_seconds_ago.map_or_else(
        || "not loaded yet".to_owned(),
        |age| format!("loaded {} ago", span(age)),
    );
    let read = status.table_read_seconds_ago.map_or_else(
        || "not known".to_owned(),
        |age| format!("read {} ago", span(age)),
    );
    view.sentence(
        text,
        &format!(
            "ipvsd {}: configuration {loaded}, kernel table {read}",
            status.version
        ),
    );
    counts(status, view, text);
    if let Some(left) = status.trial_seconds_left {
        view.sentence(
            text,
            &format!(
                "  ON TRIAL: the previous configuration returns in {} unless confirmed: ipvsctl confirm",
                span(left)
            ),
        );
    }
    companions(status, view, text);
    if let Some(error) = &status.kernel_error {
        view.sentence(text, &format!("  KERNEL: {error}"));
    }
    if let Some(error) = &status.state_error {
        view.sentence(
            text,
            &format!("  STATE: overrides and health will not survive a restart: {error}"),
        );
    }
    let undefined = status.overrides.iter().filter(|active| !active.defined);
    for active in undefined {
        let listen = &active.server.listen;
        let address = format!("{listen} {} (not configured)", active.server.address);
        active_override(&address, &active.status, view, text);
    }
    if let Some(frozen) = &status.frozen {
        let left = frozen
            .seconds_left
            .map_or_else(String::new, |left| format!(", {} left", span(left)));
        let others = match frozen.scope {
            FreezeScope::All | FreezeScope::CutOff => "",
            FreezeScope::WithoutReplacement => {
                " except for services with a fallback or `below: withdraw`"
            }
        };
        view.sentence(
            text,
            &format!(
                "  FROZEN: all {} servers fell silent at once {} ago ({}); health is frozen{others}{left}. If the servers really are down: \
                 ipvsctl unfreeze",
                frozen.servers,
                span(frozen.age_seconds),
                frozen.last_failure
            ),
        );
    }
    if let Some(error) = &status.metrics_error {
        view.sentence(text, &format!("  METRICS: {error}"));
    }
    sync_daemons(&status.sync_daemons, view, text);
    for error in &status.host_errors {
        view.sentence(text, &format!("  HOST: {error}"));
    }
    if let Some(refused) = &status.refused {
        view.sentence(
            text,
            &format!(
                "  REFUSED {} ago: the new configuration was refused; the previous one stays in force",
                span(refused.seconds_ago)
            ),
        );
        for finding in &refused.diagnostics {
            view.sentence(text, &format!("    {finding}"));
        }
    }
    for block in &status.isolated {
        let fate = match block.kept {
            0 => "not managed; what the kernel has of it stays, unchecked",
            _ => "kept as it was when last valid",
        };
        view.sentence(
            text,
            &format!("  BROKEN: {} at {}, {fate}", block.name, block.place),
        );
        for finding in &block.faults {
            view.sentence(text, &format!("    {finding}"));
        }
    }
    for name in &status.names {
        let Some(failure) = &name.failure else {
            continue;
        };
        let addresses: Vec<String> = name.addresses.iter().map(ToString::to_string).collect();
        let fate = match addresses.as_slice() {
            [] if is_source_name(&name.name) && !name.records.is_empty() => {
                "keeps its last servers".to_owned()
            }
            [] if is_source_name(&name.name) => "has no servers yet".to_owned(),
            [] if !name.records.is_empty() => "keeps its last SRV records".to_owned(),
            [] => "has no address yet".to_owned(),
            known => format!("keeps {}", known.join(" and ")),
        };
        let problem = match is_source_name(&name.name) {
            true => "NOT READ",
            false => "NOT RESOLVED",
        };
        view.sentence(
            text,
            &format!("  {problem}: {} {fate}: {failure}", name.name),
        );
    }
    for service in &status.waiting {
        view.sentence(
            text,
            &format!(
                "  WAITING: service {}, until its VIP {} is resolved",
                service.name, service.host
            ),
        );
    }
    if status.services.is_empty() && status.waiting.is_empty() && status.isolated.is_empty() {
        view.sentence(text, "  no virtual services are configured");
    }
}

/// `  services: 3 up, 1 degraded`.
fn counts(status: &Status, view: &StatusView, text: &mut String) {
    let counted = STATES.iter().filter_map(|state| {
        let services = status.services.iter();
        let count = services.filter(|service| service.state == *state).count();
        let shown = format!("{count} {state}");
        (count > 0).then(|| view.paint(&shown, (*state).into()))
    });
    let counted: Vec<String> = counted.collect();
    if !counted.is_empty() {
        text.push_str(&format!("  services: {}\n", counted.join(", ")));
    }
}
