//! Bytes out, lines in: the request is sent as it is, the sending side is closed, and one line of the answer must match.
//! Without `receive` any line will do. Uses `request`, `receive`, `transport` and `tls`.

use director_core::model::{ExchangeCheck, Protocol, raw_bytes};

use super::lines::LineConnection;
use super::udp::Datagrams;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

pub(super) async fn ask(peer: Peer<'_>, check: &ExchangeCheck) -> Result<String, ProbeError> {
    let request = check.request.as_deref().unwrap_or_default();
    if check.transport == Protocol::Udp {
        return ask_by_datagram(peer, check, request).await;
    }
    let mut talk = LineConnection::open(peer, check.tls.as_ref()).await?;
    talk.send(&raw_bytes::bytes_of(request)).await?;
    talk.end_sending().await?;
    let mut answered = false;
    loop {
        let line = talk.raw_line("line").await?;
        if line.is_empty() {
            break;
        }
        answered = true;
        if matches(peer, check, &line).await? {
            return Ok(detail(&line));
        }
    }
    Err(nothing_found(check, answered))
}

async fn ask_by_datagram(
    peer: Peer<'_>,
    check: &ExchangeCheck,
    request: &str,
) -> Result<String, ProbeError> {
    let datagrams = Datagrams::open(peer.address, peer.settings)?;
    let answer = datagrams
        .ask(&raw_bytes::bytes_of(request), |answer| {
            Some(Ok(answer.to_vec()))
        })
        .await?;
    for line in answer.split_inclusive(|byte| *byte == b'\n') {
        if matches(peer, check, line).await? {
            return Ok(detail(line));
        }
    }
    Err(nothing_found(check, true))
}

/// Expressions are written with and without the line's end in mind, and Perl's `$` stands before the last newline.
async fn matches(peer: Peer<'_>, check: &ExchangeCheck, line: &[u8]) -> Result<bool, ProbeError> {
    let without_newline = line.strip_suffix(b"\n").unwrap_or(line);
    let bare = without_newline
        .strip_suffix(b"\r")
        .unwrap_or(without_newline);
    for form in [bare, without_newline, line] {
        if peer.finds(check.receive.as_ref(), form).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn detail(line: &[u8]) -> String {
    Short(String::from_utf8_lossy(line).trim_end()).to_string()
}

fn nothing_found(check: &ExchangeCheck, answered: bool) -> ProbeError {
    match &check.receive {
        Some(pattern) if answered => ProtocolError::AnswerLacks(pattern.as_str().to_owned()).into(),
        _ => ProbeError::Closed,
    }
}
