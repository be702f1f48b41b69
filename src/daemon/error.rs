//! Why the daemon cannot begin.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::api::ApiError;
use crate::ipvs::KernelError;
use crate::ldirectord::LdirectordError;
use crate::loader::LoadError;

/// Why the daemon cannot begin.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// The configuration cannot be read or is not valid.
    #[error("the configuration cannot be used")]
    Definitions(#[source] LoadError),
    /// The kernel's tables cannot be reached.
    #[error("cannot access the kernel's IPVS table: {0}")]
    Kernel(#[source] KernelError),
    /// Another daemon controls the IPVS table of this network namespace.
    #[error(
        "another ipvsd controls the IPVS table of this network namespace ({holder}); stop it first, or add these \
         services to its configuration"
    )]
    TableInUse {
        /// Its number and its configuration.
        holder: String,
    },
    /// Another daemon keeps its state in the same file.
    #[error(
        "another ipvsd uses the state file {} ({holder}); stop it first, or start this one with another --state",
        file.display()
    )]
    StateInUse {
        file: PathBuf,
        /// Its number and its configuration.
        holder: String,
    },
    /// The control socket cannot be made.
    #[error(transparent)]
    Control(ApiError),
    /// The place of ldirectord cannot be taken.
    #[error(transparent)]
    LdirectordProcess(LdirectordError),
    /// Signals cannot be received.
    #[error("cannot receive signals: {0}")]
    Signals(#[source] io::Error),
    /// The thread that talks to the kernel cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

impl DaemonError {
    /// The exit status: 2 for the configuration, 3 for what the system refuses.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Definitions(_) | Self::LdirectordProcess(LdirectordError::Log(_)) => 2,
            Self::Kernel(_)
            | Self::TableInUse { .. }
            | Self::StateInUse { .. }
            | Self::Control(_)
            | Self::LdirectordProcess(_)
            | Self::Signals(_)
            | Self::Thread(_) => 3,
        }
    }
}
