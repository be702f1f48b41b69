//! Ends processes that a confined program has left behind, also those that took a session of their own. They become children of
//! this process when their parents end (`PR_SET_CHILD_SUBREAPER`, prctl(2)). By `no_new_privs`, which no process can take back,
//! they are told from what others have left.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, TryLockError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, getpgrp, getsid};
use tokio::process::Child;
use tokio::runtime::Handle;

/// Time in which the parents of a process end after they were killed.
const SETTLE: Duration = Duration::from_millis(200);

/// Confined programs that run, by their numbers.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
/// Held while a program starts, so that no sweep takes one for a leftover before it is known.
static STARTING: RwLock<()> = RwLock::new(());

/// A confined program that runs. What it has left is ended soon after this is dropped.
#[derive(Debug)]
pub(super) struct Leader(i32);

impl Drop for Leader {
    fn drop(&mut self) {
        running().remove(&self.0);
        sweep_soon();
    }
}

/// A sweep will come; no second one is needed.
static PENDING: AtomicBool = AtomicBool::new(false);

/// The one sweep that will come.
struct Pending;

impl Drop for Pending {
    fn drop(&mut self) {
        PENDING.store(false, Ordering::Relaxed);
    }
}

fn sweep_soon() {
    // At the end of the daemon there is no runtime any more; it sweeps once itself.
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    if PENDING.swap(true, Ordering::Relaxed) {
        return;
    }
    let pending = Pending;
    runtime.spawn(async move {
        tokio::time::sleep(SETTLE).await;
        drop(pending);
        if sweep() {
            sweep_soon();
        }
    });
}

/// From now on orphans of programs become children of this process.
pub(super) fn adopt_orphans() -> io::Result<()> {
    Ok(prctl::set_child_subreaper(true)?)
}

/// Starts a program that is known to run from its first moment.
pub(super) fn start(spawn: impl FnOnce() -> io::Result<Child>) -> io::Result<(Child, Leader)> {
    let _starting = STARTING.read().unwrap_or_else(PoisonError::into_inner);
    let child = spawn()?;
    let number = child.id().and_then(|number| i32::try_from(number).ok());
    let number = number.ok_or_else(|| io::Error::other("it has ended already"))?;
    running().insert(number);
    Ok((child, Leader(number)))
}

fn running() -> MutexGuard<'static, BTreeSet<i32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills what is left of programs that have ended. Returns whether another look is needed: their children are left then.
pub(super) fn sweep() -> bool {
    let _none_starts = match STARTING.try_write() {
        Err(TryLockError::WouldBlock) => return true,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Ok(guard) => guard,
    };
    let running = running();
    let known = |number: i32| running.contains(&number);
    let left: Vec<Pid> = children()
        .into_iter()
        .filter(|number| is_leftover(*number, known))
        .map(Pid::from_raw)
        .collect();
    for process in &left {
        // It may have ended by itself.
        let _ = kill(*process, Signal::SIGKILL);
        while waitpid(*process, Some(WaitPidFlag::WNOHANG)) == Err(Errno::EINTR) {}
    }
    !left.is_empty()
}

/// The children of this process.
fn children() -> Vec<i32> {
    let own = std::process::id();
    // Each thread has a list of its own (CONFIG_PROC_CHILDREN).
    if Path::new(&format!("/proc/self/task/{own}/children")).exists() {
        let threads = fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten();
        let lists = threads.map(|thread| fs::read_to_string(thread.path().join("children")));
        let lists: String = lists.map(Result::unwrap_or_default).collect();
        return lists
            .split(' ')
            .filter_map(|number| number.parse().ok())
            .collect();
    }
    let own = own.to_string();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.filter(|number| field(&stat(*number), PARENT).is_some_and(|parent| parent == own))
        .collect()
}

/// Fields of /proc/PID/stat behind the name (proc_pid_stat(5)).
const PARENT: usize = 1;
const GROUP: usize = 2;
const SESSION: usize = 3;

fn stat(number: i32) -> String {
    fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default()
}

fn field(stat: &str, which: usize) -> Option<&str> {
    let (_, behind_name) = stat.rsplit_once(") ")?;
    behind_name.split(' ').nth(which)
}

/// Whether a child of this process is what a program has left. Other children, such as the mail program, are in the group and
/// session of this process, or free of `no_new_privs`.
fn is_leftover(number: i32, is_running: impl Fn(i32) -> bool) -> bool {
    let stat = stat(number);
    let number_in = |which| field(&stat, which).and_then(|text| text.parse::<i32>().ok());
    let (Some(group), Some(session)) = (number_in(GROUP), number_in(SESSION)) else {
        return false;
    };
    let own_session = getsid(None).is_ok_and(|own| own.as_raw() == session);
    let own_group = getpgrp().as_raw() == group;
    let is_ours = own_session && (own_group || is_running(group));
    !is_ours && !is_running(number) && has_no_new_privs(number)
}

fn has_no_new_privs(number: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
    let mut lines = status.lines();
    lines.any(|line| line.strip_prefix("NoNewPrivs:").map(str::trim) == Some("1"))
}
