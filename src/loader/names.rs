//! What the name service said about host names, kept for as long as it holds. While it does not answer, its last answer
//! stays. Resolving blocks, so no task that must not wait calls [`NameCache::learn`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use director_core::definitions::{HostName, SrvRecord, is_service_name, is_source_name};
use director_core::model::Family;

use super::known_name::{HostAnswer, KnownName, NameUse};
use super::{name_server, system_hosts};
use crate::sources;

/// The addresses of a host, of one family or of both.
pub(super) type HostLookup = fn(&str, Option<Family>) -> Result<Vec<IpAddr>, LookupFailure>;
/// How long these addresses of a host hold.
type Lifetime = fn(&str, &[IpAddr]) -> Option<Duration>;
/// The SRV records of a service, and how long they hold.
pub(super) type ServiceLookup = fn(&str) -> Result<(Vec<SrvRecord>, Duration), String>;

/// Names that are resolved at the same time.
const AT_ONCE: usize = 16;
/// Longer than one reading takes.
const KEPT_FOR: Duration = Duration::from_secs(3600);
/// Why a name has no address before its first answer.
const NOT_ANSWERED: &str = "no answer from the name service yet";

/// Why a name has no address.
#[derive(Debug)]
pub(super) struct LookupFailure {
    pub(super) reason: String,
    /// The name service may give another answer soon.
    pub(super) is_temporary: bool,
}

/// The servers that an SRV name or a source stands for.
fn listed_servers(name: &str) -> Result<(Vec<SrvRecord>, Duration), String> {
    match is_source_name(name) {
        true => sources::servers(name),
        false => name_server::services(name),
    }
}

/// All names and what is known of them. Clones share it.
#[derive(Debug, Clone)]
pub struct NameCache {
    hosts: HostLookup,
    services: ServiceLookup,
    lifetime: Lifetime,
    book: Arc<NameBook>,
}

#[derive(Debug, Default)]
struct NameBook {
    names: Mutex<BTreeMap<String, KnownName>>,
    /// A lookup has ended.
    answered: Condvar,
}

impl Default for NameCache {
    fn default() -> Self {
        Self {
            hosts: system_hosts::addresses,
            services: listed_servers,
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
            lifetime: name_server::lifetime,
            ..Self::default()
        }
    }

    /// A cache in which these names keep their addresses. All others are looked up.
    #[must_use]
    pub fn fixed(names: &[HostName]) -> Self {
        let cache = Self::default();
        cache.remember(names);
        let due = Instant::now() + KEPT_FOR;
        cache.book().values_mut().for_each(|known| known.due = due);
        cache
    }

    /// A cache that looks nothing up: names stand for what is remembered of them.
    #[cfg(test)]
    pub(crate) fn without_lookups() -> Self {
        Self {
            hosts: |_, _| {
                Err(LookupFailure {
                    reason: NOT_ANSWERED.to_owned(),
                    is_temporary: true,
                })
            },
            services: |_| Err(NOT_ANSWERED.to_owned()),
            ..Self::default()
        }
    }

    /// A cache with a name service of the test.
    #[cfg(test)]
    pub(super) fn known_by(hosts: HostLookup) -> Self {
        Self {
            hosts,
            services: |_| Err("no SRV records in this test".to_owned()),
            ..Self::default()
        }
    }

    /// The same with SRV records.
    #[cfg(test)]
    pub(super) fn with_services(self, services: ServiceLookup) -> Self {
        Self { services, ..self }
    }

    /// Takes what names stood for before a restart. Their addresses stay in use until the name service gives others.
    pub fn remember(&self, names: &[HostName]) {
        let mut book = self.book();
        for name in names {
            let known = KnownName::remembered(name);
            if known.is_known() {
                book.entry(name.name.clone()).or_insert(known);
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, BTreeMap<String, KnownName>> {
        // A thread that panicked while it held the book left it whole: entries are replaced, never half written.
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
        let is_asked = |book: &BTreeMap<String, KnownName>, name: &&&str| {
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
                && !known.is_known()
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
            let known = known.or_insert_with(|| KnownName::unknown(now));
            if let Ok(address) = name.parse::<IpAddr>() {
                // A source names servers by their addresses; there is nothing to ask for.
                known.is_address(address, now + KEPT_FOR);
            } else if !known.asking && known.due <= now {
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

    fn ask(&self, name: &str) -> Result<(HostAnswer, Option<Duration>), String> {
        if is_service_name(name) || is_source_name(name) {
            let (records, lifetime) = (self.services)(name)?;
            let addresses = Vec::new();
            return Ok((HostAnswer { addresses, records }, Some(lifetime)));
        }
        let mut addresses = (self.hosts)(name, None).map_err(|failure| failure.reason)?;
        // A name server that answers for one family only leaves an answer without the other (getaddrinfo(3) of glibc).
        let known = self.book().get(name).map(KnownName::families);
        for family in known.unwrap_or_default() {
            if addresses
                .iter()
                .any(|address| Family::of(*address) == family)
            {
                continue;
            }
            match (self.hosts)(name, Some(family)) {
                Ok(more) => addresses.extend(more),
                Err(failure) if failure.is_temporary => {
                    let reason = failure.reason;
                    return Err(format!("no answer about its {family} addresses: {reason}"));
                }
                Err(_) => {}
            }
        }
        if addresses.is_empty() {
            return Err("it has no address".to_owned());
        }
        let lifetime = (self.lifetime)(name, &addresses);
        let records = Vec::new();
        Ok((HostAnswer { addresses, records }, lifetime))
    }

    fn note(
        &self,
        name: &str,
        answer: Result<(HostAnswer, Option<Duration>), String>,
        every: Duration,
    ) {
        let now = Instant::now();
        let mut book = self.book();
        let known = book.entry(name.to_owned());
        let known = known.or_insert_with(|| KnownName::unknown(now));
        known.asking = false;
        match answer {
            Ok((answer, lifetime)) => known.resolved(name, answer, lifetime, every),
            Err(reason) => known.failed(name, reason, every),
        }
        self.book.answered.notify_all();
    }

    /// The addresses that stand for a name in this use; none when it was never resolved or has no fitting one. They are in use
    /// from now on.
    pub(super) fn addresses(&self, name: &str, wanted: NameUse) -> Vec<IpAddr> {
        let mut book = self.book();
        let Some(known) = book.get_mut(name) else {
            return Vec::new();
        };
        known.uses.insert(wanted);
        known.choose();
        known.addresses(wanted)
    }

    /// Why a name has no new address for this use.
    pub(super) fn failure(&self, name: &str, wanted: NameUse) -> Option<String> {
        let book = self.book();
        let known = book.get(name)?;
        known.failure.clone().or_else(|| known.misfit(wanted))
    }

    /// The addresses that a single use of a name leaves aside.
    pub(super) fn others(&self, name: &str, wanted: NameUse) -> Vec<IpAddr> {
        let book = self.book();
        book.get(name)
            .map_or_else(Vec::new, |known| known.others(wanted))
    }

    /// Whether a name was resolved, and to addresses of the other family only.
    pub(super) fn is_of_other_family(&self, name: &str, wanted: NameUse) -> bool {
        let book = self.book();
        book.get(name)
            .is_some_and(|known| known.is_of_other_family(wanted))
    }

    /// Whether a name was ever looked up.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.book().contains_key(name)
    }

    /// The SRV records of a service name.
    pub(super) fn records(&self, name: &str) -> Vec<SrvRecord> {
        let book = self.book();
        book.get(name)
            .map_or_else(Vec::new, |known| known.records().to_vec())
    }

    /// The uses of a name in the configuration that was read last. All others have ended.
    pub(super) fn set_uses(&self, name: &str, uses: BTreeSet<NameUse>) {
        if let Some(known) = self.book().get_mut(name) {
            known.uses = uses;
        }
    }

    /// A name as the state of the director shows it.
    pub(super) fn shown(&self, name: &str) -> Option<HostName> {
        self.book().get(name).map(|known| known.shown(name))
    }

    /// What is known of these names, as the state of the director shows it.
    #[must_use]
    pub fn all_shown<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<HostName> {
        let names = names.into_iter();
        names.filter_map(|name| self.shown(name)).collect()
    }

    /// When the next of these names is to be resolved again; now while an answer is to come.
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

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
