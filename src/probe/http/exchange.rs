//! One request and its answer on a connection of their own.

use std::future::Future;
use std::pin::pin;

use director_core::model::HttpProbe;
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use tokio::io::{AsyncRead, AsyncWriteExt};

use super::answer::{Body, End, HEAD_LIMIT, HttpAnswer, Opening};
use super::head::Framing;
use super::target::HttpTarget;
use super::version2;
use crate::probe::error::ProbeError;
use crate::probe::memory::ReadLimits;
use crate::probe::settings::ProbeSettings;
use crate::probe::stream::open;
use crate::probe::vip_path::VipPath;

/// What a server answered.
#[derive(Debug)]
pub(super) struct HttpResponse {
    /// Its status; an answer without a status line has none.
    pub(super) status: Option<u16>,
    /// Where it sends us.
    pub(super) location: Option<String>,
    /// The body when the status is an expected one; the others' are not read.
    pub(super) body: Option<Body>,
}

/// The status of an answer without a status line, as in HTTP/0.9.
const ASSUMED: u16 = 200;

/// Sends the request of `target` and reads the answer.
pub(super) async fn exchange(
    target: &HttpTarget,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<HttpResponse, ProbeError> {
    let mut request = target.request(question)?;
    let stream = open(target.peer, target.tls.as_ref(), settings)
        .await?
        .limited(limits(question));
    let speaks_http2 = target.speaks_http2(question, &stream)?;
    if settings
        .vip_path_to(target.peer.ip())
        .is_some_and(VipPath::full_size)
    {
        let size = stream.segment_size().map_err(ProbeError::CannotAsk)?;
        fill(&mut request.headers, size);
        if speaks_http2 {
            // HTTP/2 compresses headers by a quarter.
            fill(&mut request.headers, size);
        }
    }
    if speaks_http2 {
        return Box::pin(version2::exchange(
            stream, request, target, question, settings,
        ))
        .await;
    }
    let request = request.into_bytes();
    let (reader, mut writer) = tokio::io::split(stream);
    let sending = async {
        writer.write_all(&request).await?;
        writer.flush().await
    };
    answer_beside(sending, read(reader, question, settings)).await
}

/// What an answer may have: its head and body, and the lines of chunks, which may be short ones.
fn limits(question: &HttpProbe) -> ReadLimits {
    let body = u64::try_from(question.body_limit).unwrap_or(u64::MAX);
    let kept = body.saturating_add(HEAD_LIMIT as u64);
    ReadLimits {
        most: kept.saturating_mul(8),
        kept,
    }
}

/// Reads the answer while the request is sent: a server may answer before it has read a request, and one that has closed is
/// still to be listened to. A fault in sending counts where nothing was answered.
async fn answer_beside<T>(
    sending: impl Future<Output = std::io::Result<()>>,
    answer: impl Future<Output = Result<T, ProbeError>>,
) -> Result<T, ProbeError> {
    let mut answer = pin!(answer);
    let sent = tokio::select! {
        biased;
        sent = sending => sent,
        answered = &mut answer => return answered,
    };
    match (answer.await, sent) {
        (Err(ProbeError::Closed), Err(error)) => Err(ProbeError::of_connection(error)),
        (answered, _) => answered,
    }
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

async fn read(
    stream: impl AsyncRead + Unpin,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<HttpResponse, ProbeError> {
    let mut answer = HttpAnswer::from(stream);
    let (limit, deadline) = (question.body_limit, settings.last_call());
    let in_time = |body: Body| match body.end {
        End::Time if settings.lacked_memory() => Err(ProbeError::NoTurnToRead),
        _ => Ok(body),
    };
    let is_expected = |status| question.status.iter().any(|range| range.contains(status));
    match answer.opening().await? {
        // Any other protocol may greet like this, so only a text that was asked for makes it an answer.
        Opening::Bare(start) if question.body.is_none() || !is_expected(ASSUMED) => {
            Err(ProbeError::NoStatusLine(start))
        }
        Opening::Bare(start) => Ok(HttpResponse {
            status: None,
            location: None,
            body: Some(in_time(answer.bare_body(start, limit, deadline).await?)?),
        }),
        Opening::Head(head) => {
            let framing = framing(question, head.status, head.framing);
            // Without a text to look for, a body that declares its end and stays away is silence.
            let deadline = deadline.filter(|_| {
                question.body.is_some() && question.md5.is_none() || framing == Framing::UntilClose
            });
            let body = if is_expected(head.status) {
                Some(in_time(answer.body(framing, limit, deadline).await?)?)
            } else {
                None
            };
            Ok(HttpResponse {
                status: Some(head.status),
                location: head.location,
                body,
            })
        }
    }
}

/// Some answers have no body, whatever their headers say (RFC 9112, 6.3). A text is looked for in the body that a 204 declares,
/// as LWP does.
fn framing(question: &HttpProbe, status: u16, declared: Framing) -> Framing {
    let declares = question.body.is_some() && matches!(declared, Framing::Length(_));
    match status {
        _ if question.method == "HEAD" => Framing::Length(0),
        204 if !declares => Framing::Length(0),
        101 | 304 => Framing::Length(0),
        _ => declared,
    }
}
