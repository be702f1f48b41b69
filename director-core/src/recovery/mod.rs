//! What lies between health and weight for a time: slow starts, drains, and whether a pool has enough servers.
//! Kept by the director and brought up to date before each comparison of the tables; the weights that follow are
//! [`crate::weight`]'s.
//!
//! Invariant: nothing here reads a clock, and what is remembered follows from what was seen, so that a replay gives the same.

mod drain;
mod pool;
mod ramp;
mod saved;

pub use drain::{Drain, DrainEnd, Drains};
pub use pool::{Census, Pool, Pools, Shortage, census, damping_counts};
pub use ramp::{Ramp, Ramps, room, scaled, slow_start, with_room};
pub use saved::SavedRecovery;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DrainRule, ServiceId};
use crate::overrides::Target;

/// All that is remembered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecoveryState {
    /// Servers that return.
    pub ramps: Ramps,
    /// Servers that leave.
    pub drains: Drains,
    /// Whether each service has enough servers.
    pub pools: Pools,
    /// Services that are no longer defined and leave by a drain.
    pub leaving: BTreeMap<ServiceId, DrainRule>,
    /// Services that a stop is to remove: those that were defined so, and those of them that are leaving.
    pub removed_at_stop: BTreeSet<ServiceId>,
    /// Servers that the kernel had at the start, of services with host names that have no address yet. Each of them may be
    /// one of those, so it serves on until the names are resolved.
    pub perhaps_named: BTreeSet<Target>,
    /// Servers that the kernel had at the start, of services that were not ours before: another program made them.
    pub found: BTreeSet<Target>,
}

impl RecoveryState {
    /// Services of which weights change by time or connections alone.
    pub fn in_motion(&self) -> impl Iterator<Item = ServiceId> {
        self.ramps.under_way().chain(self.drains.in_motion())
    }
}
