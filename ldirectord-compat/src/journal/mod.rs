//! The log of an instance, in ldirectord's form: who wrote which line when, to a file, to syslog or to the terminal. What
//! the lines say is decided by those who write them.
//!
//! Invariant: a log file is opened, written and closed for each line, so that it can be rotated without a signal.

mod syslog;

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::Zoned;
use nix::libc::{O_NOFOLLOW, O_NONBLOCK};
use nix::unistd::geteuid;
use thiserror::Error;

use crate::settings::LogTarget;
pub use syslog::Facility;

/// Where messages go when the configuration names no place.
pub const DEFAULT_FILE: &str = "/var/log/ldirectord.log";

/// Where lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To the end of a file.
    File(PathBuf),
    /// To the local syslog.
    Syslog(Facility),
    /// To standard output, for whoever supervises the process.
    Supervisor,
    /// To standard error, once plainly and once as a debugging line.
    Debug,
}

impl Target {
    /// The place that a configuration names; the default file for a facility that syslog does not know.
    #[must_use]
    pub fn of(log: Option<&LogTarget>) -> Self {
        match log {
            Some(LogTarget::File(path)) => Self::File(PathBuf::from(path)),
            Some(LogTarget::Syslog(name)) => {
                Facility::named(name).map_or_else(Self::default, Self::Syslog)
            }
            None => Self::default(),
        }
    }
}

impl Default for Target {
    fn default() -> Self {
        Self::File(PathBuf::from(DEFAULT_FILE))
    }
}

/// Why a line is lost.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The log file cannot be written.
    #[error("unable to open logfile: {path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The local syslog does not listen.
    #[error("no connection to syslog at {}: {source}", syslog::SOCKET)]
    Syslog {
        /// The reason.
        source: io::Error,
    },
    /// The terminal, or whatever stands for it, takes nothing.
    #[error("cannot write to standard output or error: {source}")]
    Standard {
        /// The reason.
        source: io::Error,
    },
}

/// The log of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// The instance, as lines name it.
    pub instance: String,
    /// Where lines go.
    pub target: Target,
}

impl Journal {
    /// Writes a line with this time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, at: &Zoned, text: &str) -> Result<(), JournalError> {
        // A line is one line, whatever the configuration or a server put into it.
        let text = text.trim_end_matches('\n').replace(['\n', '\r'], " ");
        match &self.target {
            Target::File(path) => {
                let line = format!(
                    "[{}|{}|{}] {text}\n",
                    ctime(at),
                    self.instance,
                    std::process::id()
                );
                append(path, &line).map_err(|source| JournalError::File {
                    path: path.clone(),
                    source,
                })
            }
            Target::Syslog(facility) => {
                syslog::send(*facility, at, &text).map_err(|source| JournalError::Syslog { source })
            }
            Target::Supervisor => {
                let line = format!("[{}] {text}\n", ctime(at));
                let written = io::stdout().write_all(line.as_bytes());
                written.map_err(|source| JournalError::Standard { source })
            }
            Target::Debug => {
                let lines = format!("{text}\nDEBUG2: {text}\n");
                let written = io::stderr().write_all(lines.as_bytes());
                written.map_err(|source| JournalError::Standard { source })
            }
        }
    }

    /// Writes a line now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_now(&self, text: &str) -> Result<(), JournalError> {
        self.write(&Zoned::now(), text)
    }

    /// Whether lines can be written, without writing one.
    ///
    /// # Errors
    /// When they cannot.
    pub fn probe(&self) -> Result<(), JournalError> {
        match &self.target {
            Target::File(path) => append(path, "").map_err(|source| JournalError::File {
                path: path.clone(),
                source,
            }),
            Target::Syslog(_) => syslog::probe().map_err(|source| JournalError::Syslog { source }),
            Target::Supervisor | Target::Debug => Ok(()),
        }
    }
}

/// Local time as ctime(3) writes it.
#[must_use]
pub fn ctime(at: &Zoned) -> String {
    at.strftime("%a %b %e %H:%M:%S %Y").to_string()
}

/// Appends to a file, and makes it if it is not there.
///
/// # Errors
/// When the file cannot be opened or written. A FIFO that no program reads is one, and so is a link in a directory where other
/// users can make one.
pub fn append(path: &Path, line: &str) -> io::Result<()> {
    // A FIFO that no program reads is an error, and so is a full one, instead of a wait without end.
    let mut flags = O_NONBLOCK;
    // A link there may be of another user, and lead to any file.
    let directory = match path.parent() {
        None => Path::new("/"),
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
    };
    if others_can_write(directory) {
        flags |= O_NOFOLLOW;
    }
    let mut file = File::options()
        .create(true)
        .append(true)
        .custom_flags(flags)
        .open(path)?;
    file.write_all(line.as_bytes())
}

/// Whether users other than root and this one can make files in a directory.
fn others_can_write(directory: &Path) -> bool {
    const WRITABLE_BY_ALL: u32 = 0o002;
    let about = fs::metadata(directory);
    about.is_ok_and(|about| {
        let is_foreign = about.uid() != 0 && about.uid() != geteuid().as_raw();
        is_foreign || about.mode() & WRITABLE_BY_ALL != 0
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn moment() -> Zoned {
        let at = jiff::civil::date(2026, 11, 7).at(8, 46, 32, 0);
        at.to_zoned(jiff::tz::TimeZone::UTC).unwrap()
    }

    #[test]
    fn a_line_of_a_file_names_time_instance_and_process() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.log");
        let journal = Journal {
            instance: "a.cf".to_owned(),
            target: Target::File(path.clone()),
        };
        journal.write(&moment(), "Added one").unwrap();
        // Rotated away: the next line makes a new file.
        std::fs::rename(&path, directory.path().join("a.log.1")).unwrap();
        journal.write(&moment(), "Unknown\ncommand x \n").unwrap();
        let pid = std::process::id();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            format!("[Sat Nov  7 08:46:32 2026|a.cf|{pid}] Unknown command x \n")
        );
    }

    #[test]
    fn a_link_is_followed_only_where_no_other_user_can_make_one() {
        let directory = tempfile::tempdir().unwrap();
        let (link, aim) = (directory.path().join("log"), directory.path().join("aim"));
        symlink(&aim, &link).unwrap();
        let mode = |mode| fs::set_permissions(directory.path(), Permissions::from_mode(mode));
        mode(0o1777).unwrap();
        assert!(append(&link, "line\n").is_err());
        assert!(!aim.exists());
        mode(0o755).unwrap();
        append(&link, "line\n").unwrap();
        assert_eq!(fs::read_to_string(&aim).unwrap(), "line\n");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let journal = Journal {
            instance: String::new(),
            target: Target::File(PathBuf::from("/proc/none/a.log")),
        };
        let told = journal.probe().unwrap_err().to_string();
        assert!(
            told.starts_with("unable to open logfile: /proc/none/a.log"),
            "{told}"
        );
    }

    #[test]
    fn the_configuration_names_the_place() {
        let of = |log| Target::of(Some(&log));
        assert_eq!(
            of(LogTarget::File("/a".to_owned())),
            Target::File(PathBuf::from("/a"))
        );
        assert!(matches!(
            of(LogTarget::Syslog("local3".to_owned())),
            Target::Syslog(_)
        ));
        assert_eq!(
            of(LogTarget::Syslog("no such".to_owned())),
            Target::default()
        );
        assert_eq!(
            Target::of(None),
            Target::File(PathBuf::from("/var/log/ldirectord.log"))
        );
    }
}
