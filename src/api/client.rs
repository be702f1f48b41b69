//! Asks the daemon over its Unix socket.

use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::apply::ApplyRequest;
use super::error::ApiError;
use super::overrides::{OverrideOutcome, OverrideRequest};
use super::wire::{ProbeHistory, ReloadOutcome, Status, UnfreezeOutcome};

/// One who asks a daemon.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// Asks the daemon on this socket.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
        }
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
        let stream =
            UnixStream::connect(&self.socket)
                .await
                .map_err(|source| ApiError::Connect {
                    path: self.socket.clone(),
                    source,
                })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let conversation = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(hyper::header::HOST, "ipvsd")
            .header(hyper::header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        conversation.abort();
        match status {
            StatusCode::OK => Ok(serde_json::from_slice(&body)?),
            StatusCode::UNPROCESSABLE_ENTITY => Err(ApiError::Refused(
                String::from_utf8_lossy(&body).into_owned(),
            )),
            StatusCode::SERVICE_UNAVAILABLE => Err(ApiError::Stopping),
            other => Err(ApiError::Status(other.as_u16())),
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
