//! Starts ipvsd in the role of an instance, and learns whether it is in place: the daemon keeps our pipe as its standard
//! error while it can still fail, and gives it up once its pid file is written.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use ldirectord_compat::pid_file::{Owner, PidFile};
use ldirectord_compat::role::{Mode, Role, VARIABLE};
use thiserror::Error;

use super::places;

/// Exit status of a configuration that cannot be used, ipvsd's and ldirectord's alike.
pub(super) const BAD_CONFIG: u8 = 2;
/// Exit status of every other failure.
pub(super) const FAILED: u8 = 1;

/// Why ipvsd was not started.
#[derive(Debug, Error)]
pub(super) enum LaunchError {
    /// The program cannot be run.
    #[error("cannot run {path}: {source}; install ipvsd next to ldirectord or in the search path", path = path.display())]
    NotRun {
        /// The program.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A path is not UTF-8.
    #[error("cannot pass the path of the configuration to ipvsd: {0}")]
    Role(#[from] serde_json::Error),
    /// Its messages cannot be read, or its end not be awaited.
    #[error("cannot watch ipvsd: {0}")]
    Watch(#[source] io::Error),
}

/// Starts the daemon, shows what it has to say while it starts, and returns when it is in place or has failed.
pub(super) fn background(role: &Role, words: &[&str]) -> Result<u8, LaunchError> {
    let program = places::daemon();
    let mut command = command(&program, role, words)?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|source| LaunchError::NotRun {
        path: program.clone(),
        source,
    })?;
    if let Some(mut messages) = child.stderr.take() {
        pass_on(&mut messages).map_err(LaunchError::Watch)?;
    }
    if PidFile::new(&role.pid_file).owner() == Owner::Running(child.id()) {
        return Ok(0);
    }
    child.wait().map(status).map_err(LaunchError::Watch)
}

/// Becomes the daemon in the foreground; returns only when that fails.
pub(super) fn foreground(role: &Role, words: &[&str]) -> LaunchError {
    let program = places::daemon();
    match command(&program, role, words) {
        Ok(mut command) => LaunchError::NotRun {
            source: command.exec(),
            path: program,
        },
        Err(error) => error,
    }
}

/// Has the daemon say what is wrong with the configuration; 0 when nothing is.
pub(super) fn check(role: &Role, words: &[&str]) -> Result<u8, LaunchError> {
    let program = places::daemon();
    let role = Role {
        mode: Mode::Check,
        ..role.clone()
    };
    command(&program, &role, words)?
        .stdin(Stdio::null())
        .status()
        .map(status)
        .map_err(|source| LaunchError::NotRun {
            path: program,
            source,
        })
}

fn command(program: &Path, role: &Role, words: &[&str]) -> Result<Command, LaunchError> {
    let mut command = Command::new(program);
    command
        .arg0(&role.program)
        .args(words)
        .env(VARIABLE, role.to_variable()?);
    Ok(command)
}

/// Copies messages as they come, until the daemon gives up its end.
fn pass_on(messages: &mut impl Read) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match messages.read(&mut buffer) {
            Ok(0) => return Ok(()),
            // Where nobody listens, the exit status still tells.
            Ok(length) => {
                let _ = io::stderr().write_all(&buffer[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn status(status: ExitStatus) -> u8 {
    match (status.code(), status.signal()) {
        (Some(0), _) => 0,
        (Some(code), _) if code == i32::from(BAD_CONFIG) => BAD_CONFIG,
        _ => FAILED,
    }
}
