//! IMAP (RFC 3501): the greeting is `* OK` or `* PREAUTH` and, when a login is given, LOGIN succeeds. Nothing in a mailbox
//! is touched. Uses `login`, `password`, `receive` on the greeting, `tls` and `starttls`.

use director_core::model::MailboxCheck;

use super::lines::{LineConnection, one_line};
use super::peer::starttls;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

/// Lines that a server may say before its answer to a command.
const UNTAGGED: usize = 1000;

pub(super) async fn ask(peer: Peer<'_>, check: &MailboxCheck) -> Result<String, ProbeError> {
    let mut talk = LineConnection::open(peer, check.tls.as_ref()).await?;
    let greeting = talk.line("greeting").await?;
    let known_already = is_response(&greeting, "*", "PREAUTH");
    if !known_already && !is_response(&greeting, "*", "OK") {
        return Err(unexpected("greeting", greeting, "* OK"));
    }
    peer.expect(check.receive.as_ref(), greeting.as_bytes())
        .await?;
    if let Some(tls) = starttls(check.tls.as_ref()) {
        talk.say("t STARTTLS").await?;
        expect_ok(&mut talk, "t", "answer to STARTTLS").await?;
        talk = talk.secure(peer, tls).await?;
    }
    let detail = match check.credentials.login() {
        Some(login) if !known_already => {
            log_in(&mut talk, login, check.credentials.password()).await?;
            format!("logged in as {}", Short(login))
        }
        _ => Short(&greeting).to_string(),
    };
    talk.leave("b LOGOUT").await;
    Ok(detail)
}

async fn log_in(talk: &mut LineConnection, login: &str, password: &str) -> Result<(), ProbeError> {
    one_line(login, "login")?;
    one_line(password, "password")?;
    talk.say(&format!("a LOGIN {} {}", quoted(login), quoted(password)))
        .await?;
    expect_ok(talk, "a", "answer to LOGIN").await
}

/// Reads up to the answer to the command with this tag.
async fn expect_ok(
    talk: &mut LineConnection,
    tag: &str,
    what: &'static str,
) -> Result<(), ProbeError> {
    for _ in 0..UNTAGGED {
        let line = talk.line(what).await?;
        if is_response(&line, tag, "OK") {
            return Ok(());
        }
        // Literals and texts without a mark may come before it.
        if line.split_whitespace().next() == Some(tag) {
            return Err(unexpected(what, line, "OK"));
        }
    }
    Err(ProtocolError::TooLong {
        what,
        limit: UNTAGGED,
    }
    .into())
}

fn is_response(line: &str, tag: &str, word: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some(tag)
        && words
            .next()
            .and_then(|found| found.get(..word.len()))
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn unexpected(what: &'static str, said: String, expected: &'static str) -> ProbeError {
    ProtocolError::Unexpected {
        what,
        said,
        expected,
    }
    .into()
}
