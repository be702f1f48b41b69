//! FTP (RFC 959, RFC 2428): login and, when a file is named, its transfer to the end, always passive. A name that ends
//! with `/`, or an expectation without a name, lists a directory. The login is anonymous when none is given; `receive` is
//! matched against what was transferred.

use std::net::SocketAddr;

use director_core::model::FtpCheck;
use tokio::io::AsyncReadExt;

use super::lines::LineConnection;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::memory::ReadLimits;
use crate::probe::stream::{self, Stream};
use crate::probe::words::Short;

/// Bytes of a file that are read at most.
const FILE_LIMIT: usize = 1024 * 1024;

pub(super) async fn ask(peer: Peer<'_>, check: &FtpCheck) -> Result<String, ProbeError> {
    let mut talk = LineConnection::open(peer, None).await?;
    talk.ftp_reply("greeting").await?.expect(2, "2xx")?;
    let login = check.credentials.login().unwrap_or("anonymous");
    log_in(&mut talk, login, check).await?;
    let detail = match command(check) {
        Some((verb, file)) => transfer(&mut talk, verb, file, peer, check).await?,
        None => format!("logged in as {}", Short(login)),
    };
    talk.leave("QUIT").await;
    Ok(detail)
}

/// What to transfer, and how.
fn command(check: &FtpCheck) -> Option<(&'static str, &str)> {
    let file = check.request.as_deref().unwrap_or_default();
    match file {
        "" | "/" if check.receive.is_none() => None,
        file if file.is_empty() || file.ends_with('/') => Some(("LIST", file)),
        file => Some(("RETR", file)),
    }
}

async fn log_in(
    talk: &mut LineConnection,
    login: &str,
    check: &FtpCheck,
) -> Result<(), ProbeError> {
    talk.say_with("USER", login, "login").await?;
    let answer = talk.ftp_reply("answer to USER").await?;
    if answer.class() == 2 {
        return Ok(());
    }
    answer.expect(3, "331")?;
    let password = match &check.credentials.password {
        Some(password) => password.reveal(),
        // Anonymous servers ask for an address of mail as a courtesy.
        None => "ipvsd@localhost",
    };
    talk.say_with("PASS", password, "password").await?;
    talk.ftp_reply("answer to PASS").await?.expect(2, "230")
}

async fn transfer(
    talk: &mut LineConnection,
    verb: &'static str,
    file: &str,
    peer: Peer<'_>,
    check: &FtpCheck,
) -> Result<String, ProbeError> {
    talk.say("TYPE I").await?;
    // A server that knows one type only may refuse the word.
    talk.ftp_reply("answer to TYPE").await?;
    let mut data = open_data(talk, peer).await?;
    talk.say_with(verb, file, "request").await?;
    let (started, ended) = if verb == "RETR" {
        ("answer to RETR", "end of RETR")
    } else {
        ("answer to LIST", "end of LIST")
    };
    talk.ftp_reply(started).await?.expect(1, "150")?;
    let (bytes, complete) = read_data(&mut data).await?;
    drop(data);
    // A text that was found makes the transfer good, however the server ends it.
    let found = check.receive.is_some() && peer.finds(check.receive.as_ref(), &bytes).await?;
    if complete && !found {
        talk.ftp_reply(ended).await?.expect(2, "226")?;
    }
    if !found {
        peer.expect(check.receive.as_ref(), &bytes).await?;
    }
    Ok(format!(
        "{} bytes of {} transferred",
        bytes.len(),
        Short(file)
    ))
}

/// Opens the data connection to the address that the control connection has: what servers behind address translation
/// say about themselves is often wrong, and never needed.
async fn open_data(talk: &mut LineConnection, peer: Peer<'_>) -> Result<Stream, ProbeError> {
    let (verb, what, parse): (_, _, fn(&str) -> Option<u16>) = if peer.address.is_ipv6() {
        ("EPSV", "answer to EPSV", extended_port)
    } else {
        ("PASV", "answer to PASV", passive_port)
    };
    talk.say(verb).await?;
    let answer = talk.ftp_reply(what).await?;
    answer.expect(2, "a port")?;
    let unexpected = || ProtocolError::Unexpected {
        what,
        said: answer.first_line().to_owned(),
        expected: "a port",
    };
    let port = parse(&answer.text).filter(|port| *port != 0);
    let port = port.ok_or_else(unexpected)?;
    let data = SocketAddr::new(peer.address.ip(), port);
    let data = stream::connect(data, peer.settings).await?;
    // A byte more shows that there is more.
    let limits = ReadLimits::whole(FILE_LIMIT as u64 + 1);
    Ok(Stream::plain(data, peer.settings).limited(limits))
}

async fn read_data(data: &mut Stream) -> Result<(Vec<u8>, bool), ProbeError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_LIMIT).unwrap_or(u64::MAX);
    data.take(limit + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(ProbeError::of_connection)?;
    let complete = bytes.len() <= FILE_LIMIT;
    bytes.truncate(FILE_LIMIT);
    Ok((bytes, complete))
}

/// The port in `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`; the parentheses are optional in practice.
fn passive_port(text: &str) -> Option<u16> {
    let numbers = text.get(4..)?;
    let start = numbers.find(|letter: char| letter.is_ascii_digit())?;
    let mut numbers = numbers[start..].split(|letter: char| !letter.is_ascii_digit());
    let mut next = || numbers.next()?.parse::<u8>().ok();
    for _ in 0..4 {
        next()?;
    }
    Some(u16::from_be_bytes([next()?, next()?]))
}

/// The port in `229 Entering Extended Passive Mode (|||port|)`; any character may be the separator.
fn extended_port(text: &str) -> Option<u16> {
    let (_, inside) = text.split_once('(')?;
    let separator = inside.chars().next()?;
    inside.split(separator).nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_found_in_what_servers_say() {
        let ports = [
            "227 Entering Passive Mode (192,168,6,4,195,80).",
            "227 Entering Passive Mode 192,168,6,4,195,80",
        ];
        for text in ports {
            assert_eq!(passive_port(text), Some(50_000), "{text}");
        }
        assert_eq!(passive_port("227 Entering Passive Mode (1,2,3)"), None);
        assert_eq!(passive_port("227 (1,2,3,4,300,1)"), None);
        assert_eq!(
            extended_port("229 Entering Extended Passive Mode (|||6446|)"),
            Some(6446)
        );
        assert_eq!(extended_port("229 no port"), None);
    }
}
