//! What the director asks of its machine, and what it is answered.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{HostChange, ServiceId};

/// What becomes of changes that were made before and are not wanted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwanted {
    /// They are undone.
    Undo,
    /// They are undone, but not VIPs of which this configuration says nothing: services stay in the kernel whose VIPs are not
    /// known.
    UndoButVips,
    /// They stay for the time being.
    Keep,
}

/// What finishes its connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Finishing {
    /// Services of the kernel that are no longer defined.
    pub services: BTreeSet<ServiceId>,
    /// Whether any server drains.
    pub servers: bool,
}

/// What is probed of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRequest {
    /// All that it shall have.
    pub wanted: Vec<HostChange>,
    /// What is not made and, where it was made before, not undone.
    pub kept: Vec<HostChange>,
    /// VIPs that are to go in any case.
    pub withdrawn: Vec<HostChange>,
    /// Services and servers that finish their connections, and need what was made for them.
    pub finishing: Finishing,
    /// What becomes of all other changes that were made before.
    pub unwanted: Unwanted,
}

impl HostRequest {
    /// Whether a change that was made before and is neither wanted nor kept is undone.
    #[must_use]
    pub fn undoes(&self, change: &HostChange) -> bool {
        match self.unwanted {
            Unwanted::Keep => false,
            _ if self.withdrawn.contains(change) => true,
            // Connections that finish here are none that another director goes on with.
            _ if matches!(change, HostChange::SyncDaemon(_)) => true,
            Unwanted::UndoButVips if matches!(change, HostChange::Vip(_)) => false,
            Unwanted::Undo | Unwanted::UndoButVips => !self.is_in_use(change),
        }
    }

    /// Whether what finishes its connections needs it: the VIP of a service, and all settings.
    fn is_in_use(&self, change: &HostChange) -> bool {
        let HostChange::Vip(vip) = change else {
            return self.finishing.servers || !self.finishing.services.is_empty();
        };
        let moved = |wanted: &HostChange| matches!(wanted, HostChange::Vip(other) if other.address == vip.address);
        let services = &mut self.finishing.services.iter();
        services.any(|id| id.is_at(vip.address)) && !self.wanted.iter().any(moved)
    }
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostOutcome {
    /// The change.
    pub change: HostChange,
    /// What happened.
    pub result: HostResult,
}

/// What happened to a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostResult {
    /// It was as wanted, without us or by us.
    Unchanged,
    /// It was made so; what it was before, of a setting.
    Made(Option<String>),
    /// What was there before was put back, of a setting with its value.
    Undone(Option<String>),
    /// It cannot be made yet, for want of something that comes by itself, such as an interface at the start of a machine.
    Waits(String),
    /// It could not be made or undone.
    Failed(String),
}
