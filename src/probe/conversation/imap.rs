//! IMAP (RFC 3501): the greeting is `* OK` or `* PREAUTH` and, when a login is given, LOGIN succeeds. Nothing in a mailbox
//! is touched. Uses `login`, `password`, `receive` on the greeting, and `tls`.

use super::dialogue::{Dialogue, one_line};
use super::{ConversationError, Inquiry};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

/// Lines that a server may say before its answer to LOGIN.
const UNTAGGED: usize = 100;

pub(super) async fn ask(inquiry: Inquiry<'_>) -> Result<String, ProbeError> {
    let mut talk = Dialogue::open(inquiry).await?;
    let greeting = talk.line("greeting").await?;
    let known_already = is_response(&greeting, "*", "PREAUTH");
    if !known_already && !is_response(&greeting, "*", "OK") {
        return Err(unexpected("greeting", greeting, "* OK"));
    }
    inquiry.expect(greeting.as_bytes())?;
    let detail = match inquiry.login() {
        Some(login) if !known_already => {
            log_in(&mut talk, login, inquiry.password()).await?;
            format!("logged in as {}", Short(login))
        }
        _ => Short(&greeting).to_string(),
    };
    talk.leave("b LOGOUT").await;
    Ok(detail)
}

async fn log_in(talk: &mut Dialogue, login: &str, password: &str) -> Result<(), ProbeError> {
    one_line(login, "login")?;
    one_line(password, "password")?;
    talk.say(&format!("a LOGIN {} {}", quoted(login), quoted(password)))
        .await?;
    for _ in 0..UNTAGGED {
        let line = talk.line("answer to LOGIN").await?;
        if is_response(&line, "a", "OK") {
            return Ok(());
        }
        if !line.starts_with("* ") {
            return Err(unexpected("answer to LOGIN", line, "OK"));
        }
    }
    Err(ConversationError::TooLong {
        what: "answer to LOGIN",
        limit: UNTAGGED,
    }
    .into())
}

fn is_response(line: &str, tag: &str, word: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some(tag)
        && words
            .next()
            .is_some_and(|found| found.eq_ignore_ascii_case(word))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn unexpected(what: &'static str, said: String, expected: &'static str) -> ProbeError {
    ConversationError::Unexpected {
        what,
        said,
        expected,
    }
    .into()
}
