//! Metrics of the daemon as a whole.

use super::metric::{Metric, Source};
use director_core::overrides::OverrideKind;

/// Kinds of overrides.
const OVERRIDES: [&str; 4] = ["maintenance", "drain", "disable", "weight"];

pub(super) fn kind(kind: OverrideKind) -> &'static str {
    match kind {
        OverrideKind::Maintenance => "maintenance",
        OverrideKind::Drain => "drain",
        OverrideKind::Disable => "disable",
        OverrideKind::Weight(_) => "weight",
    }
}

pub(super) const METRICS: &[Metric] = &[
    Metric::gauge(
        "ipvsd_build_info",
        &["version"],
        "Version of ipvsd; the value is 1.",
        Source::Daemon(|_, out| out.add(&[env!("CARGO_PKG_VERSION")], 1.0)),
    ),
    Metric::gauge(
        "ipvsd_configuration_loaded_timestamp_seconds",
        &[],
        "When the configuration in force was loaded.",
        Source::Daemon(|view, out| {
            let loaded = view.overview.snapshot.loaded_at;
            out.add_some(&[], loaded.map(|at| view.clock.seconds(at)));
        }),
    ),
    Metric::gauge(
        "ipvsd_configuration_refused",
        &[],
        "1 if a newer configuration was refused and an older one is in force.",
        Source::Daemon(|view, out| out.add_truth(&[], view.overview.snapshot.refusal.is_some())),
    ),
    Metric::counter(
        "ipvsd_configurations_total",
        &["result"],
        "Configurations that were read: accepted or refused.",
        Source::Daemon(|view, out| {
            for (result, count) in &view.overview.counters.configurations {
                out.add_count(&[result], *count);
            }
        }),
    ),
    Metric::gauge(
        "ipvsd_configuration_on_trial",
        &[],
        "1 if the configuration in force is on trial.",
        Source::Daemon(|view, out| out.add_truth(&[], view.overview.trial_left.is_some())),
    ),
    Metric::gauge(
        "ipvsd_peer_up",
        &[],
        "1 if the other director of the pair (`director.peer`) answered the last request for its digest.",
        Source::Daemon(|view, out| {
            if let Some(peer) = &view.overview.peer {
                out.add_truth(&[], peer.error.is_none() && peer.differences.is_some());
            }
        }),
    ),
    Metric::gauge(
        "ipvsd_peer_differences",
        &[],
        "Differences between this director and its peer: services, servers, weights, health, overrides.",
        Source::Daemon(|view, out| {
            let peer = view.overview.peer.as_ref();
            let differences = peer.and_then(|peer| peer.differences.as_ref());
            out.add_some(&[], differences.map(|found| found.len() as f64));
        }),
    ),
    Metric::gauge(
        "ipvsd_observed_differences",
        &[],
        "With `--observe`: changes that ipvsd would make now in the table of another program.",
        Source::Daemon(|view, out| {
            let observation = view.overview.observation.as_ref();
            out.add_some(&[], observation.map(|found| found.current.len() as f64));
        }),
    ),
    Metric::gauge(
        "ipvsd_broken_blocks",
        &[],
        "Blocks of the configuration that have errors and are isolated.",
        Source::Daemon(|view, out| {
            out.add_count(&[], view.overview.snapshot.isolated.len() as u64);
        }),
    ),
    Metric::gauge(
        "ipvsd_waiting_services",
        &[],
        "Services whose VIP is a host name without an address. They have no other metric.",
        Source::Daemon(|view, out| out.add_count(&[], view.overview.snapshot.waiting.len() as u64)),
    ),
    Metric::gauge(
        "ipvsd_unresolved_names",
        &[],
        "Host names of the configuration whose last lookup failed.",
        Source::Daemon(|view, out| {
            let names = view.overview.snapshot.names.iter();
            let failed = names.filter(|name| name.failure.is_some()).count();
            out.add_count(&[], failed as u64);
        }),
    ),
    Metric::gauge(
        "ipvsd_table_read_timestamp_seconds",
        &[],
        "When the whole table of the kernel was last read. Missing before the first time.",
        Source::Daemon(|view, out| {
            let read = view.overview.snapshot.observed_at;
            out.add_some(&[], read.map(|at| view.clock.seconds(at)));
        }),
    ),
    Metric::gauge(
        "ipvsd_kernel_error",
        &[],
        "1 if the table of the kernel could not be read the last time.",
        Source::Daemon(|view, out| out.add_truth(&[], view.overview.snapshot.unreadable.is_some())),
    ),
    Metric::counter(
        "ipvsd_kernel_operations_total",
        &["operation", "result"],
        "Changes of the table: done, refused, skipped after an earlier one of the same service was refused, or unknown \
         after an interruption.",
        Source::Daemon(|view, out| {
            for (operation, result, count) in &view.overview.counters.kernel_operations {
                out.add_count(&[operation, result], *count);
            }
        }),
    ),
    Metric::counter(
        "ipvsd_drift_repaired_total",
        &["kind"],
        "Changes by other programs that ipvsd reverted: missing, changed or extra entries of the table.",
        Source::Daemon(|view, out| {
            for (kind, count) in &view.overview.counters.drift_repaired {
                out.add_count(&[kind], *count);
            }
        }),
    ),
    Metric::gauge(
        "ipvsd_frozen",
        &[],
        "1 while health is frozen, since all servers fell silent at once.",
        Source::Daemon(|view, out| out.add_truth(&[], view.overview.snapshot.frozen.is_some())),
    ),
    Metric::gauge(
        "ipvsd_overrides",
        &["kind"],
        "Overrides in force.",
        Source::Daemon(|view, out| {
            for wanted in OVERRIDES {
                let all = view.overview.snapshot.overrides.iter();
                let count = all.filter(|one| kind(one.override_.kind) == wanted).count();
                out.add_count(&[wanted], count as u64);
            }
        }),
    ),
    Metric::gauge(
        "ipvsd_departing_services",
        &[],
        "Services that left the configuration and stay until their connections have ended.",
        Source::Daemon(|view, out| out.add_count(&[], view.overview.snapshot.leaving.len() as u64)),
    ),
    Metric::gauge(
        "ipvsd_state_file_error",
        &[],
        "1 if overrides and health cannot be saved for a restart.",
        Source::Daemon(|view, out| {
            out.add_truth(&[], view.overview.snapshot.not_persisted.is_some());
        }),
    ),
    Metric::gauge(
        "ipvsd_host_errors",
        &[],
        "VIPs, kernel settings and sync daemons that could not be set or started.",
        Source::Daemon(|view, out| {
            out.add_count(&[], view.overview.snapshot.host_errors.len() as u64);
        }),
    ),
    Metric::gauge(
        "ipvsd_sync_daemon_running",
        &["role"],
        "1 if the kernel runs the sync daemon of `director.sync` in this role with its settings.",
        Source::Daemon(|view, out| {
            for one in &view.overview.snapshot.sync_daemons {
                out.add_truth(&[one.daemon.role.name()], one.running);
            }
        }),
    ),
    Metric::counter(
        "ipvsd_notifications_failed_total",
        &["receiver"],
        "Messages that were given up, or dropped because too many waited.",
        Source::Daemon(|view, out| {
            for (receiver, count) in &view.overview.counters.notifications_failed {
                out.add_count(&[receiver], *count);
            }
        }),
    ),
];
