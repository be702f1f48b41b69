//! A daemon's state for tests: one service with one server, which is down.

use director_core::health::HealthState;
use director_core::weight::ServiceState;

use crate::api::departing::{DepartingServer, DrainState};
use crate::api::wire::{
    ChainLink, CheckStatus, ProbeResult, ServerHealth, ServerStatus, ServiceStatus, Status,
};

pub(in crate::cli) fn status() -> Status {
    let server = ServerStatus {
        address: "10.0.0.11:80".to_owned(),
        host: None,
        defined_weight: 10,
        chain: vec![
            ChainLink {
                link: "defined".to_owned(),
                weight: Some(10),
                age_seconds: None,
                cause: "as configured".to_owned(),
            },
            ChainLink {
                link: "health".to_owned(),
                weight: Some(0),
                age_seconds: Some(125.0),
                cause: "down: connection refused, 3 of 3".to_owned(),
            },
        ],
        desired_weight: Some(0),
        weight: Some(10),
        active: 3,
        inactive: 7,
        persistent: 0,
        health: Some(ServerHealth {
            state: HealthState::Down,
            assumed: false,
            age_seconds: 125.0,
            reason: "connection refused, 3 of 3".to_owned(),
            streak: 0,
            failing: None,
            held_for_seconds: None,
            last_result: None,
        }),
        checks: Vec::new(),
        overrides: Vec::new(),
        next_probe_in_seconds: None,
        refused: None,
        drain: None,
    };
    let service = ServiceStatus {
        name: "web".to_owned(),
        listen: "tcp 192.0.2.10:80".to_owned(),
        scheduler: "wrr".to_owned(),
        state: ServiceState::Down,
        state_age_seconds: None,
        servers_up: 0,
        servers_all: 1,
        weight_factor: 1,
        in_kernel: true,
        refused: None,
        real_servers: vec![server],
        fallback: Vec::new(),
        departing: Vec::new(),
        shortage: None,
    };
    Status {
        version: "0".to_owned(),
        configuration: String::new(),
        observation: None,
        trial_seconds_left: None,
        loaded_seconds_ago: None,
        refused: None,
        table_read_seconds_ago: None,
        kernel_error: None,
        names: Vec::new(),
        isolated: Vec::new(),
        waiting: Vec::new(),
        state_error: None,
        overrides: Vec::new(),
        frozen: None,
        host_errors: Vec::new(),
        sync_daemons: Vec::new(),
        withdrawn_vips: Vec::new(),
        resets_seconds_left: None,
        peer: None,
        metrics_error: None,
        persistent_clients_stay: false,
        services: vec![service],
        departing: Vec::new(),
    }
}

/// A server that left the configuration and drains.
pub(super) fn leaving(address: &str) -> Vec<DepartingServer> {
    vec![DepartingServer {
        address: address.to_owned(),
        weight: 0,
        active: 2,
        inactive: 1,
        chain: vec![ChainLink {
            link: "configuration".to_owned(),
            weight: Some(0),
            age_seconds: None,
            cause: "no longer configured".to_owned(),
        }],
        drain: Some(DrainState {
            age_seconds: 5.0,
            seconds_left: Some(595.0),
            state: "waiting".to_owned(),
        }),
    }]
}

/// A check of a server that is up, whose program is missing for two minutes.
pub(in crate::cli) fn blocked_check(name: &str) -> CheckStatus {
    CheckStatus {
        name: name.to_owned(),
        state: HealthState::Up,
        assumed: false,
        age_seconds: 300.0,
        reason: "exit status 0, 1 of 1".to_owned(),
        streak: 0,
        last_result: Some(ProbeResult {
            outcome: "local_error".to_owned(),
            detail: "local error: cannot run /opt/check: no such file or directory".to_owned(),
            took_ms: 0.1,
            connect_ms: None,
            tls_ms: None,
            first_byte_ms: None,
            seconds_ago: 1.0,
        }),
        last_failure: None,
        last_failure_seconds_ago: None,
        cannot_run_seconds: Some(120.0),
    }
}
