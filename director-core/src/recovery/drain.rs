//! Drains: a server that is to leave stays with weight 0 until its connections have ended, or until time is up.
//!
//! ```text
//!             weight 0 in the kernel, nothing active, two looks apart
//!   waiting ───────────────────────────────────────────────────────────▶ empty
//!      │                       time is up
//!      ├───────────────────────────────────────────────────────────────▶ timed out
//!      └── wanted again: forgotten, its weight rises; it was never deleted
//! ```
//! A datagram service has no connections that could be waited for, so there nothing begins.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{DrainRule, ServiceId, Then};
use crate::moment::Moment;
use crate::overrides::Target;
use crate::scope::ServiceScope;
use crate::table::ServerEntry;

/// How long nothing has to be active: a connection whose handshake is under way does not count as active yet.
const SETTLING: Duration = Duration::from_secs(1);

/// A server that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// How.
    pub rule: DrainRule,
    /// Since when.
    pub since: Moment,
    /// Since when nothing is active while the kernel has weight 0.
    pub quiet_since: Option<Moment>,
    /// How it ended; none while it goes on.
    pub end: Option<DrainEnd>,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DrainEnd {
    /// No connection was active any more.
    Empty,
    /// Time was up, with so many active connections left.
    TimedOut(u32),
}

impl Drain {
    /// When time is up.
    #[must_use]
    pub fn until(&self) -> Option<Moment> {
        self.rule.timeout.map(|timeout| self.since + timeout)
    }

    /// Whether it has ended in the way that it ends. One that ran out of time and stays becomes empty later.
    fn is_at_rest(&self) -> bool {
        match (self.end, self.rule.then) {
            (None, _) | (Some(DrainEnd::TimedOut(_)), Then::Keep) => false,
            (Some(DrainEnd::Empty), _) | (Some(DrainEnd::TimedOut(_)), Then::Remove) => true,
        }
    }

    /// Whether the server may leave the table now. One that is not defined any more and is to be kept leaves when it is
    /// empty.
    #[must_use]
    pub fn lets_go(&self, defined: bool) -> bool {
        match (self.end, self.rule.then) {
            (None, _) => false,
            (Some(_), Then::Remove) => true,
            (Some(end), Then::Keep) => !defined && end == DrainEnd::Empty,
        }
    }
}

/// All servers that leave.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drains {
    by_target: BTreeMap<Target, Drain>,
    /// Servers that have left the table with active connections, how many, for as long as they stay away.
    cut_off: BTreeMap<Target, u32>,
}

impl Drains {
    /// The drain of this server.
    #[must_use]
    pub fn of(&self, target: &Target) -> Option<&Drain> {
        self.by_target.get(target)
    }

    /// Begins a drain that has not begun; a new rule takes the place of the former one. Says whether it began now.
    pub fn begin(&mut self, target: Target, rule: DrainRule, now: Moment) -> bool {
        let mut began = false;
        let drain = self.by_target.entry(target).or_insert_with(|| {
            began = true;
            Drain {
                rule,
                since: now,
                quiet_since: None,
                end: None,
            }
        });
        if drain.rule != rule {
            drain.rule = rule;
            drain.end = None;
        }
        began
    }

    /// Looks at what the kernel held at `read`; says whether the drain ended now. With `clients_stay` persistent clients go on to
    /// a server of weight 0, and the drain waits for them too.
    pub fn look(
        &mut self,
        target: &Target,
        known: Option<&ServerEntry>,
        clients_stay: bool,
        read: Moment,
        now: Moment,
    ) -> Option<DrainEnd> {
        let drain = self.by_target.get_mut(target)?;
        let active = known.map_or(0, |known| known.connections.active);
        // They come back in spite of weight 0.
        let returning = known.map_or(0, |known| known.connections.persistent);
        let quiet = known.is_none_or(|known| known.settings.weight == 0)
            && active == 0
            && (returning == 0 || !clients_stay);
        drain.quiet_since = quiet.then(|| drain.quiet_since.unwrap_or(now));
        if drain.end == Some(DrainEnd::Empty) {
            if quiet {
                // A restart does not have it waited for again.
                return None;
            }
            drain.end = None;
        }
        let settled = drain
            .quiet_since
            .is_some_and(|since| read.since(since) >= SETTLING);
        // Its connections were cut off, so it is not empty only because its entry is gone.
        let cut_off = matches!(drain.end, Some(DrainEnd::TimedOut(_)));
        if cut_off && drain.rule.then == Then::Remove {
            return None;
        }
        let end = if known.is_none() || settled {
            DrainEnd::Empty
        } else if drain.until().is_some_and(|until| until <= now) {
            DrainEnd::TimedOut(active)
        } else {
            return None;
        };
        let before = drain.end.replace(end);
        before.is_none().then_some(end)
    }

    /// Forgets those of these services that are no longer wanted. Of those that left the table and are `away` it remembers how
    /// many connections were cut off. Looks at all drains, which are few.
    pub fn forget(
        &mut self,
        scope: &ServiceScope,
        wanted: impl Fn(&Target) -> bool,
        away: &BTreeSet<Target>,
    ) {
        let is_over = |target: &Target| scope.contains(&target.0) && !wanted(target);
        let over = self.by_target.extract_if(.., |target, _| is_over(target));
        for (target, drain) in over {
            if let (Some(DrainEnd::TimedOut(left)), Then::Remove) = (drain.end, drain.rule.then) {
                self.cut_off.insert(target, left);
            }
        }
        self.cut_off
            .retain(|target, _| !scope.contains(&target.0) || away.contains(target));
    }

    /// How the drain of a server ended that has left the table.
    #[must_use]
    pub fn end_of_absent(&self, target: &Target) -> DrainEnd {
        let cut_off = self.cut_off.get(target);
        cut_off.map_or(DrainEnd::Empty, |left| DrainEnd::TimedOut(*left))
    }

    /// Goes on with drains that have begun.
    pub(super) fn restore(&mut self, drains: Vec<(Target, Drain)>) {
        self.by_target.extend(drains);
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Target, &Drain)> {
        self.by_target.iter()
    }

    /// Whether one of them waits for connections.
    #[must_use]
    pub fn any_waits(&self) -> bool {
        self.by_target.values().any(|drain| drain.end.is_none())
    }

    /// The services of servers of which the next look at the kernel may show something new.
    pub(super) fn in_motion(&self) -> impl Iterator<Item = ServiceId> {
        let drains = self.by_target.iter();
        let moving = drains.filter(|(_, drain)| !drain.is_at_rest());
        moving.map(|((service, _), _)| *service)
    }

    /// When the next one's time is up.
    #[must_use]
    pub fn next_end(&self) -> Option<Moment> {
        let waiting = self.by_target.values().filter(|drain| drain.end.is_none());
        waiting.filter_map(Drain::until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, Family, Forwarding};
    use crate::table::{Connections, ServerSettings};

    const RULE: DrainRule = DrainRule {
        timeout: Some(Duration::from_secs(10)),
        then: Then::Keep,
    };

    fn target() -> Target {
        let service = ServiceId::Mark {
            family: Family::Ipv4,
            mark: 1,
        };
        let endpoint = Endpoint {
            address: [10, 0, 0, 1].into(),
            port: 80,
        };
        (service, endpoint)
    }

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    /// What the drain of an entry with weight 0 and so many active connections ended with, read in this second.
    fn look(drains: &mut Drains, active: u32, second: u64) -> Option<DrainEnd> {
        let mut entry = ServerEntry::new(ServerSettings {
            forwarding: Forwarding::Masq,
            weight: 0,
            upper_threshold: 0,
            lower_threshold: 0,
        });
        entry.connections = Connections {
            active,
            ..Connections::default()
        };
        let now = at(second);
        drains.look(&target(), Some(&entry), false, now, now);
        drains.of(&target()).and_then(|drain| drain.end)
    }

    #[test]
    fn a_drain_that_was_empty_before_a_restart_stays_so_after_its_time() {
        let mut drains = Drains::default();
        let drain = Drain {
            rule: RULE,
            since: at(0),
            quiet_since: None,
            end: Some(DrainEnd::Empty),
        };
        drains.restore(vec![(target(), drain)]);
        assert_eq!(look(&mut drains, 0, 11), Some(DrainEnd::Empty));
    }

    #[test]
    fn a_connection_that_comes_back_is_waited_for_again() {
        let mut drains = Drains::default();
        drains.begin(target(), RULE, at(0));
        let looks = [(0, 1), (0, 2), (1, 3), (0, 4), (0, 5), (1, 6), (2, 11)];
        let ends = looks.map(|(active, second)| look(&mut drains, active, second));
        let (empty, timed_out) = (Some(DrainEnd::Empty), Some(DrainEnd::TimedOut(2)));
        assert_eq!(ends, [None, empty, None, None, empty, None, timed_out]);
    }
}
