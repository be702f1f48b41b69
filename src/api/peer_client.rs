//! Reads the digest of another director, at the TCP address of its `director.metrics`.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::digest::{DIGEST_VERSION, SiteDigest};
use super::exchange::{ExchangeError, exchange};

/// How long the other director may take.
const LIMIT: Duration = Duration::from_secs(5);
/// The longest answer: more than 100,000 real servers.
const LARGEST: usize = 32 << 20;

/// Why there is no digest of the other director.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    #[error("cannot connect: {0}; check that it has director.metrics at this address")]
    Connect(#[source] std::io::Error),
    #[error("{0}")]
    Input(#[source] std::io::Error),
    #[error("no answer within {} s", LIMIT.as_secs())]
    Silent,
    #[error("the conversation broke off: {0}")]
    Conversation(#[source] hyper::Error),
    #[error("not a host and a port: {0}")]
    Address(#[from] hyper::http::Error),
    #[error("the answer has more than {} MiB", LARGEST >> 20)]
    TooLarge,
    #[error("status {0}; it may be no ipvsd, or one without this page")]
    Status(StatusCode),
    #[error("the answer is no digest: {0}")]
    NoDigest(#[from] serde_json::Error),
    #[error(
        "its digest has version {0}, and this ipvsd compares version {DIGEST_VERSION}; upgrade the older one"
    )]
    Version(u32),
}

/// The digest of the director at HOST:PORT, in its short form or with servers.
///
/// # Errors
/// When it cannot be had in time, or is of another version.
pub async fn read_digest(peer: &str, with_servers: bool) -> Result<SiteDigest, PeerError> {
    let reading = timeout(LIMIT, converse(peer, with_servers)).await;
    let body = reading.map_err(|_| PeerError::Silent)??;
    parse_digest(&body)
}

/// A digest as text.
///
/// # Errors
/// When it is none, or of another version.
pub fn parse_digest(text: &[u8]) -> Result<SiteDigest, PeerError> {
    let digest: SiteDigest = serde_json::from_slice(text)?;
    match digest.version {
        DIGEST_VERSION => Ok(digest),
        other => Err(PeerError::Version(other)),
    }
}

async fn converse(peer: &str, with_servers: bool) -> Result<Bytes, PeerError> {
    let stream = TcpStream::connect(peer).await.map_err(PeerError::Connect)?;
    let path = match with_servers {
        true => "/digest?servers",
        false => "/digest",
    };
    let request = Request::get(path)
        .header(hyper::header::HOST, peer)
        .body(Full::default())?;
    match exchange(stream, request, LARGEST).await {
        Ok((StatusCode::OK, body)) => Ok(body),
        Ok((status, _)) => Err(PeerError::Status(status)),
        Err(ExchangeError::BrokenOff(error)) => Err(PeerError::Conversation(error)),
        Err(ExchangeError::TooLarge) => Err(PeerError::TooLarge),
    }
}
