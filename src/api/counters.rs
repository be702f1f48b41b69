//! What has happened since the daemon started, in numbers. Each part of the daemon counts what it does itself; the event loop
//! puts the numbers together when a client requests them.

use std::collections::HashMap;
use std::time::Duration;

use director_core::model::ServiceId;

/// All numbers.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Services of the configuration. One that is missing has zeros.
    pub services: HashMap<ServiceId, ServiceCounters>,
    /// Changes of the kernel's table: the operation, its result, how many.
    pub kernel_operations: Vec<(&'static str, &'static str, u64)>,
    /// Changes by other programs that were reverted, by their kind.
    pub drift_repaired: Vec<(&'static str, u64)>,
    /// Configurations that were read, by what became of them.
    pub configurations: Vec<(&'static str, u64)>,
    /// Messages that were given up, by the way they would have gone.
    pub notifications_failed: Vec<(&'static str, u64)>,
}

/// What happened to one service.
#[derive(Debug, Clone, Default)]
pub struct ServiceCounters {
    pub probes_passed: u64,
    pub probes_failed: u64,
    /// Probes that failed for a reason of this director.
    pub local_errors: u64,
    /// How long its probes took, local errors left out.
    pub took: Durations,
    /// Real servers that came up.
    pub servers_up: u64,
    /// Real servers that went down.
    pub servers_down: u64,
    /// Changes of its state.
    pub state_changes: u64,
}

/// Upper bounds of the buckets, in seconds: from a server next door to the usual time limits.
const BOUNDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// A histogram of times.
#[derive(Debug, Clone, Default)]
pub struct Durations {
    /// Times in each bucket, and those above all bounds last.
    counts: [u64; BOUNDS.len() + 1],
    sum: Duration,
}

impl Durations {
    pub fn count(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        let place = BOUNDS.partition_point(|bound| *bound < seconds);
        self.counts[place] += 1;
        self.sum += took;
    }

    /// How many there are.
    pub(super) fn all(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.sum.as_secs_f64()
    }

    /// Each bound with how many times are not above it.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut so_far = 0;
        BOUNDS
            .into_iter()
            .zip(self.counts)
            .map(move |(bound, count)| {
                so_far += count;
                (bound, so_far)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_at_a_bound_is_in_its_bucket_and_a_long_one_in_none() {
        let mut durations = Durations::default();
        for millis in [1, 2, 5000, 5001, 60_000] {
            durations.count(Duration::from_millis(millis));
        }
        let buckets: Vec<(f64, u64)> = durations.cumulative().collect();
        assert_eq!(
            (buckets[0], buckets[1], buckets[11]),
            ((0.001, 1), (0.0025, 2), (5.0, 3))
        );
        assert_eq!((durations.all(), durations.seconds()), (5, 70.004));
    }
}
