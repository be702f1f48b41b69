//! Watches a directory in which a file named after a real server takes that server out of service: says at every change
//! which servers are meant. What that means for the table is the core's decision.
//!
//! The kernel's notices make it quick, and a look every second makes it certain, for directories that come later, are
//! replaced, or lie on another machine. Names of servers are looked up only while a file is there that no address explains.

mod names;
mod reverse;
mod watcher;

pub use watcher::DirectoryWatch;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use director_core::model::{Endpoint, Model};
use director_core::overrides::{NewOverride, OverrideKind, Target};

use names::FileNames;

/// The author of these orders.
pub const AUTHOR: &str = "the maintenance directory";

/// A real server that a file may be named after.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    target: Target,
    /// Its port as defined, and as the kernel's table has it.
    ports: [u16; 2],
}

/// What is watched, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    directory: PathBuf,
    candidates: Vec<Candidate>,
}

impl Watched {
    /// The real servers of a model.
    #[must_use]
    pub fn new(directory: PathBuf, model: &Model) -> Self {
        let servers = model.services().iter().flat_map(|service| {
            let servers = service.real_servers.iter();
            servers.map(|server| Candidate {
                target: (service.id, server.endpoint),
                ports: [server.port, server.endpoint.port],
            })
        });
        Self {
            directory,
            candidates: servers.collect(),
        }
    }

    /// The orders that these files give.
    fn orders(&self, files: &BTreeSet<String>, names: &FileNames) -> Vec<NewOverride> {
        let ordered = self.candidates.iter().filter_map(|candidate| {
            let file = candidate.file(files, names)?;
            Some(NewOverride {
                target: candidate.target,
                kind: OverrideKind::Maintenance,
                reason: format!("file {}", self.directory.join(file).display()),
                lasts: None,
            })
        });
        ordered.collect()
    }

    /// Whether one of the files bears no address of a server, so that it may bear a name.
    fn has_unexplained(&self, files: &BTreeSet<String>) -> bool {
        let by_address: BTreeSet<String> = self
            .candidates
            .iter()
            .flat_map(|candidate| names::by_address(candidate.server(), candidate.ports))
            .collect();
        files.iter().any(|file| !by_address.contains(file))
    }
}

impl Candidate {
    fn server(&self) -> &Endpoint {
        &self.target.1
    }

    /// The file that takes the server out, the most exact one first.
    fn file(&self, files: &BTreeSet<String>, names: &FileNames) -> Option<String> {
        let by_address = names::by_address(self.server(), self.ports);
        let name = names.of(self.server().address);
        let by_name = name.map(|name| names::by_name(name, self.ports));
        let mut all = by_address.into_iter().chain(by_name.unwrap_or_default());
        all.find(|name| files.contains(name))
    }
}

/// The names of the files in a directory; none in one that does not exist.
fn files(directory: &Path) -> io::Result<BTreeSet<String>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error),
    };
    entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests;
