//! Keeps this machine as a director's configuration wants it. What is wanted, and when, is decided in the core.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use director_core::director::{HostOutcome, HostRequest, HostResult, Unwanted};
use director_core::model::HostChange;

use super::MachineError;
use super::apply::{Applied, Machine};
use super::journal::{Entry, Journal};
use super::new_vips::NewVips;
use super::vip_replies::{Resolved, resolve};
use crate::net::{DuplicateSearch, interface_toward, watch_local_addresses};

/// The journal of the director of this control socket.
#[must_use]
pub fn journal_beside(socket: &Path) -> PathBuf {
    socket.with_extension("host.json")
}

/// Reports at once, and whenever an address of this machine has come or gone, until `report` returns false.
///
/// # Errors
/// When the addresses cannot be watched.
pub fn watch_addresses(
    mut report: impl FnMut() -> bool + Send + 'static,
) -> Result<(), MachineError> {
    Ok(watch_local_addresses(move |_| report())?)
}

/// A wanted change that is not made yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The change.
    pub change: HostChange,
    /// What is there now, of a setting or timeout.
    pub found: Option<String>,
}

/// The wanted changes that are not made; those of which that cannot be told are among them. Changes nothing.
#[must_use]
pub fn differences(wanted: &[HostChange]) -> Vec<Difference> {
    let mut machine = Machine::default();
    let Resolved { changes, .. } = resolve(wanted, |toward| Ok(interface_toward(toward)?));
    let differs = |change: HostChange| {
        if matches!(machine.is_present(&change), Ok(true)) {
            return None;
        }
        let found = machine.value(&change).ok().flatten();
        Some(Difference { change, found })
    };
    changes.into_iter().filter_map(differs).collect()
}

/// What a director before this one made, and the next one undoes since it is not wanted any more. What another program has
/// changed since is left alone and not named. Changes nothing.
///
/// # Errors
/// When the journal cannot be read.
pub fn leftovers(journal: &Path, wanted: &[HostChange]) -> Result<Vec<Entry>, MachineError> {
    let journal = Journal::read(journal)?;
    let mut machine = Machine::default();
    let Resolved { changes, .. } = resolve(wanted, |toward| Ok(interface_toward(toward)?));
    let mut leaving = journal.unwanted(&changes);
    leaving.retain(|entry| machine.can_undo(entry));
    Ok(leaving)
}

/// Keeps this machine as it is asked to, one request after the other.
#[derive(Debug)]
pub struct Keeper {
    journal: PathBuf,
    search: DuplicateSearch,
}

impl Keeper {
    /// One that records in this journal.
    #[must_use]
    pub fn new(journal: PathBuf) -> Self {
        Self {
            journal,
            search: DuplicateSearch::default(),
        }
    }

    /// Makes what is wanted, after undoing what was made and is neither wanted nor kept. Stops adding VIPs as soon as
    /// something newer is to be done (`superseded`); those that it did not get to are not among the outcomes.
    pub fn reconcile(
        &mut self,
        request: &HostRequest,
        superseded: &dyn Fn() -> bool,
    ) -> Vec<HostOutcome> {
        let mut machine = Machine::default();
        self.reconcile_on(
            &mut machine,
            request,
            |toward| Ok(interface_toward(toward)?),
            superseded,
        )
    }

    pub(super) fn reconcile_on(
        &mut self,
        machine: &mut Machine,
        request: &HostRequest,
        interface_toward: impl Fn(IpAddr) -> Result<String, MachineError>,
        superseded: &dyn Fn() -> bool,
    ) -> Vec<HostOutcome> {
        let Resolved {
            changes,
            undecided,
            mut outcomes,
        } = resolve(&request.wanted, &interface_toward);
        let mut journal = match Journal::read(&self.journal) {
            Ok(journal) => journal,
            // Without knowing what was there before, nothing may be changed.
            Err(error) => {
                if changes.is_empty() {
                    tracing::warn!(
                        "cannot restore the addresses and kernel settings that the previous ipvsd changed: {error}"
                    );
                }
                outcomes.extend(changes.into_iter().map(|change| HostOutcome {
                    change,
                    result: error.result(),
                }));
                return outcomes;
            }
        };
        if request.unwanted != Unwanted::Keep {
            let kept = resolve(&request.kept, &interface_toward);
            let stays = [&changes, &undecided, &kept.changes, &kept.undecided];
            let stays: Vec<HostChange> = stays.into_iter().flatten().cloned().collect();
            let goes = |change: &HostChange| request.undoes(change);
            outcomes.extend(undo_all_but(&stays, goes, machine, &mut journal));
        }
        let mut vips = Vec::new();
        for change in changes {
            if let HostChange::Vip(vip) = change {
                vips.push(vip);
                continue;
            }
            let result = match machine.apply(&change, &mut journal) {
                Ok(Applied::Already) => HostResult::Unchanged,
                Ok(Applied::Made(former)) => HostResult::Made(former),
                Err(error) => error.result(),
            };
            outcomes.push(HostOutcome { change, result });
        }
        let added = NewVips::new(machine, &mut journal, &mut self.search, superseded).add(&vips);
        outcomes.extend(added);
        outcomes
    }
}

fn undo_all_but(
    stays: &[HostChange],
    goes: impl Fn(&HostChange) -> bool,
    machine: &mut Machine,
    journal: &mut Journal,
) -> Vec<HostOutcome> {
    let mut outcomes = Vec::new();
    let unwanted = journal.unwanted(stays).into_iter();
    for entry in unwanted.filter(|entry| goes(&entry.change)) {
        let undone = machine.undo(&entry);
        let result = match undone.and_then(|()| journal.forget(&entry.change)) {
            Ok(()) => HostResult::Undone(entry.former),
            Err(error) => HostResult::Failed(error.to_string()),
        };
        let change = entry.change;
        outcomes.push(HostOutcome { change, result });
    }
    outcomes
}

#[cfg(test)]
#[path = "director_tests.rs"]
mod tests;
