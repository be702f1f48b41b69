//! A datagram to a server that may not answer: it fails when the server's host refuses it (ICMP port unreachable, RFC 1122, section
//! 4.1.3.1). With `receive` there has to be an answer. Uses `request` and `receive`.

use std::time::Duration;

use director_core::model::{DatagramCheck, raw_bytes};
use tokio::time::{Instant, timeout_at};

use super::udp::Datagrams;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

/// How long a refusal is waited for. It comes after one round trip.
const REFUSAL_WAIT: Duration = Duration::from_secs(1);

pub(super) async fn ask(peer: Peer<'_>, check: &DatagramCheck) -> Result<String, ProbeError> {
    let datagrams = Datagrams::open(peer.address, peer.settings)?;
    let request = raw_bytes::bytes_of(check.request.as_deref().unwrap_or_default());
    let answer = datagrams.ask(&request, |answer| Some(Ok(answer.to_vec())));
    let Some(pattern) = &check.receive else {
        let until = Instant::now() + REFUSAL_WAIT;
        let last_call = peer.settings.last_call().unwrap_or(until);
        return match timeout_at(until.min(last_call), answer).await {
            Ok(answer) => Ok(detail(&answer?)),
            Err(_) => Ok("not refused".to_owned()),
        };
    };
    let answer = answer.await?;
    if peer.finds(Some(pattern), &answer).await? {
        return Ok(detail(&answer));
    }
    Err(ProtocolError::AnswerLacks(pattern.as_str().to_owned()).into())
}

fn detail(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    match text.trim_end() {
        "" => "empty answer".to_owned(),
        text => Short(text).to_string(),
    }
}
