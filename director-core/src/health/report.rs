//! What one probe found.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The answer of one probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What came of it.
    pub outcome: Outcome,
    /// How long the probe took.
    pub took: Duration,
    /// What it shows of the network between this director and the server.
    #[serde(default)]
    pub contact: Contact,
    /// How long its parts took, as far as it had them.
    #[serde(default)]
    pub phases: Phases,
}

impl Report {
    /// Whether the server was heard: this director can reach it, whatever it answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.outcome.is_good() == Some(true) || self.contact == Contact::Answered
    }

    /// Whether this director's network kept it from asking: no route, no link, no source address.
    #[must_use]
    pub fn is_network_error(&self) -> bool {
        self.outcome.is_good().is_none() && self.contact == Contact::Silent
    }

    /// How long before the end of the probe the server was last heard, if it was.
    #[must_use]
    pub fn heard_before_end(&self) -> Duration {
        // A server that accepts the connection and then says nothing was heard when the connection stood.
        let parts = [self.phases.connect, self.phases.tls, self.phases.first_byte];
        match self.phases.connect {
            Some(_) if self.phases.first_byte.is_none() => {
                self.took.saturating_sub(parts.into_iter().flatten().sum())
            }
            _ => Duration::ZERO,
        }
    }
}

/// What a probe shows of the network between this director and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// The server was heard: it answered, refused or reset the connection, or accepted it.
    Answered,
    /// Nothing was heard of the server: the server, the network or this director may be at fault.
    #[default]
    Silent,
    /// This director did not ask, for a reason of its own that is not its network.
    NotAsked,
}

/// The parts of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Phases {
    /// Until the connection stood.
    pub connect: Option<Duration>,
    /// From there until TLS stood.
    pub tls: Option<Duration>,
    /// From the request to the first byte of the answer.
    pub first_byte: Option<Duration>,
}

/// What came of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server answered as expected.
    Good {
        /// What it answered, in words.
        detail: String,
    },
    /// The server did not answer, or not as expected.
    Failed {
        /// Why, in words.
        reason: String,
    },
    /// The director could not even ask; this says nothing about the server.
    LocalError {
        /// Why, in words.
        reason: String,
    },
}

impl Outcome {
    /// Whether the server is good; none when the answer says nothing about it.
    #[must_use]
    pub fn is_good(&self) -> Option<bool> {
        match self {
            Self::Good { .. } => Some(true),
            Self::Failed { .. } => Some(false),
            Self::LocalError { .. } => None,
        }
    }

    /// The words that came with it.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Good { detail } => detail,
            Self::Failed { reason } | Self::LocalError { reason } => reason,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
