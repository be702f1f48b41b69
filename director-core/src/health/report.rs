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
    Unable {
        /// Why, in words.
        reason: String,
    },
}

impl Outcome {
    /// The words that came with it.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Good { detail } => detail,
            Self::Failed { reason } | Self::Unable { reason } => reason,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
