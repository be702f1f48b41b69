//! What was made of this machine and what was there before, in a file below /run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use director_core::model::HostPiece;
use serde::{Deserialize, Serialize};

use super::aside::Aside;
use super::same_subject;

/// The memory that belongs to the director of this control socket.
#[must_use]
pub fn memory_beside(socket: &Path) -> PathBuf {
    socket.with_extension("host.json")
}

/// One thing that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) piece: HostPiece,
    /// The value before, of a setting.
    pub(super) former: Option<String>,
    /// Whether the kernel keeps our mark on it, of an address.
    pub(super) marked: bool,
    /// What the kernel changes along with it, of a setting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) asides: Vec<Aside>,
}

impl Made {
    /// An address, with our mark where the kernel keeps it.
    pub(super) fn address(piece: &HostPiece, marked: bool) -> Self {
        Self {
            piece: piece.clone(),
            former: None,
            marked,
            asides: Vec::new(),
        }
    }

    /// A setting or time limit, and its value before.
    pub(super) fn setting(piece: &HostPiece, former: String) -> Self {
        Self {
            former: Some(former),
            ..Self::address(piece, false)
        }
    }
}

/// All that was made, the oldest first.
#[derive(Debug)]
pub(super) struct Memory {
    path: PathBuf,
    made: Vec<Made>,
}

impl Memory {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            made: Vec::new(),
        }
    }

    /// Reads the file again; it is the truth.
    pub(super) fn read(&mut self) -> Result<(), String> {
        self.made = match fs::read(&self.path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|error| self.words("read", &error.into()))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(self.words("read", &error)),
        };
        Ok(())
    }

    pub(super) fn newest_first(&self) -> Vec<Made> {
        self.made.iter().rev().cloned().collect()
    }

    /// Puts on record what is about to be made. The values from before us stay, whatever we change later.
    pub(super) fn note(&mut self, new: Made) -> Result<(), String> {
        let known = self
            .made
            .iter_mut()
            .find(|made| same_subject(&made.piece, &new.piece));
        match known {
            Some(made) => {
                made.piece = new.piece;
                made.marked |= new.marked;
            }
            None => self.made.push(new),
        }
        self.write()
    }

    pub(super) fn forget(&mut self, piece: &HostPiece) -> Result<(), String> {
        self.made.retain(|made| !same_subject(&made.piece, piece));
        self.write()
    }

    /// Complete or not at all; without anything in it, the file goes.
    fn write(&self) -> Result<(), String> {
        let write = || -> io::Result<()> {
            if self.made.is_empty() {
                return match fs::remove_file(&self.path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                };
            }
            if let Some(directory) = self.path.parent() {
                fs::create_dir_all(directory)?;
            }
            let new = self.path.with_extension("new");
            fs::write(&new, serde_json::to_vec_pretty(&self.made)?)?;
            fs::rename(&new, &self.path)
        };
        write().map_err(|error| self.words("write", &error))
    }

    fn words(&self, attempted: &str, error: &io::Error) -> String {
        format!(
            "cannot {attempted} {}, the record of what was there before: {error}",
            self.path.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(value: &str) -> HostPiece {
        HostPiece::Setting {
            name: "net.ipv4.ip_forward".to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn the_value_from_before_us_outlives_our_own_changes() {
        let directory = tempfile::tempdir().unwrap();
        let path = memory_beside(&directory.path().join("ipvsd.sock"));
        let mut memory = Memory::at(path.clone());
        let made = |value, former: &str| Made::setting(&setting(value), former.to_owned());
        memory.note(made("1", "0")).unwrap();
        memory.note(made("2", "1")).unwrap();

        let mut next = Memory::at(path.clone());
        next.read().unwrap();
        let made = next.newest_first();
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].piece, setting("2"));
        assert_eq!(made[0].former.as_deref(), Some("0"));

        next.forget(&setting("2")).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("host.json");
        fs::write(&path, "{").unwrap();
        assert!(Memory::at(path).read().is_err());
    }
}
