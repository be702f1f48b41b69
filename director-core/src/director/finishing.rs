//! What finishes its connections, and those that do not get to: what the machine has to keep for them.

use std::time::Duration;

use super::{Director, Finishing};
use crate::moment::Moment;
use crate::plan::{Plan, Stake};

/// How long the kernel remembers an idle connection where nothing else is said (net/netfilter/ipvs/ip_vs_proto_tcp.c).
const USUAL_TCP_TIMEOUT: Duration = Duration::from_secs(900);

impl Director {
    /// Services and servers that finish their connections.
    pub(super) fn finishing(&self) -> Finishing {
        let Some(observed) = &self.observed else {
            return Finishing::default();
        };
        let leaving = self.recovery.leaving.keys().copied();
        Finishing {
            services: leaving
                .filter(|id| observed.services.contains_key(id))
                .collect(),
            servers: self.recovery.drains.any_waits(),
        }
    }

    /// Until when the kernel may remember connections that were cut off.
    pub(crate) fn resets_until(&self) -> Option<Moment> {
        self.host.cut_until
    }

    /// Connections may be cut off that are still active: their clients are to get a reset, for as long as the kernel remembers
    /// them. A server that takes new connections may have some that were not there yet when the table was read.
    pub(super) fn note_cut(&mut self, plan: &Plan, now: Moment) {
        let Some(observed) = &self.observed else {
            return;
        };
        let mut ops = plan.steps.iter().map(|step| &step.op);
        if ops.any(|op| Stake::may_cut_active(op, observed)) {
            let remembered = self.model.host().timeouts.tcp;
            self.host.cut_until = Some(now + remembered.unwrap_or(USUAL_TCP_TIMEOUT));
        }
    }
}
