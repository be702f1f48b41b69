//! One request on an HTTP/2 connection of its own (RFC 9113).
//!
//! **Invariant:** nothing is spawned: the connection is driven beside the request, and ends with it. What it keeps of an answer
//! that is not read is bounded by its windows, and what it reads in all by the limits of the stream.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture};
use h2::{Reason, RecvStream};
use hyper::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::ProbeError;
use super::protocol::ProtocolError;
use super::stream::Stream;

/// Bytes that the headers of an answer may take, as in HTTP/1.
const HEADERS_LIMIT: u32 = 512 * 1024;
/// Interim answers, such as 103 (Early Hints), that may come before an answer.
const INTERIM: usize = 100;
/// Bytes that the library takes from the connection before what they hold is looked at. It keeps each frame with headers in a
/// hundred times the bytes that a server needs for it.
const TURN: usize = 16 * 1024;

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
        .handshake(InTurns { stream, left: TURN });
    let (sender, connection) = handshake.await.map_err(of_http2)?;
    let answer = async {
        let mut sender = sender.ready().await.map_err(of_http2)?;
        let (answer, mut sending) = sender
            .send_request(request, body.is_empty())
            .map_err(of_http2)?;
        if !body.is_empty() {
            sending.send_data(body, true).map_err(of_http2)?;
        }
        read(final_answer(answer).await?).await
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

/// Takes what comes before the answer out of the library, which would keep all of it.
async fn final_answer(mut answer: ResponseFuture) -> Result<Response<RecvStream>, ProbeError> {
    let mut interim = 0;
    poll_fn(|cx| {
        while let Poll::Ready(Some(passed)) = answer.poll_informational(cx) {
            passed.map_err(of_http2)?;
            interim += 1;
            if interim > INTERIM {
                return Poll::Ready(Err(ProtocolError::TooManyInterim(INTERIM).into()));
            }
        }
        Pin::new(&mut answer).poll(cx).map_err(of_http2)
    })
    .await
}

/// A connection that lets others have a turn after some bytes.
struct InTurns {
    stream: Stream,
    left: usize,
}

impl AsyncRead for InTurns {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            self.left = TURN;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.left = self.left.saturating_sub(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for InTurns {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
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
