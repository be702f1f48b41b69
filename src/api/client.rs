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
use super::orders::{OrderOutcome, OrderRequest};
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

    /// Gives or lifts an order.
    ///
    /// # Errors
    /// When no daemon answers, it does not know whom the order concerns, or its answer is not understood.
    pub async fn order(&self, request: &OrderRequest) -> Result<OrderOutcome, ApiError> {
        self.say("/v1/order", request).await
    }

    /// Has the definitions taken that lie beside those of the daemon.
    ///
    /// # Errors
    /// When no daemon answers, it takes none now, or its answer is not understood.
    pub async fn apply(&self, request: &ApplyRequest) -> Result<ReloadOutcome, ApiError> {
        self.say("/v1/apply", request).await
    }

    /// Keeps the definitions that are on trial.
    ///
    /// # Errors
    /// When no daemon answers, or none are on trial.
    pub async fn confirm(&self) -> Result<(), ApiError> {
        self.ask(Method::POST, "/v1/confirm").await
    }

    /// Goes back from the definitions that are on trial.
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
