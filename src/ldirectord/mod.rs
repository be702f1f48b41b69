//! The manners of ldirectord for a daemon that runs in its place: pid file, log lines, sibling instances, the callback,
//! and notice of a changed configuration. What the director does is not its business; it only tells of it in the old words.

mod callback;
mod error;
mod lines;
mod siblings;
mod stage;
mod tap;
mod twin;
mod watch;
mod writer;

use std::sync::Arc;

use director_core::definitions::Placed;
use director_core::diagnostic::Diagnostic;
use director_core::director::Notice;
use director_core::model::Model;
use director_core::snapshot::Snapshot;
use ldirectord_compat::ProcessSettings;
use ldirectord_compat::journal::{Journal, JournalError, Target};
use ldirectord_compat::pid_file::{Claim, PidFile};

pub use error::MannersError;
pub use ldirectord_compat::role::{Mode, Role, RoleError};
pub use lines::finding;
pub use stage::enter;
pub use tap::tap;
pub use watch::{Seen, watch};

use lines::Lines;
use siblings::Siblings;
use twin::Twin;
use writer::Writer;

/// The version that ldirectord gives in its log.
const VERSION: &str = "v1.186-ha";

/// A daemon in the place of ldirectord.
#[derive(Debug)]
pub struct Manners {
    role: Role,
    lines: Lines,
    log: Writer,
    siblings: Siblings,
    autoreload: bool,
    callback: Option<String>,
    /// The content of the configuration that was seen last, whether or not it was accepted.
    content: Arc<str>,
    /// The signal that stops us.
    signal: Option<&'static str>,
    _claim: Option<Claim>,
}

impl Manners {
    /// Takes the place of ldirectord: claims the pid file, opens the log, and lets go of the terminal that started it.
    ///
    /// # Errors
    /// When another instance runs, or pid file or log cannot be written.
    pub fn begin(
        role: Role,
        process: &ProcessSettings,
        warnings: &[Diagnostic],
    ) -> Result<Self, MannersError> {
        let journal = journal(&role, process);
        match journal.probe() {
            // The local syslog may come later, or never: ldirectord warns and goes on.
            Err(error @ JournalError::Syslog { .. }) => {
                stage::last_words(std::iter::once(error.to_string()));
            }
            other => other?,
        }
        let claim = match role.mode {
            Mode::Daemon => Some(claim(&role)?),
            Mode::Supervised | Mode::Debug | Mode::Check => None,
        };
        let log = Writer::start(journal).map_err(MannersError::Thread)?;
        log.line(match role.mode {
            Mode::Daemon => format!("Starting Linux Director {VERSION} as daemon"),
            _ => format!(
                "Starting Linux Director {VERSION} with pid: {}",
                std::process::id()
            ),
        });
        tap::turn_to(&log);
        let siblings = Siblings::start(&role).map_err(MannersError::Thread)?;
        if let Some(twin) = twin::find(&role) {
            let warning = twice(&role.shown, &twin);
            stage::last_words([warning.clone()].into_iter());
            log.line(warning);
        }
        if role.mode == Mode::Daemon {
            stage::last_words(warnings.iter().map(|warning| finding(&role.shown, warning)));
            stage::let_go().map_err(MannersError::Terminal)?;
        }
        Ok(Self {
            lines: Lines::new(&role.shown),
            log,
            siblings,
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

    /// Definitions are about to come into force, with what they say about the process.
    pub fn adopt(&mut self, model: &Model, process: &ProcessSettings, content: &Arc<str>) {
        self.content = Arc::clone(content);
        self.lines.know(model);
        let journal = journal(&self.role, process);
        match journal.probe() {
            Ok(()) => self.log.turn_to(journal),
            // A director without the log of its choice still directs.
            Err(error) => self.log.line(error.to_string()),
        }
        self.autoreload = is_yes(process.autoreload.as_ref());
        self.callback = process
            .callback
            .as_ref()
            .map(|callback| callback.value.clone());
        self.siblings.want(&process.execute);
    }

    /// New definitions were read and are refused.
    pub fn refuse(&mut self, content: &Arc<str>) {
        self.content = Arc::clone(content);
    }

    /// Something that the operator should know.
    pub fn tell(&mut self, notice: &Notice) {
        for line in self.lines.of(notice) {
            self.log.line(line);
        }
    }

    /// A signal asks for the definitions to be read again.
    pub fn hangup(&self) {
        let line = "Reloading Linux Director Daemon config on signal";
        self.log.line(line.to_owned());
    }

    /// The watch over the configuration saw something; whether the definitions are to be read again.
    pub fn seen(&mut self, seen: Seen) -> bool {
        let shown = &self.role.shown;
        let content = match seen {
            Seen::Missing => {
                let pid = std::process::id();
                let warning = format!("Warning [{pid}]: can not open file {shown} for checking");
                self.log.line(warning);
                return false;
            }
            Seen::Content(content) if content == self.content => return false,
            Seen::Content(content) => content,
        };
        self.content = content;
        let changed = format!("Configuration file '{shown}' has changed on disk");
        self.log.line(changed);
        let fate = match self.autoreload {
            true => " - reread new configuration",
            false => " - ignore new configuration",
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
        self.siblings.want(&[]);
    }

    /// All is done: waits for the siblings, says goodbye and gives the pid file back.
    pub fn end(self) {
        self.siblings.end();
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
fn twice(shown: &str, twin: &Twin) -> String {
    let (
        pid,
        Twin {
            instance,
            pid: other,
        },
    ) = (std::process::id(), twin);
    format!(
        "Warning [{pid}]: {shown} is also run by the instance {instance} with pid {other}; stop one of them"
    )
}

fn claim(role: &Role) -> Result<Claim, MannersError> {
    let file = PidFile::new(&role.pid_file);
    file.claim().map_err(|source| MannersError::PidFile {
        path: role.pid_file.clone(),
        source,
    })
}

fn is_yes(written: Option<&Placed<bool>>) -> bool {
    written.is_some_and(|written| written.value)
}
