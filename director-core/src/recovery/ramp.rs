//! Slow start: a server that returns gets a growing share of its weight, by Envoy's formula (its documentation, "Slow start
//! mode"): `max(from, (elapsed / window) ^ (1 / aggression))`.
//!
//! A ramp needs room between 0 and the weight. The kernel knows whole numbers only, so all weights of a service with a
//! slow start are multiplied by one factor, always: a service whose factor changed with each return would have all its
//! weights rewritten one by one, and wrong shares meanwhile.

use std::collections::btree_map::Range;
use std::collections::{BTreeMap, BTreeSet, btree_set};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{LARGEST_WEIGHT, ServiceId, SlowStart, VirtualService};
use crate::moment::Moment;
use crate::overrides::{Target, targets_of};
use crate::scope::ServiceScope;

/// The smallest weight that gives a ramp its room: one per cent is a step.
const ROOM: u32 = 100;
/// Weights of a ramp are written at most this often.
const SHORTEST_STEP: Duration = Duration::from_secs(1);
/// The slow start of a service, where one can be carried out.
#[must_use]
pub fn slow_start(service: &VirtualService) -> Option<&SlowStart> {
    let rule = service.recovery.slow_start.as_ref()?;
    service.scheduling.weight_is_share().then_some(rule)
}

/// The factor that gives the weights of a service room for a ramp; 1 when it has none.
#[must_use]
pub fn room(service: &VirtualService) -> u32 {
    if slow_start(service).is_none() {
        return 1;
    }
    let weights = || service.real_servers.iter().map(|server| server.weight);
    let smallest = weights().filter(|weight| *weight > 0).min().unwrap_or(ROOM);
    let largest = weights().max().unwrap_or(1).max(1);
    ROOM.div_ceil(smallest).min(LARGEST_WEIGHT / largest).max(1)
}

/// A weight as the kernel has it, with room for a ramp.
#[must_use]
pub fn with_room(weight: u32, room: u32) -> u32 {
    weight.saturating_mul(room).min(LARGEST_WEIGHT)
}

/// This share of a weight, never nothing of something.
#[must_use]
pub fn scaled(weight: u32, percent: u32) -> u32 {
    let share = (u64::from(weight) * u64::from(percent)).div_ceil(100);
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// The serving servers of services with a slow start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ramps {
    /// When those came into service whose slow start is under way.
    rising: BTreeMap<Target, Ramp>,
    /// Those that are through with it.
    complete: BTreeSet<Target>,
}

/// A slow start under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ramp {
    /// Since when.
    pub since: Moment,
    /// What lay behind it then: a director that has just started finds ramps that are older than itself.
    head: Duration,
}

impl Ramp {
    /// The time that lies behind it.
    #[must_use]
    pub fn elapsed(&self, now: Moment) -> Duration {
        now.since(self.since) + self.head
    }
}

impl Ramps {
    /// Whether this server is known to be in service.
    #[must_use]
    pub fn knows(&self, target: &Target) -> bool {
        self.rising.contains_key(target) || self.complete.contains(target)
    }

    /// A server came into service. What the kernel gives it already it keeps: after a restart a ramp goes on where it was.
    pub fn begin(
        &mut self,
        target: Target,
        rule: &SlowStart,
        full: u32,
        kernel: Option<u32>,
        now: Moment,
    ) {
        let percent = kernel.map_or(0, |weight| u64::from(weight) * 100 / u64::from(full.max(1)));
        let ramp = (percent < 100).then(|| Ramp {
            since: now,
            head: rule.window.mul_f64(elapsed_share(rule, percent)),
        });
        self.set(target, ramp);
    }

    /// Goes on with slow starts that have begun.
    pub(super) fn restore(&mut self, ramps: Vec<(Target, Option<Ramp>)>) {
        for (target, ramp) in ramps {
            self.set(target, ramp);
        }
    }

    /// The servers in service of some services, with their slow starts.
    pub(super) fn of_services(&self, scope: &ServiceScope) -> Vec<(Target, Option<Ramp>)> {
        let mut all = Vec::new();
        let mut add = |rising: Range<'_, Target, Ramp>, complete: btree_set::Range<'_, Target>| {
            all.extend(rising.map(|(target, ramp)| (*target, Some(*ramp))));
            all.extend(complete.map(|target| (*target, None)));
        };
        match scope {
            ServiceScope::All => add(self.rising.range(..), self.complete.range(..)),
            ServiceScope::Services(services) => {
                for service in services {
                    let targets = targets_of(*service);
                    add(
                        self.rising.range(targets.clone()),
                        self.complete.range(targets),
                    );
                }
            }
        }
        all
    }

    /// A server is in service with all its weight.
    pub fn complete(&mut self, target: Target) {
        self.set(target, None);
    }

    /// Servers of these services are no longer in service, or have no slow start any more.
    pub fn retain(&mut self, scope: &ServiceScope, in_service: impl Fn(&Target) -> bool) {
        let ServiceScope::Services(services) = scope else {
            self.rising.retain(|target, _| in_service(target));
            self.complete.retain(in_service);
            return;
        };
        for service in services {
            let of_service = targets_of(*service);
            let gone = |target: &Target| !in_service(target);
            let rising = self
                .rising
                .extract_if(of_service.clone(), |target, _| gone(target));
            rising.for_each(drop);
            self.complete.extract_if(of_service, gone).for_each(drop);
        }
    }

    /// The services of slow starts that are under way.
    pub(crate) fn under_way(&self) -> impl Iterator<Item = ServiceId> {
        self.rising.keys().map(|(service, _)| *service)
    }

    fn set(&mut self, target: Target, ramp: Option<Ramp>) {
        match ramp {
            Some(ramp) => {
                self.complete.remove(&target);
                self.rising.insert(target, ramp);
            }
            None => {
                self.rising.remove(&target);
                self.complete.insert(target);
            }
        }
    }

    /// The slow start of a server, while it has one.
    #[must_use]
    pub fn of(&self, target: &Target) -> Option<Ramp> {
        self.rising.get(target).copied()
    }

    /// Notes that a server has its full weight when its time is over.
    pub fn settle(&mut self, target: &Target, rule: &SlowStart, now: Moment) {
        let ramp = self.rising.get(target);
        if ramp.is_some_and(|ramp| ramp.elapsed(now) >= rule.window) {
            self.set(*target, None);
        }
    }
}

impl SlowStart {
    /// The share of the weight after this time, per cent.
    #[must_use]
    pub fn percent(&self, elapsed: Duration) -> u32 {
        let time = elapsed.max(SHORTEST_STEP).as_secs_f64() / self.window.as_secs_f64();
        let share = time.min(1.0).powf(1.0 / self.aggression) * 100.0;
        // At most 100, so nothing is lost.
        (share as u32).clamp(self.from_percent, 100)
    }

    /// The time between two steps.
    #[must_use]
    pub fn step(&self) -> Duration {
        (self.window / ROOM).max(SHORTEST_STEP)
    }
}

/// The share of the window after which the weight has this share.
fn elapsed_share(rule: &SlowStart, percent: u64) -> f64 {
    if percent <= u64::from(rule.from_percent) {
        return 0.0;
    }
    (percent as f64 / 100.0).powf(rule.aggression)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(aggression: f64) -> SlowStart {
        SlowStart {
            window: Duration::from_secs(100),
            aggression,
            from_percent: 10,
        }
    }

    #[test]
    fn the_share_follows_envoys_formula() {
        let at =
            |aggression: f64, seconds: u64| rule(aggression).percent(Duration::from_secs(seconds));
        let line: Vec<u32> = [0, 5, 10, 25, 50, 99, 100, 500].map(|s| at(1.0, s)).into();
        assert_eq!(line, [10, 10, 10, 25, 50, 99, 100, 100]);
        assert_eq!((at(2.0, 25), at(2.0, 1)), (50, 10));
        assert_eq!((at(0.5, 50), at(0.5, 90)), (25, 81));
    }

    #[test]
    fn a_ramp_goes_on_where_the_kernel_has_it() {
        let service = crate::model::ServiceId::Mark {
            family: crate::model::Family::Ipv4,
            mark: 1,
        };
        let endpoint = crate::model::Endpoint {
            address: [10, 0, 0, 1].into(),
            port: 80,
        };
        let target = (service, endpoint);
        let now = Moment::START;
        let mut ramps = Ramps::default();
        for aggression in [0.5, 1.0, 3.0] {
            ramps.begin(target, &rule(aggression), 200, Some(100), now);
            let elapsed = ramps.of(&target).unwrap().elapsed(now);
            let percent = rule(aggression).percent(elapsed);
            assert!((49..=50).contains(&percent), "{percent}");
        }
        ramps.begin(target, &rule(1.0), 200, Some(200), now);
        assert_eq!((ramps.of(&target), ramps.knows(&target)), (None, true));
        ramps.begin(target, &rule(1.0), 200, None, now);
        assert_eq!(ramps.of(&target).unwrap().elapsed(now), Duration::ZERO);
    }

    #[test]
    fn a_share_of_something_is_never_nothing() {
        assert_eq!([scaled(1, 10), scaled(100, 37), scaled(0, 50)], [1, 37, 0]);
    }

    #[test]
    fn a_weight_with_room_is_not_above_the_largest_one() {
        let largest = LARGEST_WEIGHT;
        assert_eq!([with_room(3, 100), with_room(largest, 2)], [300, largest]);
    }
}
