//! What the file says about the process and not about the table: log, mail, commands, sibling files. The definitions have
//! no place for it; whoever runs the director reads it from here.

use director_core::definitions::Placed;

use crate::directives::keywords::Phase;

/// Settings of the process, with those of each service in the order of the definitions' services.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProcessSettings {
    /// Where messages go; ldirectord's own log file when nothing is written.
    pub log: Option<Placed<LogTarget>>,
    /// The file is read again when its content changes.
    pub autoreload: Option<Placed<bool>>,
    /// Program run with the file's name when its content has changed.
    pub callback: Option<Placed<String>>,
    /// Configurations run beside this one.
    pub execute: Vec<Placed<String>>,
    /// Stay in the foreground, log to standard output.
    pub supervised: Option<Placed<bool>>,
    /// One process for each service, as far as that can be seen from outside.
    pub fork: Option<Placed<bool>>,
    /// A quiesced server that is missing in the table is put back.
    pub readd_quiescent: Option<Placed<bool>>,
    /// Directory of files that take servers out.
    pub maintenance_dir: Option<Placed<String>>,
    /// Sender of mails.
    pub mail_from: Option<Placed<String>>,
    /// What belongs to single services; as many as the definitions have services, in their order.
    pub services: Vec<ServiceSettings>,
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// A file, by its absolute path.
    File(String),
    /// A syslog facility.
    Syslog(String),
}

/// Settings of the process for one service, with global values where the service has none of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceSettings {
    /// Name in mails.
    pub name: Option<Placed<String>>,
    /// Remark in mails.
    pub comment: Option<Placed<String>>,
    /// File that gets a line for each check.
    pub monitor_file: Option<Placed<String>>,
    /// Command run with `start` and `stop` when the fallback comes and goes.
    pub fallback_command: Option<Placed<String>>,
    /// Recipients of mails; none when there are no mails.
    pub mail_to: Option<Placed<String>>,
    /// Seconds between mails about a server that stays down; 0 sends only the first.
    pub mail_every_seconds: Option<Placed<u64>>,
    /// Phases in which mails are sent; all when nothing is written.
    pub mail_phases: Option<Placed<Vec<Phase>>>,
    /// Mail relay; the local mail system when nothing is written.
    pub mail_relay: Option<Placed<String>>,
}

/// The configuration that a value of `execute` names: ldirectord has a shell take the quotes away.
#[must_use]
pub fn sibling_config(value: &str) -> &str {
    let value = value.trim();
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}
