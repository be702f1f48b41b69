//! Emulates the process of ldirectord for a daemon that runs in its place: pid file, log lines, child instances, callback and
//! the watch over its configuration file. It reports what the director does in the words of ldirectord.

mod callback;
mod child_instances;
mod daemonize;
mod duplicate;
mod error;
mod log_lines;
mod log_redirect;
mod log_writer;
mod watch;

use std::sync::Arc;

use director_core::definitions::Placed;
use director_core::diagnostic::Diagnostic;
use director_core::director::Notice;
use director_core::model::Model;
use director_core::snapshot::Snapshot;
use ldirectord_compat::ProcessSettings;
use ldirectord_compat::journal::{Journal, JournalError, Target};
use ldirectord_compat::pid_file::{Claim, PidFile};

pub use daemonize::enter;
pub use error::LdirectordError;
pub use ldirectord_compat::role::{Mode, Role, RoleError};
pub use log_lines::finding;
pub use log_redirect::log_redirect;
pub use watch::{ConfigChange, watch};

use child_instances::ChildInstances;
use duplicate::DuplicateInstance;
use log_lines::LogLines;
use log_writer::LogWriter;

/// The version that ldirectord gives in its log.
const VERSION: &str = "v1.186-ha";

/// A daemon in the place of ldirectord.
#[derive(Debug)]
pub struct LdirectordProcess {
    role: Role,
    lines: LogLines,
    log: LogWriter,
    children: ChildInstances,
    autoreload: bool,
    callback: Option<String>,
    /// The content of the configuration that was seen last, whether or not it was accepted.
    content: Arc<str>,
    /// The signal that stops us.
    signal: Option<&'static str>,
    _claim: Option<Claim>,
}

impl LdirectordProcess {
    /// Takes the place of ldirectord: claims the pid file, opens the log, and lets go of the terminal that started it.
    ///
    /// # Errors
    /// When another instance runs, or pid file or log cannot be written.
    pub fn begin(
        role: Role,
        process: &ProcessSettings,
        warnings: &[Diagnostic],
    ) -> Result<Self, LdirectordError> {
        let journal = journal(&role, process);
        match journal.probe() {
            // The local syslog may come later, or never: ldirectord warns and goes on.
            Err(error @ JournalError::Syslog { .. }) => {
                daemonize::print_startup(std::iter::once(error.to_string()));
            }
            other => other?,
        }
        let claim = match role.mode {
            Mode::Daemon => Some(claim(&role)?),
            Mode::Supervised | Mode::Debug | Mode::Check => None,
        };
        let log = LogWriter::start(journal).map_err(LdirectordError::Thread)?;
        log.line(match role.mode {
            Mode::Daemon => format!("Starting Linux Director {VERSION} as daemon"),
            _ => format!(
                "Starting Linux Director {VERSION} with pid: {}",
                std::process::id()
            ),
        });
        log_redirect::redirect_to(&log);
        let children = ChildInstances::start(&role).map_err(LdirectordError::Thread)?;
        if let Some(duplicate) = duplicate::find(&role) {
            let warning = duplicate_warning(&role.shown, &duplicate);
            daemonize::print_startup([warning.clone()].into_iter());
            log.line(warning);
        }
        if role.mode == Mode::Daemon {
            daemonize::print_startup(warnings.iter().map(|warning| finding(&role.shown, warning)));
            daemonize::close_stderr().map_err(LdirectordError::Terminal)?;
        }
        Ok(Self {
            lines: LogLines::new(&role.shown),
            log,
            children,
            autoreload: false,
            callback: None,
            content: Arc::from(""),
            signal: None,
            _claim: claim,
            role,
        })
    }

    /// Whether the daemon's own log lines are wanted beside those of ldirectord.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.role.mode == Mode::Debug
    }

    /// A configuration is about to come into force, with what it says about the process.
    pub fn adopt(&mut self, model: &Model, process: &ProcessSettings, content: &Arc<str>) {
        self.content = Arc::clone(content);
        self.lines.set_services(model);
        self.log.turn_to(journal(&self.role, process));
        self.autoreload = is_yes(process.autoreload.as_ref());
        self.callback = process
            .callback
            .as_ref()
            .map(|callback| callback.value.clone());
        self.children.want(&process.execute);
    }

    /// A new configuration was read and is refused.
    pub fn refuse(&mut self, content: &Arc<str>) {
        self.content = Arc::clone(content);
    }

    /// Something that the operator should know.
    pub fn tell(&mut self, notice: &Notice) {
        for line in self.lines.of(notice) {
            self.log.line(line);
        }
    }

    /// A signal asks for the configuration to be read again.
    pub fn hangup(&self) {
        let line = "Reloading Linux Director Daemon config on signal";
        self.log.line(line.to_owned());
    }

    /// The watch over the configuration saw something; whether the configuration is to be read again.
    pub fn file_changed(&mut self, change: ConfigChange) -> bool {
        let shown = &self.role.shown;
        let content = match change {
            ConfigChange::Missing => {
                let pid = std::process::id();
                let warning = format!("Warning [{pid}]: can not open file {shown} for checking");
                self.log.line(warning);
                return false;
            }
            ConfigChange::Content(content) if content == self.content => return false,
            ConfigChange::Content(content) => content,
        };
        self.content = content;
        let changed = format!("Configuration file '{shown}' has changed on disk");
        self.log.line(changed);
        let fate = if self.autoreload {
            " - reread new configuration"
        } else {
            " - ignore new configuration"
        };
        self.log.line(fate.to_owned());
        if let Some(program) = &self.callback {
            callback::run(program, &self.role.config, self.log.clone());
        }
        self.autoreload
    }

    /// A signal stops the director, whose state this is.
    pub fn stop_on(&mut self, signal: &'static str, state: &Snapshot) {
        if self.signal.is_some() {
            return;
        }
        self.signal = Some(signal);
        self.lines.stop(state);
        self.children.want(&[]);
    }

    /// Waits for the child instances, writes the last line and gives the pid file back.
    pub fn end(self) {
        self.children.end();
        if let Some(signal) = self.signal {
            let goodbye = format!("Linux Director Daemon terminated on signal: {signal}");
            self.log.line(goodbye);
        }
        self.log.end();
    }
}

/// Where lines go: the mode decides, then the configuration.
fn journal(role: &Role, process: &ProcessSettings) -> Journal {
    let target = match role.mode {
        Mode::Debug => Target::Debug,
        Mode::Supervised => Target::Supervisor,
        Mode::Daemon | Mode::Check => Target::of(process.log.as_ref().map(|log| &log.value)),
    };
    Journal {
        instance: role.instance.clone(),
        target,
    }
}

/// Both go on, as they do with ldirectord; but one that stops takes the services away from the other for a while.
fn duplicate_warning(shown: &str, duplicate: &DuplicateInstance) -> String {
    let (
        pid,
        DuplicateInstance {
            instance,
            pid: other,
        },
    ) = (std::process::id(), duplicate);
    format!(
        "Warning [{pid}]: {shown} is also run by the instance {instance} with pid {other}; stop one of them"
    )
}

fn claim(role: &Role) -> Result<Claim, LdirectordError> {
    let file = PidFile::new(&role.pid_file);
    file.claim().map_err(|source| LdirectordError::PidFile {
        path: role.pid_file.clone(),
        source,
    })
}

fn is_yes(written: Option<&Placed<bool>>) -> bool {
    written.is_some_and(|written| written.value)
}
