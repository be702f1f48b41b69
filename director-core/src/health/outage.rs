//! Whether all servers fell silent at once. One silent server is a fault of its own; when all of them fall silent within the
//! same second, the fault may be the director's: its link, its routes, its switch. An answer, also one that fails a check,
//! proves that the director reaches the server, so answers never make an outage.
//!
//! Answers come one by one, spread over an interval, so nobody sees a common second directly. What can be seen of a server
//! is when it was last heard and its first silence after that; it fell silent somewhere in between. All fell silent at once
//! when no server is heard any more, and no silence came before the last answer of any of them (give or take
//! [`Freeze::within`]). Servers that fell silent earlier than that did so by themselves and do not count.

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
    /// When the server was last heard, whatever it answered.
    pub(super) last_heard: Option<Moment>,
    /// When the first probe after that ended without an answer.
    pub(super) silent_since: Option<Moment>,
}

/// An outage of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// When the first silence of it was seen.
    pub since: Moment,
    /// How many servers, by address, fell silent in it.
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
    /// Which services it holds.
    #[serde(default)]
    pub scope: FreezeScope,
}

/// Which services a freeze holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FreezeScope {
    /// All; none has a fallback or can be withdrawn.
    #[default]
    All,
    /// Those without a fallback that cannot be withdrawn; nothing could take their place.
    WithoutReplacement,
    /// All, since this director reaches neither its gateways nor a fallback server.
    CutOff,
}

/// The outage that the results show, if they do.
pub(super) fn outage(
    results: impl Iterator<Item = LastResults> + Clone,
    freeze: &Freeze,
) -> Option<Outage> {
    if results
        .clone()
        .any(|last_results| last_results.silent_since.is_none())
    {
        return None;
    }
    let last_heard = results
        .clone()
        .filter_map(|last_results| last_results.last_heard)
        .max()?;
    let mut servers = BTreeSet::new();
    let mut since: Option<Moment> = None;
    for last_results in results.filter(|last_results| last_results.last_heard.is_some()) {
        let Some(began) = last_results.silent_since else {
            continue;
        };
        if last_heard.since(began) <= freeze.within {
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

    /// Results of servers 1, 2, 3, ... by their last answer and their first silence; 0 is none.
    fn judged(seen: &[(u64, u64)]) -> Option<usize> {
        let moment = |seconds: u64| (seconds > 0).then(|| at(seconds));
        let results = seen
            .iter()
            .zip(1..)
            .map(|((heard, silent), last)| LastResults {
                address: IpAddr::from([10, 0, 0, last]),
                last_heard: moment(*heard),
                silent_since: moment(*silent),
            });
        outage(results, &FREEZE).map(|outage| outage.servers)
    }

    #[test]
    fn all_fell_silent_at_once_when_no_server_was_heard_after_the_first_silence() {
        assert_eq!(judged(&[(10, 15), (13, 18), (14, 14)]), Some(3));
        assert_eq!(judged(&[(10, 15), (13, 18), (14, 0)]), None, "one answers");
        assert_eq!(judged(&[(10, 15), (13, 18)]), None, "too few");
        assert_eq!(
            judged(&[(10, 11), (13, 18), (14, 15)]),
            None,
            "one was silent before"
        );
        assert_eq!(
            judged(&[(10, 13), (13, 18), (14, 15)]),
            Some(3),
            "within a second"
        );
    }

    #[test]
    fn servers_that_fell_silent_earlier_or_were_never_heard_do_not_count() {
        let three = [(10, 15), (13, 18), (14, 15)];
        assert_eq!(judged(&[&three[..], &[(2, 5), (0, 3)]].concat()), Some(3));
        assert_eq!(judged(&[&three[..2], &[(2, 5), (0, 3)]].concat()), None);
        assert_eq!(judged(&[]), None);
    }
}
