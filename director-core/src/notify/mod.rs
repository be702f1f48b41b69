//! What a director sends for each virtual service: mails, a command when the fallback comes and goes, a line for
//! each check. This module decides what is sent, when and with which words; the shell sends it.
//!
//! Both dialects are read into [`AlertSettings`]. [`LdirectordAlerts`] turns events into [`Notification`]s.
//! [`ldirectord_texts`] holds the sentences that operators of ldirectord have written filters for.

mod ldirectord;
pub mod ldirectord_texts;
mod message;

pub use ldirectord::LdirectordAlerts;
pub use message::{EventMessage, MessageEvent};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Endpoint, ServiceId};
use crate::table::pairs;

/// The port on which mail relays listen.
pub const SMTP_PORT: u16 = 25;

/// All that is to be done outside the table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlertSettings {
    /// Directory in which a file named after a real server takes it out of service.
    pub maintenance_directory: Option<PathBuf>,
    /// What single services want.
    #[serde(with = "pairs")]
    pub services: BTreeMap<ServiceId, ServiceAlerts>,
}

/// What one service wants.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServiceAlerts {
    /// Mails about its real servers.
    pub mail: Option<MailAlert>,
    /// Command line run, with words appended, when the last real server goes and when one returns.
    pub fallback_command: Option<String>,
    /// Whether it is run, as if the last real server had gone, when the director stops and takes the service along.
    #[serde(default)]
    pub fallback_command_at_stop: bool,
    /// File that gets a line for each check.
    pub monitor: Option<MonitorFile>,
}

/// Who gets mails, when and by which way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAlert {
    /// The letterhead.
    pub envelope: Envelope,
    /// Pause between mails about a server that stays down; only the first is sent when nothing is said.
    pub repeat_every: Option<Duration>,
    /// Phases of the director in which mails are sent.
    pub phases: BTreeSet<Phase>,
}

/// What the mails of one service have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Envelope {
    /// Recipients, one each.
    pub to: Vec<String>,
    /// Sender; the user that the director runs as, at this host, when nothing is said.
    pub from: Option<String>,
    /// The relay; the local mail system when nothing is said.
    pub relay: Option<Relay>,
    /// Name of the service, in subject and text.
    pub service_name: Option<String>,
    /// Remark in the text.
    pub comment: Option<String>,
}

/// A mail relay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Relay {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port {}", self.host, self.port)
    }
}

/// Where the lines about checks go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorFile {
    /// The file; lines are appended.
    pub file: PathBuf,
    /// The words that stand for each real server.
    #[serde(with = "pairs")]
    pub names: BTreeMap<Endpoint, String>,
}

/// A stretch of the director's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Until every server has been probed once.
    Starting,
    /// The long one.
    Running,
    /// New definitions are in force, and servers that came with them have not been probed yet.
    Reloading,
    /// It is stopping.
    Stopping,
}

impl Phase {
    /// All phases.
    pub const ALL: [Self; 4] = [
        Self::Starting,
        Self::Running,
        Self::Reloading,
        Self::Stopping,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Reloading => "reloading",
            Self::Stopping => "stopping",
        })
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// Send a mail.
    Mail(Mail),
    /// Run a command. Of several for one service, only the latest counts.
    Command(FallbackCommand),
    /// Append a line to a file.
    Line(MonitorLine),
    /// Tell somebody what happened.
    EventMessage(EventMessage),
}

impl fmt::Display for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(mail) => {
                let to = mail.envelope.to.join(", ");
                write!(f, "mail to {to}: {} ({})", mail.event, mail.phase)
            }
            Self::Command(command) => write!(f, "run: {}", command.command_line),
            Self::EventMessage(message) => message.fmt(f),
            Self::Line(line) => write!(f, "{}: {}", line.file.display(), line.text),
        }
    }
}

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Sender, recipients and way.
    pub envelope: Envelope,
    /// What happened.
    pub event: String,
    /// In which phase it happened.
    pub phase: Phase,
    /// Lines of the text; none for a mail in the words of ldirectord.
    pub details: Vec<String>,
}

/// A command to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FallbackCommand {
    /// The service that it is about.
    pub service: ServiceId,
    /// The command line for the shell, its last words included.
    pub command_line: String,
}

/// A line about one check of one real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorLine {
    /// The file.
    pub file: PathBuf,
    /// All of the line that follows time and process.
    pub text: String,
}
