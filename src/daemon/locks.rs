//! Keeps two daemons from one IPVS table and from one state file: they would undo each other's changes. Each is locked by a
//! file, which says whose it is; the kernel gives the lock back when the process ends, however it ends. The table has a socket
//! too, for daemons that do not see each other's files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::error::DaemonError;
use super::settings::{Settings, TableKind};
use super::table_socket::{ClaimRefusal, TableSocket};
use crate::blocking::BlockingPool;
use crate::netns;
use crate::trusted_file;

/// Where the locks of tables are: one place for all daemons, whatever their sockets.
const DIRECTORY: &str = "/run/ipvsd";
/// How long a daemon that is stopping is waited for.
const LEAVING: Duration = Duration::from_secs(30);
/// How long one is waited for that may not have heard yet that it is to stop.
const HEARING: Duration = Duration::from_millis(500);
/// Compares the services of instances of ldirectord.
static RIVALS: BlockingPool = BlockingPool::new("rivals", 2);
/// Pause between two looks at it.
const LOOK: Duration = Duration::from_millis(50);

/// Who holds a lock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LockHolder {
    pub(super) pid: u32,
    pub(super) configuration: PathBuf,
    /// It has been told to stop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) stopping: bool,
    /// The number counts in another PID namespace.
    #[serde(skip)]
    pub(super) elsewhere: bool,
}

impl std::fmt::Display for LockHolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, .. } = self;
        let configuration = self.configuration.display();
        match self.elsewhere {
            true if *pid == 0 => write!(f, "a process of another container")?,
            true => write!(f, "pid {pid} of another container")?,
            false => write!(f, "pid {pid}")?,
        }
        if self.configuration.as_os_str().is_empty() {
            return Ok(());
        }
        write!(f, ", configuration {configuration}")
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
    holder: LockHolder,
    locks: Vec<Lock>,
    socket: Option<TableSocket>,
    waited: bool,
}

/// Why there is no lock.
#[derive(Debug)]
enum LockRefusal {
    /// Another process has it; who, as far as that is known.
    Held(Option<LockHolder>),
    /// A process has it that is not known to be a daemon.
    Silent,
    /// There can be none.
    Impossible(io::Error),
}

impl Locks {
    /// Locks the table of this network namespace and the state file. Waits for a daemon that is stopping.
    pub(super) async fn take(settings: &Settings) -> Result<Self, DaemonError> {
        let mut locks = Self {
            holder: LockHolder {
                pid: std::process::id(),
                configuration: absolute(&settings.configuration),
                stopping: false,
                elsewhere: false,
            },
            locks: Vec::new(),
            socket: None,
            waited: false,
        };
        let mode = match settings.role {
            Some(_) => Mode::Shared,
            None => Mode::Alone,
        };
        if settings.table.is_observed() {
            return Ok(locks);
        }
        if settings.table == TableKind::Ipvs
            && let Some(holder) = locks.add_table(mode).await
        {
            return Err(DaemonError::TableInUse { holder });
        }
        if let Some(state) = &settings.state {
            let mut lock = state.clone().into_os_string();
            lock.push(".lock");
            if let Some(holder) = locks.add(Path::new(&lock), Mode::Alone).await {
                let file = state.clone();
                return Err(DaemonError::StateInUse { file, holder });
            }
        }
        Ok(locks)
    }

    /// Locks the table of this network namespace, by a file and by a socket; says who else has it.
    async fn add_table(&mut self, mode: Mode) -> Option<String> {
        if let Ok(number) = netns::number() {
            let table = Path::new(DIRECTORY).join(format!("table-{number}.lock"));
            if let Some(holder) = self.add(&table, mode).await {
                return Some(holder);
            }
        }
        self.claim_table(mode).await
    }

    /// Locks one file more; says who else has it.
    async fn add(&mut self, path: &Path, mode: Mode) -> Option<String> {
        let take = async |holder: &LockHolder| Lock::take(path, mode, holder);
        match self.wait_for(take, &path.display().to_string()).await {
            Ok(lock) => self.locks.extend(lock),
            Err(holder) => return Some(holder),
        }
        None
    }

    /// Claims the table among daemons that see other files; says who else has it.
    async fn claim_table(&mut self, mode: Mode) -> Option<String> {
        let claim = async |holder: &LockHolder| {
            let claimed = match mode {
                Mode::Alone => TableSocket::alone(holder).await,
                Mode::Shared => TableSocket::shared(holder).await,
            };
            claimed.map_err(LockRefusal::from)
        };
        match self.wait_for(claim, "the IPVS table by a socket").await {
            Ok(socket) => self.socket = socket,
            Err(holder) => return Some(holder),
        }
        None
    }

    /// Takes a lock, or waits for a daemon that is stopping. None where there can be no lock.
    async fn wait_for<T>(
        &mut self,
        mut take: impl AsyncFnMut(&LockHolder) -> Result<T, LockRefusal>,
        what: &str,
    ) -> Result<Option<T>, String> {
        let began = Instant::now();
        loop {
            let (holder, is_silent) = match take(&self.holder).await {
                Ok(lock) => return Ok(Some(lock)),
                Err(LockRefusal::Held(holder)) => (holder, false),
                Err(LockRefusal::Silent) => (None, true),
                Err(LockRefusal::Impossible(error)) => {
                    warn_without_lock(what, &error.to_string());
                    return Ok(None);
                }
            };
            let stopping = holder.as_ref().is_some_and(|holder| holder.stopping);
            if began.elapsed() >= if stopping { LEAVING } else { HEARING } {
                if is_silent {
                    warn_without_lock(what, "another process has its name");
                    return Ok(None);
                }
                let unknown = || "another process".to_owned();
                return Err(holder.map_or_else(unknown, |holder| holder.to_string()));
            }
            if let Some(holder) = holder.filter(|_| stopping && !self.waited) {
                tracing::info!("waiting for another ipvsd that is stopping ({holder})");
                self.waited = true;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether another daemon had to end first.
    pub(super) fn waited(&self) -> bool {
        self.waited
    }

    /// Tells those who want the locks that they will be free soon.
    pub(super) fn stopping(&mut self) {
        self.holder.stopping = true;
        for lock in &mut self.locks {
            // Who waits is refused then, as with a daemon that goes on.
            let _ = lock.describe(&self.holder);
        }
        if let Some(socket) = &self.socket {
            socket.update(|claim| claim.holder.stopping = true);
        }
    }

    /// Says which services this instance of ldirectord has, and warns of others with the same ones: each would undo the
    /// changes of the other. ldirectord starts all the same, as it always has.
    pub(super) fn share_table(&self, services: Vec<String>) {
        let Some(socket) = &self.socket else { return };
        socket.update(|claim| claim.services = services);
        let find = socket.rivals();
        tokio::spawn(async move {
            for (holder, services) in RIVALS.run(find).await.into_iter().flatten() {
                for service in services {
                    tracing::warn!(
                        "another ldirectord has the virtual service {service}, too ({holder}); each undoes the changes \
                         of the other; remove the service from one of the two configurations"
                    );
                }
            }
        });
    }
}

fn warn_without_lock(what: &str, why: &str) {
    tracing::warn!(
        "cannot lock {what}: {why}; ipvsd starts, but a second ipvsd would not be refused; make sure that only one runs"
    );
}

impl From<ClaimRefusal> for LockRefusal {
    fn from(refusal: ClaimRefusal) -> Self {
        match refusal {
            ClaimRefusal::Held(holder) => Self::Held(Some(holder)),
            ClaimRefusal::Silent => Self::Silent,
            ClaimRefusal::Impossible(error) => Self::Impossible(error),
        }
    }
}

impl Lock {
    fn take(path: &Path, mode: Mode, holder: &LockHolder) -> Result<Self, LockRefusal> {
        let file = open(path).map_err(LockRefusal::Impossible)?;
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
            Err(TryLockError::WouldBlock) => Err(LockRefusal::Held(lock.holder())),
            Err(TryLockError::Error(error)) => Err(LockRefusal::Impossible(error)),
        }
    }

    fn describe(&mut self, holder: &LockHolder) -> io::Result<()> {
        let text = serde_json::to_vec(holder)?;
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(&text)
    }

    fn holder(&mut self) -> Option<LockHolder> {
        let mut text = Vec::new();
        self.file.read_to_end(&mut text).ok()?;
        let holder: LockHolder = serde_json::from_slice(&text).ok()?;
        // Of those who share a lock, the last one is named; it may be gone.
        let lives = Path::new("/proc").join(holder.pid.to_string()).exists();
        lives.then_some(holder)
    }
}

fn open(path: &Path) -> io::Result<File> {
    trusted_file::create_directory(trusted_file::directory_of(path))?;
    let mut options = OpenOptions::new();
    trusted_file::open(path, options.read(true).write(true).create(true))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(configuration: &str) -> LockHolder {
        LockHolder {
            pid: std::process::id(),
            configuration: configuration.into(),
            ..LockHolder::default()
        }
    }

    #[test]
    fn a_lock_has_one_holder_and_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("below/table.lock");
        let first = Lock::take(&path, Mode::Alone, &holder("/etc/ipvsd/a.yaml")).unwrap();
        let refused = Lock::take(&path, Mode::Alone, &holder("/etc/ipvsd/b.yaml"));
        let Err(LockRefusal::Held(Some(named))) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(named, holder("/etc/ipvsd/a.yaml"));
        let shared = Lock::take(&path, Mode::Shared, &holder("/etc/ipvsd/b.yaml"));
        assert!(matches!(shared, Err(LockRefusal::Held(Some(_)))));
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
        let Err(LockRefusal::Held(Some(named))) = refused else {
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
            socket: None,
            waited: false,
        };
        locks.stopping();
        let refused = Lock::take(&path, Mode::Alone, &holder("b.yaml"));
        assert!(matches!(refused, Err(LockRefusal::Held(Some(named))) if named.stopping));
    }
}
