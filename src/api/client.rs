//! Asks the daemon over its Unix socket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

use super::apply::ApplyRequest;
use super::digest::SiteDigest;
use super::error::ApiError;
use super::events::{EventPage, LONGEST_WAIT};
use super::exchange::{ExchangeError, exchange};
use super::overrides::{OverrideOutcome, OverrideRequest};
use super::takeover::{TakeOverOutcome, TakeOverRequest};
use super::wire::{ProbeHistory, ReloadOutcome, Status, UnfreezeOutcome};

/// How long the daemon may take to show something.
const LIMIT: Duration = Duration::from_secs(10);
/// Bytes of the largest answer: the status of some hundred thousand servers.
const LARGEST: usize = 1 << 30;
/// How long it may take to change something: names are looked up, and the disk may be slow.
const CHANGE_LIMIT: Duration = Duration::from_secs(120);
/// Pause before another attempt to connect.
const CONNECT_AGAIN: Duration = Duration::from_millis(50);

/// How often a client that was turned away tries again, and the pause before that.
const BUSY_ATTEMPTS: usize = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(200);

/// One who asks a daemon.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
    /// In place of the usual limits.
    limit: Option<Duration>,
}

impl Client {
    /// Asks the daemon on this socket.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
            limit: None,
        }
    }

    /// The same client with this limit for each request.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The daemon's state.
    ///
    /// # Errors
    /// When no daemon answers, or its answer is not understood.
    pub async fn status(&self) -> Result<Status, ApiError> {
        self.ask(Method::GET, "/v1/status").await
    }

    /// Reloads the configuration; `force` skips the safety limits.
    ///
    /// # Errors
    /// When no daemon answers, or its answer is not understood.
    pub async fn reload(&self, force: bool) -> Result<ReloadOutcome, ApiError> {
        let path = if force {
            "/v1/reload?force"
        } else {
            "/v1/reload"
        };
        self.ask(Method::POST, path).await
    }

    /// Lets verdicts move again that stand still.
    ///
    /// # Errors
    /// When no daemon answers, or its answer is not understood.
    pub async fn unfreeze(&self) -> Result<UnfreezeOutcome, ApiError> {
        self.ask(Method::POST, "/v1/unfreeze").await
    }

    /// The last answers of a real server, by what its service listens on and its address, in the words of the status.
    ///
    /// # Errors
    /// When no daemon answers, or it does not know the server.
    pub async fn history(&self, listen: &str, address: &str) -> Result<ProbeHistory, ApiError> {
        let path = format!("/v1/history/{}/{}", escaped(listen), escaped(address));
        self.ask(Method::GET, &path).await
    }

    /// The events after this one, or all that the daemon keeps. It waits for the first one where there is none, up to `wait`.
    ///
    /// # Errors
    /// When no daemon answers, or its answer is not understood.
    pub async fn events(&self, after: Option<u64>, wait: Duration) -> Result<EventPage, ApiError> {
        let wait = wait.min(LONGEST_WAIT).as_secs();
        let path = match after {
            Some(after) => format!("/v1/events?after={after}&wait={wait}"),
            None => "/v1/events".to_owned(),
        };
        let limit = LIMIT + Duration::from_secs(wait);
        self.clone().within(limit).ask(Method::GET, &path).await
    }

    /// Gives or lifts an order.
    ///
    /// # Errors
    /// When no daemon answers, it does not know whom the order concerns, or its answer is not understood.
    pub async fn set_override(
        &self,
        request: &OverrideRequest,
    ) -> Result<OverrideOutcome, ApiError> {
        self.say("/v1/override", request).await
    }

    /// Applies the configuration that lies beside that of the daemon.
    ///
    /// # Errors
    /// When no daemon answers, it takes none now, or its answer is not understood.
    pub async fn apply(&self, request: &ApplyRequest) -> Result<ReloadOutcome, ApiError> {
        self.say("/v1/apply", request).await
    }

    /// Keeps the configuration that is on trial.
    ///
    /// # Errors
    /// When no daemon answers, or none are on trial.
    pub async fn confirm(&self) -> Result<(), ApiError> {
        self.ask(Method::POST, "/v1/confirm").await
    }

    /// Goes back from the configuration that is on trial.
    ///
    /// # Errors
    /// When no daemon answers, or none are on trial.
    pub async fn roll_back(&self) -> Result<(), ApiError> {
        self.ask(Method::POST, "/v1/rollback").await
    }

    /// What another director compares with its own state.
    ///
    /// # Errors
    /// When no daemon answers, or its answer is not understood.
    pub async fn digest(&self) -> Result<SiteDigest, ApiError> {
        self.ask(Method::GET, "/digest?servers").await
    }

    /// Has a daemon that observes manage the table; it starts again for this.
    ///
    /// # Errors
    /// When no daemon answers, it does not observe, or another program still manages the table when the wait is over.
    pub async fn take_over(&self, request: &TakeOverRequest) -> Result<TakeOverOutcome, ApiError> {
        self.say("/v1/takeover", request).await
    }

    async fn say<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<T, ApiError> {
        let body = Bytes::from(serde_json::to_vec(request)?);
        self.converse(Method::POST, path, body).await
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, ApiError> {
        self.converse(method, path, Bytes::new()).await
    }

    async fn converse<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, ApiError> {
        let changes = method != Method::GET;
        let limit = if changes { CHANGE_LIMIT } else { LIMIT };
        let limit = self.limit.unwrap_or(limit);
        let answer = timeout(limit, self.exchange_when_free(method, path, body)).await;
        let (status, body) = answer.map_err(|_| ApiError::Silent {
            path: self.socket.clone(),
            limit,
            changes,
        })??;
        match status {
            StatusCode::OK => Ok(serde_json::from_slice(&body)?),
            StatusCode::UNPROCESSABLE_ENTITY => Err(ApiError::Refused(
                String::from_utf8_lossy(&body).into_owned(),
            )),
            StatusCode::SERVICE_UNAVAILABLE => Err(ApiError::Stopping),
            StatusCode::TOO_MANY_REQUESTS => Err(ApiError::Busy {
                path: self.socket.clone(),
            }),
            other => Err(ApiError::Status(other.as_u16())),
        }
    }

    /// Tries again for a while where the daemon turns clients away.
    async fn exchange_when_free(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), ApiError> {
        let mut left = BUSY_ATTEMPTS;
        loop {
            let outcome = self.exchange(method.clone(), path, body.clone()).await;
            let is_busy = match &outcome {
                Ok((status, _)) => *status == StatusCode::TOO_MANY_REQUESTS,
                // It may have been turned away before the request was sent. A change may have been made.
                Err(ApiError::Conversation(_)) => method == Method::GET,
                Err(_) => false,
            };
            if !is_busy || left == 0 {
                return outcome;
            }
            left -= 1;
            sleep(BUSY_PAUSE).await;
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), ApiError> {
        let stream = self.connect().await.map_err(|source| ApiError::Connect {
            path: self.socket.clone(),
            source,
        })?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(hyper::header::HOST, "ipvsd")
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        exchange(stream, request, LARGEST)
            .await
            .map_err(|error| match error {
                ExchangeError::BrokenOff(error) => ApiError::Conversation(error),
                ExchangeError::TooLarge => ApiError::TooLarge,
            })
    }

    /// Connects, and tries again while the daemon has more clients waiting than it accepts.
    async fn connect(&self) -> io::Result<UnixStream> {
        loop {
            match UnixStream::connect(&self.socket).await {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    sleep(CONNECT_AGAIN).await;
                }
                connected => return connected,
            }
        }
    }
}

/// A text as one part of a path.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_part_of_a_path() {
        assert_eq!(escaped("tcp [fd00::1]:80"), "tcp%20%5Bfd00%3A%3A1%5D%3A80");
        assert_eq!(escaped("a/b?c"), "a%2Fb%3Fc");
    }
}
