//! Puts together what clients of the API may know of the daemon.

use std::time::SystemTime;

use super::EventLoop;
use crate::api::{Counters, Overview};

impl EventLoop {
    pub(super) fn overview(&self) -> Overview {
        Overview {
            snapshot: self.director.snapshot(self.now()),
            at: SystemTime::now(),
            configuration: self.settings.configuration.clone(),
            trial_left: self.trial_left(),
            counters: Counters {
                services: self.counters.services(),
                kernel_operations: self.kernel_counters.all(),
                drift_repaired: self.counters.drift_repaired(),
                configurations: self.counters.configurations(),
                notifications_failed: self.notifier.failures(),
            },
            observation: self.observation_status(),
            peer: self.peer.status(),
            metrics_error: self.metrics.fault(),
        }
    }
}
