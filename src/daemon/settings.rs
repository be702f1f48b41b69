//! The daemon's own knobs, never part of a definition.

use std::path::PathBuf;

use crate::ldirectord::Role;
use crate::loader::{self, Dialect, LoadContext, LoadError, Loaded};

/// Which IPVS table a daemon manages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TableKind {
    /// That of the kernel in this network namespace
    Ipvs,
    /// One in its own memory, to try a configuration with real checks: without root, without IPVS, and without changes to this machine
    Memory,
    /// The same as `Ipvs`, only read: another program manages it, and what would be changed is shown. By `--observe`.
    #[value(skip)]
    Observed,
}

impl TableKind {
    /// Whether mails, commands, published numbers, state and this machine follow what is decided.
    pub(super) fn is_observed(self) -> bool {
        self == Self::Observed
    }
}

/// How this daemon runs.
#[derive(Debug, Clone)]
pub struct Settings {
    pub configuration: PathBuf,
    pub table: TableKind,
    /// Its dialect; told by its name and content when not given.
    pub dialect: Option<Dialect>,
    pub socket: PathBuf,
    /// The instance of ldirectord in whose place the daemon runs.
    pub role: Option<Role>,
    /// What outlives a restart is kept here; nothing does when nowhere.
    pub state: Option<PathBuf>,
    /// Where every event is recorded.
    pub recording: Option<PathBuf>,
}

impl Settings {
    /// Reads the configuration. Blocks while host names are resolved.
    pub(super) fn load(&self, memory: &LoadContext) -> Result<Loaded, LoadError> {
        loader::load_with(&self.configuration, self.dialect, memory)
    }
}
