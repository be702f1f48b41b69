//! Why a program did not say that the server is up.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::Signal;

use super::words::{Short, words};

/// Why a program did not say that the server is up.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The definition names no program.
    #[error("local error: the check has no program")]
    Empty,
    /// This host has no room for another process.
    #[error("local error: {}", words(.0))]
    NoProcess(#[source] io::Error),
    /// The user is unknown.
    #[error("local error: no user {}", Short(.0))]
    NoSuchUser(String),
    /// The users' database did not answer in time.
    #[error("local error: the user {} was not found within the time limit; check nsswitch.conf", Short(.0))]
    NoUserInTime(String),
    /// The users' database cannot be read.
    #[error("local error: cannot look up the user: {}", .0.desc())]
    UserLookup(#[source] Errno),
    /// The program cannot be run.
    #[error("local error: cannot run {}: {}", Short(.program), words(.source))]
    CannotRun { program: String, source: io::Error },
    /// The program is there, and what its first line names is not.
    #[error("local error: cannot run {}: the interpreter of its first line does not exist", Short(.0))]
    NoInterpreter(String),
    /// This process may not become another user.
    #[error(
        "local error: cannot run a check as {}: operation not permitted; ipvsd needs CAP_SETUID and CAP_SETGID for this", Short(.0)
    )]
    CannotChangeUser(String),
    /// A shell or `env` did not find, or could not run, what was to be run (POSIX, section 2.8.2).
    #[error(
        "local error: exit status {status}, the check could not run a program{}", said(.output)
    )]
    NotRun { status: i32, output: Option<String> },
    /// It ended with a status other than 0.
    #[error("exit status {status}{}", said(.output))]
    ExitStatus {
        status: i32,
        /// The last line it printed.
        output: Option<String>,
    },
    /// A signal ended it.
    #[error("{}killed by {}", if is_of_this_host(*.0) { "local error: " } else { "" }, signal_name(*.0))]
    Killed(i32),
    /// Waiting for it failed.
    #[error("local error: {}", words(.0))]
    Lost(#[source] io::Error),
}

impl CommandError {
    /// Whether the fault lies on the director's side.
    pub(super) fn is_ours(&self) -> bool {
        match self {
            Self::ExitStatus { .. } => false,
            Self::Killed(signal) => is_of_this_host(*signal),
            _ => true,
        }
    }
}

/// Whether such a signal comes from the kernel because of this host: short memory, a refused system call, a limit. What ipvsd
/// itself kills has run out of time and is reported so.
fn is_of_this_host(signal: i32) -> bool {
    matches!(
        Signal::try_from(signal),
        Ok(Signal::SIGKILL | Signal::SIGSYS | Signal::SIGXCPU | Signal::SIGXFSZ | Signal::SIGBUS)
    )
}

pub(super) fn said(output: &Option<String>) -> String {
    output
        .as_ref()
        .map_or_else(String::new, |line| format!(": {line}"))
}

fn signal_name(number: i32) -> String {
    Signal::try_from(number).map_or_else(
        |_| format!("signal {number}"),
        |signal| signal.as_str().to_owned(),
    )
}
