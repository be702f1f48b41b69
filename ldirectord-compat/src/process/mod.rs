//! Does what the command line asks for: finds the instance, tells how it fares, sends it signals, starts ipvsd in its
//! place. What the words mean was decided in [`crate::command`].
//!
//! Invariant: a running daemon can be stopped, reloaded and asked whatever its configuration looks like by now.

mod launch;
mod places;
mod siblings;
mod signals;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use ldirectord_compat::Parsed;
use ldirectord_compat::journal::{Journal, Target};
use ldirectord_compat::pid_file::{Owner, PidFile};
use ldirectord_compat::role::{Mode, Role};

use crate::command::{Action, Order};
use launch::{BAD_CONFIG, FAILED, LaunchError};
use signals::Signal;

/// Exit status of `status` when there is no daemon, as the Linux Standard Base says.
const STOPPED: u8 = 3;

/// Does what is wanted; the exit status.
pub(crate) fn perform(order: Order) -> u8 {
    let name = order.config_name().to_owned();
    let found = places::config(&name);
    let pid_file = PidFile::new(&places::pid_file(order.instance()));
    let owner = pid_file.owner();
    if found.is_none() && !needs_no_config(order.action, owner) {
        let instance = Instance::new(order, name, None, pid_file);
        return instance.no_config();
    }
    let shown = found.unwrap_or(name);
    // A file that vanished meanwhile or is a disk image is the daemon's to complain about.
    let parsed = std::fs::read(&shown)
        .ok()
        .map(|bytes| ldirectord_compat::parse(&shown, &bytes, |_| false));
    Instance::new(order, shown, parsed, pid_file).act(owner)
}

/// Whether the daemon can be found without its configuration.
fn needs_no_config(action: Action, owner: Owner) -> bool {
    let asks = matches!(
        action,
        Action::Stop | Action::Status | Action::Reload | Action::ForceReload
    );
    asks && matches!(owner, Owner::Running(_))
}

/// One instance of ldirectord, as the command sees it.
struct Instance {
    order: Order,
    /// The configuration as messages name it.
    shown: String,
    parsed: Option<Parsed>,
    pid_file: PidFile,
    program: PathBuf,
    journal: Journal,
}

impl Instance {
    fn new(order: Order, shown: String, parsed: Option<Parsed>, pid_file: PidFile) -> Self {
        let mut instance = Self {
            journal: Journal {
                instance: order.instance().to_owned(),
                target: Target::default(),
            },
            order,
            shown,
            parsed,
            pid_file,
            program: places::program(),
        };
        instance.journal.target = match instance.mode() {
            Mode::Debug => Target::Debug,
            Mode::Supervised => Target::Supervisor,
            Mode::Daemon | Mode::Check => {
                let process = instance.parsed.as_ref().map(|parsed| &parsed.process);
                let log = process.and_then(|process| process.log.as_ref());
                Target::of(log.map(|log| &log.value))
            }
        };
        instance
    }

    fn mode(&self) -> Mode {
        let supervised = self
            .parsed
            .as_ref()
            .and_then(|parsed| parsed.process.supervised.as_ref())
            .is_some_and(|supervised| supervised.value);
        match (self.order.debug, supervised) {
            (true, _) => Mode::Debug,
            (false, true) => Mode::Supervised,
            (false, false) => Mode::Daemon,
        }
    }

    fn no_config(&self) -> u8 {
        let message = format!("Config file {} not found", self.shown);
        complain(&message);
        self.log(&message);
        self.log("Exiting with exit_status 1: Initialisation Error");
        FAILED
    }

    fn act(&self, owner: Owner) -> u8 {
        let words: Vec<String> = std::env::args().skip(1).collect();
        self.log(&format!(
            "Invoking ldirectord invoked as: {} {} ",
            self.program.display(),
            words.join(" ")
        ));
        let done = match self.order.action {
            Action::Start => self.start(owner),
            Action::Stop => Ok(self.stop(owner, signals::PATIENCE)),
            Action::Restart => self.restart(owner),
            Action::TryRestart => match owner {
                Owner::Running(_) => self.restart(owner),
                Owner::Nobody | Owner::Gone => Ok(0),
            },
            Action::Reload | Action::ForceReload => self.reload(owner),
            Action::Status => self.status(owner),
        };
        let status = done.unwrap_or_else(|error| {
            complain(&format!("ldirectord: {error}"));
            self.log(&error.to_string());
            FAILED
        });
        self.log_end(status);
        status
    }

    fn start(&self, owner: Owner) -> Result<u8, LaunchError> {
        let role = self.role()?;
        let words = self.order.daemon_words();
        if let Owner::Running(pid) = owner
            && !self.ends(owner, pid)
        {
            return launch::check(&role, &words);
        }
        match role.mode {
            Mode::Daemon | Mode::Check => launch::background(&role, &words),
            Mode::Supervised | Mode::Debug => Err(launch::foreground(&role, &words)),
        }
    }

    /// Whether the daemon that runs ends by itself. `stop` of Perl's program returns before its daemon has ended, and a start
    /// in our place follows at once when a site switches.
    fn ends(&self, owner: Owner, pid: u32) -> bool {
        if Role::of_process(pid).is_some() {
            return false;
        }
        let is_gone = || self.pid_file.owner() != owner && !signals::exists(pid);
        if signals::wait_until(signals::PATIENCE, is_gone) {
            return true;
        }
        let shown = &self.shown;
        let message = format!(
            "ldirectord for {shown} is not started: Perl's ldirectord runs with pid {pid}; stop it first"
        );
        complain(&message);
        self.log(&message);
        false
    }

    /// A daemon is only stopped for a configuration that can take its place.
    fn restart(&self, owner: Owner) -> Result<u8, LaunchError> {
        if let Owner::Running(_) = owner {
            let status = launch::check(&self.role()?, &self.order.daemon_words())?;
            if status != 0 {
                return Ok(status);
            }
            let status = self.stop(owner, signals::LONG_PATIENCE);
            if status != 0 {
                return Ok(status);
            }
        }
        self.start(Owner::Nobody)
    }

    fn stop(&self, owner: Owner, patience: Duration) -> u8 {
        let Owner::Running(pid) = owner else {
            return 0;
        };
        if let Err(error) = signals::send(pid, Signal::Term) {
            return self.unreachable(pid, &error);
        }
        let is_gone = || self.pid_file.owner() != owner && !signals::exists(pid);
        if signals::wait_until(patience.min(signals::PATIENCE), is_gone) {
            return 0;
        }
        if let Some(rest) = patience
            .checked_sub(signals::PATIENCE)
            .filter(|rest| !rest.is_zero())
        {
            complain(&format!("ldirectord waits for pid {pid} to end"));
            if signals::wait_until(rest, is_gone) {
                return 0;
            }
        }
        let message = format!(
            "ldirectord for {} still runs with pid {pid}, {} s after the signal to stop",
            self.shown,
            patience.as_secs()
        );
        complain(&message);
        self.log(&message);
        FAILED
    }

    fn reload(&self, owner: Owner) -> Result<u8, LaunchError> {
        let Owner::Running(pid) = owner else {
            self.log(&format!("ldirectord is stopped for {}", self.shown));
            return Ok(FAILED);
        };
        // The daemon is told in any case: it keeps what it has, and its log and status say what it was offered.
        let status = launch::check(&self.role()?, &self.order.daemon_words())?;
        Ok(match signals::send(pid, Signal::Hangup) {
            Ok(()) => status,
            Err(error) => self.unreachable(pid, &error),
        })
    }

    fn status(&self, owner: Owner) -> Result<u8, LaunchError> {
        let status = match owner {
            Owner::Running(pid) => {
                let message = format!("ldirectord for {} is running with pid: {pid}", self.shown);
                complain(&message);
                self.log(&message);
                self.log("Exiting from ldirectord status");
                0
            }
            Owner::Gone => {
                let path = self.pid_file.path().display();
                let message = format!("ldirectord stale pid file {path} for {}", self.shown);
                complain(&message);
                self.log(&message);
                FAILED
            }
            Owner::Nobody => STOPPED,
        };
        if status != 0 {
            print(&format!("ldirectord is stopped for {}", self.shown));
        }
        if status == STOPPED && launch::check(&self.role()?, &self.order.daemon_words())? != 0 {
            return Ok(BAD_CONFIG);
        }
        if let Some(parsed) = &self.parsed {
            siblings::ask(&self.program, &parsed.process.execute);
        }
        Ok(status)
    }

    fn role(&self) -> Result<Role, LaunchError> {
        Ok(Role {
            program: std::path::absolute(&self.program).map_err(LaunchError::Watch)?,
            config: std::path::absolute(&self.shown).map_err(LaunchError::Watch)?,
            shown: self.shown.clone(),
            instance: self.order.instance().to_owned(),
            pid_file: self.pid_file.path().to_owned(),
            mode: self.mode(),
        })
    }

    fn unreachable(&self, pid: u32, error: &io::Error) -> u8 {
        let message = format!("ldirectord for {} with pid {pid}: {error}", self.shown);
        complain(&message);
        self.log(&message);
        FAILED
    }

    fn log_end(&self, status: u8) {
        let word = self.order.action.word();
        match status {
            0 => {}
            BAD_CONFIG => self.log("Exiting with exit_status 2: config_error: Configuration Error"),
            status => self.log(&format!(
                "Exiting with exit_status {status}: Exiting from ldirectord {word}"
            )),
        }
    }

    /// Who may not write the log may still ask for the status.
    fn log(&self, text: &str) {
        let _ = self.journal.write_now(text);
    }
}

/// Where standard error or output is closed, the exit status still tells.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
