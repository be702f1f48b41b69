//! How the director's clock goes on over a restart: each file says at which moment of the director it was written, and
//! what the host's clocks said then.
//!
//! While the host runs, its time since it was started tells how long ago that was, which no correction of the wall clock
//! disturbs. After the host was started again only the wall clock can tell; should that have gone back, no time has passed,
//! so that orders end late and never early.

use std::fs;
use std::time::Duration;

use director_core::moment::Moment;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The director's clock beside those of the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ClockAnchor {
    /// Wall clock, for people and after a start of the host.
    #[serde(with = "as_text")]
    written_at: Timestamp,
    /// Which start of the host it is; empty when the kernel does not tell.
    boot: String,
    /// Hundredths of a second since then.
    uptime_hundredths: u64,
    pub(super) moment: Moment,
}

impl ClockAnchor {
    /// The director's moment now.
    pub(super) fn now(moment: Moment) -> Self {
        Self {
            written_at: Timestamp::now(),
            boot: boot(),
            uptime_hundredths: uptime_hundredths(),
            moment,
        }
    }

    /// The moment at which a director goes on `now` that wrote this.
    pub(super) fn goes_on_at(&self, now: &Self) -> Moment {
        let same_boot = !self.boot.is_empty() && self.boot == now.boot;
        let passed = if same_boot {
            let hundredths = now.uptime_hundredths.saturating_sub(self.uptime_hundredths);
            Duration::from_millis(hundredths.saturating_mul(10))
        } else {
            let passed = now.written_at.duration_since(self.written_at);
            Duration::try_from(passed).unwrap_or_default()
        };
        self.moment + passed
    }
}

/// The wall clock as RFC 3339 writes it.
mod as_text {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// See proc_sys_kernel(5).
fn boot() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    text.map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// See proc_uptime(5); it counts while the host sleeps, too.
fn uptime_hundredths() -> u64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let first = text.split_whitespace().next().unwrap_or_default();
    first.replace('.', "").parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(wall: &str, boot: &str, uptime_hundredths: u64) -> ClockAnchor {
        ClockAnchor {
            written_at: wall.parse().unwrap(),
            boot: boot.to_owned(),
            uptime_hundredths,
            moment: Moment::after_start(Duration::from_secs(1_000)),
        }
    }

    fn passed(before: &ClockAnchor, now: &ClockAnchor) -> f64 {
        let goes_on = before.goes_on_at(now);
        goes_on.since(before.moment).as_secs_f64()
    }

    #[test]
    fn the_director_is_as_much_older_as_time_has_passed() {
        let before = anchor("2026-11-25T20:00:00Z", "a", 50_000);
        let cases = [
            (
                "the wall clock was set",
                anchor("2031-01-01T00:00:00Z", "a", 50_250),
                2.5,
            ),
            (
                "the host was rebooted",
                anchor("2026-11-25T20:05:00Z", "b", 3_000),
                300.0,
            ),
            (
                "and its clock is behind",
                anchor("1970-01-01T00:00:09Z", "b", 900),
                0.0,
            ),
            (
                "the boot is unknown",
                anchor("2026-11-25T20:00:01Z", "", 0),
                1.0,
            ),
        ];
        for (what, now, seconds) in cases {
            assert_eq!(passed(&before, &now), seconds, "{what}");
        }
    }

    #[test]
    fn this_host_tells_its_time() {
        let (first, second) = (
            ClockAnchor::now(Moment::START),
            ClockAnchor::now(Moment::START),
        );
        assert!(first.uptime_hundredths > 0 && !first.boot.is_empty());
        assert!(passed(&first, &second) < 60.0);
    }
}
