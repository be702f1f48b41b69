//! Sets this machine up as a real server, and back: makes the changes that [`director_core::realserver`] decides.
//!
//! What stays after all is undone are modules that the kernel has loaded for a tunnel, and the fallback device of each
//! (`tunl0`, `gre0`, `sit0`, `ip6tnl0`): other programs may use a module by then, and it cannot be told which of them had
//! it loaded.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use director_core::model::HostChange;
use director_core::realserver::{Setup, SetupFault, changes};

use super::MachineError;
use super::apply::{Applied, Machine};
use super::journal::{Entry, Journal};
use crate::net::Network;
use crate::netns;

/// Where the journal is unless another file is named, in each network namespace another one.
#[must_use]
pub fn default_journal() -> PathBuf {
    netns::default_path("/run/ipvsd/realserver.json")
}

/// What setting up or taking down came to, a change each.
#[derive(Debug)]
pub enum Change {
    /// It was made; the value before, of a setting.
    Made(HostChange, Option<String>),
    /// It was undone.
    Undone(Entry),
    /// It is of use but not needed, and could not be made.
    LeftOut(HostChange, MachineError),
}

/// How one change stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The change.
    pub change: HostChange,
    /// Whether it is made.
    pub present: bool,
}

/// Sets a VIP up. What stands already is left as it is.
///
/// # Errors
/// When the kernel refuses, or the VIP is set up otherwise; what was made until then is in the journal.
pub fn up(journal: &Path, setup: Setup) -> Result<Vec<Change>, MachineError> {
    setup.check()?;
    let mut journal = Journal::read(journal)?;
    let mut setups = journal.setups().clone();
    let former = setups.iter().find(|known| known.vip == setup.vip).copied();
    if let Some(known) = former {
        if (known.mode, known.local) != (setup.mode, setup.local) {
            return Err(SetupFault::Otherwise {
                vip: known.vip,
                mode: known.mode,
            }
            .into());
        }
        setups.remove(&known);
    }
    setups.insert(setup);
    journal.set_setups(setups)?;
    reconcile(journal)
}

/// Takes VIPs down: these, or all when none is named. Puts back what was there before.
///
/// # Errors
/// When the kernel refuses; the rest is still in the journal.
pub fn down(path: &Path, vips: &[IpAddr]) -> Result<Vec<Change>, MachineError> {
    let mut journal = Journal::read(path)?;
    let mut setups = journal.setups().clone();
    setups.retain(|setup| !vips.is_empty() && !vips.contains(&setup.vip));
    journal.set_setups(setups)?;
    let changes = reconcile(journal)?;
    if let Some(directory) = path.parent() {
        // It may have been made for this file alone; other files in it keep it.
        let _ = fs::remove_dir(directory);
    }
    Ok(changes)
}

/// The VIPs that are set up.
///
/// # Errors
/// When the journal cannot be read.
pub fn setups(journal: &Path) -> Result<BTreeSet<Setup>, MachineError> {
    Ok(Journal::read(journal)?.setups().clone())
}

/// How each change that these setups need stands on this machine.
///
/// # Errors
/// When that cannot be found out.
pub fn standing(setups: &BTreeSet<Setup>) -> Result<Vec<Standing>, MachineError> {
    let mut machine = Machine::default();
    changes(setups)
        .into_iter()
        .map(|change| {
            let present = machine.is_present(&change)?;
            Ok(Standing { change, present })
        })
        .collect()
}

/// The largest packet that every Ethernet of this machine takes that is up, bytes.
///
/// # Errors
/// When that cannot be found out.
pub fn smallest_mtu() -> Result<Option<u32>, MachineError> {
    let all = Network::open()?.interfaces()?;
    let wires = all
        .iter()
        .filter(|one| one.up && !one.loopback && one.resolves && one.mac.is_some());
    Ok(wires.map(|one| one.mtu).min())
}

/// All addresses of this machine when it answers for one of these VIPs, as a director does; none when it does not.
///
/// # Errors
/// When that cannot be found out.
pub fn addresses_as_director(vips: &BTreeSet<IpAddr>) -> Result<BTreeSet<IpAddr>, MachineError> {
    let network = Network::open()?;
    let interfaces = network.interfaces()?;
    let answering: BTreeSet<u32> = interfaces
        .iter()
        .filter(|one| one.answers())
        .map(|one| one.index)
        .collect();
    let own = network.addresses()?;
    let directs = own
        .iter()
        .any(|one| vips.contains(&one.address) && answering.contains(&one.interface));
    Ok(own
        .iter()
        .filter(|_| directs)
        .map(|one| one.address)
        .collect())
}

/// Undoes what no setup needs any more, and makes what is missing; stops at the first failure.
fn reconcile(mut journal: Journal) -> Result<Vec<Change>, MachineError> {
    let mut machine = Machine::default();
    let mut done = Vec::new();
    let wanted = changes(journal.setups());
    for entry in journal.unwanted(&wanted) {
        machine.undo(&entry)?;
        journal.forget(&entry.change)?;
        done.push(Change::Undone(entry));
    }
    // In this order: a tunnel that is made again has lost its addresses and settings, which come after it.
    for change in wanted {
        match machine.apply(&change, &mut journal) {
            Ok(Applied::Already) => {}
            Ok(Applied::Made(former)) => done.push(Change::Made(change, former)),
            // The rest does its work without it.
            Err(error) => match change {
                HostChange::MssClamp { vip, .. } => {
                    journal.set_setups(without_clamp(journal.setups(), vip))?;
                    done.push(Change::LeftOut(change, error));
                }
                _ => return Err(error),
            },
        }
    }
    Ok(done)
}

/// The setups without the clamp of this VIP.
fn without_clamp(setups: &BTreeSet<Setup>, vip: IpAddr) -> BTreeSet<Setup> {
    let without = |setup: &Setup| Setup {
        mss: setup.mss.filter(|_| setup.vip != vip),
        ..*setup
    };
    setups.iter().map(without).collect()
}
