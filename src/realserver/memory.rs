//! What was set up on this machine and what was there before, in a file.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use director_core::realserver::{Done, Piece, Setup};
use serde::{Deserialize, Serialize};

use super::RealServerError;

/// Where it is kept when nobody says otherwise.
#[must_use]
pub fn default_path() -> PathBuf {
    PathBuf::from("/run/ipvsd/realserver.json")
}

/// What was set up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The VIPs.
    pub setups: BTreeSet<Setup>,
    /// What was made for them, in the order in which it was.
    pub done: Vec<Done>,
}

impl Memory {
    /// Reads it; empty when there is none.
    ///
    /// # Errors
    /// When there is one that cannot be used.
    pub fn read(path: &Path) -> Result<Self, RealServerError> {
        let failed = |source| RealServerError::Memory {
            attempted: "read",
            path: path.to_owned(),
            source,
        };
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes it, complete or not at all; without anything in it, it goes.
    pub(super) fn write(&self, path: &Path) -> Result<(), RealServerError> {
        let write = || -> io::Result<()> {
            if *self == Self::default() {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                // The directory may have been made for this file alone; others in it keep it.
                drop(path.parent().map(fs::remove_dir));
                return Ok(());
            }
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory)?;
            }
            let new = path.with_extension("new");
            fs::write(&new, serde_json::to_vec_pretty(self)?)?;
            fs::rename(&new, path)
        };
        write().map_err(|source| RealServerError::Memory {
            attempted: "write",
            path: path.to_owned(),
            source,
        })
    }

    /// Notes what was made. What is made again, since somebody had undone it, keeps the value from before us.
    pub(super) fn remember(&mut self, piece: &Piece, former: Option<String>) {
        if self.done.iter().all(|made| made.piece != *piece) {
            self.done.push(Done {
                piece: piece.clone(),
                former,
            });
        }
    }

    /// Goes on without the clamp that could not be made.
    pub(super) fn without_clamp(&mut self, piece: &Piece) {
        let Piece::Clamp { vip, .. } = piece else {
            return;
        };
        let setups = std::mem::take(&mut self.setups);
        self.setups = setups
            .into_iter()
            .map(|setup| match setup.vip == *vip {
                true => Setup { mss: None, ..setup },
                false => setup,
            })
            .collect();
    }
}
