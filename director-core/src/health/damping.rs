//! Flap damping: a server that changes too often is kept down until it has stopped flapping.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Damping;
use crate::moment::Moment;

/// Penalty of one change, in thousandths of a point, so that the arithmetic is exact enough and comparable.
const ONE_CHANGE: u64 = 1000;

/// The penalty of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Penalty {
    /// Thousandths of a point at `at`.
    points: u64,
    at: Moment,
    /// Until when the server is held out.
    held_until: Option<Moment>,
}

impl Penalty {
    /// Counts a state change.
    pub(super) fn change(&mut self, damping: &Damping, now: Moment) {
        self.points = self.points_at(damping, now) + ONE_CHANGE;
        self.at = now;
        // Whoever changes while it is held out has earned more of it: it comes in below the limit, and never above.
        let held = self.held_until.is_some_and(|until| until > now);
        if held || self.points >= u64::from(damping.hold_above) * ONE_CHANGE {
            self.held_until =
                Some(now + self.time_to(u64::from(damping.release_below) * ONE_CHANGE, damping));
        }
    }

    /// Until when the server is held out; none when it is not.
    #[must_use]
    pub fn held_until(&self) -> Option<Moment> {
        self.held_until
    }

    /// Lets the server in again when its time has come; says whether it did.
    pub(crate) fn release(&mut self, now: Moment) -> bool {
        self.held_until.take_if(|until| *until <= now).is_some()
    }

    /// Points now, in thousandths.
    #[must_use]
    pub fn points_at(&self, damping: &Damping, now: Moment) -> u64 {
        let half_lives = now.since(self.at).as_secs_f64() / damping.half_life.as_secs_f64();
        // Rounded down: the decay never leaves a point standing for ever.
        (self.points as f64 * 0.5_f64.powf(half_lives)) as u64
    }

    /// Time until the points have fallen to `limit`.
    fn time_to(self, limit: u64, damping: &Damping) -> Duration {
        let half_lives = (self.points as f64 / limit.max(1) as f64).log2().max(0.0);
        damping.half_life.mul_f64(half_lives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAMPING: Damping = Damping {
        half_life: Duration::from_secs(60),
        hold_above: 3,
        release_below: 1,
    };

    fn held_until(changes: &[u64]) -> Option<u64> {
        let mut penalty = Penalty::default();
        for seconds in changes {
            penalty.change(&DAMPING, Moment::after_start(Duration::from_secs(*seconds)));
        }
        let until = penalty.held_until()?;
        Some(until.since(Moment::START).as_secs())
    }

    #[test]
    fn whoever_is_held_out_comes_in_below_the_limit_and_never_above() {
        assert_eq!(held_until(&[0, 0]), None);
        // 3 points fall to 1 in log2(3) half-lives.
        assert_eq!(held_until(&[0, 0, 0]), Some(95));
        // 1.5 points and another one: below what begins a hold, and above what ends it at second 95.
        assert_eq!(held_until(&[0, 0, 0, 60]), Some(139));
        // Let in long ago, it starts again.
        assert_eq!(held_until(&[0, 0, 0, 600]), Some(95));
    }
}
