//! What the control interface says of standing orders: how one is asked for, what became of it, and which stand.

use director_core::moment::Moment;
use director_core::overrides::{Override, OverrideKind};
use director_core::snapshot::OverrideView;
use serde::{Deserialize, Serialize};

/// Somebody gives or lifts an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverrideRequest {
    /// What is ordered; none lifts what was ordered.
    pub kind: Option<OverrideKind>,
    /// The virtual service, by its name or by what it listens on; none for every service of the server.
    pub service: Option<String>,
    /// The real server, by its address or host name, with its port where that is wanted.
    pub server: String,
    /// The name that the author gives, if any. The daemon adds it to the user who asks.
    #[serde(default)]
    pub author: String,
    pub reason: String,
    /// How long it stands; until it is lifted when nothing is said.
    pub duration_seconds: Option<f64>,
    /// It is meant, also where it takes out more than the guard allows.
    #[serde(default)]
    pub force: bool,
    /// It may replace the override of another author.
    #[serde(default)]
    pub replace: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverrideOutcome {
    pub servers: Vec<AffectedServer>,
    /// Why it does not outlive a restart, when it does not.
    pub not_persisted: Option<String>,
    /// What still stands about these servers.
    pub remaining: Vec<ActiveOverride>,
}

/// A real server of a virtual service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AffectedServer {
    pub name: String,
    /// What it listens on.
    pub listen: String,
    /// The server's address and port.
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveOverride {
    #[serde(flatten)]
    pub server: AffectedServer,
    /// Whether the server is defined now.
    pub defined: bool,
    #[serde(flatten)]
    pub status: OverrideStatus,
}

impl ActiveOverride {
    /// An order in the words of the interface.
    #[must_use]
    pub fn of(view: &OverrideView, now: Moment) -> Self {
        let listen = view.target.0.to_string();
        Self {
            server: AffectedServer {
                name: view.name.clone().unwrap_or_else(|| listen.clone()),
                listen,
                address: view.target.1.to_string(),
            },
            defined: view.defined,
            status: OverrideStatus::of(&view.override_, now),
        }
    }
}

/// What somebody has ordered about a real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverrideStatus {
    pub kind: OverrideKind,
    pub author: String,
    pub reason: String,
    pub age_seconds: f64,
    /// Time to its end; none when it stands until it is lifted.
    pub expires_in_seconds: Option<f64>,
}

impl OverrideStatus {
    pub(super) fn of(order: &Override, now: Moment) -> Self {
        Self {
            kind: order.kind,
            author: order.author.clone(),
            reason: order.reason.clone(),
            age_seconds: now.since(order.since).as_secs_f64(),
            expires_in_seconds: order
                .expires
                .map(|expires| expires.since(now).as_secs_f64()),
        }
    }
}
