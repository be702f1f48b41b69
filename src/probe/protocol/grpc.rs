//! gRPC: `grpc.health.v1.Health/Check` answers `SERVING` (<https://github.com/grpc/grpc/blob/master/doc/health-checking.md>). Uses
//! `service` and `tls`; without TLS it is HTTP/2 with prior knowledge.
//!
//! The two messages have one field each, so they are written and read here: a library for protocol buffers would bring a
//! compiler for their definitions.

use bytes::Bytes;
use director_core::model::{GrpcCheck, TlsCheck};
use h2::RecvStream;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, TE, USER_AGENT};
use hyper::{Method, Request, Response, Uri};

use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::http2;
use crate::probe::tls::H2;

const PATH: &str = "/grpc.health.v1.Health/Check";

/// A message follows a byte, which says whether it is compressed, and its length.
const PREFIX: usize = 5;
/// Bytes of an answer at most. A good one has seven.
const LONGEST: usize = 64 * 1024;

/// Field 1 as bytes, and as a number (<https://protobuf.dev/programming-guides/encoding/>).
const SERVICE: u8 = 1 << 3 | 2;
const STATUS: u64 = 1 << 3;

pub(super) async fn ask(peer: Peer<'_>, check: &GrpcCheck) -> Result<String, ProbeError> {
    let tls = check.tls.as_ref().map(offering);
    let stream = peer.connect(tls.as_ref()).await?;
    if tls.is_some() && stream.chosen_protocol() != Some(H2.as_bytes()) {
        return Err(ProtocolError::NoHttp2.into());
    }
    let request = request(peer, tls.as_ref()).map_err(ProbeError::NoSuchRequest)?;
    let message = message(check.service.as_deref().unwrap_or_default())?;
    http2::exchange(stream, request, message, read).await?;
    Ok("SERVING".to_owned())
}

/// gRPC is HTTP/2 whatever else the check offers.
fn offering(tls: &TlsCheck) -> TlsCheck {
    let alpn = match tls.alpn.is_empty() {
        true => vec![H2.to_owned()],
        false => tls.alpn.clone(),
    };
    TlsCheck {
        alpn,
        ..tls.clone()
    }
}

fn request(peer: Peer<'_>, tls: Option<&TlsCheck>) -> Result<Request<()>, hyper::http::Error> {
    let name = tls.and_then(|tls| tls.server_name.clone());
    let uri = Uri::builder()
        .scheme(if tls.is_some() { "https" } else { "http" })
        .authority(name.unwrap_or_else(|| peer.address.to_string()))
        .path_and_query(PATH)
        .build()?;
    Request::builder()
        .method(Method::POST)
        .uri(uri)
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers")
        .header(USER_AGENT, concat!("ipvsd/", env!("CARGO_PKG_VERSION")))
        .body(())
}

/// A `HealthCheckRequest` with its prefix. The whole server has the name "", which is not written.
fn message(service: &str) -> Result<Bytes, ProtocolError> {
    let no_room = |_| ProtocolError::NoRoom {
        what: "service",
        limit: usize::from(u16::MAX),
    };
    let mut field = Vec::new();
    if !service.is_empty() {
        field.push(SERVICE);
        push_number(&mut field, u16::try_from(service.len()).map_err(no_room)?);
        field.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(field.len()).unwrap_or(0).to_be_bytes();
    Ok([&[0], &length[..], &field].concat().into())
}

/// Seven bits a byte, the lowest first.
fn push_number(bytes: &mut Vec<u8>, mut number: u16) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

async fn read(answer: Response<RecvStream>) -> Result<(), ProbeError> {
    let (head, mut stream) = answer.into_parts();
    let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !kind.is_some_and(|kind| kind.starts_with(b"application/grpc")) {
        let status = head.status.as_u16();
        return Err(ProtocolError::NoGrpc(status).into());
    }
    // An error may come without a message, and its status then stands in the head.
    check_status(&head.headers)?;
    let mut bytes = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data.map_err(http2::of_http2)?;
        bytes.extend_from_slice(&data);
        if bytes.len() > LONGEST {
            let (what, limit) = ("answer", LONGEST);
            return Err(ProtocolError::TooLong { what, limit }.into());
        }
        // It fails only when the connection has ended, which the next read reports.
        let _ = stream.flow_control().release_capacity(data.len());
    }
    if let Some(trailers) = stream.trailers().await.map_err(http2::of_http2)? {
        check_status(&trailers)?;
    }
    match serving_status(&bytes).ok_or(ProtocolError::NotSpoken("gRPC"))? {
        1 => Ok(()),
        0 => Err(ProtocolError::NotServing("UNKNOWN").into()),
        2 => Err(ProtocolError::NotServing("NOT_SERVING").into()),
        3 => Err(ProtocolError::NotServing("SERVICE_UNKNOWN").into()),
        _ => Err(ProtocolError::NotServing("a status that is not defined").into()),
    }
}

/// Fails where headers or trailers say that the call failed.
fn check_status(headers: &HeaderMap) -> Result<(), ProtocolError> {
    let text = |name| {
        let value: Option<&HeaderValue> = headers.get(name);
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    match text("grpc-status").as_deref().map(str::parse) {
        None | Some(Ok(0)) => Ok(()),
        Some(Ok(code)) => Err(ProtocolError::Grpc {
            code,
            text: decoded(&text("grpc-message").unwrap_or_default()),
        }),
        Some(Err(_)) => Err(ProtocolError::NotSpoken("gRPC")),
    }
}

/// The status in a `HealthCheckResponse` with its prefix; `UNKNOWN`, which is 0, is not written.
fn serving_status(bytes: &[u8]) -> Option<u64> {
    let (prefix, message) = bytes.split_at_checked(PREFIX)?;
    let length = u32::from_be_bytes(prefix[1..].try_into().ok()?);
    // Nothing is compressed where the request accepts no compression.
    if prefix[0] != 0 || usize::try_from(length) != Ok(message.len()) {
        return None;
    }
    let (mut rest, mut status) = (message, 0);
    while !rest.is_empty() {
        let field = number(&mut rest)?;
        match field & 7 {
            0 => {
                let value = number(&mut rest)?;
                if field == STATUS {
                    status = value;
                }
            }
            1 => skip(&mut rest, 8)?,
            2 => {
                let length = number(&mut rest)?;
                skip(&mut rest, usize::try_from(length).ok()?)?;
            }
            5 => skip(&mut rest, 4)?,
            _ => return None,
        }
    }
    Some(status)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for place in 0..10 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << (place * 7).min(63);
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn skip(bytes: &mut &[u8], length: usize) -> Option<()> {
    *bytes = bytes.get(length..)?;
    Some(())
}

/// A message of an error is percent-encoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let code = behind.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_written_and_read() {
        assert_eq!(message("").unwrap()[..], [0; 5]);
        assert_eq!(message("ab").unwrap()[..], *b"\0\0\0\0\x04\x0a\x02ab");
        let long = message(&"a".repeat(300)).unwrap();
        assert_eq!(long[..8], [0, 0, 0, 1, 47, 10, 0xac, 2]);
        assert_eq!(serving_status(b"\0\0\0\0\x02\x08\x01"), Some(1));
        assert_eq!(serving_status(&[0; 5]), Some(0));
        // Fields that are not known yet are passed over.
        let later = b"\0\0\0\0\x08\x12\x02ab\x08\x02\x18\x07";
        assert_eq!(serving_status(later), Some(2));
        for end in 0..later.len() {
            assert_eq!(serving_status(&later[..end]), None, "{end}");
        }
        assert_eq!(serving_status(b"\x01\0\0\0\x02\x08\x01"), None);
        assert_eq!(
            serving_status(&[[0, 0, 0, 0, 12, 8].as_slice(), &[0xff; 11]].concat()),
            None
        );
    }

    #[test]
    fn messages_of_errors_are_decoded() {
        assert_eq!(decoded("no%20such%20service%2"), "no such service%2");
    }
}
