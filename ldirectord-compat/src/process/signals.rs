//! Signals to a daemon, and waiting for its end.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal as Number, kill};
use nix::unistd::Pid;

/// How long a daemon may take to stop. Cluster managers give up after 15 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long the one that takes its place waits: it was told to go, so nobody directs when we give up.
pub(super) const LONG_PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(20);

/// What a daemon is told by a signal.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signal {
    Term,
    Hangup,
}

pub(super) fn send(pid: u32, signal: Signal) -> io::Result<()> {
    let number = match signal {
        Signal::Term => Number::SIGTERM,
        Signal::Hangup => Number::SIGHUP,
    };
    Ok(kill(known(pid)?, number)?)
}

pub(super) fn exists(pid: u32) -> bool {
    known(pid).is_ok_and(|pid| kill(pid, None) != Err(Errno::ESRCH))
}

/// Whether it comes true while we are patient.
pub(super) fn wait_until(patience: Duration, come_true: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if come_true() {
            return true;
        }
        if begin.elapsed() > patience {
            return false;
        }
        thread::sleep(PAUSE);
    }
}

fn known(pid: u32) -> io::Result<Pid> {
    // Other numbers would mean groups of processes.
    i32::try_from(pid)
        .ok()
        .filter(|pid| *pid > 0)
        .map(Pid::from_raw)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}
