//! When probes run: what a virtual server says holds for its real servers, and what those say for their checkers.

use std::time::Duration;

use director_core::definitions::Placed;

use super::values;
use crate::findings::Findings;
use crate::tree::Entry;

/// keepalived's `delay_loop` where nothing is written.
const USUAL_INTERVAL: Duration = Duration::from_secs(60);
/// keepalived's `connect_timeout` where nothing is written.
const USUAL_TIMEOUT: Duration = Duration::from_secs(5);
/// The shortest time other than none that keepalived can tell.
const SHORTEST: Duration = Duration::from_micros(1);

/// The settings of one level, as far as they are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Timing {
    every: Option<Placed<Duration>>,
    timeout: Option<Placed<Duration>>,
    retry: Option<Placed<u64>>,
    before_retry: Option<Placed<Duration>>,
    warmup: Option<Placed<Duration>>,
    pub(super) alpha: Option<Placed<bool>>,
}

/// What a checker has where no level says anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct UsualTiming {
    /// Repetitions before a failure counts.
    pub(super) retry: u64,
    /// Time before each of them; that between two checks when none.
    pub(super) before_retry: Option<Duration>,
}

/// The timing of one check, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CheckTimes {
    pub(super) every: Duration,
    pub(super) timeout: Duration,
    pub(super) retry: u64,
    pub(super) before_retry: Duration,
    /// Only where it is written: keepalived spreads the first checks over a whole interval, and a dead server has its
    /// connections for so long.
    pub(super) warmup: Option<Duration>,
}

impl CheckTimes {
    /// Those of a check that sends nothing.
    pub(super) const NONE: Self = Self {
        every: USUAL_INTERVAL,
        timeout: USUAL_TIMEOUT,
        retry: 0,
        before_retry: USUAL_INTERVAL,
        warmup: None,
    };
}

impl Timing {
    /// Takes an entry if it is one of the timing.
    pub(super) fn take(
        &mut self,
        entry: &Entry,
        least_retry: u64,
        findings: &mut Findings,
    ) -> bool {
        let mut time = |least| values::seconds(entry, least, findings);
        match entry.name.as_str() {
            "delay_loop" => replace(&mut self.every, time(SHORTEST)),
            "connect_timeout" => replace(&mut self.timeout, time(SHORTEST)),
            "delay_before_retry" => replace(&mut self.before_retry, time(Duration::ZERO)),
            "warmup" => replace(&mut self.warmup, time(Duration::ZERO)),
            "retry" | "nb_get_retry" => {
                let range = least_retry..=u64::from(u32::MAX);
                // A checker takes a number more leniently than a server.
                let read = if least_retry == 0 {
                    values::number
                } else {
                    values::exact_number
                };
                replace(&mut self.retry, read(entry, range, findings));
            }
            "alpha" => replace(&mut self.alpha, values::switch(entry, findings)),
            _ => return false,
        }
        true
    }

    /// The same, with what the level around it says where it says nothing.
    pub(super) fn within(&self, outer: &Self) -> Self {
        let own = self.clone();
        let outer = outer.clone();
        Self {
            every: own.every.or(outer.every),
            timeout: own.timeout.or(outer.timeout),
            retry: own.retry.or(outer.retry),
            before_retry: own.before_retry.or(outer.before_retry),
            warmup: own.warmup.or(outer.warmup),
            alpha: own.alpha.or(outer.alpha),
        }
    }

    /// With keepalived's own values where nothing is written. A time limit in addition to `connect_timeout` is that of a program.
    pub(super) fn complete(&self, usual: UsualTiming) -> CheckTimes {
        let every = value(self.every.as_ref()).unwrap_or(USUAL_INTERVAL);
        CheckTimes {
            every,
            timeout: value(self.timeout.as_ref()).unwrap_or(USUAL_TIMEOUT),
            retry: value(self.retry.as_ref()).unwrap_or(usual.retry),
            before_retry: value(self.before_retry.as_ref())
                .or(usual.before_retry)
                .unwrap_or(every),
            warmup: value(self.warmup.as_ref()),
        }
    }

    /// Whether servers have to pass a check before they are used.
    pub(super) fn starts_down(&self) -> bool {
        value(self.alpha.as_ref()).unwrap_or(false)
    }
}

fn value<T: Copy>(placed: Option<&Placed<T>>) -> Option<T> {
    placed.map(|placed| placed.value)
}

fn replace<T>(known: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *known = new;
    }
}
