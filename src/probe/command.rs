//! Programs of the operator's that judge a server: run directly, never through a shell, and ended with their children at
//! the time limit. Exit status 0 means up; death by a signal is a failure.

use std::process::ExitStatus;

use director_core::model::CommandProbe;
use nix::errno::Errno;
use nix::unistd::User;
use std::os::unix::process::ExitStatusExt;
use tokio::process::Command;

use super::command_error::{CommandError, said};
use super::error::ProbeError;
use super::words::Short;
use crate::program::{self, Running};

/// Runs the program; its last line of output comes back.
pub(super) async fn ask(question: &CommandProbe) -> Result<String, ProbeError> {
    let running = start(question).await?;
    let ended = running.end().await.map_err(CommandError::Lost)?;
    let last_line = ended.last_line.map(|line| Short(&line).to_string());
    judge(ended.status, last_line).map_err(ProbeError::Command)
}

/// Runs a program that ends well, and gives the last line that it printed.
pub(super) async fn last_line(question: &CommandProbe) -> Result<String, ProbeError> {
    let running = start(question).await?;
    let ended = running.end().await.map_err(CommandError::Lost)?;
    let line = ended.last_line.unwrap_or_default();
    judge(ended.status, Some(line.clone()))?;
    Ok(line)
}

async fn start(question: &CommandProbe) -> Result<Running, CommandError> {
    let (program, arguments) = question.argv.split_first().ok_or(CommandError::Empty)?;
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(name) = &question.user {
        run_as(&mut command, name).await?;
    }
    program::start(&mut command).map_err(|source| {
        match Errno::from_raw(source.raw_os_error().unwrap_or(0)) {
            Errno::EAGAIN | Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE => {
                CommandError::NoProcess(source)
            }
            _ => CommandError::CannotRun {
                program: program.clone(),
                source,
            },
        }
    })
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

fn judge(status: ExitStatus, output: Option<String>) -> Result<String, CommandError> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(format!("exit status 0{}", said(&output))),
        (Some(status), _) => Err(CommandError::ExitStatus { status, output }),
        (None, signal) => Err(CommandError::Killed(signal.unwrap_or(0))),
    }
}
