//! HTTP and HTTPS questions: asks, follows redirects where the definition wants it, and judges status and body. All of it
//! happens within the one time limit of the probe.

mod exchange;
mod target;
mod url;

use std::net::SocketAddr;

use director_core::model::{HttpProbe, Redirects};

use self::exchange::{Body, HttpResponse, exchange};
use self::target::HttpTarget;
use super::error::ProbeError;
use super::settings::ProbeSettings;

/// Status codes that send the client elsewhere.
const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// Asks the server at `home`; the words of a good answer come back.
pub(super) async fn ask(
    home: SocketAddr,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let limit = match question.redirects {
        Redirects::Answer => 0,
        Redirects::Follow(limit) => limit,
    };
    let mut target = HttpTarget::first(home, question).await?;
    for redirects in 0..=limit {
        let answer = exchange(&target, question, settings).await;
        let answer = answer.map_err(|error| match redirects {
            0 => error,
            _ => error.after_redirect(target.absolute()),
        })?;
        match answer.body {
            Some(body) => return judge(answer.status, &body, question),
            None => target = target_after(&answer, &target, home, question).await?,
        }
    }
    Err(ProbeError::Redirects(limit))
}

/// Where an answer with an unexpected status leads; it is an error unless it leads somewhere and may.
async fn target_after(
    answer: &HttpResponse,
    asked: &HttpTarget,
    home: SocketAddr,
    question: &HttpProbe,
) -> Result<HttpTarget, ProbeError> {
    match (&answer.location, question.redirects) {
        (Some(location), Redirects::Follow(_)) if REDIRECTS.contains(&answer.status) => {
            asked.redirected(location, home, question).await
        }
        _ => Err(ProbeError::Status {
            status: answer.status,
            expected: question.status.clone(),
        }),
    }
}

fn judge(status: u16, body: &Body, question: &HttpProbe) -> Result<String, ProbeError> {
    let Some(pattern) = &question.body else {
        return Ok(format!("status {status}"));
    };
    if pattern.is_match(&body.bytes) {
        return Ok(format!("status {status}, body as expected"));
    }
    let pattern = pattern.as_str().to_owned();
    Err(if body.complete {
        ProbeError::BodyLacks(pattern)
    } else {
        ProbeError::BodyStartLacks {
            pattern,
            limit: question.body_limit,
        }
    })
}
