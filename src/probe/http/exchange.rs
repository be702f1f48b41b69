//! One request and its answer on a connection of their own.

use std::future::Future;
use std::pin::pin;

use director_core::model::HttpProbe;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Response, header};
use hyper_util::rt::TokioIo;

use super::target::HttpTarget;
use crate::probe::error::ProbeError;
use crate::probe::settings::ProbeSettings;
use crate::probe::stream::open;
use crate::probe::vip_path::VipPath;

/// Bytes that status line and headers may take; browsers stop between 250 and 400 KiB.
const HEAD_LIMIT: usize = 256 * 1024;

/// Headers that an answer may have.
const HEADERS_LIMIT: usize = 512;

/// What a server answered.
#[derive(Debug)]
pub(super) struct HttpResponse {
    pub(super) status: u16,
    /// Where it sends us.
    pub(super) location: Option<String>,
    /// The body when the status is an expected one; the others' are not read.
    pub(super) body: Option<Body>,
}

/// What was read of a body.
#[derive(Debug)]
pub(super) struct Body {
    /// Its bytes, no more than the limit.
    pub(super) bytes: Vec<u8>,
    /// Whether that is all of it.
    pub(super) complete: bool,
}

/// Sends the request of `target` and reads the answer.
pub(super) async fn exchange(
    target: &HttpTarget,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<HttpResponse, ProbeError> {
    let mut request = target.request(&question.method)?;
    let stream = open(target.peer, target.tls.as_ref(), settings).await?;
    if settings
        .vip_path_to(target.peer.ip())
        .is_some_and(VipPath::full_size)
    {
        let size = stream.segment_size().map_err(ProbeError::CannotAsk)?;
        fill(request.headers_mut(), size);
    }
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .max_headers(HEADERS_LIMIT)
        .max_buf_size(HEAD_LIMIT)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(ProbeError::of_http)?;
    let answer = async move {
        let response = sender
            .send_request(request)
            .await
            .map_err(ProbeError::of_http)?;
        read(response, question).await
    };
    alongside(connection, answer).await
}

/// Makes a request so long that it takes more than one packet of this size, which is then a full one. Servers take headers
/// of some kilobytes each.
fn fill(headers: &mut HeaderMap, size: usize) {
    const EACH: usize = 4000;
    // The largest packets that networks carry; the loopback device has larger ones, which servers would not take.
    const LARGEST: usize = 9200;
    for _ in 0..size.min(LARGEST).div_ceil(EACH) {
        let text = HeaderValue::from_bytes(&vec![b'-'; EACH.min(size)]);
        if let Ok(value) = text {
            headers.append("x-fill", value);
        }
    }
}

/// Runs `answer` with the connection that it needs. What the connection itself met reaches `answer` as an error, so its
/// own result adds nothing. No task is started, so dropping the probe at its time limit closes the connection.
async fn alongside<T>(connection: impl Future, answer: impl Future<Output = T>) -> T {
    let mut answer = pin!(answer);
    tokio::select! {
        biased;
        answered = &mut answer => answered,
        _ = connection => answer.await,
    }
}

async fn read(
    response: Response<Incoming>,
    question: &HttpProbe,
) -> Result<HttpResponse, ProbeError> {
    let status = response.status().as_u16();
    let location = response
        .headers()
        .get(header::LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let expected = question.status.iter().any(|range| range.contains(status));
    let body = if expected {
        Some(read_body(response.into_body(), question.body_limit).await?)
    } else {
        None
    };
    Ok(HttpResponse {
        status,
        location,
        body,
    })
}

/// Reads a body to its end or to the limit, so that a server that breaks off is found out.
async fn read_body(mut incoming: Incoming, limit: usize) -> Result<Body, ProbeError> {
    let mut bytes = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(ProbeError::of_body)?.into_data() else {
            continue;
        };
        let room = limit - bytes.len();
        if data.len() > room {
            bytes.extend_from_slice(&data[..room]);
            return Ok(Body {
                bytes,
                complete: false,
            });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Body {
        bytes,
        complete: true,
    })
}
