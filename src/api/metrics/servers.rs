//! Metrics of each real server and fallback.

use super::daemon::kind;
use super::metric::{Metric, Source};
use super::view::ServerRow;
use director_core::health::Outcome;
use director_core::table::{Connections, Statistics};

fn connections(server: &ServerRow<'_>) -> Connections {
    let observed = server.server.known().and_then(|view| view.observed);
    observed.map(|entry| entry.connections).unwrap_or_default()
}

/// The kernel's counters, while it has the server.
fn statistics(server: &ServerRow<'_>) -> Option<Statistics> {
    Some(server.server.known()?.observed?.statistics)
}

/// A counter of the kernel.
macro_rules! traffic {
    ($name:literal, $help:literal, $field:ident) => {
        Metric::counter(
            $name,
            &[],
            $help,
            Source::Server(|server, out| {
                if let Some(statistics) = statistics(server) {
                    out.add_count(&[], statistics.$field);
                }
            }),
        )
    };
}

pub(super) const METRICS: &[Metric] = &[
    Metric::gauge(
        "ipvsd_server_info",
        &["role", "host", "forwarding"],
        "What the server is: real or fallback, its host name, its forwarding method; the value is 1.",
        Source::Server(|server, out| {
            let known = server.server.known();
            let forwarding = known.map(|view| view.forwarding.to_string());
            let forwarding = forwarding.unwrap_or_default();
            out.add(&[server.role, server.server.host(), &forwarding], 1.0);
        }),
    ),
    Metric::gauge(
        "ipvsd_server_up",
        &[],
        "1 if the checks of the server pass. Missing for a fallback without checks.",
        Source::Server(|server, out| {
            if let Some(is_up) = server.server.is_up() {
                out.add_truth(&[], is_up);
            }
        }),
    ),
    Metric::gauge(
        "ipvsd_server_failing",
        &[],
        "1 if the server is up and fails its checks, but not yet often enough to be down.",
        Source::Server(|server, out| {
            let known = server.server.known();
            out.add_truth(&[], known.is_some_and(|view| view.failing.is_some()));
        }),
    ),
    Metric::gauge(
        "ipvsd_server_health_since_timestamp_seconds",
        &[],
        "Since when the server is up or down.",
        Source::Server(|server, out| {
            let health = server.server.known().and_then(|view| view.health.as_ref());
            let since = health.map(|health| server.clock.seconds(health.since));
            out.add_some(&[], since);
        }),
    ),
    Metric::gauge(
        "ipvsd_server_weight",
        &["of"],
        "Weight: as defined in the configuration, as desired now, and in the kernel. Missing where the server is not in \
         that table.",
        Source::Server(|server, out| {
            out.add(&["defined"], f64::from(server.server.defined_weight()));
            let known = server.server.known();
            let desired = known.and_then(|view| view.desired);
            out.add_some(
                &["desired"],
                desired.map(|settings| f64::from(settings.weight)),
            );
            let observed = known.and_then(|view| view.observed);
            let observed = observed.map(|entry| f64::from(entry.settings.weight));
            out.add_some(&["kernel"], observed);
        }),
    ),
    Metric::gauge(
        "ipvsd_server_override",
        &["kind"],
        "1 for each kind of override of the server.",
        Source::Server(|server, out| {
            let overrides = server.server.known().map(|view| view.overrides.as_slice());
            let mut kinds: Vec<&str> = overrides
                .unwrap_or_default()
                .iter()
                .map(|override_| kind(override_.kind))
                .collect();
            kinds.sort_unstable();
            kinds.dedup();
            for kind in kinds {
                out.add(&[kind], 1.0);
            }
        }),
    ),
    Metric::gauge(
        "ipvsd_server_connections",
        &["state"],
        "Active and inactive connections in the kernel.",
        Source::Server(|server, out| {
            let connections = connections(server);
            out.add(&["active"], f64::from(connections.active));
            out.add(&["inactive"], f64::from(connections.inactive));
        }),
    ),
    Metric::gauge(
        "ipvsd_server_persistent_clients",
        &[],
        "Clients that the kernel keeps at the server because of persistence.",
        Source::Server(|server, out| out.add(&[], f64::from(connections(server).persistent))),
    ),
    Metric::gauge(
        "ipvsd_server_last_probe_timestamp_seconds",
        &[],
        "When the last probe of the server ended. Missing before the first.",
        Source::Server(|server, out| {
            let ended = server.server.last();
            out.add_some(&[], ended.map(|(at, _)| server.clock.seconds(*at)));
        }),
    ),
    Metric::gauge(
        "ipvsd_server_last_probe_duration_seconds",
        &[],
        "How long that probe took.",
        Source::Server(|server, out| {
            let last = server.server.last();
            out.add_some(&[], last.map(|(_, report)| report.took.as_secs_f64()));
        }),
    ),
    Metric::gauge(
        "ipvsd_server_last_probe_result",
        &["result"],
        "1 for the result of that probe, 0 for all others. A local error is a fault of this director.",
        Source::Server(|server, out| {
            let Some((_, report)) = server.server.last() else {
                return;
            };
            let outcome = &report.outcome;
            out.add_truth(&["passed"], matches!(outcome, Outcome::Good { .. }));
            out.add_truth(&["failed"], matches!(outcome, Outcome::Failed { .. }));
            let is_local = matches!(outcome, Outcome::LocalError { .. });
            out.add_truth(&["local_error"], is_local);
        }),
    ),
    traffic!(
        "ipvsd_server_scheduled_connections_total",
        "Connections that the kernel has scheduled to the server since it is in the table.",
        connections
    ),
    traffic!(
        "ipvsd_server_incoming_packets_total",
        "Packets from clients since the server is in the table.",
        packets_in
    ),
    traffic!(
        "ipvsd_server_outgoing_packets_total",
        "Packets to clients since the server is in the table; only with NAT do they pass the director.",
        packets_out
    ),
    traffic!(
        "ipvsd_server_incoming_bytes_total",
        "Bytes from clients since the server is in the table.",
        bytes_in
    ),
    traffic!(
        "ipvsd_server_outgoing_bytes_total",
        "Bytes to clients since the server is in the table; only with NAT do they pass the director.",
        bytes_out
    ),
];
