//! What is known of one name: its last answer, which of its addresses are in use, and when to resolve it again.
//!
//! Invariant: an answer removes only what it answers. An answer without addresses of a family leaves the last ones of that
//! family in use where no other family will do.
//!
//! Invariant: the address that stands for a name alone stays the same for as long as the name has it at all, and the addresses
//! of a pool are sorted, so that the order of an answer moves no traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use director_core::definitions::{HostName, SrvRecord, is_source_name};
use director_core::model::{Family, no_real_server, no_vip};

/// When a name that could not be resolved is resolved again: after the first failure, doubled with each further one, and at
/// the latest.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(10);
/// Bounds for what a name server says about how long an answer holds.
const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);

/// An answer of the name service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct HostAnswer {
    pub(super) addresses: Vec<IpAddr>,
    /// The records of a service name.
    pub(super) records: Vec<SrvRecord>,
}

/// What a name is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// A VIP; an address of the other family will do.
    Vip,
    /// A real server that needs the family of its service.
    Server,
    /// A real server behind a tunnel, which leads to the other family too.
    TunnelServer,
}

/// A use of a name in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NameUse {
    pub(super) family: Family,
    pub(super) purpose: Purpose,
    /// One address stands for the name.
    pub(super) is_single: bool,
    /// The list of the service has the other family too, so that no address of this one is no fault.
    pub(super) is_optional: bool,
}

impl NameUse {
    fn takes(&self, address: IpAddr) -> bool {
        self.fault(address).is_none()
    }

    /// Why an address is none for this use, such as one to which a name server leads everybody who asks for something forbidden.
    fn fault(&self, address: IpAddr) -> Option<&'static str> {
        match self.purpose {
            Purpose::Vip => no_vip(address),
            Purpose::Server | Purpose::TunnelServer => no_real_server(address),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct KnownName {
    answer: HostAnswer,
    /// The last usable addresses of each family.
    last: BTreeMap<Family, Vec<IpAddr>>,
    /// The address that stands for the name alone, where one of this family is wanted.
    chosen: BTreeMap<Family, IpAddr>,
    /// What the configuration uses it for.
    pub(super) uses: BTreeSet<NameUse>,
    /// Why it could not be resolved the last time.
    pub(super) failure: Option<String>,
    /// Failures in a row.
    failures: u32,
    pub(super) due: Instant,
    /// A lookup is running.
    pub(super) asking: bool,
}

impl KnownName {
    pub(super) fn unknown(now: Instant) -> Self {
        Self {
            answer: HostAnswer::default(),
            last: BTreeMap::new(),
            chosen: BTreeMap::new(),
            uses: BTreeSet::new(),
            failure: None,
            failures: 0,
            due: now,
            asking: false,
        }
    }

    /// What a name stood for before a restart.
    pub(super) fn remembered(name: &HostName) -> Self {
        let mut known = Self::unknown(Instant::now());
        for address in &name.addresses {
            known.chosen.entry(Family::of(*address)).or_insert(*address);
        }
        known.take(HostAnswer {
            addresses: name.addresses.clone(),
            records: name.records.clone(),
        });
        known
    }

    /// The name is an address, which stands for itself.
    pub(super) fn is_address(&mut self, address: IpAddr, due: Instant) {
        self.take(HostAnswer {
            addresses: vec![address],
            records: Vec::new(),
        });
        self.due = due;
    }

    pub(super) fn is_known(&self) -> bool {
        self.answer != HostAnswer::default()
    }

    /// Families whose addresses are in use.
    pub(super) fn families(&self) -> BTreeSet<Family> {
        let used = self.in_use();
        used.into_iter().map(Family::of).collect()
    }

    pub(super) fn records(&self) -> &[SrvRecord] {
        &self.answer.records
    }

    fn take(&mut self, answer: HostAnswer) {
        self.answer = answer;
        for family in [Family::Ipv4, Family::Ipv6] {
            let found = self.answer.addresses.iter().copied();
            let found = found.filter(|address| {
                Family::of(*address) == family && no_real_server(*address).is_none()
            });
            let found: Vec<IpAddr> = found.collect();
            if !found.is_empty() {
                self.last.insert(family, found);
            }
        }
    }

    /// The addresses that stand for the name in this use; none when it has no fitting one.
    pub(super) fn addresses(&self, wanted: NameUse) -> Vec<IpAddr> {
        let family = wanted.family;
        let usable = self.answer.addresses.iter().copied();
        let usable = usable.filter(|address| wanted.takes(*address));
        let (own, other): (Vec<IpAddr>, Vec<IpAddr>) =
            usable.partition(|address| Family::of(*address) == family);
        let mut found = match (own.is_empty(), wanted.purpose) {
            (false, _) => own,
            (true, Purpose::Server) => self.last.get(&family).cloned().unwrap_or_default(),
            (true, Purpose::Vip | Purpose::TunnelServer) => other,
        };
        if wanted.is_single {
            let chosen = self
                .chosen
                .get(&family)
                .filter(|known| found.contains(known));
            let chosen = chosen.or(found.first()).copied();
            return chosen.into_iter().collect();
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The addresses of the answer that a single use leaves aside.
    pub(super) fn others(&self, wanted: NameUse) -> Vec<IpAddr> {
        let used = self.addresses(wanted);
        let is_single = false;
        let all = self.addresses(NameUse {
            is_single,
            ..wanted
        });
        all.into_iter().filter(|one| !used.contains(one)).collect()
    }

    /// Why the last answer has no address for this use.
    pub(super) fn misfit(&self, wanted: NameUse) -> Option<String> {
        let all = &self.answer.addresses;
        let fits = |address: &IpAddr| {
            let any_family = wanted.purpose != Purpose::Server;
            wanted.takes(*address) && (any_family || Family::of(*address) == wanted.family)
        };
        let first = all.first().filter(|_| !all.iter().any(fits))?;
        Some(match wanted.fault(*first) {
            Some(fault) if Family::of(*first) == wanted.family => format!("{first} is {fault}"),
            _ => format!("it has no {} address, only {first}", wanted.family),
        })
    }

    /// Whether the name was resolved, and to addresses of the other family only.
    pub(super) fn is_of_other_family(&self, wanted: NameUse) -> bool {
        let is_other =
            |address: &IpAddr| Family::of(*address) != wanted.family && wanted.takes(*address);
        self.failure.is_none()
            && self.addresses(wanted).is_empty()
            && self.answer.addresses.iter().any(is_other)
    }

    /// Fixes the addresses that stand for the name alone.
    pub(super) fn choose(&mut self) {
        for wanted in self.uses.clone().into_iter().filter(|one| one.is_single) {
            if let Some(address) = self.addresses(wanted).first() {
                self.chosen.insert(wanted.family, *address);
            }
        }
    }

    /// All addresses in use, those that stand for the name alone first.
    fn in_use(&self) -> Vec<IpAddr> {
        let mut all: Vec<IpAddr> = Vec::new();
        let (single, pools): (Vec<&NameUse>, Vec<&NameUse>) =
            self.uses.iter().partition(|wanted| wanted.is_single);
        for wanted in single.into_iter().chain(pools) {
            for address in self.addresses(*wanted) {
                if !all.contains(&address) {
                    all.push(address);
                }
            }
        }
        all
    }

    /// The name as the state of the director shows it.
    pub(super) fn shown(&self, name: &str) -> HostName {
        let is_needed =
            |wanted: &&NameUse| !(wanted.is_optional && self.is_of_other_family(**wanted));
        let misfit = || {
            let mut needed = self.uses.iter().filter(is_needed);
            needed.find_map(|wanted| self.misfit(*wanted))
        };
        HostName {
            name: name.to_owned(),
            addresses: self.in_use(),
            records: self.answer.records.clone(),
            failure: self.failure.clone().or_else(misfit),
        }
    }

    pub(super) fn resolved(
        &mut self,
        name: &str,
        answer: HostAnswer,
        lifetime: Option<Duration>,
        every: Duration,
    ) {
        let before = (self.in_use(), self.answer.records.clone());
        self.take(answer);
        self.choose();
        let after = (self.in_use(), self.answer.records.clone());
        if before.0 != after.0 && !before.0.is_empty() {
            let (before, after) = (list(&before.0), list(&after.0));
            tracing::info!("host name {name} changed from {before} to {after}");
        }
        if before.1 != after.1 && !before.1.is_empty() {
            let targets = after
                .1
                .iter()
                .map(|one| format!("{}:{}", one.target, one.port));
            let targets: Vec<String> = targets.collect();
            let targets = targets.join(", ");
            match is_source_name(name) {
                true => tracing::info!("{name} changed to {targets}"),
                false => tracing::info!("SRV name {name} changed to {targets}"),
            }
        }
        if self.failures > 0 {
            match is_source_name(name) {
                true => tracing::info!("{name} can be read again"),
                false => tracing::info!("host name {name} can be resolved again"),
            }
        }
        self.failure = None;
        self.failures = 0;
        let holds = lifetime.map_or(every, |ttl| ttl.clamp(SHORTEST, LONGEST));
        self.due = Instant::now() + holds;
    }

    pub(super) fn failed(&mut self, name: &str, reason: String, every: Duration) {
        // Of a name server the first reason stays, so that another wording of one fault is no news. A source says what is wrong now.
        let is_news = match is_source_name(name) {
            true => self.failure.as_ref() != Some(&reason),
            false => self.failures == 0,
        };
        if is_news && self.is_known() {
            let kept = match self.answer.records.is_empty() {
                true => "its last addresses",
                false => "its last SRV records",
            };
            match is_source_name(name) {
                true => tracing::warn!("cannot use {name}, keeping its last servers: {reason}"),
                false => {
                    tracing::warn!("cannot resolve host name {name}, keeping {kept}: {reason}");
                }
            }
        }
        if is_news {
            self.failure = Some(reason);
        }
        let doubled = FIRST_RETRY.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.due = Instant::now() + doubled.min(LAST_RETRY).min(every);
    }
}

/// Addresses as a sentence has them.
pub(super) fn list(addresses: &[IpAddr]) -> String {
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    match shown.is_empty() {
        true => "nothing".to_owned(),
        false => shown.join(", "),
    }
}
