//! Whether everything failed at once. One server that fails is a fault of its own; when all of them fail within the same
//! second, and none is left that answers, the fault is more likely the director's: its link, its routes, its switch.
//!
//! Answers come one by one, spread over an interval, so nobody sees a common second directly. What can be seen of a server
//! is its last good answer and its first failure after that; it began to fail somewhere in between. All have failed at
//! once when nobody is good any more, and no failure came before the last good answer of any of them (give or take
//! [`Freeze::within`]). Servers that failed earlier than that are known to have failed by themselves and do not count.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::model::Freeze;
use crate::moment::Moment;

/// The results of a probe so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastResults {
    /// The probed server.
    pub(super) address: IpAddr,
    /// When the last good answer came.
    pub(super) last_good: Option<Moment>,
    /// When the first answer after that came which was not good.
    pub(super) failing_since: Option<Moment>,
}

/// An outage of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// When the first failure of it was seen.
    pub since: Moment,
    /// How many servers, by address, failed in it.
    pub servers: usize,
}

/// A freeze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Since when.
    pub since: Moment,
    /// When it ends by itself; never when none is set.
    pub until: Option<Moment>,
    /// How many servers, by address, failed at once.
    pub servers: usize,
    /// The words of the failure that completed it.
    pub words: String,
}

/// The outage that the witnesses speak of, if they do.
pub(super) fn outage(
    results: impl Iterator<Item = LastResults> + Clone,
    freeze: &Freeze,
) -> Option<Outage> {
    if results
        .clone()
        .any(|last_results| last_results.failing_since.is_none())
    {
        return None;
    }
    let last_good = results
        .clone()
        .filter_map(|last_results| last_results.last_good)
        .max()?;
    let mut servers = BTreeSet::new();
    let mut since: Option<Moment> = None;
    for last_results in results.filter(|last_results| last_results.last_good.is_some()) {
        let Some(began) = last_results.failing_since else {
            continue;
        };
        if last_good.since(began) <= freeze.within {
            servers.insert(last_results.address);
            since = Some(since.map_or(began, |known| known.min(began)));
        }
    }
    let outage = Outage {
        since: since?,
        servers: servers.len(),
    };
    (outage.servers >= freeze.servers).then_some(outage)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const FREEZE: Freeze = Freeze {
        within: Duration::from_secs(1),
        servers: 3,
        lasts: None,
    };

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    /// Witnesses of servers 1, 2, 3, ... by their last good answer and their first failure; 0 is none.
    fn judged(seen: &[(u64, u64)]) -> Option<usize> {
        let moment = |seconds: u64| (seconds > 0).then(|| at(seconds));
        let results = seen
            .iter()
            .zip(1..)
            .map(|((good, failed), last)| LastResults {
                address: IpAddr::from([10, 0, 0, last]),
                last_good: moment(*good),
                failing_since: moment(*failed),
            });
        outage(results, &FREEZE).map(|outage| outage.servers)
    }

    #[test]
    fn all_have_failed_at_once_when_nobody_was_good_after_the_first_failure() {
        assert_eq!(judged(&[(10, 15), (13, 18), (14, 14)]), Some(3));
        assert_eq!(judged(&[(10, 15), (13, 18), (14, 0)]), None, "one is good");
        assert_eq!(judged(&[(10, 15), (13, 18)]), None, "too few");
        assert_eq!(
            judged(&[(10, 11), (13, 18), (14, 15)]),
            None,
            "one failed before"
        );
        assert_eq!(
            judged(&[(10, 13), (13, 18), (14, 15)]),
            Some(3),
            "within a second"
        );
    }

    #[test]
    fn servers_that_failed_earlier_or_were_never_good_do_not_count() {
        let three = [(10, 15), (13, 18), (14, 15)];
        assert_eq!(judged(&[&three[..], &[(2, 5), (0, 3)]].concat()), Some(3));
        assert_eq!(judged(&[&three[..2], &[(2, 5), (0, 3)]].concat()), None);
        assert_eq!(judged(&[]), None);
    }
}
