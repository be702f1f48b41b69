//! A request and its answer in HTTP/2.

use bytes::Bytes;
use director_core::model::HttpProbe;
use h2::RecvStream;
use hyper::{Response, header};
use tokio::time::{Instant, timeout_at};

use super::answer::{Body, End};
use super::exchange::HttpResponse;
use super::request::HttpRequest;
use super::target::HttpTarget;
use crate::probe::error::ProbeError;
use crate::probe::http2;
use crate::probe::settings::ProbeSettings;
use crate::probe::stream::Stream;

/// Sends the request and reads the answer.
pub(super) async fn exchange(
    stream: Stream,
    request: HttpRequest,
    target: &HttpTarget,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<HttpResponse, ProbeError> {
    let (request, body) = request
        .into_http2(target.tls.is_some())
        .map_err(ProbeError::NoSuchRequest)?;
    http2::exchange(stream, request, Bytes::from(body), |answer| {
        read(answer, question, settings)
    })
    .await
}

async fn read(
    answer: Response<RecvStream>,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<HttpResponse, ProbeError> {
    let status = answer.status().as_u16();
    let location = answer.headers().get(header::LOCATION);
    let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let is_expected = question.status.iter().any(|range| range.contains(status));
    // A body that never ends is weighed shortly before the time limit, where a text is to be found in it.
    let deadline = settings.last_call().filter(|_| question.body.is_some());
    let body = match is_expected {
        true => Some(body_of(answer.into_body(), question.body_limit, deadline).await),
        false => None,
    };
    if let Some(Body { end: End::Time, .. }) = body
        && settings.lacked_memory()
    {
        return Err(ProbeError::NoTurnToRead);
    }
    Ok(HttpResponse {
        status: Some(status),
        location,
        body,
    })
}

/// Reads a body up to `limit` bytes, and not beyond `deadline`.
async fn body_of(mut stream: RecvStream, limit: usize, deadline: Option<Instant>) -> Body {
    let mut body = Body::default();
    loop {
        let next = stream.data();
        let next = match deadline {
            Some(deadline) => timeout_at(deadline, next).await,
            None => Ok(next.await),
        };
        let data = match next {
            Ok(Some(data)) => data,
            Ok(None) => break,
            Err(_) => {
                body.end = End::Time;
                break;
            }
        };
        let Ok(data) = data else {
            body.end = End::Broken;
            break;
        };
        let room = limit - body.bytes.len();
        if data.len() > room {
            body.bytes.extend_from_slice(&data[..room]);
            body.end = End::Limit;
            break;
        }
        body.bytes.extend_from_slice(&data);
        // It fails only when the connection has ended, which the next read reports.
        let _ = stream.flow_control().release_capacity(data.len());
    }
    body
}
