//! Programs of the operator's that judge a server: run directly, never through a shell, and ended with their children at
//! the time limit. Exit status 0 means up; death by a signal is a failure; a program that cannot be run is a local error.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use director_core::model::CommandProbe;
use nix::errno::Errno;
use nix::unistd::User;
use tokio::process::Command;
use tokio::time::timeout_at;

use super::command_error::{CommandError, said};
use super::error::ProbeError;
use super::settings::ProbeSettings;
use super::words::Short;
use crate::blocking::BlockingPool;
use crate::program::{self, Running};

/// Looks up users. Their database may be a network service that hangs.
static USERS: BlockingPool = BlockingPool::new("users", 16);
/// Reads scripts that name no interpreter.
const SHELL: &str = "/bin/sh";

/// Runs the program; its last line of output comes back.
pub(super) async fn ask(
    question: &CommandProbe,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let running = start(question, settings).await?;
    let ended = running.end().await.map_err(CommandError::Lost)?;
    let last_line = ended.last_line.map(|line| Short(&line).to_string());
    judge(question, ended.status, last_line).map_err(ProbeError::Command)
}

/// Runs a program that ends well, and gives the last line that it printed.
pub(super) async fn last_line(
    question: &CommandProbe,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let running = start(question, settings).await?;
    let ended = running.end().await.map_err(CommandError::Lost)?;
    let line = ended.last_line.unwrap_or_default();
    judge(question, ended.status, Some(line.clone()))?;
    Ok(line)
}

async fn start(question: &CommandProbe, settings: &ProbeSettings) -> Result<Running, CommandError> {
    let (program, arguments) = question.argv.split_first().ok_or(CommandError::Empty)?;
    let user = match &question.user {
        Some(name) => Some(user_of(name, settings).await?),
        None => None,
    };
    let user = user.as_ref();
    let started = match program::start(command(program, arguments, user)).await {
        // As a shell does, and with it ldirectord: a file that is no program is a script (POSIX, execvp).
        Err(error) if is(&error, Errno::ENOEXEC) && !is_elf(program) => {
            program::start(command(SHELL, &question.argv, user)).await
        }
        started => started,
    };
    started.map_err(|source| cannot_run(program, question.user.as_deref(), source))
}

fn command(path: &str, arguments: &[String], user: Option<&User>) -> Command {
    let mut command = program::command(path);
    command.args(arguments);
    if let Some(user) = user {
        // The standard library clears the supplementary groups as well when it changes the user.
        command
            .uid(user.uid.as_raw())
            .gid(user.gid.as_raw())
            .env("HOME", &user.dir)
            .env("USER", &user.name)
            .env("LOGNAME", &user.name);
    }
    command
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno as i32)
}

/// Whether the file is a program after all, of another machine perhaps, which no shell can read.
fn is_elf(program: &str) -> bool {
    let mut start = [0; 4];
    let read = File::open(program).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"\x7fELF"
}

/// Why a program does not run, which says nothing about the server.
fn cannot_run(program: &str, user: Option<&str>, source: io::Error) -> CommandError {
    match Errno::from_raw(source.raw_os_error().unwrap_or(0)) {
        Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE => {
            return CommandError::NoProcess(source);
        }
        Errno::EPERM if user.is_some() => {
            return CommandError::CannotChangeUser(user.unwrap_or_default().to_owned());
        }
        _ => {}
    }
    let program = program.to_owned();
    if is(&source, Errno::ENOENT) && Path::new(&program).exists() {
        return CommandError::NoInterpreter(program);
    }
    CommandError::CannotRun { program, source }
}

async fn user_of(name: &str, settings: &ProbeSettings) -> Result<User, CommandError> {
    let wanted = name.to_owned();
    let found = USERS.run(move || User::from_name(&wanted));
    // Its silence says nothing about the server, so it is noticed before the time limit of the probe.
    let found = match settings.last_call() {
        Some(until) => timeout_at(until, found).await,
        None => Ok(found.await),
    };
    let found = found.map_err(|_| CommandError::NoUserInTime(name.to_owned()))?;
    found
        .map_err(CommandError::Lost)?
        .map_err(CommandError::UserLookup)?
        .ok_or_else(|| CommandError::NoSuchUser(name.to_owned()))
}

fn judge(
    question: &CommandProbe,
    status: ExitStatus,
    output: Option<String>,
) -> Result<String, CommandError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(format!("exit status 0{}", said(&output))),
        (Some(status @ 126..=127), _) => Err(CommandError::NotRun { status, output }),
        (Some(status), _) => {
            Err(vanished(question).unwrap_or(CommandError::ExitStatus { status, output }))
        }
        (None, signal) => Err(CommandError::Killed(signal.unwrap_or(0))),
    }
}

/// Says that a script was removed while it ran. Its interpreter opens it after the kernel did, and dash answers a file that is gone
/// by then with exit status 2, as if the script had found a fault.
fn vanished(question: &CommandProbe) -> Option<CommandError> {
    let program = question.argv.first()?;
    // A plain name is looked for in PATH.
    let is_gone = program.contains('/') && !Path::new(program).exists();
    let source = io::Error::from_raw_os_error(Errno::ENOENT as i32);
    is_gone.then(|| cannot_run(program, None, source))
}
