//! The receivers of notifications, and how they get them.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Secret;

/// A receiver of notifications.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hook {
    /// How.
    pub way: HookWay,
    /// About what.
    pub about: BTreeSet<Topic>,
    /// How long events are gathered after the first, so that many make one message.
    pub gather: Duration,
}

/// How a receiver is notified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookWay {
    /// A program is run, directly.
    Command(Vec<String>),
    /// A message is posted as JSON.
    Webhook {
        /// Where to; such addresses often hold a token.
        url: Secret,
        /// The address without what may be secret, for messages.
        shown: String,
    },
    /// A mail is sent.
    Mail {
        /// Recipients, one each.
        to: Vec<String>,
        /// Sender; the user that the director runs as, at this host, when nothing is said.
        from: Option<String>,
        /// Name and port of the relay; the local mail system when nothing is said.
        relay: Option<(String, u16)>,
    },
}

impl fmt::Display for HookWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(argv) => {
                write!(f, "the command {}", argv.first().map_or("", String::as_str))
            }
            Self::Webhook { shown, .. } => write!(f, "the webhook {shown}"),
            Self::Mail { to, .. } => write!(f, "mail to {}", to.join(", ")),
        }
    }
}

/// What a receiver is notified about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// Health of real servers.
    Servers,
    /// Services without real servers, with too few of them, or with another tier.
    Services,
    /// Servers that leave and wait for their connections.
    Drains,
    /// Overrides by operators.
    Overrides,
    /// What the kernel refuses, and what others change in it.
    Kernel,
    /// New definitions, in force or refused.
    #[serde(rename = "configuration")]
    Definitions,
}

impl Topic {
    /// All of them, by their words.
    pub const ALL: [(&str, Self); 6] = [
        ("servers", Self::Servers),
        ("services", Self::Services),
        ("drains", Self::Drains),
        ("overrides", Self::Overrides),
        ("kernel", Self::Kernel),
        ("configuration", Self::Definitions),
    ];
    /// The topics of a receiver that names none.
    pub const USUAL: [Self; 4] = [
        Self::Servers,
        Self::Services,
        Self::Kernel,
        Self::Definitions,
    ];
}
