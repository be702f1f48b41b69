//! Oracle's TNS: the connect handshake, as its public descriptions give it. With `database` (a SID) the listener must take
//! or redirect a connection to it; without, it must answer to a ping of its own. No login is made and no query is run, so
//! a database that is open for connections but sick inside counts as up.

use director_core::model::OracleCheck;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::stream::Stream;

const CONNECT: u8 = 1;
const ACCEPT: u8 = 2;
const REFUSE: u8 = 4;
const REDIRECT: u8 = 5;
const RESEND: u8 = 11;

/// Length, checksum, type, flags and the header's checksum.
const HEADER: usize = 8;

/// Where the connect data begins, behind fields of fixed length.
const DATA_OFFSET: usize = 58;

/// How often a listener may ask to have the request again.
const RESENDS: usize = 3;

pub(super) async fn ask(peer: Peer<'_>, check: &OracleCheck) -> Result<String, ProbeError> {
    let packet = connect_packet(&descriptor(peer, check)?)?;
    let mut stream = peer.connect(check.tls.as_ref()).await?;
    for _ in 0..=RESENDS {
        stream
            .write_all(&packet)
            .await
            .map_err(ProbeError::of_connection)?;
        stream.flush().await.map_err(ProbeError::of_connection)?;
        let (kind, body) = receive(&mut stream).await?;
        if kind != RESEND {
            return judge(kind, &body).map_err(Into::into);
        }
    }
    Err(not_tns().into())
}

fn descriptor(peer: Peer<'_>, check: &OracleCheck) -> Result<String, ProtocolError> {
    let database = check.database.as_deref().unwrap_or_default();
    if database.is_empty() {
        return Ok("(CONNECT_DATA=(COMMAND=ping))".to_owned());
    }
    if database.contains(['(', ')', '=', '\r', '\n']) {
        return Err(ProtocolError::Missing {
            protocol: "Oracle",
            what: "a SID without parentheses and equals signs as its database",
        });
    }
    let peer = peer.address;
    Ok(format!(
        "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={})(PORT={}))(CONNECT_DATA=(SID={database})\
         (CID=(PROGRAM=ipvsd)(HOST=ipvsd)(USER=ipvsd))))",
        peer.ip(),
        peer.port()
    ))
}

fn connect_packet(data: &str) -> Result<Vec<u8>, ProtocolError> {
    let no_room = |_| ProtocolError::NoRoom {
        what: "database",
        limit: usize::from(u16::MAX) - DATA_OFFSET,
    };
    let length = u16::try_from(DATA_OFFSET + data.len()).map_err(no_room)?;
    let data_length = u16::try_from(data.len()).map_err(no_room)?;
    let words: [u16; 25] = [
        length,
        0,                                // no checksum
        u16::from_be_bytes([CONNECT, 0]), // and no flags
        0,
        310,    // our version of the protocol
        300,    // the oldest one we understand
        0,      // service options
        2048,   // session data unit
        0x7fff, // transport data unit
        0x7f08, // what the network can do
        0,      // no line turnaround
        1,      // the number 1 in our byte order
        data_length,
        58, // where the connect data begins
        0,
        0, // any length of connect data in the answer
        0, // connect flags
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0, // trace items and a connection's number, unused
    ];
    let mut packet: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    packet.resize(DATA_OFFSET, 0);
    packet.extend_from_slice(data.as_bytes());
    Ok(packet)
}

async fn receive(stream: &mut Stream) -> Result<(u8, Vec<u8>), ProbeError> {
    let mut header = [0; HEADER];
    stream
        .read_exact(&mut header)
        .await
        .map_err(ProbeError::of_ending)?;
    let length = usize::from(u16::from_be_bytes([header[0], header[1]]));
    let body = length.checked_sub(HEADER).ok_or_else(not_tns)?;
    if !matches!(header[4], ACCEPT | REFUSE | REDIRECT | RESEND) {
        return Err(not_tns().into());
    }
    let mut body = vec![0; body];
    stream
        .read_exact(&mut body)
        .await
        .map_err(ProbeError::of_ending)?;
    Ok((header[4], body))
}

fn judge(kind: u8, body: &[u8]) -> Result<String, ProtocolError> {
    match kind {
        ACCEPT => Ok("accepted by the listener".to_owned()),
        REDIRECT => Ok("redirected by the listener".to_owned()),
        _ => {
            // Two reasons of a byte each and a length come before the text.
            let text = String::from_utf8_lossy(body.get(4..).unwrap_or_default()).into_owned();
            match error_number(&text) {
                // A ping is refused with error 0.
                Some("0") => Ok("answered by the listener".to_owned()),
                Some(number) => Err(ProtocolError::ListenerRefused(format!("TNS-{number:0>5}"))),
                None => Err(ProtocolError::ListenerRefused(text)),
            }
        }
    }
}

fn error_number(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("(ERR=")?;
    let (number, _) = rest.split_once(')')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(number)
}

fn not_tns() -> ProtocolError {
    ProtocolError::NotSpoken("TNS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connect_packet_is_what_a_listener_expects() {
        let packet = connect_packet("(CONNECT_DATA=(COMMAND=ping))").unwrap();
        let start = [
            0x00, 0x57, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, // header: 87 bytes, connect
            0x01, 0x36, 0x01, 0x2c, 0x00, 0x00, 0x08, 0x00, 0x7f, 0xff, 0x7f, 0x08, //
            0x00, 0x00, 0x00, 0x01, 0x00, 0x1d, 0x00, 0x3a, // 29 bytes of data at 58
        ];
        assert_eq!(packet[..28], start);
        assert!(packet[28..58].iter().all(|byte| *byte == 0));
        assert_eq!(&packet[58..], b"(CONNECT_DATA=(COMMAND=ping))");
    }

    #[test]
    fn errors_are_found_in_what_listeners_say() {
        assert_eq!(error_number("(DESCRIPTION=(ERR=12514)(X=))"), Some("12514"));
        assert_eq!(error_number("(DESCRIPTION=(ERR=))"), None);
        assert_eq!(error_number("anything"), None);
    }
}
