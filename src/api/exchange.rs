//! One request and its answer over a connection of its own, with the Unix socket of a daemon or the TCP address of another.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum ExchangeError {
    /// The conversation broke off.
    BrokenOff(hyper::Error),
    TooLarge,
}

/// Sends the request and takes an answer of at most so many bytes.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
    largest: usize,
) -> Result<(StatusCode, Bytes), ExchangeError> {
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(ExchangeError::BrokenOff)?;
    let conversation = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    let response = response.map_err(ExchangeError::BrokenOff)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), largest).collect().await;
    conversation.abort();
    match body {
        Ok(body) => Ok((status, body.to_bytes())),
        Err(error) => Err(match error.downcast::<hyper::Error>() {
            Ok(error) => ExchangeError::BrokenOff(*error),
            Err(_) => ExchangeError::TooLarge,
        }),
    }
}
