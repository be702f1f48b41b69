//! What the name service said about host names, kept for as long as it holds. While it does not answer, its last answer
//! stays. Resolving blocks, so no task that must not wait calls [`NameCache::learn`].
//!
//! Invariant: the address that stands for a name stays the same for as long as the name service names it at all, so that
//! the order of an answer moves no traffic.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use director_core::definitions::HostName;
use director_core::model::Family;

use super::lifetime;

/// Who knows the addresses of a host.
pub(super) type HostLookup = fn(&str) -> io::Result<Vec<IpAddr>>;
/// Who knows for how long these addresses of a host hold.
type Lifetime = fn(&str, &[IpAddr]) -> Option<Duration>;

/// When a name that could not be resolved is asked for again: after the first failure, doubled with each further one, and at
/// the latest.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(10);
/// Bounds for what a name server says about how long an answer holds.
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);
/// Names that are resolved at the same time.
const AT_ONCE: usize = 16;
/// Why a name has no address before its first answer.
const NOT_ANSWERED: &str = "no answer from the name service yet";

/// The name service of the system: /etc/hosts, DNS and whatever else it is set up to ask.
fn system_hosts(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok(dns_lookup::lookup_host(name)?.collect())
}

/// All names and what is known of them. Clones share it.
#[derive(Debug, Clone)]
pub struct NameCache {
    lookup: HostLookup,
    lifetime: Lifetime,
    book: Arc<NameBook>,
}

#[derive(Debug, Default)]
struct NameBook {
    names: Mutex<BTreeMap<String, ResolvedName>>,
    /// A name that was asked for has its answer.
    answered: Condvar,
}

#[derive(Debug, Clone)]
struct ResolvedName {
    addresses: Vec<IpAddr>,
    /// The address that stands for the name, where one of this family is wanted.
    chosen: BTreeMap<Family, IpAddr>,
    /// Why it could not be resolved the last time.
    failure: Option<String>,
    /// Failures in a row.
    failures: u32,
    due: Instant,
    /// It is being asked for.
    asking: bool,
}

impl ResolvedName {
    fn unknown(now: Instant) -> Self {
        Self {
            addresses: Vec::new(),
            chosen: BTreeMap::new(),
            failure: None,
            failures: 0,
            due: now,
            asking: false,
        }
    }
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

    /// Takes what names stood for before a restart. Their addresses stay in use until the name service gives others.
    pub fn remember(&self, names: &[HostName]) {
        let mut book = self.book();
        for name in names.iter().filter(|name| !name.addresses.is_empty()) {
            let mut known = ResolvedName::unknown(Instant::now());
            for address in &name.addresses {
                known.chosen.insert(Family::of(*address), *address);
            }
            known.addresses.clone_from(&name.addresses);
            book.entry(name.name.clone()).or_insert(known);
        }
    }

    fn book(&self) -> MutexGuard<'_, BTreeMap<String, ResolvedName>> {
        // Whoever panicked while it held the book left it whole: entries are replaced, never half written.
        let names = self.book.names.lock();
        names.unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for those names that were never asked for or whose answers no longer hold; an answer of unknown life holds
    /// for `every`. Waits for the answers, but not longer than `wait`: what comes later is noted when it comes. Blocks.
    pub fn learn<'n>(
        &self,
        names: impl IntoIterator<Item = &'n str>,
        every: Duration,
        wait: Duration,
    ) {
        let end = Instant::now() + wait;
        let names: BTreeSet<&str> = names.into_iter().collect();
        self.ask_for(self.due(&names), every);
        let mut book = self.book();
        let is_asked = |book: &BTreeMap<String, ResolvedName>, name: &&&str| {
            book.get(**name).is_some_and(|known| known.asking)
        };
        while names.iter().any(|name| is_asked(&book, &name)) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.book.answered.wait_timeout(book, left);
            book = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        for name in names {
            if let Some(known) = book.get_mut(name)
                && known.asking
                && known.addresses.is_empty()
            {
                let failure = &mut known.failure;
                failure.get_or_insert_with(|| NOT_ANSWERED.to_owned());
            }
        }
    }

    /// Names whose answers no longer hold; from now on they are asked for.
    fn due(&self, names: &BTreeSet<&str>) -> VecDeque<String> {
        let now = Instant::now();
        let mut book = self.book();
        let mut due = VecDeque::new();
        for name in names {
            let known = book.entry((*name).to_owned());
            let known = known.or_insert_with(|| ResolvedName::unknown(now));
            if !known.asking && known.due <= now {
                known.asking = true;
                due.push_back((*name).to_owned());
            }
        }
        due
    }

    /// Asks for names on threads of their own, which no one has to wait for.
    fn ask_for(&self, due: VecDeque<String>, every: Duration) {
        let threads = due.len().min(AT_ONCE);
        let due = Arc::new(Mutex::new(due));
        for _ in 0..threads {
            let (cache, queue) = (self.clone(), Arc::clone(&due));
            let asking = thread::Builder::new().name("names".to_owned());
            let started = asking.spawn(move || {
                while let Some(name) = next(&queue) {
                    let pending = PendingLookup {
                        cache: &cache,
                        name: &name,
                        every,
                    };
                    pending.run();
                }
            });
            if started.is_err() {
                break;
            }
        }
        // No thread is there where not even one could be started: each name has failed then.
        if Arc::strong_count(&due) == 1 {
            while let Some(name) = next(&due) {
                let failure = "no thread could be started for the lookup";
                self.note(&name, Err(failure.to_owned()), every);
            }
        }
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
    ) {
        let now = Instant::now();
        let mut book = self.book();
        let known = book.entry(name.to_owned());
        let known = known.or_insert_with(|| ResolvedName::unknown(now));
        known.asking = false;
        match answer {
            Ok((addresses, lifetime)) => known.resolved(name, addresses, lifetime, every),
            Err(reason) => known.failed(name, reason, every),
        }
        self.book.answered.notify_all();
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

    /// What is known of these names, as the state of the director shows it.
    #[must_use]
    pub fn all_shown<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<HostName> {
        let names = names.into_iter();
        names.filter_map(|name| self.shown(name)).collect()
    }

    /// When the next of these names is to be asked for again; now while an answer is to come.
    pub fn next_due<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<Instant> {
        let now = Instant::now();
        let book = self.book();
        let dues = names
            .into_iter()
            .filter_map(|name| book.get(name))
            .map(|known| if known.asking { now } else { known.due });
        dues.min()
    }
}

impl ResolvedName {
    fn resolved(
        &mut self,
        name: &str,
        addresses: Vec<IpAddr>,
        lifetime: Option<Duration>,
        every: Duration,
    ) {
        self.chosen.retain(|family, address| {
            let fits = |address: &IpAddr| Family::of(*address) == *family;
            let stays =
                addresses.contains(address) && (fits(address) || !addresses.iter().any(fits));
            if !stays {
                let shown = preferred(&addresses, *family);
                tracing::info!(
                    "host name {name} changed from {address} to {}",
                    Shown(shown)
                );
            }
            stays
        });
        if self.failures > 0 {
            tracing::info!("host name {name} is resolved again");
        }
        self.addresses = addresses;
        self.failure = None;
        self.failures = 0;
        let holds = lifetime.map_or(every, |ttl| ttl.clamp(SHORTEST, LONGEST));
        self.due = Instant::now() + holds;
    }

    fn failed(&mut self, name: &str, reason: String, every: Duration) {
        if self.failures == 0 && !self.addresses.is_empty() {
            tracing::warn!("cannot resolve host name {name}, keeping its last address: {reason}");
        }
        // The first reason stays, so that another wording of one fault is no news.
        if self.failures == 0 {
            self.failure = Some(reason);
        }
        let doubled = FIRST_RETRY.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.due = Instant::now() + doubled.min(LAST_RETRY).min(every);
    }
}

fn next(queue: &Mutex<VecDeque<String>>) -> Option<String> {
    let queue = queue.lock();
    queue.unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// A name that is asked for. Its answer is noted however the lookup ends.
struct PendingLookup<'a> {
    cache: &'a NameCache,
    name: &'a str,
    every: Duration,
}

impl PendingLookup<'_> {
    fn run(self) {
        let answer = self.cache.ask(self.name);
        self.cache.note(self.name, answer, self.every);
    }
}

impl Drop for PendingLookup<'_> {
    fn drop(&mut self) {
        let book = self.cache.book();
        let is_open = book.get(self.name).is_some_and(|known| known.asking);
        drop(book);
        if is_open {
            let failure = Err("the lookup was interrupted".to_owned());
            self.cache.note(self.name, failure, self.every);
        }
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
#[path = "names_tests.rs"]
mod tests;
