//! Bytes out, lines in: the request is sent as it is, the sending side is closed, and one line of the answer must match.
//! Without `receive` any line will do. Uses `request`, `receive`, `transport` and `tls`.

use director_core::model::Protocol;

use super::dialogue::Dialogue;
use super::udp::Datagrams;
use super::{ConversationError, Inquiry};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

pub(super) async fn ask(inquiry: Inquiry<'_>) -> Result<String, ProbeError> {
    let request = inquiry.question.request.as_deref().unwrap_or_default();
    if inquiry.question.transport == Protocol::Udp {
        return ask_by_datagram(inquiry, request).await;
    }
    let mut talk = Dialogue::open(inquiry).await?;
    talk.send(request.as_bytes()).await?;
    talk.end_sending().await?;
    let mut answered = false;
    loop {
        let line = talk.raw_line("line").await?;
        if line.is_empty() {
            break;
        }
        answered = true;
        if matches(inquiry, &line) {
            return Ok(detail(&line));
        }
    }
    Err(nothing_found(inquiry, answered))
}

async fn ask_by_datagram(inquiry: Inquiry<'_>, request: &str) -> Result<String, ProbeError> {
    let datagrams = Datagrams::open(inquiry.peer, inquiry.settings)?;
    datagrams
        .ask(request.as_bytes(), |answer| {
            let mut lines = answer.split_inclusive(|byte| *byte == b'\n');
            Some(match lines.find(|line| matches(inquiry, line)) {
                Some(line) => Ok(detail(line)),
                None => Err(nothing_found(inquiry, true)),
            })
        })
        .await
}

/// Expressions are written with and without the line's end in mind, and Perl's `$` stands before the last newline.
fn matches(inquiry: Inquiry<'_>, line: &[u8]) -> bool {
    let without_newline = line.strip_suffix(b"\n").unwrap_or(line);
    let bare = without_newline
        .strip_suffix(b"\r")
        .unwrap_or(without_newline);
    [bare, without_newline, line]
        .iter()
        .any(|form| inquiry.expect(form).is_ok())
}

fn detail(line: &[u8]) -> String {
    Short(String::from_utf8_lossy(line).trim_end()).to_string()
}

fn nothing_found(inquiry: Inquiry<'_>, answered: bool) -> ProbeError {
    match &inquiry.question.receive {
        Some(pattern) if answered => {
            ConversationError::AnswerLacks(pattern.as_str().to_owned()).into()
        }
        _ => ProbeError::Closed,
    }
}
