//! Notices when this process did not run: it was stopped, its virtual machine was moved, or it had no processor. A task
//! that beats often finds its beat late then. A probe that fails over such a time says nothing about its server, which may
//! have answered, or given up, meanwhile.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::words::ShownDuration;

/// From one beat to the next.
const BEAT: Duration = Duration::from_millis(100);
/// A beat that is later than this is a pause.
const LEAST: Duration = Duration::from_millis(250);
/// A pause as long as this is an excuse whatever the time limit: a server may end a connection that was idle for seconds.
const LONG: Duration = Duration::from_secs(1);
/// Pauses that are remembered.
const REMEMBERED: usize = 16;

/// The pauses of this process.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// None until the first beat.
    last_beat: Option<Instant>,
    pauses: VecDeque<Pause>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    end: Instant,
    length: Duration,
}

impl Pauses {
    /// Beats for as long as others hold this.
    pub(super) fn watch(self: &Arc<Self>) {
        let pauses = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut beats = interval(BEAT);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                beats.tick().await;
                let Some(pauses) = pauses.upgrade() else {
                    return;
                };
                if let Some(length) = pauses.beat(Instant::now()).filter(|length| *length >= LONG) {
                    tracing::warn!("{}", words(length));
                }
            }
        });
    }

    /// Notes a beat. Returns the pause before it, if there was one.
    fn beat(&self, now: Instant) -> Option<Duration> {
        let mut known = self.known();
        let late = known.late(now);
        known.last_beat = Some(now);
        let length = late.filter(|late| *late >= LEAST)?;
        known.pauses.truncate(REMEMBERED - 1);
        known.pauses.push_front(Pause { end: now, length });
        Some(length)
    }

    /// The longest pause since `started` that is long enough to excuse a failed probe with this time limit: longer than a
    /// second, or than half of the limit. A pause that has just ended counts before the next beat.
    pub(super) fn excuse(
        &self,
        started: Instant,
        now: Instant,
        limit: Duration,
    ) -> Option<Duration> {
        let known = self.known();
        let remembered = known.pauses.iter().filter(|pause| pause.end > started);
        let latest = known.late(now);
        let longest = remembered.map(|pause| pause.length).chain(latest).max()?;
        // What was before the probe does not count.
        let longest = longest.min(now - started);
        (longest >= (limit / 2).clamp(LEAST, LONG)).then_some(longest)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// By how much the next beat is late.
    fn late(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.last_beat? + BEAT))
    }
}

/// A pause in words.
pub(super) fn words(length: Duration) -> String {
    let shown = match length < LONG {
        true => ShownDuration(length),
        false => ShownDuration(Duration::from_millis(100) * (length.as_secs_f64() * 10.0) as u32),
    };
    format!("ipvsd was paused or overloaded for {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    /// Pauses of a process that beats in time, but for one pause from `from` to `to`.
    fn paused(began: Instant, from: u64, to: u64) -> Pauses {
        let pauses = Pauses::default();
        for at in (0..=from).step_by(100) {
            assert_eq!(pauses.beat(began + ms(at)), None);
        }
        pauses.beat(began + ms(to));
        for at in (to..to + 5_000).step_by(100) {
            pauses.beat(began + ms(at));
        }
        pauses
    }

    #[test]
    fn a_probe_over_a_pause_is_excused_and_one_beside_it_is_not() {
        let began = Instant::now();
        let pauses = paused(began, 10_000, 13_300);
        let excuse = |from, to, limit| pauses.excuse(began + ms(from), began + ms(to), ms(limit));
        assert_eq!(excuse(9_900, 13_300, 3_000), Some(ms(3_200)));
        assert_eq!(excuse(11_000, 13_300, 3_000), Some(ms(2_300)));
        assert_eq!(excuse(1_000, 14_000, 60_000), Some(ms(3_200)));
        assert_eq!(excuse(13_400, 16_400, 3_000), None);
    }

    #[test]
    fn a_pause_counts_before_the_next_beat() {
        let began = Instant::now();
        let pauses = Pauses::default();
        pauses.beat(began);
        let excuse = |to, limit| pauses.excuse(began, began + ms(to), ms(limit));
        assert_eq!(excuse(10_100, 3_000), Some(ms(10_000)));
        assert_eq!(excuse(150, 3_000), None);
    }

    #[test]
    fn a_short_pause_excuses_only_a_probe_with_little_time() {
        let began = Instant::now();
        let pauses = paused(began, 1_000, 1_500);
        let excuse = |limit| pauses.excuse(began + ms(900), began + ms(900 + limit), ms(limit));
        assert_eq!(excuse(700), Some(ms(400)));
        assert_eq!(excuse(1_000), None);
        assert_eq!(excuse(3_000), None);
    }

    #[test]
    fn without_a_beat_nothing_is_excused() {
        let now = Instant::now();
        assert_eq!(
            Pauses::default().excuse(now, now + ms(60_000), ms(100)),
            None
        );
    }

    #[tokio::test]
    async fn a_runtime_that_stands_still_is_noticed() {
        let pauses = Arc::new(Pauses::default());
        pauses.watch();
        while pauses.known().last_beat.is_none() {
            tokio::task::yield_now().await;
        }
        let started = Instant::now();
        // The only thread of this runtime does nothing else meanwhile.
        while started.elapsed() < ms(600) {
            std::hint::spin_loop();
        }
        assert!(pauses.excuse(started, Instant::now(), ms(500)).is_some());
    }

    #[test]
    fn the_words_name_the_time() {
        assert_eq!(words(ms(3_256)), "ipvsd was paused or overloaded for 3.2 s");
        assert_eq!(words(ms(400)), "ipvsd was paused or overloaded for 400 ms");
    }
}
