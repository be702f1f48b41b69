//! Keeps what a director has to remember over a restart: one file that only its owner may read, replaced as a whole and
//! on the disk before anybody is told that it is. What is remembered, and when, is the core's decision.
//!
//! Invariants: at every instant the file is a complete one, the former or the new; a file that cannot be used is set
//! aside and named, and never keeps the director from its work.

mod clock;
mod file;
mod last_good;
mod writer;

pub use file::{Left, StateFile, StoreError};
pub use last_good::LastGood;
pub use writer::{Writer, Written};

/// Where a daemon keeps its memory when it is not told otherwise.
pub const DEFAULT_PATH: &str = "/var/lib/ipvsd/state.json";
