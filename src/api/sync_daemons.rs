//! What the control interface says about the kernel's synchronisation daemons.

use std::net::IpAddr;

use director_core::director::SyncDaemonState;
use director_core::model::SyncRole;
use serde::{Deserialize, Serialize};

/// A sync daemon that the configuration wants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncDaemonStatus {
    pub role: SyncRole,
    pub interface: String,
    pub id: u32,
    pub group: Option<IpAddr>,
    pub port: u16,
    pub ttl: u8,
    /// Longest message, bytes; none where the kernel chooses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maxlen: Option<u16>,
    /// Whether the kernel ran it at the last look.
    pub running: bool,
    /// Why it could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl SyncDaemonStatus {
    pub(super) fn of(view: &SyncDaemonState) -> Self {
        let daemon = &view.daemon;
        Self {
            role: daemon.role,
            interface: daemon.interface.clone(),
            id: daemon.sync_id,
            group: daemon.group,
            port: daemon.port,
            ttl: daemon.ttl,
            maxlen: Some(daemon.max_length).filter(|bytes| *bytes > 0),
            running: view.running,
            error: view.error.clone(),
        }
    }
}
