//! HTTP and HTTPS questions, in HTTP/1.1 and HTTP/2: asks, follows redirects where the definition wants it, and judges status and body. All of it
//! happens within the one time limit of the probe.

mod answer;
mod exchange;
mod head;
mod request;
mod target;
mod url;
mod version2;

use std::net::SocketAddr;

use director_core::model::{HttpProbe, Redirects};
use openssl::hash::{MessageDigest, hash};

use self::answer::{Body, End};
use self::exchange::{HttpResponse, exchange};
use self::target::HttpTarget;
pub(super) use self::url::decode;
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
    let mut target = HttpTarget::first(home, question, settings).await?;
    for redirects in 0..=limit {
        let answer = exchange(&target, question, settings).await;
        let answer = answer.map_err(|error| match redirects {
            0 => error,
            _ => error.after_redirect(target.absolute()),
        })?;
        match answer.body {
            Some(body) => return Box::pin(judge(answer.status, &body, question, settings)).await,
            None => {
                let next = target_after(&answer, &target, home, question, settings);
                target = Box::pin(next).await?;
            }
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
    settings: &ProbeSettings,
) -> Result<HttpTarget, ProbeError> {
    match (&answer.location, question.redirects, answer.status) {
        (Some(location), Redirects::Follow(_), Some(status)) if REDIRECTS.contains(&status) => {
            asked
                .redirected((status, location), home, question, settings)
                .await
        }
        (_, _, status) => Err(ProbeError::Status {
            status: status.unwrap_or_default(),
            expected: question.status.clone(),
        }),
    }
}

/// Whether a body has this MD5 digest, for which it has to be complete.
fn has_digest(body: &Body, expected: &str, limit: usize) -> Result<(), ProbeError> {
    match body.end {
        End::Complete => {}
        End::Broken | End::Time => return Err(ProbeError::BodyEnded),
        End::Limit => return Err(ProbeError::BodyTooLong(limit)),
    }
    let digest = hash(MessageDigest::md5(), &body.bytes).map_err(ProbeError::Digest)?;
    let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if found == expected {
        return Ok(());
    }
    let expected = expected.to_owned();
    Err(ProbeError::BodyDigest { found, expected })
}

/// A text that was found makes an answer good, however it ends. Without one to look for, a body that breaks off is a fault.
async fn judge(
    status: Option<u16>,
    body: &Body,
    question: &HttpProbe,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let status = status.map_or_else(
        || "no status line".to_owned(),
        |status| format!("status {status}"),
    );
    if let Some(expected) = &question.md5 {
        has_digest(body, expected, question.body_limit)?;
    }
    let Some(pattern) = &question.body else {
        return match body.end {
            End::Broken => Err(ProbeError::BodyEnded),
            End::Complete | End::Limit | End::Time => Ok(status),
        };
    };
    if settings.finds(pattern, &body.bytes).await? {
        return Ok(format!("{status}, body as expected"));
    }
    let pattern = pattern.as_str().to_owned();
    Err(match body.end {
        End::Complete => ProbeError::BodyLacks(pattern),
        End::Broken => ProbeError::BodyEnded,
        End::Time => ProbeError::BodySoFarLacks(pattern),
        End::Limit => ProbeError::BodyStartLacks {
            pattern,
            limit: question.body_limit,
        },
    })
}
