//! What can go wrong with the network of this machine: what was attempted, and the kernel's answer.

use std::io;

use nix::errno::Errno;
use thiserror::Error;

/// What can go wrong.
#[derive(Debug, Error)]
pub enum NetError {
    /// The kernel refused, or the system did.
    #[error("cannot {attempted}: {source}")]
    System {
        /// What was attempted, as a sentence part: `add 192.0.2.1/32 to eth0`.
        attempted: String,
        source: io::Error,
    },
    /// There is no such interface.
    #[error("no interface {0}; `ip link` lists them")]
    NoInterface(String),
    /// A program that does a part of the work is missing or failed.
    #[error("cannot {attempted}: {program} said: {words}")]
    Program {
        attempted: String,
        program: String,
        /// The end of what it printed.
        words: String,
    },
    /// The kernel lacks a part that was asked for.
    #[error("cannot {attempted}: this kernel has no {what}; {hint}")]
    Missing {
        attempted: String,
        what: String,
        /// What to do about it.
        hint: String,
    },
}

impl NetError {
    /// An error of the system.
    pub(crate) fn system(attempted: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::System {
            attempted: attempted.into(),
            source: source.into(),
        }
    }

    /// The error number, where there is one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::System { source, .. } => source.raw_os_error().map(Errno::from_raw),
            _ => None,
        }
    }
}

/// The kernel's refusal in our words.
pub(super) fn refused(attempted: &str, error: rtnetlink::Error) -> NetError {
    let source = match error {
        rtnetlink::Error::NetlinkError(message) => message.to_io(),
        other => io::Error::other(other.to_string()),
    };
    NetError::system(attempted, source)
}
