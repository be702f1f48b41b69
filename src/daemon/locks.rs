//! Keeps two daemons from one IPVS table and from one state file: they would undo each other's changes. Each is locked by a
//! file, which says whose it is; the kernel gives the lock back when the process ends, however it ends.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::error::DaemonError;
use super::settings::Settings;
use crate::netns;

/// Where the locks of tables are: one place for all daemons, whatever their sockets.
const DIRECTORY: &str = "/run/ipvsd";
const DIRECTORY_MODE: u32 = 0o750;
const MODE: u32 = 0o600;
/// How long a daemon that is stopping is waited for.
const LEAVING: Duration = Duration::from_secs(30);
/// Pause between two looks at it.
const LOOK: Duration = Duration::from_millis(50);

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    pid: u32,
    configuration: PathBuf,
    /// It has been told to stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    stopping: bool,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            pid, configuration, ..
        } = self;
        write!(f, "pid {pid}, configuration {}", configuration.display())
    }
}

/// How a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Alone,
    /// Together with others of the kind: instances of ldirectord share a table, each with services of its own.
    Shared,
}

/// A file that is locked.
#[derive(Debug)]
struct Lock {
    file: File,
}

/// The locks of this daemon.
#[derive(Debug)]
pub(super) struct Locks {
    holder: Holder,
    locks: Vec<Lock>,
}

/// Why there is no lock.
#[derive(Debug)]
enum Refusal {
    /// Another process has it; who, as far as that is known.
    Held(Option<Holder>),
    /// There can be none.
    Impossible(io::Error),
}

impl Locks {
    /// Locks the table of this network namespace and the state file. Waits for a daemon that is stopping.
    pub(super) async fn take(settings: &Settings) -> Result<Self, DaemonError> {
        let mut locks = Self {
            holder: Holder {
                pid: std::process::id(),
                configuration: absolute(&settings.configuration),
                stopping: false,
            },
            locks: Vec::new(),
        };
        let mode = match settings.role {
            Some(_) => Mode::Shared,
            None => Mode::Alone,
        };
        if let Ok(number) = netns::number() {
            let table = Path::new(DIRECTORY).join(format!("table-{number}.lock"));
            let held = locks.add(&table, mode).await?;
            if let Some(holder) = held {
                return Err(DaemonError::TableInUse { holder });
            }
        }
        if let Some(state) = &settings.state {
            let mut lock = state.clone().into_os_string();
            lock.push(".lock");
            if let Some(holder) = locks.add(Path::new(&lock), Mode::Alone).await? {
                let file = state.clone();
                return Err(DaemonError::StateInUse { file, holder });
            }
        }
        Ok(locks)
    }

    /// Locks one file more; says who else has it.
    async fn add(&mut self, path: &Path, mode: Mode) -> Result<Option<String>, DaemonError> {
        let until = Instant::now() + LEAVING;
        let mut told = false;
        loop {
            match Lock::take(path, mode, &self.holder) {
                Ok(lock) => {
                    self.locks.push(lock);
                    return Ok(None);
                }
                Err(Refusal::Held(Some(holder))) if holder.stopping && Instant::now() < until => {
                    if !told {
                        tracing::info!(
                            "waiting for the end of another ipvsd that is stopping ({holder})"
                        );
                        told = true;
                    }
                    tokio::time::sleep(LOOK).await;
                }
                Err(Refusal::Held(holder)) => {
                    let unknown = || "another process".to_owned();
                    return Ok(Some(
                        holder.map_or_else(unknown, |holder| holder.to_string()),
                    ));
                }
                Err(Refusal::Impossible(error)) => {
                    tracing::warn!(
                        "cannot lock {}: {error}; a second ipvsd would not be noticed",
                        path.display()
                    );
                    return Ok(None);
                }
            }
        }
    }

    /// Tells those who want the locks that they will be free soon.
    pub(super) fn stopping(&mut self) {
        self.holder.stopping = true;
        for lock in &mut self.locks {
            // Who waits is refused then, as with a daemon that goes on.
            let _ = lock.describe(&self.holder);
        }
    }
}

impl Lock {
    fn take(path: &Path, mode: Mode, holder: &Holder) -> Result<Self, Refusal> {
        let file = open(path).map_err(Refusal::Impossible)?;
        let locked = match mode {
            Mode::Alone => file.try_lock(),
            Mode::Shared => file.try_lock_shared(),
        };
        let mut lock = Self { file };
        match locked {
            Ok(()) => {
                // The lock holds without its words.
                let _ = lock.describe(holder);
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => Err(Refusal::Held(lock.holder())),
            Err(TryLockError::Error(error)) => Err(Refusal::Impossible(error)),
        }
    }

    fn describe(&mut self, holder: &Holder) -> io::Result<()> {
        let text = serde_json::to_vec(holder)?;
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(&text)
    }

    fn holder(&mut self) -> Option<Holder> {
        let mut text = Vec::new();
        self.file.read_to_end(&mut text).ok()?;
        let holder: Holder = serde_json::from_slice(&text).ok()?;
        // Of those who share a lock, the last one is named; it may be gone.
        let lives = Path::new("/proc").join(holder.pid.to_string()).exists();
        lives.then_some(holder)
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        let mut builder = DirBuilder::new();
        builder
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(directory)?;
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(MODE)
        .open(path)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(configuration: &str) -> Holder {
        Holder {
            pid: std::process::id(),
            configuration: configuration.into(),
            stopping: false,
        }
    }

    #[test]
    fn a_lock_has_one_holder_and_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("below/table.lock");
        let first = Lock::take(&path, Mode::Alone, &holder("/etc/ipvsd/a.yaml")).unwrap();
        let refused = Lock::take(&path, Mode::Alone, &holder("/etc/ipvsd/b.yaml"));
        let Err(Refusal::Held(Some(named))) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(named, holder("/etc/ipvsd/a.yaml"));
        let shared = Lock::take(&path, Mode::Shared, &holder("/etc/ipvsd/b.yaml"));
        assert!(matches!(shared, Err(Refusal::Held(Some(_)))));
        drop(first);
        Lock::take(&path, Mode::Alone, &holder("b")).unwrap();
    }

    #[test]
    fn instances_of_ldirectord_share_a_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("table.lock");
        let _one = Lock::take(&path, Mode::Shared, &holder("a.cf")).unwrap();
        let two = Lock::take(&path, Mode::Shared, &holder("b.cf")).unwrap();
        let refused = Lock::take(&path, Mode::Alone, &holder("c.yaml"));
        let Err(Refusal::Held(Some(named))) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(named, holder("b.cf"));
        drop(two);
    }

    #[test]
    fn a_holder_that_stops_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("table.lock");
        let mut locks = Locks {
            holder: holder("a.yaml"),
            locks: vec![Lock::take(&path, Mode::Alone, &holder("a.yaml")).unwrap()],
        };
        locks.stopping();
        let refused = Lock::take(&path, Mode::Alone, &holder("b.yaml"));
        assert!(matches!(refused, Err(Refusal::Held(Some(named))) if named.stopping));
    }
}
