//! The daemon's own knobs, never part of a definition.

use std::path::PathBuf;

/// How this daemon runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The definitions file.
    pub definitions: PathBuf,
    /// The control socket.
    pub socket: PathBuf,
}
