//! Programs of the operator's that judge a server: run directly, never through a shell, in a process group of their own
//! that is killed as a whole at the time limit. Exit status 0 means up; death by a signal is a failure.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use director_core::model::CommandProbe;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, User};
use std::os::unix::process::ExitStatusExt;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::error::ProbeError;
use super::words::{Short, words};

/// Bytes of output that are kept; the rest is read and forgotten, so that the program is never held up.
const OUTPUT_KEPT: usize = 4096;

/// How long output may trail the end of the program, whose children may hold the pipe open for ever.
const OUTPUT_TRAILS: Duration = Duration::from_millis(100);

/// Why a program did not say that the server is up.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The definition names no program.
    #[error("cannot ask: the check names no program")]
    Empty,
    /// This host has no room for another process.
    #[error("cannot ask: {}", words(.0))]
    NoProcess(#[source] io::Error),
    /// The user is unknown.
    #[error("cannot ask: there is no user {}", Short(.0))]
    NoSuchUser(String),
    /// The users' database cannot be read.
    #[error("cannot ask: looking up the user failed: {}", .0.desc())]
    UserLookup(#[source] Errno),
    /// The program cannot be run, which has always counted as a failure of the server.
    #[error("cannot run {}: {}", Short(.program), words(.source))]
    CannotRun {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It ended with a status other than 0.
    #[error("exit status {status}{}", said(.output))]
    ExitStatus {
        /// The status.
        status: i32,
        /// The last line it printed.
        output: Option<String>,
    },
    /// A signal ended it.
    #[error("killed by {}", signal_name(*.0))]
    Killed(i32),
    /// Waiting for it failed.
    #[error("cannot ask: {}", words(.0))]
    Lost(#[source] io::Error),
}

impl CommandError {
    /// Whether the fault lies on the director's side.
    pub(super) fn is_ours(&self) -> bool {
        !matches!(
            self,
            Self::CannotRun { .. } | Self::ExitStatus { .. } | Self::Killed(_)
        )
    }
}

/// Runs the program; its last line of output comes back.
pub(super) async fn ask(question: &CommandProbe) -> Result<String, ProbeError> {
    let mut child = start(question).await?;
    let group = Group::of(&child);
    let output = collect(&mut child).await?;
    group.leave();
    judge(output.0, last_line(&output.1)).map_err(ProbeError::Command)
}

async fn start(question: &CommandProbe) -> Result<Child, CommandError> {
    let (program, arguments) = question.argv.split_first().ok_or(CommandError::Empty)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(name) = &question.user {
        run_as(&mut command, name).await?;
    }
    command.spawn().map_err(
        |source| match Errno::from_raw(source.raw_os_error().unwrap_or(0)) {
            Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE => {
                CommandError::NoProcess(source)
            }
            _ => CommandError::CannotRun {
                program: program.clone(),
                source,
            },
        },
    )
}

/// The program gets the user's groups taken away as well: the standard library clears the supplementary ones when it
/// changes the user.
async fn run_as(command: &mut Command, name: &str) -> Result<(), CommandError> {
    let wanted = name.to_owned();
    // The users' database may be a network service.
    let found = tokio::task::spawn_blocking(move || User::from_name(&wanted))
        .await
        .map_err(|error| CommandError::Lost(error.into()))?;
    let user = found
        .map_err(CommandError::UserLookup)?
        .ok_or_else(|| CommandError::NoSuchUser(name.to_owned()))?;
    command
        .uid(user.uid.as_raw())
        .gid(user.gid.as_raw())
        .env("HOME", &user.dir)
        .env("USER", &user.name)
        .env("LOGNAME", &user.name);
    Ok(())
}

/// Waits for the end of the program while reading what it prints.
async fn collect(child: &mut Child) -> Result<(ExitStatus, Vec<u8>), CommandError> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut kept = Kept::default();
    let mut errors = Kept::default();
    let status = {
        let mut reading = std::pin::pin!(async {
            tokio::join!(drain(stdout, &mut kept), drain(stderr, &mut errors));
        });
        tokio::select! {
            biased;
            status = child.wait() => {
                // Time over means that a child of the program holds the pipe; what was read so far will do.
                let _ = timeout(OUTPUT_TRAILS, reading).await;
                status
            }
            () = &mut reading => child.wait().await,
        }
    };
    let output = if kept.0.is_empty() { errors } else { kept };
    Ok((status.map_err(CommandError::Lost)?, output.0))
}

/// The end of an output: the newest bytes of it.
#[derive(Default)]
struct Kept(Vec<u8>);

async fn drain(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Kept) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
        kept.0.extend_from_slice(&buffer[..length]);
        let surplus = kept.0.len().saturating_sub(OUTPUT_KEPT);
        kept.0.drain(..surplus);
    }
}

fn last_line(output: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(output);
    text.lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .map(|line| Short(line).to_string())
}

fn judge(status: ExitStatus, output: Option<String>) -> Result<String, CommandError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(format!("exit status 0{}", said(&output))),
        (Some(status), _) => Err(CommandError::ExitStatus { status, output }),
        (None, signal) => Err(CommandError::Killed(signal.unwrap_or(0))),
    }
}

fn said(output: &Option<String>) -> String {
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

/// The process group of a running program; dropping it kills the group, so that the time limit ends the children too.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        Self(leader.map(Pid::from_raw))
    }

    /// The program has ended by itself; what it left behind is its business.
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // The group may have ended in this moment, and then there is nothing to do.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}
