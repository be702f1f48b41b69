//! What outlives a restart of slow starts, drains and pools, so that a director goes on where the one before it was: a drain
//! ends at its first deadline, a slow start rises as if nothing had happened, too few servers are too few until there are
//! enough to be back.
//!
//! Leaves to others when it is kept. Which of it still counts is seen at the first look at the kernel's table.

use serde::{Deserialize, Serialize};

use super::{Drain, Pool, Ramp, RecoveryState};
use crate::model::ServiceId;
use crate::overrides::Target;
use crate::scope::ServiceScope;

/// What is kept of a [`RecoveryState`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedRecovery {
    /// Servers that leave.
    pub drains: Vec<(Target, Drain)>,
    /// Servers in service that return slowly, and those that are through with it (none).
    pub ramps: Vec<(Target, Option<Ramp>)>,
    /// Whether each service has enough servers.
    pub pools: Vec<(ServiceId, Pool)>,
}

impl RecoveryState {
    /// What is to be remembered.
    #[must_use]
    pub fn saved(&self) -> SavedRecovery {
        self.saved_of(&ServiceScope::All)
    }

    /// What is to be remembered of some services.
    #[must_use]
    pub(crate) fn saved_of(&self, scope: &ServiceScope) -> SavedRecovery {
        // That nothing is active is seen at each look, and is seen again.
        let drains = self.drains.iter();
        let drains = drains.filter(|((service, _), _)| scope.contains(service));
        let drains = drains.map(|(target, drain)| {
            let kept = Drain {
                quiet_since: None,
                ..*drain
            };
            (*target, kept)
        });
        SavedRecovery {
            drains: drains.collect(),
            ramps: self.ramps.of_services(scope),
            pools: self.pools.of_services(scope),
        }
    }

    /// Goes on with what a director before this one has left.
    pub fn restore(&mut self, saved: SavedRecovery) {
        self.drains.restore(saved.drains);
        self.ramps.restore(saved.ramps);
        for (service, pool) in saved.pools {
            self.pools.set(service, pool);
        }
    }
}
