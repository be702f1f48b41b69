//! Why a daemon cannot take the place of ldirectord.

use std::io;
use std::path::PathBuf;

use ldirectord_compat::journal::JournalError;
use thiserror::Error;

/// Why a daemon cannot take the place of ldirectord.
#[derive(Debug, Error)]
pub enum LdirectordError {
    /// The pid file is another's, or cannot be written.
    #[error("Can not open {path}: {source}", path = path.display())]
    PidFile { path: PathBuf, source: io::Error },
    /// The log that the configuration names cannot be written.
    #[error(transparent)]
    Log(#[from] JournalError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
    /// The process cannot be put in the background.
    #[error("cannot detach from the terminal: {0}")]
    Terminal(#[source] io::Error),
}
