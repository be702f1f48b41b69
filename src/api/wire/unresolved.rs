//! Real servers and services whose host names have no address yet, as the interface shows them: a server is down, for that
//! reason.

use director_core::definitions::HostName;
use director_core::health::HealthState;
use director_core::model::UnresolvedServer;
use director_core::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

use super::{ChainLink, ServerHealth, ServerStatus};

/// A service whose VIP is a host name without an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingStatus {
    pub name: String,
    /// The host name.
    pub host: String,
    /// Why it has no address.
    pub reason: String,
}

/// All services that wait for an address.
pub(super) fn waiting(snapshot: &Snapshot) -> Vec<WaitingStatus> {
    let waiting = snapshot.waiting.iter().map(|service| WaitingStatus {
        name: service.name.clone(),
        host: service.host.clone(),
        reason: why(&snapshot.names, &service.host),
    });
    waiting.collect()
}

/// A real server without an address.
pub(super) fn server(unresolved: &UnresolvedServer, snapshot: &Snapshot) -> ServerStatus {
    let cause = format!(
        "cannot resolve host name {}: {}",
        unresolved.host,
        why(&snapshot.names, &unresolved.host)
    );
    let age = snapshot.loaded_at.map(|loaded| snapshot.now.since(loaded));
    let age = age.unwrap_or_default().as_secs_f64();
    let link = |link: &str, weight, age_seconds, cause: &str| ChainLink {
        link: link.to_owned(),
        weight,
        age_seconds,
        cause: cause.to_owned(),
    };
    ServerStatus {
        address: unresolved.to_string(),
        host: None,
        defined_weight: unresolved.weight,
        chain: vec![
            link("defined", Some(unresolved.weight), None, "as configured"),
            link("name", None, Some(age), &cause),
        ],
        desired_weight: None,
        weight: None,
        active: 0,
        inactive: 0,
        persistent: 0,
        health: Some(ServerHealth {
            state: HealthState::Down,
            assumed: false,
            age_seconds: age,
            reason: cause,
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
    }
}

/// Why a host name has no address.
pub(crate) fn why(names: &[HostName], host: &str) -> String {
    let known = names.iter().find(|known| known.name == host);
    let failure = known.and_then(|known| known.failure.clone());
    failure.unwrap_or_else(|| "it has no address that its service can use".to_owned())
}
