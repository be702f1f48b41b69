//! Keeps what a director has to remember over a restart: one file that only its owner may read, replaced as a whole and
//! on the disk before anybody is told that it is. What is remembered, and when, is the core's decision.
//!
//! Invariants: at every instant the file is a complete one, the former or the new; a file that cannot be used is set
//! aside and named, and never keeps the director from its work.

use std::path::PathBuf;

use crate::netns;

mod clock_anchor;
mod last_good;
mod saved_state;
mod state_file;
mod state_parts;
mod state_writer;
mod understood;

pub use last_good::LastGood;
pub use saved_state::SavedState;
pub use state_file::{StateFile, StoreError};
pub use state_writer::{StateSnapshot, StateWriter};

/// Where a daemon keeps its memory when it is not told otherwise, in each network namespace another file.
#[must_use]
pub fn default_path() -> PathBuf {
    netns::default_path("/var/lib/ipvsd/state.json")
}
