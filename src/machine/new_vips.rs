//! Adds a director's VIPs, all at once: other machines are asked for all of them at the same time. An address that no other
//! machine has is
//! added and announced. Stops when something newer is to be done; what was asked until then is not asked again.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use director_core::director::{HostOutcome, HostResult};
use director_core::model::{HostChange, Vip};

use super::MachineError;
use super::apply::Machine;
use super::journal::{Entry, Journal};
use crate::net::{Address, DuplicateSearch, Interface, NetError, Network, announce};

/// Times that a VIP is announced: a statement may be lost.
const STATEMENTS: u32 = 3;
/// Pause between two of them.
const STATEMENTS_APART: Duration = Duration::from_millis(100);
/// How soon it is seen that something newer is to be done.
const LOOK: Duration = Duration::from_millis(20);

/// What is known of this machine's interfaces and addresses.
struct Facts {
    interfaces: Vec<Interface>,
    addresses: Vec<Address>,
}

/// The work on the VIPs of one request.
pub(super) struct NewVips<'a> {
    machine: &'a mut Machine,
    journal: &'a mut Journal,
    search: &'a mut DuplicateSearch,
    /// Whether something newer is to be done.
    superseded: &'a dyn Fn() -> bool,
    outcomes: Vec<HostOutcome>,
}

impl<'a> NewVips<'a> {
    pub(super) fn new(
        machine: &'a mut Machine,
        journal: &'a mut Journal,
        search: &'a mut DuplicateSearch,
        superseded: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            machine,
            journal,
            search,
            superseded,
            outcomes: Vec::new(),
        }
    }

    /// Adds those that are missing. VIPs that it did not get to are not among the outcomes.
    pub(super) fn add(mut self, vips: &[Vip]) -> Vec<HostOutcome> {
        if vips.is_empty() {
            self.search.search(&[]);
        } else if let Err(error) = self.add_missing(vips) {
            let told: Vec<_> = self.outcomes.iter().map(|one| one.change.clone()).collect();
            for vip in vips {
                if !told.contains(&HostChange::Vip(vip.clone())) {
                    self.tell(vip, error.result());
                }
            }
        }
        self.outcomes
    }

    fn add_missing(&mut self, vips: &[Vip]) -> Result<(), MachineError> {
        let facts = Facts::of(self.machine.network()?)?;
        self.recover_entries(&facts, vips)?;
        let mut missing: BTreeMap<(String, IpAddr), Vip> = BTreeMap::new();
        let (mut to_ask, mut nobody_to_ask) = (Vec::new(), Vec::new());
        for vip in vips {
            if facts.has(vip) {
                self.tell(vip, HostResult::Unchanged);
                continue;
            }
            match facts.interface_for(vip) {
                Ok(interface) if can_be_asked(interface) => {
                    to_ask.push((interface.clone(), vip.address));
                    missing.insert((vip.interface.clone(), vip.address), vip.clone());
                }
                Ok(_) => nobody_to_ask.push(vip.clone()),
                Err(error) => self.tell(vip, error.result()),
            }
        }
        self.search.search(&to_ask);
        let mut added = self.add_free(&nobody_to_ask)?;
        while !self.search.is_idle() && !(self.superseded)() {
            self.search.go_on(LOOK)?;
            let mut free = Vec::new();
            for (place, owner) in self.search.results() {
                let Some(vip) = missing.remove(&(place.interface, place.address)) else {
                    continue;
                };
                match owner {
                    Ok(None) => free.push(vip),
                    Ok(Some(owner)) => {
                        let error = MachineError::AnsweredElsewhere {
                            owner,
                            address: vip.address,
                            interface: vip.interface.clone(),
                        };
                        self.tell(&vip, error.result());
                    }
                    Err(error) => self.tell(&vip, MachineError::from(error).result()),
                }
            }
            added.extend(self.add_free(&free)?);
        }
        self.repeat_announcements(&facts, &added);
        Ok(())
    }

    /// Adds what no other machine has, and announces it for the first time; gives what was added.
    fn add_free(&mut self, vips: &[Vip]) -> Result<Vec<Vip>, MachineError> {
        if vips.is_empty() {
            return Ok(Vec::new());
        }
        let changes = vips.iter().cloned().map(HostChange::Vip);
        let entries: Vec<Entry> = changes.map(|change| Entry::new(&change)).collect();
        let before: Vec<Option<Entry>> = entries
            .iter()
            .map(|entry| self.journal.about(&entry.change).cloned())
            .collect();
        self.journal.note_all(entries.iter().cloned())?;
        let mut added = Vec::new();
        for ((vip, entry), before) in vips.iter().zip(&entries).zip(before) {
            match self.machine.make(&entry.change) {
                Ok(()) => {
                    self.tell(vip, HostResult::Made(None));
                    added.push(vip.clone());
                }
                Err(error) => {
                    self.journal.restore(&entry.change, before)?;
                    self.tell(vip, error.result());
                }
            }
        }
        let facts = Facts::of(self.machine.network()?)?;
        self.recover_entries(&facts, &added)?;
        facts.announce(&added);
        Ok(added)
    }

    /// A director's VIP that has our mark is ours, also when its record was lost.
    fn recover_entries(&mut self, facts: &Facts, vips: &[Vip]) -> Result<(), MachineError> {
        let is_marked = |vip: &&Vip| facts.find(vip).is_some_and(|address| address.ours);
        let changes = vips.iter().filter(is_marked).cloned().map(HostChange::Vip);
        let journal = &self.journal;
        let is_recorded =
            |change: &HostChange| journal.about(change).is_some_and(|entry| entry.marked);
        let unknown = changes.filter(|change| !is_recorded(change));
        let entries: Vec<Entry> = unknown
            .map(|change| Entry {
                marked: true,
                ..Entry::new(&change)
            })
            .collect();
        if entries.is_empty() {
            return Ok(());
        }
        self.journal.note_all(entries)
    }

    /// The other announcements; without pauses when something newer is to be done.
    fn repeat_announcements(&self, facts: &Facts, added: &[Vip]) {
        if added.is_empty() {
            return;
        }
        for _ in 1..STATEMENTS {
            let mut pause = STATEMENTS_APART;
            while !pause.is_zero() && !(self.superseded)() {
                std::thread::sleep(LOOK);
                pause = pause.saturating_sub(LOOK);
            }
            facts.announce(added);
        }
    }

    fn tell(&mut self, vip: &Vip, result: HostResult) {
        self.outcomes.push(HostOutcome {
            change: HostChange::Vip(vip.clone()),
            result,
        });
    }
}

impl Facts {
    fn of(network: &Network) -> Result<Self, MachineError> {
        Ok(Self {
            interfaces: network.interfaces()?,
            addresses: network.addresses()?,
        })
    }

    fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|one| one.name == name)
    }

    fn find(&self, vip: &Vip) -> Option<&Address> {
        let index = self.interface(&vip.interface)?.index;
        let mut all = self.addresses.iter();
        all.find(|own| own.interface == index && own.address == vip.address)
    }

    fn has(&self, vip: &Vip) -> bool {
        self.find(vip).is_some()
    }

    /// The interface for a VIP; refuses one that is not there or down, and a VIP that another interface has.
    fn interface_for(&self, vip: &Vip) -> Result<&Interface, MachineError> {
        let interface = self
            .interface(&vip.interface)
            .ok_or_else(|| NetError::NoInterface(vip.interface.clone()))?;
        if !interface.up && has_neighbours(interface) {
            return Err(MachineError::InterfaceDown {
                interface: vip.interface.clone(),
                address: vip.address,
            });
        }
        let mut all = self.addresses.iter();
        let Some(other) = all.find(|own| own.address == vip.address) else {
            return Ok(interface);
        };
        let mut named = self.interfaces.iter();
        let named = named.find(|one| one.index == other.interface);
        Err(MachineError::OnAnotherInterface {
            address: vip.address,
            prefix: other.prefix,
            interface: named
                .map_or("another interface", |one| &one.name)
                .to_owned(),
        })
    }

    /// Tells the neighbours once. They learn it later by themselves where that fails.
    fn announce(&self, vips: &[Vip]) {
        for interface in self.interfaces.iter().filter(|one| can_be_asked(one)) {
            let here = vips.iter().filter(|vip| vip.interface == interface.name);
            let here: Vec<IpAddr> = here.map(|vip| vip.address).collect();
            if here.is_empty() {
                continue;
            }
            if let Err(error) = announce(interface, &here) {
                tracing::warn!("cannot announce VIPs: {error}");
            }
        }
    }
}

/// Whether an interface has neighbours that can be asked now.
fn can_be_asked(interface: &Interface) -> bool {
    interface.up && has_neighbours(interface)
}

/// Whether an interface has neighbours that may have an address too.
fn has_neighbours(interface: &Interface) -> bool {
    interface.resolves && !interface.loopback && interface.mac.is_some()
}
