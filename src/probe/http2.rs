//! One request on an HTTP/2 connection of its own (RFC 9113).
//!
//! **Invariant:** nothing is spawned: the connection is driven beside the request, and ends with it. What it keeps of an answer
//! that is not read is bounded by its windows, and what it reads in all by the limits of the stream.

use std::future::Future;
use std::pin::pin;

use bytes::Bytes;
use h2::client::Builder;
use h2::{Reason, RecvStream};
use hyper::{Request, Response};

use super::error::ProbeError;
use super::protocol::ProtocolError;
use super::stream::Stream;

/// Bytes that the headers of an answer may take, as in HTTP/1.
const HEADERS_LIMIT: u32 = 512 * 1024;

/// Sends the request with its body, and has `read` read the answer.
pub(super) async fn exchange<T, F: Future<Output = Result<T, ProbeError>>>(
    stream: Stream,
    request: Request<()>,
    body: Bytes,
    read: impl FnOnce(Response<RecvStream>) -> F,
) -> Result<T, ProbeError> {
    let handshake = Builder::new()
        .enable_push(false)
        .max_header_list_size(HEADERS_LIMIT)
        .handshake(stream);
    let (sender, connection) = handshake.await.map_err(of_http2)?;
    let answer = async {
        let mut sender = sender.ready().await.map_err(of_http2)?;
        let (answer, mut sending) = sender
            .send_request(request, body.is_empty())
            .map_err(of_http2)?;
        if !body.is_empty() {
            sending.send_data(body, true).map_err(of_http2)?;
        }
        read(answer.await.map_err(of_http2)?).await
    };
    let mut answer = pin!(answer);
    let ended = tokio::select! {
        biased;
        answered = &mut answer => return answered,
        ended = connection => ended,
    };
    // What has arrived is still there to be read, and where nothing has, the end of the connection says why.
    match (answer.await, ended) {
        (Err(_), Err(error)) => Err(of_http2(error)),
        (answered, _) => answered,
    }
}

/// The words for what the library met.
pub(super) fn of_http2(error: h2::Error) -> ProbeError {
    let (is_remote, reason) = (error.is_remote(), error.reason());
    if let (true, Some(reason)) = (is_remote, reason) {
        return ProtocolError::Http2Refused(reason).into();
    }
    if error.is_io() {
        return match error.into_io() {
            Some(error) => ProbeError::of_ending(error),
            None => ProbeError::Closed,
        };
    }
    match reason {
        // The stream was given up because the connection has ended.
        Some(Reason::NO_ERROR | Reason::CANCEL) => ProbeError::Closed,
        _ => ProtocolError::NotSpoken("HTTP/2").into(),
    }
}
