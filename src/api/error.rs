//! What can go wrong between the daemon and those who ask it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// What can go wrong between the daemon and those who ask it.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The socket cannot be made.
    #[error("cannot create the control socket {}: {source}", path.display())]
    Bind { path: PathBuf, source: io::Error },
    /// The TCP address for metrics cannot be listened on.
    #[error(
        "cannot listen on {address} for metrics: {source}; free it, or set another address in director.metrics"
    )]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    /// Somebody listens there already.
    #[error("another ipvsd uses {}; stop it first, or start this one with another --socket", path.display())]
    Occupied { path: PathBuf },
    /// A file of another kind has the name of the socket.
    #[error("{} exists and is not a socket; remove it, or start ipvsd with another --socket", path.display())]
    NotASocket { path: PathBuf },
    #[error("cannot connect to ipvsd on {}: {source}; check that it runs and that you may use the socket", path.display())]
    Connect { path: PathBuf, source: io::Error },
    /// It has as many clients as it serves at once.
    #[error("ipvsd on {} has too many clients; try again when others have finished", path.display())]
    Busy { path: PathBuf },
    #[error(
        "ipvsd on {} did not answer within {} s; check that it is running and not stopped or overloaded{}",
        path.display(), limit.as_secs(), if *changes { ", and whether the change was made (ipvsctl status)" } else { "" }
    )]
    Silent {
        path: PathBuf,
        limit: Duration,
        /// The request was to change something, and that may still happen.
        changes: bool,
    },
    /// The conversation broke off.
    #[error("the daemon closed the connection: {0}")]
    Conversation(#[from] hyper::Error),
    #[error("the daemon's answer is too large")]
    TooLarge,
    /// The request could not be put into words.
    #[error("cannot make the request: {0}")]
    Request(#[from] hyper::http::Error),
    /// The daemon said that it cannot.
    #[error("the daemon answered with status {0}")]
    Status(u16),
    /// The daemon does not do what it was asked for, and says why.
    #[error("{0}")]
    Refused(String),
    /// The daemon's answer is not understood.
    #[error(
        "cannot parse the daemon's answer: {0}; check that ipvsctl and ipvsd have the same version"
    )]
    Answer(#[from] serde_json::Error),
    /// Metrics cannot be put into their format.
    #[error("cannot write metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The daemon is about to end.
    #[error("the daemon is stopping")]
    Stopping,
}
