//! Runs the program that wants to know of a changed configuration, with the configuration as its argument.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::log_writer::LogWriter;
use crate::program::environment as program_environment;

/// A shell runs it, as ldirectord has it, so that a script needs no first line of its own.
const SHELL: [&str; 3] = ["/bin/sh", "-c", "\"$0\" \"$1\""];

/// Runs the program on a thread of its own, so that it may take its time.
pub(super) fn run(program: &str, config: &Path, log: LogWriter) {
    let is_program = Path::new(program)
        .metadata()
        .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0);
    if !is_program {
        log.line(format!(
            "callback {program} is not a program and is not run"
        ));
        return;
    }
    let [shell, flag, script] = SHELL;
    let mut command = Command::new(shell);
    command
        .args([flag, script, program])
        .arg(config)
        .env_clear()
        .envs(program_environment(false))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let program = program.to_owned();
    let watched = log.clone();
    let run = move || match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => watched.line(format!("callback {program} failed: {status}")),
        Err(error) => watched.line(format!("callback {program} failed: {error}")),
    };
    if let Err(error) = thread::Builder::new()
        .name("callback".to_owned())
        .spawn(run)
    {
        log.line(format!("callback is not run: {error}"));
    }
}
