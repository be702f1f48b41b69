//! Why a notification could not be sent.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::program::Ended;

/// Why a notification could not be sent.
#[derive(Debug, Error)]
pub enum NotifyError {
    /// An address is none.
    #[error("{address:?} is not a mail address: {source}")]
    Address {
        /// As it was written.
        address: String,
        source: lettre::address::AddressError,
    },
    /// A mail has nobody to go to.
    #[error("no recipient is a valid mail address")]
    NoRecipient,
    /// A mail cannot be composed.
    #[error("cannot compose the mail: {0}")]
    Compose(#[from] lettre::error::Error),
    /// The relay did not take a mail.
    #[error("{}", chain(.0))]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The local mail system did not take a mail.
    #[error("{program}: {}", chain(.source))]
    Sendmail {
        /// The program that was asked.
        program: String,
        source: lettre::transport::sendmail::Error,
    },
    /// It took too long.
    #[error("not finished within {} s", .0.as_secs_f64())]
    TimeLimit(Duration),
    /// A webhook did not take a message.
    #[error("{}", chain(.0))]
    Webhook(#[source] reqwest::Error),
    /// A message cannot be written.
    #[error("cannot write: {0}")]
    Json(#[source] serde_json::Error),
    /// A command could not be run.
    #[error("cannot run: {0}")]
    Command(#[from] io::Error),
    #[error("{status}{}", .last_line.as_ref().map_or_else(String::new, |line| format!(": {line}")))]
    CommandFailed {
        /// Exit status or signal.
        status: std::process::ExitStatus,
        /// The last that it printed.
        last_line: Option<String>,
    },
    /// A line could not be written.
    #[error("cannot write {}: {source}", .file.display())]
    Line { file: PathBuf, source: io::Error },
}

impl NotifyError {
    /// A command that ended with another status than 0 has failed.
    pub(super) fn unless_successful(ended: Ended) -> Result<(), Self> {
        if ended.status.success() {
            return Ok(());
        }
        Err(Self::CommandFailed {
            status: ended.status,
            last_line: ended.last_line,
        })
    }

    /// Whether another attempt would be in vain.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Smtp(error) => error.is_permanent(),
            Self::Address { .. } | Self::NoRecipient | Self::Compose(_) => true,
            _ => false,
        }
    }
}

/// An error with what caused it, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    let mut text = error.to_string();
    for cause in causes {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
