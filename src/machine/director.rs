//! Keeps this machine as a director's configuration wants it. What is wanted, and when, is decided in the core.

use std::path::{Path, PathBuf};

use director_core::director::{HostOutcome, HostResult, Unwanted};
use director_core::model::HostChange;

use super::MachineError;
use super::apply::{Applied, Machine};
use super::journal::{Entry, Journal};
use super::vip_replies::{Resolved, resolve};
use crate::net::interface_toward;

/// The journal of the director of this control socket.
#[must_use]
pub fn journal_beside(socket: &Path) -> PathBuf {
    socket.with_extension("host.json")
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

/// Makes what is wanted, after undoing what was made and is not wanted any more.
pub fn reconcile(journal: &Path, wanted: &[HostChange], unwanted: Unwanted) -> Vec<HostOutcome> {
    let resolved = resolve(wanted, |toward| Ok(interface_toward(toward)?));
    reconcile_on(&mut Machine::default(), journal, resolved, unwanted)
}

fn reconcile_on(
    machine: &mut Machine,
    journal: &Path,
    resolved: Resolved,
    unwanted: Unwanted,
) -> Vec<HostOutcome> {
    let Resolved {
        changes,
        mut outcomes,
    } = resolved;
    let mut journal = match Journal::read(journal) {
        Ok(journal) => journal,
        // Without knowing what was there before, nothing may be changed.
        Err(error) => {
            outcomes.extend(changes.into_iter().map(|change| HostOutcome {
                change,
                result: failed(&error),
            }));
            return outcomes;
        }
    };
    if unwanted == Unwanted::Undo {
        for entry in journal.unwanted(&changes) {
            let undone = machine.undo(&entry);
            let result = match undone.and_then(|()| journal.forget(&entry.change)) {
                Ok(()) => HostResult::Undone(entry.former),
                Err(error) => HostResult::Failed(error.to_string()),
            };
            let change = entry.change;
            outcomes.push(HostOutcome { change, result });
        }
    }
    for change in changes {
        let result = match machine.apply(&change, &mut journal) {
            Ok(Applied::Already) => HostResult::Unchanged,
            Ok(Applied::Made(former)) => HostResult::Made(former),
            Err(error) => failed(&error),
        };
        outcomes.push(HostOutcome { change, result });
    }
    outcomes
}

/// A failure, or a wait for what may come by itself.
pub(super) fn failed(error: &MachineError) -> HostResult {
    if error.is_temporary() {
        HostResult::Waits(error.to_string())
    } else {
        HostResult::Failed(error.to_string())
    }
}

#[cfg(test)]
#[path = "director_tests.rs"]
mod tests;
