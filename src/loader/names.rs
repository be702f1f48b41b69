//! What the name service said about host names, kept for as long as it holds. While it does not answer, its last answer
//! stays. Resolving blocks, so no task that must not wait calls [`NameCache::learn`].
//!
//! Invariant: the address that stands for a name stays the same for as long as the name service names it at all, so that
//! the order of an answer moves no traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use director_core::definitions::HostName;
use director_core::model::Family;

use super::lifetime;

/// Who knows the addresses of a host.
pub(super) type HostLookup = fn(&str) -> io::Result<Vec<IpAddr>>;
/// Who knows for how long these addresses of a host hold.
type Lifetime = fn(&str, &[IpAddr]) -> Option<Duration>;

/// When a name that could not be resolved is asked for again, at the latest.
const RETRY: Duration = Duration::from_secs(10);
/// Bounds for what a name server says about how long an answer holds.
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);
/// Names that are resolved at the same time.
const AT_ONCE: usize = 16;

/// The name service of the system: /etc/hosts, DNS and whatever else it is set up to ask.
fn system_hosts(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok(dns_lookup::lookup_host(name)?.collect())
}

/// All names and what is known of them. Clones share it.
#[derive(Debug, Clone)]
pub struct NameCache {
    lookup: HostLookup,
    lifetime: Lifetime,
    book: Arc<Mutex<BTreeMap<String, ResolvedName>>>,
}

#[derive(Debug, Clone)]
struct ResolvedName {
    addresses: Vec<IpAddr>,
    /// The address that stands for the name, where one of this family is wanted.
    chosen: BTreeMap<Family, IpAddr>,
    /// Why it could not be resolved the last time.
    failure: Option<String>,
    due: Instant,
}

impl Default for NameCache {
    fn default() -> Self {
        Self {
            lookup: system_hosts,
            lifetime: |_, _| None,
            book: Arc::default(),
        }
    }
}

impl NameCache {
    /// A cache whose names are resolved again, so that it keeps how long each answer holds.
    #[must_use]
    pub fn lasting() -> Self {
        Self {
            lifetime: lifetime::of_answer,
            ..Self::default()
        }
    }

    /// A cache with a name service of the test.
    #[cfg(test)]
    pub(super) fn known_by(lookup: HostLookup) -> Self {
        Self {
            lookup,
            ..Self::default()
        }
    }

    fn book(&self) -> MutexGuard<'_, BTreeMap<String, ResolvedName>> {
        // Whoever panicked while it held the book left it whole: entries are replaced, never half written.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for those names that were never asked for or whose answers no longer hold; an answer of unknown life holds
    /// for `every`. Says whether any of them stands for another address now, or fails as it did not before. Blocks.
    pub fn learn<'n>(&self, names: impl IntoIterator<Item = &'n str>, every: Duration) -> bool {
        let now = Instant::now();
        let due: BTreeSet<&str> = {
            let book = self.book();
            let is_due = |name: &&str| book.get(*name).is_none_or(|known| known.due <= now);
            names.into_iter().filter(is_due).collect()
        };
        let due: Vec<&str> = due.into_iter().collect();
        let mut changed = false;
        for some in due.chunks(AT_ONCE) {
            let answers: Vec<_> = thread::scope(|scope| {
                let asking: Vec<_> = some
                    .iter()
                    .map(|name| scope.spawn(|| self.ask(name)))
                    .collect();
                asking
                    .into_iter()
                    .map(thread::ScopedJoinHandle::join)
                    .collect()
            });
            for (name, answer) in some.iter().zip(answers) {
                let answer =
                    answer.unwrap_or_else(|_| Err("the lookup was interrupted".to_owned()));
                changed |= self.note(name, answer, every);
            }
        }
        changed
    }

    fn ask(&self, name: &str) -> Result<(Vec<IpAddr>, Option<Duration>), String> {
        let addresses = (self.lookup)(name).map_err(|error| error.to_string())?;
        if addresses.is_empty() {
            return Err("it has no address".to_owned());
        }
        let lifetime = (self.lifetime)(name, &addresses);
        Ok((addresses, lifetime))
    }

    fn note(
        &self,
        name: &str,
        answer: Result<(Vec<IpAddr>, Option<Duration>), String>,
        every: Duration,
    ) -> bool {
        let now = Instant::now();
        let mut book = self.book();
        let former = book.get(name).cloned();
        let failed_before = former.as_ref().is_some_and(|known| known.failure.is_some());
        match answer {
            Ok((addresses, lifetime)) => {
                let mut chosen = former.map(|known| known.chosen).unwrap_or_default();
                let mut moved = false;
                chosen.retain(|family, address| {
                    let stays = addresses.contains(address);
                    if !stays {
                        let shown = preferred(&addresses, *family);
                        tracing::info!(
                            "host name {name} changed from {address} to {}",
                            Shown(shown)
                        );
                    }
                    moved |= !stays;
                    stays
                });
                if failed_before {
                    tracing::info!("host name {name} is resolved again");
                }
                let holds = lifetime.map_or(every, |ttl| ttl.clamp(SHORTEST, LONGEST));
                let known = ResolvedName {
                    addresses,
                    chosen,
                    failure: None,
                    due: now + holds,
                };
                book.insert(name.to_owned(), known);
                moved || failed_before
            }
            Err(reason) => {
                let known = book.entry(name.to_owned()).or_insert_with(|| ResolvedName {
                    addresses: Vec::new(),
                    chosen: BTreeMap::new(),
                    failure: None,
                    due: now,
                });
                if !failed_before && !known.addresses.is_empty() {
                    tracing::warn!(
                        "cannot resolve host name {name}, keeping its last address: {reason}"
                    );
                }
                known.failure = Some(reason);
                known.due = now + every.min(RETRY);
                !failed_before
            }
        }
    }

    /// The address that stands for a name; none when it was never resolved. Where none of the wanted family is known one
    /// of the other is taken, since a tunnel may lead there.
    pub(super) fn address(&self, name: &str, wanted: Family) -> Option<IpAddr> {
        let mut book = self.book();
        let known = book.get_mut(name)?;
        let chosen = known.chosen.get(&wanted).copied();
        let address = chosen.or_else(|| preferred(&known.addresses, wanted))?;
        known.chosen.insert(wanted, address);
        Some(address)
    }

    /// A name as the state of the director shows it.
    pub(super) fn shown(&self, name: &str) -> Option<HostName> {
        let book = self.book();
        let known = book.get(name)?;
        Some(HostName {
            name: name.to_owned(),
            addresses: known
                .chosen
                .values()
                .copied()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            failure: known.failure.clone(),
        })
    }

    /// When the next of these names is to be asked for again.
    pub fn next_due<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<Instant> {
        let book = self.book();
        let dues = names
            .into_iter()
            .filter_map(|name| Some(book.get(name)?.due));
        dues.min()
    }
}

fn preferred(addresses: &[IpAddr], wanted: Family) -> Option<IpAddr> {
    let of_family = addresses
        .iter()
        .find(|address| Family::of(**address) == wanted);
    of_family.or(addresses.first()).copied()
}

struct Shown(Option<IpAddr>);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("nothing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(60);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn answered(names: &NameCache, answer: Result<&[&str], &str>) -> bool {
        let answer = answer
            .map(|texts| (texts.iter().map(|text| address(text)).collect(), None))
            .map_err(str::to_owned);
        names.note("web", answer, EVERY)
    }

    #[test]
    fn the_order_of_addresses_in_an_answer_moves_no_traffic() {
        let names = NameCache::default();
        answered(&names, Ok(&["10.0.0.1", "10.0.0.2"]));
        assert_eq!(
            names.address("web", Family::Ipv4),
            Some(address("10.0.0.1"))
        );
        assert!(!answered(&names, Ok(&["10.0.0.2", "10.0.0.1"])));
        assert_eq!(
            names.address("web", Family::Ipv4),
            Some(address("10.0.0.1"))
        );
        assert!(answered(&names, Ok(&["10.0.0.2"])));
        assert_eq!(
            names.address("web", Family::Ipv4),
            Some(address("10.0.0.2"))
        );
    }

    #[test]
    fn the_last_answer_stays_while_there_is_none() {
        let names = NameCache::default();
        answered(&names, Ok(&["10.0.0.1"]));
        names.address("web", Family::Ipv4);
        assert!(answered(&names, Err("timed out")));
        assert!(!answered(&names, Err("timed out")), "said once");
        assert_eq!(
            names.address("web", Family::Ipv4),
            Some(address("10.0.0.1"))
        );
        let shown = names.shown("web").unwrap();
        assert_eq!(shown.failure.as_deref(), Some("timed out"));
        assert_eq!(shown.addresses, [address("10.0.0.1")]);
        assert!(answered(&names, Ok(&["10.0.0.1"])), "it works again");
        assert_eq!(names.shown("web").unwrap().failure, None);
    }

    #[test]
    fn an_expired_answer_is_resolved_again() {
        let names = NameCache::default();
        names.note(
            "web",
            Ok((vec![address("10.0.0.1")], Some(Duration::from_secs(300)))),
            EVERY,
        );
        names.note(
            "short",
            Ok((vec![address("10.0.0.1")], Some(Duration::ZERO))),
            EVERY,
        );
        answered(&names, Ok(&["10.0.0.1"]));
        let left = |name: &str| {
            let due = names.next_due([name]).unwrap();
            due.duration_since(Instant::now()).as_secs_f64().round()
        };
        assert_eq!(left("web"), 60.0);
        assert_eq!(left("short"), 5.0);
        answered(&names, Err("timed out"));
        assert_eq!(left("web"), 10.0);
        assert_eq!(names.next_due(["unknown"]), None);
    }
}
