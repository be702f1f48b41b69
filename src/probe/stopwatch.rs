//! Times the parts of one probe: until the connection stands, until TLS stands, until the first byte of an answer. Of
//! several connections of a probe, such as redirects make, the first counts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use director_core::health::Phases;
use tokio::time::Instant;

/// A stopwatch that runs for one probe.
#[derive(Debug, Clone)]
pub(super) struct Stopwatch {
    last: Arc<Mutex<(Instant, Phases)>>,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self {
            last: Arc::new(Mutex::new((Instant::now(), Phases::default()))),
        }
    }

    pub(super) fn connected(&self) {
        self.lap(|phases| &mut phases.connect);
    }

    pub(super) fn secured(&self) {
        self.lap(|phases| &mut phases.tls);
    }

    /// The first byte of an answer has come.
    pub(super) fn answered(&self) {
        self.lap(|phases| &mut phases.first_byte);
    }

    /// The times taken so far.
    pub(super) fn phases(&self) -> Phases {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn lap(&self, phase: impl Fn(&mut Phases) -> &mut Option<Duration>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let took = now.duration_since(last.0);
        last.0 = now;
        phase(&mut last.1).get_or_insert(took);
    }
}
