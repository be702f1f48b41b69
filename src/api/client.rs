//! Asks the daemon over its Unix socket.

use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::error::ApiError;
use super::wire::{ReloadOutcome, Status};

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

    /// Has the definitions read again; with force, whatever they take out.
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

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str) -> Result<T, ApiError> {
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
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        conversation.abort();
        match status {
            StatusCode::OK => Ok(serde_json::from_slice(&body)?),
            StatusCode::SERVICE_UNAVAILABLE => Err(ApiError::Stopping),
            other => Err(ApiError::Status(other.as_u16())),
        }
    }
}
