//! POP3 (RFC 1939): the greeting is `+OK` and, when a login is given, the login succeeds, by the best way that the server
//! offers: APOP, CRAM-MD5 (RFC 2195), USER and PASS. Uses `login`, `password`, `receive` on the greeting, `tls`, and
//! `starttls` (STLS, RFC 2595).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use director_core::model::MailboxCheck;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

use super::lines::LineConnection;
use super::peer::starttls;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

/// Lines of a list of capabilities at most.
const CAPABILITIES: usize = 1000;

pub(super) async fn ask(peer: Peer<'_>, check: &MailboxCheck) -> Result<String, ProbeError> {
    let mut talk = LineConnection::open(peer, check.tls.as_ref()).await?;
    let greeting = talk.line("greeting").await?;
    expect_ok("greeting", &greeting)?;
    peer.expect(check.receive.as_ref(), greeting.as_bytes())
        .await?;
    if let Some(tls) = starttls(check.tls.as_ref()) {
        talk.say("STLS").await?;
        expect_ok("answer to STLS", &talk.line("answer to STLS").await?)?;
        talk = talk.secure(peer, tls).await?;
    }
    let detail = match check.credentials.login() {
        Some(login) => {
            let password = check.credentials.password();
            log_in(&mut talk, &greeting, login, password).await?;
            format!("logged in as {}", Short(login))
        }
        None => Short(&greeting).to_string(),
    };
    talk.leave("QUIT").await;
    Ok(detail)
}

async fn log_in(
    talk: &mut LineConnection,
    greeting: &str,
    login: &str,
    password: &str,
) -> Result<(), ProbeError> {
    if let Some(timestamp) = timestamp(greeting) {
        let digest = hex(&Md5::digest(format!("{timestamp}{password}")));
        talk.say_with("APOP", &format!("{login} {digest}"), "login")
            .await?;
        if talk.line("answer to APOP").await?.starts_with("+OK") {
            return Ok(());
        }
    }
    if offers_cram_md5(talk).await? && cram_md5(talk, login, password).await? {
        return Ok(());
    }
    talk.say_with("USER", login, "login").await?;
    expect_ok("answer to USER", &talk.line("answer to USER").await?)?;
    talk.say_with("PASS", password, "password").await?;
    expect_ok("answer to PASS", &talk.line("answer to PASS").await?)
}

/// The timestamp of a server that knows APOP stands in its greeting, in angle brackets with an `@`.
fn timestamp(greeting: &str) -> Option<&str> {
    let start = greeting.find('<')?;
    let length = greeting[start..].find('>')?;
    let timestamp = &greeting[start..=start + length];
    timestamp.contains('@').then_some(timestamp)
}

async fn offers_cram_md5(talk: &mut LineConnection) -> Result<bool, ProbeError> {
    talk.say("CAPA").await?;
    if !talk.line("answer to CAPA").await?.starts_with("+OK") {
        return Ok(false);
    }
    let mut offered = false;
    for _ in 0..CAPABILITIES {
        let line = talk.line("list of capabilities").await?;
        if line.trim_end() == "." {
            return Ok(offered);
        }
        let mut words = line.split_whitespace();
        offered |= words.next() == Some("SASL") && words.any(|word| word == "CRAM-MD5");
    }
    Err(ProtocolError::TooLong {
        what: "list of capabilities",
        limit: CAPABILITIES,
    }
    .into())
}

async fn cram_md5(
    talk: &mut LineConnection,
    login: &str,
    password: &str,
) -> Result<bool, ProbeError> {
    talk.say("AUTH CRAM-MD5").await?;
    let line = talk.line("answer to AUTH").await?;
    let challenge = line
        .strip_prefix("+ ")
        .and_then(|challenge| BASE64_STANDARD.decode(challenge.trim()).ok());
    let Some(challenge) = challenge else {
        return Ok(false);
    };
    let Some(answer) = cram_answer(login, password, &challenge) else {
        return Ok(false);
    };
    talk.say(&BASE64_STANDARD.encode(answer)).await?;
    Ok(talk.line("answer to AUTH").await?.starts_with("+OK"))
}

/// The answer to a CRAM-MD5 challenge; a key of any length will do, so nothing never comes back.
fn cram_answer(login: &str, password: &str, challenge: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Md5>::new_from_slice(password.as_bytes()).ok()?;
    mac.update(challenge);
    Some(format!("{login} {}", hex(&mac.finalize().into_bytes())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn expect_ok(what: &'static str, line: &str) -> Result<(), ProbeError> {
    if line.starts_with("+OK") {
        return Ok(());
    }
    Err(ProtocolError::Unexpected {
        what,
        said: line.to_owned(),
        expected: "+OK",
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_2195_has_its_answer() {
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        assert_eq!(
            cram_answer("tim", "tanstaaftanstaaf", challenge).unwrap(),
            "tim b913a602c7eda7a495b4e6e7334d3890"
        );
    }

    #[test]
    fn the_timestamp_of_rfc_1939_is_found() {
        let greeting = "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
        let timestamp = timestamp(greeting).unwrap();
        let digest = hex(&Md5::digest(format!("{timestamp}tanstaaf")));
        assert_eq!(digest, "c4c9334bac560ecc979e58001b3e22fb");
        assert_eq!(super::timestamp("+OK <ready>"), None);
    }
}
