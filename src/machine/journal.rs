//! The journal: which changes were made to this machine and what was there before, in a file below /run. It is gone after a
//! restart of the machine, as are the changes.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use director_core::model::HostChange;
use director_core::realserver::Setup;
use serde::{Deserialize, Serialize};

use super::MachineError;
use super::side_effects::SideEffect;
use crate::trusted_file;

/// One change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The change.
    pub change: HostChange,
    /// The value before, of a setting or timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<String>,
    /// Whether the kernel keeps our mark on it, of a director's VIP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) marked: bool,
    /// What the kernel changes along with it, of a setting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) side_effects: Vec<SideEffect>,
    /// Number of the interface on which a sync daemon was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) interface: Option<u32>,
}

impl Entry {
    /// A change without anything that was there before.
    pub(super) fn new(change: &HostChange) -> Self {
        Self {
            change: change.clone(),
            former: None,
            marked: false,
            side_effects: Vec::new(),
            interface: None,
        }
    }
}

/// What the file holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Record {
    /// The VIPs for which a real server was set up.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    setups: BTreeSet<Setup>,
    /// All that was made, the oldest first.
    changes: Vec<Entry>,
}

/// The journal of a director or of a real server.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    record: Record,
}

impl Journal {
    /// Reads it; empty when there is no file.
    pub(super) fn read(path: &Path) -> Result<Self, MachineError> {
        let failed = |source| MachineError::Journal {
            attempted: "read",
            path: path.to_owned(),
            source,
        };
        let record = match trusted_file::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Record::default(),
            Err(error) => return Err(failed(error)),
        };
        Ok(Self {
            path: path.to_owned(),
            record,
        })
    }

    pub(super) fn setups(&self) -> &BTreeSet<Setup> {
        &self.record.setups
    }

    pub(super) fn set_setups(&mut self, setups: BTreeSet<Setup>) -> Result<(), MachineError> {
        self.record.setups = setups;
        self.write()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.record == Record::default()
    }

    /// What was made and is not among the wanted changes, the newest first.
    pub(super) fn unwanted(&self, wanted: &[HostChange]) -> Vec<Entry> {
        let is_wanted = |entry: &&Entry| {
            wanted
                .iter()
                .any(|change| change.same_subject(&entry.change))
        };
        let newest_first = self.record.changes.iter().rev();
        newest_first
            .filter(|entry| !is_wanted(entry))
            .cloned()
            .collect()
    }

    /// What is known about the subject of a change.
    pub(super) fn about(&self, change: &HostChange) -> Option<&Entry> {
        let mut all = self.record.changes.iter();
        all.find(|entry| entry.change.same_subject(change))
    }

    /// Records what is about to be made. The values from before us stay, whatever we change later.
    pub(super) fn note(&mut self, new: Entry) -> Result<(), MachineError> {
        self.note_all([new])
    }

    /// The same for several at once.
    pub(super) fn note_all(
        &mut self,
        new: impl IntoIterator<Item = Entry>,
    ) -> Result<(), MachineError> {
        for new in new {
            let mut known = self.record.changes.iter_mut();
            match known.find(|entry| entry.change.same_subject(&new.change)) {
                Some(entry) => {
                    entry.change = new.change;
                    entry.marked |= new.marked;
                }
                None => self.record.changes.push(new),
            }
        }
        self.write()
    }

    /// Takes a note back: the change could not be made.
    pub(super) fn restore(
        &mut self,
        change: &HostChange,
        before: Option<Entry>,
    ) -> Result<(), MachineError> {
        let Some(before) = before else {
            return self.forget(change);
        };
        for entry in &mut self.record.changes {
            if entry.change.same_subject(change) {
                *entry = before.clone();
            }
        }
        self.write()
    }

    /// Forgets a change that was undone.
    pub(super) fn forget(&mut self, change: &HostChange) -> Result<(), MachineError> {
        let changes = &mut self.record.changes;
        changes.retain(|entry| !entry.change.same_subject(change));
        self.write()
    }

    /// Complete or not at all; without anything in it, the file goes.
    fn write(&self) -> Result<(), MachineError> {
        let write = || -> io::Result<()> {
            if self.is_empty() {
                return match fs::remove_file(&self.path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                };
            }
            trusted_file::replace(&self.path, &serde_json::to_vec_pretty(&self.record)?)
        };
        write().map_err(|source| MachineError::Journal {
            attempted: "write",
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn setting(value: &str) -> HostChange {
        HostChange::setting("net.ipv4.ip_forward", value)
    }

    fn made(change: HostChange, former: &str) -> Entry {
        Entry {
            former: Some(former.to_owned()),
            ..Entry::new(&change)
        }
    }

    fn address(last: u8) -> HostChange {
        HostChange::Address {
            address: [192, 0, 2, last].into(),
            interface: "lo".to_owned(),
        }
    }

    #[test]
    fn the_value_from_before_us_outlives_our_own_changes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipvsd.host.json");
        let mut journal = Journal::read(&path).unwrap();
        journal.note(made(setting("1"), "0")).unwrap();
        journal.note(made(setting("2"), "1")).unwrap();

        let mut next = Journal::read(&path).unwrap();
        assert_eq!(next.unwanted(&[]), [made(setting("2"), "0")]);
        next.forget(&setting("2")).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_note_of_what_could_not_be_made_is_taken_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::read(&directory.path().join("journal")).unwrap();
        journal.note(made(setting("1"), "0")).unwrap();
        let before = journal.about(&setting("2")).cloned();
        journal.note(made(setting("2"), "1")).unwrap();
        journal.restore(&setting("2"), before).unwrap();
        assert_eq!(journal.unwanted(&[]), [made(setting("1"), "0")]);
        journal.restore(&setting("1"), None).unwrap();
        assert!(journal.is_empty());
    }

    #[test]
    fn the_newest_change_is_undone_first_and_none_that_is_still_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::read(&directory.path().join("journal")).unwrap();
        for last in 1..=4 {
            journal.note(Entry::new(&address(last))).unwrap();
        }
        let undone = journal.unwanted(&[address(3), setting("1")]);
        let undone: Vec<HostChange> = undone.into_iter().map(|entry| entry.change).collect();
        assert_eq!(undone, [address(4), address(2), address(1)]);
    }

    #[test]
    fn a_journal_that_another_user_may_have_written_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("host.json");
        let mut journal = Journal::read(&path).unwrap();
        journal.note(made(setting("1"), "0")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let error = Journal::read(&path).unwrap_err().to_string();
        assert!(error.contains("other users can write it"), "{error}");
    }

    #[test]
    fn a_journal_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("host.json");
        fs::write(&path, "{").unwrap();
        assert!(Journal::read(&path).is_err());
    }
}
