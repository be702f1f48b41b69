//! Metrics of each service.

use super::metric::{Metric, Source};
use super::view::ServiceRow;
use director_core::model::ServiceId;
use director_core::weight::ServiceState;

const STATES: [(ServiceState, &str); 6] = [
    (ServiceState::Up, "up"),
    (ServiceState::Degraded, "degraded"),
    (ServiceState::OnFallback, "on_fallback"),
    (ServiceState::Down, "down"),
    (ServiceState::Frozen, "frozen"),
    (ServiceState::Unknown, "unknown"),
];

/// The parts of its identity: protocol, address, port and mark. What it does not have is empty.
fn identity(service: &ServiceRow<'_>) -> [String; 4] {
    match service.view.id {
        ServiceId::Address {
            protocol,
            vip,
            port,
        } => [
            protocol.to_string(),
            vip.to_string(),
            port.to_string(),
            String::new(),
        ],
        ServiceId::Mark { mark, .. } => [
            String::new(),
            String::new(),
            String::new(),
            mark.to_string(),
        ],
    }
}

/// Changes that the kernel refuses and that ipvsd will try again.
fn refusals(service: &ServiceRow<'_>) -> usize {
    let servers = service.view.servers.iter().chain(&service.view.fallback);
    let retries = servers.map(|server| server.retry.is_some());
    let retries = retries.chain([service.view.retry.is_some()]);
    retries.filter(|is_refused| *is_refused).count()
}

pub(super) const METRICS: &[Metric] = &[
    Metric::gauge(
        "ipvsd_service_info",
        &[
            "name",
            "family",
            "protocol",
            "address",
            "port",
            "mark",
            "scheduler",
        ],
        "What the service is; the value is 1.",
        Source::Service(|service, out| {
            let [protocol, address, port, mark] = identity(service);
            let view = service.view;
            let family = view.id.family().to_string();
            let labels = [
                view.name.as_str(),
                &family,
                &protocol,
                &address,
                &port,
                &mark,
                &view.scheduler,
            ];
            out.add(&labels, 1.0);
        }),
    ),
    Metric::gauge(
        "ipvsd_service_state",
        &["state"],
        "1 for the state that the service has, 0 for all others.",
        Source::Service(|service, out| {
            for (state, word) in STATES {
                out.add_truth(&[word], service.view.condition.state == state);
            }
        }),
    ),
    Metric::gauge(
        "ipvsd_service_state_since_timestamp_seconds",
        &[],
        "Since when the service has its state. Missing while that is not known.",
        Source::Service(|service, out| {
            let since = service.view.state_since;
            out.add_some(&[], since.map(|at| service.clock.seconds(at)));
        }),
    ),
    Metric::gauge(
        "ipvsd_service_servers",
        &[],
        "Real servers with a weight above 0 in the configuration.",
        Source::Service(|service, out| out.add_count(&[], service.view.condition.all as u64)),
    ),
    Metric::gauge(
        "ipvsd_service_servers_up",
        &[],
        "Those of them that are up and not taken out by an override.",
        Source::Service(|service, out| out.add_count(&[], service.view.condition.up as u64)),
    ),
    Metric::gauge(
        "ipvsd_service_shortage",
        &[],
        "1 if fewer real servers are available than minimum_healthy requires.",
        Source::Service(|service, out| out.add_truth(&[], service.view.shortage.is_some())),
    ),
    Metric::gauge(
        "ipvsd_service_in_kernel",
        &[],
        "1 if the kernel has the service.",
        Source::Service(|service, out| out.add_truth(&[], service.view.in_kernel)),
    ),
    Metric::gauge(
        "ipvsd_service_departing_servers",
        &[],
        "Servers that left the configuration and stay until their connections have ended.",
        Source::Service(|service, out| out.add_count(&[], service.view.leaving.len() as u64)),
    ),
    Metric::gauge(
        "ipvsd_service_kernel_refusals_pending",
        &[],
        "Changes of the service and its servers that the kernel refused and that ipvsd will try again.",
        Source::Service(|service, out| out.add_count(&[], refusals(service) as u64)),
    ),
    Metric::counter(
        "ipvsd_service_state_changes_total",
        &[],
        "Changes of the state of the service.",
        Source::Service(|service, out| out.add_count(&[], service.counters.state_changes)),
    ),
    Metric::counter(
        "ipvsd_service_server_transitions_total",
        &["to"],
        "Real servers of the service that came up or went down.",
        Source::Service(|service, out| {
            out.add_count(&["up"], service.counters.servers_up);
            out.add_count(&["down"], service.counters.servers_down);
        }),
    ),
    Metric::counter(
        "ipvsd_probes_total",
        &["result"],
        "Probes by result. A probe that serves several servers counts for each of them.",
        Source::Service(|service, out| {
            out.add_count(&["passed"], service.counters.probes_passed);
            out.add_count(&["failed"], service.counters.probes_failed);
            out.add_count(&["local_error"], service.counters.local_errors);
        }),
    ),
    Metric::histogram(
        "ipvsd_probe_duration_seconds",
        &[],
        "How long probes took that passed or failed.",
        Source::Service(|service, out| out.add_histogram(&service.counters.took)),
    ),
];
