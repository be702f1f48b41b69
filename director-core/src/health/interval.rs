//! When a recurring probe runs: its interval, the spread of the first probes, and the jitter of the later ones.
//! Chance has no part in it: what varies is taken from the probe itself, so that every run of the same definitions
//! probes at the same moments and two servers do not.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::model::{CheckTiming, ConnectsBetween, Probe};

/// The interval of a recurring probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ProbeInterval {
    /// Check interval.
    pub(super) every: Duration,
    /// The same while answers contradict the state, and while the server is down: a service that wants to know soon
    /// would hurry the state of another.
    pub(super) otherwise: [Option<Duration>; 2],
    /// Over how long first probes are spread.
    pub(super) start_spread: Duration,
    /// By how many per cent an interval is varied.
    pub(super) jitter: u32,
    /// TCP connects between two full probes.
    pub(super) connects_between: Option<ConnectsBetween>,
}

impl ProbeInterval {
    pub(super) fn of(timing: &CheckTiming) -> Self {
        Self {
            every: timing.every,
            otherwise: [timing.every_while_changing, timing.every_while_down],
            start_spread: timing.start_spread,
            jitter: timing.jitter,
            connects_between: timing.connects_between,
        }
    }

    /// An interval without spread and jitter.
    pub(super) fn fixed(every: Duration) -> Self {
        Self {
            every,
            otherwise: [None; 2],
            start_spread: Duration::ZERO,
            jitter: 0,
            connects_between: None,
        }
    }

    /// How long the first probe waits.
    pub(super) fn first_delay(&self, identity: u64) -> Duration {
        self.start_spread.mul_f64(share(identity, 0))
    }

    /// `step`, varied for the probe with this number.
    pub(super) fn varied(&self, step: Duration, identity: u64, number: u64) -> Duration {
        if self.jitter == 0 {
            return step;
        }
        // From -1 to 1.
        let swing = share(identity, number).mul_add(2.0, -1.0);
        step.mul_f64(1.0 + swing * f64::from(self.jitter) / 100.0)
    }
}

/// What is probed where, as a number: the same while only the time limit or the mark of the path changes.
pub(super) fn probe_hash(probe: &Probe) -> u64 {
    let toward = probe.vip_path.map(|vip_path| vip_path.toward);
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    (&probe.kind, probe.address, probe.port, toward).hash(&mut hasher);
    (probe.source, probe.proxy_header).hash(&mut hasher);
    hasher.finish()
}

/// What distinguishes a probe from all others, the same on every run.
pub(super) fn identity(probe: &Probe) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    probe.hash(&mut hasher);
    hasher.finish()
}

/// A share from 0 to below 1 for a probe and a number (the mixing of SplitMix64).
fn share(identity: u64, number: u64) -> f64 {
    let mut z = identity ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // 32 bits are plenty and exact.
    f64::from((z >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
}

/// The hash FNV-1a: the standard library's may change with its version.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::model::{ProbeKind, ProxyHeader};

    #[test]
    fn an_interval_varies_within_its_jitter_and_is_the_same_every_time() {
        let interval = ProbeInterval {
            every: Duration::from_secs(10),
            otherwise: [None; 2],
            start_spread: Duration::from_secs(4),
            jitter: 20,
            connects_between: None,
        };
        let steps: Vec<Duration> = (1..100)
            .map(|number| interval.varied(interval.every, 17, number))
            .collect();
        let (low, high) = (Duration::from_secs(8), Duration::from_secs(12));
        assert!(
            steps.iter().all(|step| (low..=high).contains(step)),
            "{steps:?}"
        );
        assert!(steps.iter().any(|step| *step < Duration::from_secs(9)));
        assert!(steps.iter().any(|step| *step > Duration::from_secs(11)));
        assert_eq!(steps[3], interval.varied(interval.every, 17, 4));
        assert_ne!(steps[3], interval.varied(interval.every, 18, 4));
    }

    #[test]
    fn a_probe_from_another_address_or_with_another_header_is_another_one() {
        let probe = |source: Option<IpAddr>, proxy_header, seconds| {
            probe_hash(&Probe {
                kind: ProbeKind::Connect.into(),
                address: [10, 0, 0, 1].into(),
                port: 80,
                timeout: Duration::from_secs(seconds),
                vip_path: None,
                source,
                proxy_header,
            })
        };
        let plain = probe(None, None, 3);
        assert_eq!(plain, probe(None, None, 5));
        assert_ne!(plain, probe(Some([10, 0, 0, 5].into()), None, 3));
        assert_ne!(plain, probe(None, Some(ProxyHeader::V1), 3));
    }

    #[test]
    fn first_questions_are_spread() {
        let interval = ProbeInterval {
            every: Duration::from_secs(10),
            otherwise: [None; 2],
            start_spread: Duration::from_secs(4),
            jitter: 0,
            connects_between: None,
        };
        let waits: Vec<Duration> = (0..50)
            .map(|identity| interval.first_delay(identity))
            .collect();
        assert!(waits.iter().all(|wait| *wait < Duration::from_secs(4)));
        let late = waits.iter().filter(|wait| **wait > Duration::from_secs(2));
        assert!((15..=35).contains(&late.count()), "{waits:?}");
    }
}
