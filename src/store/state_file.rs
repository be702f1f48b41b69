//! The state file: read at the start, replaced at every change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use director_core::definitions::HostName;
use director_core::persistent_state::PersistentState;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use thiserror::Error;

use super::clock_anchor::ClockAnchor;
use super::state_parts::StateParts;
use super::{LastGood, SavedState, StateSnapshot};
use crate::trusted_file;

/// The form of the file that this program writes.
const FORMAT: u32 = 1;

/// What can be wrong with a state file.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// Its text is not one.
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It is a symbolic link, and the file it names may be another user's.
    #[error(
        "{} is a symbolic link to {}, and ipvsd does not follow links",
        path.display(),
        target.display()
    )]
    SymbolicLink { path: PathBuf, target: PathBuf },
    /// It cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    /// What it is to hold has no JSON form.
    #[error("cannot serialise the state: {0}")]
    Words(serde_json::Error),
}

/// What the file holds.
#[derive(Debug, Serialize)]
struct StateContents {
    format: u32,
    clock: ClockAnchor,
    memory: PersistentState,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_good: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<HostName>,
}

#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// The file of this name.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What a director before this one has left; none when there is no file.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn read(&self) -> Result<Option<SavedState>, StoreError> {
        let path = || self.path.clone();
        let bytes = match trusted_file::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(match fs::read_link(&self.path) {
                    Ok(target) => StoreError::SymbolicLink {
                        path: path(),
                        target: trusted_file::directory_of(&self.path).join(target),
                    },
                    Err(_) => StoreError::Unreadable {
                        path: path(),
                        source,
                    },
                });
            }
        };
        let damaged = |source| StoreError::Damaged {
            path: path(),
            source,
        };
        let parts: StateParts<'_> = serde_json::from_slice(&bytes).map_err(damaged)?;
        Ok(Some(parts.understood(FORMAT)))
    }

    /// Keeps the file under another name too, before it is replaced; says under which.
    ///
    /// # Errors
    /// When it cannot have another name.
    pub fn keep_copy(&self) -> Result<PathBuf, StoreError> {
        let copy = self.beside("before");
        self.unwritable(fs::hard_link(&self.path, &copy))?;
        Ok(copy)
    }

    /// Gives a file that cannot be used another name, for those who want to look at it; says which.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn set_aside(&self) -> Result<PathBuf, StoreError> {
        let what = match fs::read_link(&self.path) {
            Ok(_) => "link",
            Err(_) => "damaged",
        };
        let aside = self.beside(what);
        self.unwritable(fs::rename(&self.path, &aside))?;
        Ok(aside)
    }

    fn beside(&self, what: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{what}-{}", Timestamp::now().as_second()));
        PathBuf::from(name)
    }

    /// Replaces the file; when this returns, it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written; the former file is as it was.
    pub fn write(&self, snapshot: StateSnapshot) -> Result<(), StoreError> {
        let contents = StateContents {
            format: FORMAT,
            clock: ClockAnchor::now(snapshot.moment),
            memory: snapshot.memory,
            last_good: snapshot.last_good.as_ref().map(LastGood::text),
            names: snapshot.names,
        };
        let mut text = serde_json::to_vec_pretty(&contents).map_err(StoreError::Words)?;
        text.push(b'\n');
        self.unwritable(trusted_file::replace(&self.path, &text))
    }

    fn unwritable<T>(&self, outcome: io::Result<T>) -> Result<T, StoreError> {
        outcome.map_err(|source| StoreError::Unwritable {
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use director_core::definitions::SrvRecord;
    use director_core::model::ServiceId;
    use director_core::moment::Moment;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    fn memory() -> PersistentState {
        PersistentState {
            owned: BTreeSet::from([ServiceId::Mark {
                mark: 5,
                family: director_core::model::Family::Ipv4,
            }]),
            ..PersistentState::default()
        }
    }

    fn snapshot(memory: PersistentState, moment: Moment) -> StateSnapshot {
        StateSnapshot {
            revision: 1,
            memory,
            moment,
            last_good: None,
            names: vec![HostName {
                name: "web".to_owned(),
                addresses: vec![std::net::Ipv4Addr::new(10, 0, 0, 1).into()],
                records: vec![SrvRecord {
                    priority: 1,
                    target: "web.example.org".to_owned(),
                    port: 80,
                    weight: 2,
                }],
                failure: None,
            }],
        }
    }

    fn in_new_directory() -> (tempfile::TempDir, StateFile) {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::new(directory.path().join("below/state.json"));
        (directory, file)
    }

    #[test]
    fn what_was_written_is_read_and_the_clock_goes_on() {
        let (_directory, file) = in_new_directory();
        assert_eq!(file.read().unwrap(), None);
        let moment = Moment::after_start(Duration::from_secs(77));
        file.write(snapshot(PersistentState::default(), moment))
            .unwrap();
        file.write(snapshot(memory(), moment)).unwrap();
        let left = file.read().unwrap().unwrap();
        assert_eq!(left.memory, memory());
        assert_eq!(left.names, snapshot(memory(), moment).names);
        assert!(left.moment >= moment && left.moment.since(moment) < Duration::from_secs(60));
        let mode = fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_set_aside() {
        let (_directory, file) = in_new_directory();
        file.write(snapshot(memory(), Moment::START)).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        fs::write(file.path(), &text[..text.len() / 2]).unwrap();
        let error = file.read().unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("line"), "{error}");
        let aside = file.set_aside().unwrap();
        assert!(aside.exists() && file.read().unwrap().is_none());
    }

    #[test]
    fn a_file_of_a_newer_version_is_read_as_far_as_it_is_understood_and_kept() {
        let (_directory, file) = in_new_directory();
        file.write(snapshot(memory(), Moment::START)).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let newer = text.replace("\"format\": 1", "\"format\": 9, \"more\": 1");
        fs::write(file.path(), &newer).unwrap();
        let left = file.read().unwrap().unwrap();
        assert_eq!(left.memory, memory());
        assert_eq!((left.foreign, left.lost), (Some(9), Vec::new()));
        let copy = file.keep_copy().unwrap();
        file.write(snapshot(memory(), Moment::START)).unwrap();
        assert_eq!(fs::read_to_string(copy).unwrap(), newer);
    }

    #[test]
    fn an_absurd_clock_is_replaced() {
        let (_directory, file) = in_new_directory();
        let absurd = Moment::after_start(Duration::MAX);
        file.write(snapshot(memory(), absurd)).unwrap();
        let left = file.read().unwrap().unwrap();
        assert_eq!(left.memory, memory());
        assert_eq!(
            (left.moment, left.lost),
            (Moment::START, vec!["the clock".to_owned()])
        );
    }

    #[test]
    fn a_fifo_in_its_place_is_told_and_set_aside() {
        let (directory, file) = in_new_directory();
        fs::create_dir(directory.path().join("below")).unwrap();
        mkfifo(file.path(), Mode::S_IRWXU).unwrap();
        assert!(matches!(file.read(), Err(StoreError::Unreadable { .. })));
        file.set_aside().unwrap();
        assert_eq!(file.read().unwrap(), None);
    }

    #[test]
    fn a_file_of_the_first_version_is_read() {
        let (_directory, file) = in_new_directory();
        file.write(snapshot(memory(), Moment::START)).unwrap();
        let first = r#"{"format": 1, "clock": {"written_at": "2026-11-25T20:00:00Z", "boot": "", "uptime_hundredths": 1,
            "moment": 5}, "memory": {"overrides": [], "owned": [], "health": [[[{"mark": {"family": "ipv4", "mark": 5}},
            {"address": "10.0.0.1", "port": 80}], {"state": "down", "since": 3, "reason": "refused"}]]}}"#;
        fs::write(file.path(), first).unwrap();
        let left = file.read().unwrap().unwrap();
        assert_eq!(left.memory.health.len(), 1);
        assert_eq!(left.memory.recovery, PersistentState::default().recovery);
        assert_eq!((left.last_good, left.names), (None, Vec::new()));
    }

    #[test]
    fn a_symbolic_link_is_named_and_kept_with_the_file_behind_it() {
        let (directory, file) = in_new_directory();
        file.write(snapshot(memory(), Moment::START)).unwrap();
        let target = directory.path().join("elsewhere.json");
        fs::rename(file.path(), &target).unwrap();
        let text = fs::read(&target).unwrap();
        std::os::unix::fs::symlink(&target, file.path()).unwrap();
        let error = file.read().unwrap_err().to_string();
        assert!(error.contains("is a symbolic link to"), "{error}");
        assert!(error.contains("elsewhere.json"), "{error}");
        let aside = file.set_aside().unwrap();
        assert!(aside.to_string_lossy().contains(".link-"), "{aside:?}");
        assert_eq!(fs::read_link(&aside).unwrap(), target);
        file.write(snapshot(memory(), Moment::START)).unwrap();
        assert_eq!(fs::read(&target).unwrap(), text);
    }

    #[test]
    fn a_directory_in_its_place_is_told() {
        let (_directory, file) = in_new_directory();
        fs::create_dir_all(file.path()).unwrap();
        assert!(matches!(file.read(), Err(StoreError::Unreadable { .. })));
        let error = file.write(snapshot(memory(), Moment::START)).unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
    }
}
