//! The instances that `execute` names: starts, reloads and stops each by the ldirectord command, one after the other and
//! on a thread of its own.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc as blocking;
use std::thread::{self, JoinHandle};

use director_core::definitions::Placed;
use ldirectord_compat::role::Role;
use ldirectord_compat::sibling_config;

use crate::program::environment;

#[derive(Debug, Clone, PartialEq, Eq)]
enum InstanceCommand {
    Start(String),
    /// Starts it when it does not run.
    Reload(String),
    Stop(String),
}

/// The child instances of an instance.
#[derive(Debug)]
pub(super) struct ChildInstances {
    own: String,
    running: Vec<String>,
    jobs: blocking::Sender<InstanceCommand>,
    thread: JoinHandle<()>,
}

impl ChildInstances {
    pub(super) fn start(role: &Role) -> io::Result<Self> {
        let program = role.program.clone();
        let (jobs, receiver) = blocking::channel();
        let thread = thread::Builder::new()
            .name("children".to_owned())
            .spawn(move || work(&program, &receiver))?;
        Ok(Self {
            own: role.instance.clone(),
            running: Vec::new(),
            jobs,
            thread,
        })
    }

    /// These shall run from now on, and no others.
    pub(super) fn want(&mut self, execute: &[Placed<String>]) {
        let own = &self.own;
        let wanted: Vec<String> = execute
            .iter()
            .map(|entry| sibling_config(&entry.value).to_owned())
            // An instance that named itself would stop itself for ever.
            .filter(|config| instance(config) != own)
            .collect();
        for job in difference(&self.running, &wanted) {
            let _ = self.jobs.send(job);
        }
        self.running = wanted;
    }

    /// Waits until all is done that was wanted.
    pub(super) fn end(self) {
        drop(self.jobs);
        // A thread that panicked has nothing left to wait for.
        let _ = self.thread.join();
    }
}

fn instance(config: &str) -> &str {
    config.rsplit('/').next().unwrap_or(config)
}

fn difference(running: &[String], wanted: &[String]) -> Vec<InstanceCommand> {
    let gone = running.iter().filter(|config| !wanted.contains(config));
    let kept_or_new = wanted.iter().map(|config| {
        if running.contains(config) {
            InstanceCommand::Reload(config.clone())
        } else {
            InstanceCommand::Start(config.clone())
        }
    });
    gone.map(|config| InstanceCommand::Stop(config.clone()))
        .chain(kept_or_new)
        .collect()
}

fn work(program: &Path, jobs: &blocking::Receiver<InstanceCommand>) {
    while let Ok(job) = jobs.recv() {
        // What keeps a sibling from its work it says in its own log.
        drop(match &job {
            InstanceCommand::Start(config) => ldirectord(program, config, "start"),
            InstanceCommand::Stop(config) => ldirectord(program, config, "stop"),
            InstanceCommand::Reload(config) => match ldirectord(program, config, "reload") {
                Ok(status) if status.success() => Ok(status),
                _ => ldirectord(program, config, "start"),
            },
        });
    }
}

fn ldirectord(program: &Path, config: &str, word: &str) -> io::Result<ExitStatus> {
    Command::new(program)
        .args([config, word])
        // Neither the role of this instance nor the socket of its service manager is theirs.
        .env_clear()
        .envs(environment(false))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_that_are_gone_stop_kept_ones_reload_and_new_ones_start() {
        let names = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        assert_eq!(
            difference(&names(&["a", "b"]), &names(&["b", "c"])),
            [
                InstanceCommand::Stop("a".to_owned()),
                InstanceCommand::Reload("b".to_owned()),
                InstanceCommand::Start("c".to_owned())
            ]
        );
        assert_eq!(
            difference(&names(&["a"]), &[]),
            [InstanceCommand::Stop("a".to_owned())]
        );
    }
}
