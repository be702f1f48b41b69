//! What can go wrong between the daemon and those who ask it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong between the daemon and those who ask it.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The socket cannot be made.
    #[error("the control socket {} cannot be made: {source}", path.display())]
    Bind { path: PathBuf, source: io::Error },
    /// Somebody listens there already.
    #[error("another ipvsd answers on {}; stop it first, or give this one another --socket", path.display())]
    Occupied { path: PathBuf },
    #[error("no ipvsd answers on {}: {source}; is it running, and may you use the socket?", path.display())]
    Connect { path: PathBuf, source: io::Error },
    /// The conversation broke off.
    #[error("the daemon broke off: {0}")]
    Conversation(#[from] hyper::Error),
    /// The request could not be put into words.
    #[error("the request cannot be made: {0}")]
    Request(#[from] hyper::http::Error),
    /// The daemon said that it cannot.
    #[error("the daemon answered with status {0}")]
    Status(u16),
    /// The daemon does not do what it was asked for, and says why.
    #[error("{0}")]
    Refused(String),
    /// The daemon's answer is not understood.
    #[error(
        "the daemon's answer is not understood: {0}; are ipvsctl and ipvsd of the same version?"
    )]
    Answer(#[from] serde_json::Error),
    /// The daemon is about to end.
    #[error("the daemon is stopping")]
    Stopping,
}
