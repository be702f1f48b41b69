//! DNS (RFC 1035): the name in `request` is resolved. An address asks for its PTR record, a name for A and, where these do
//! not do, AAAA; a type may follow the name (`example.org MX`). `receive` must be found in one record; without it any
//! record of the type will do. Without `request` every answer but a server failure is good. UDP unless `transport` is TCP,
//! and TCP too when an answer is cut off. The name is complete as it stands: no search list is applied.

use std::net::IpAddr;
use std::str::FromStr;

use director_core::model::{ExchangeCheck, Protocol};
use hickory_proto::op::{Header, Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, Record, RecordType};
use hickory_proto::serialize::binary::{BinDecodable, BinDecoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::udp::Datagrams;
use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::words::Short;

/// Records of an answer that are searched at most.
const RECORDS: usize = 256;

/// Answers to other questions that are passed over at most.
const UNRELATED: usize = 100;

/// What is asked.
#[derive(Debug, PartialEq)]
struct Asked {
    name: Name,
    /// Types in the order in which they are tried.
    kinds: Vec<RecordType>,
    /// Any answer will do, because nothing in particular was asked.
    any: bool,
}

impl Asked {
    fn read(request: &str) -> Result<Self, ProtocolError> {
        // ldirectord puts a slash before every request.
        let request = request.strip_prefix('/').unwrap_or(request);
        let mut words = request.split_whitespace();
        let Some(name) = words.next() else {
            return Ok(Self {
                name: Name::root(),
                kinds: vec![RecordType::NS],
                any: true,
            });
        };
        let no_name = || ProtocolError::NoName(request.to_owned());
        let kind = match words.next() {
            Some(word) => {
                let kind = RecordType::from_str(&word.to_ascii_uppercase());
                Some(kind.map_err(|_| no_name())?)
            }
            None => None,
        };
        if let Ok(address) = name.parse::<IpAddr>() {
            return Ok(Self {
                name: Name::from(address),
                kinds: vec![kind.unwrap_or(RecordType::PTR)],
                any: false,
            });
        }
        let mut name = Name::from_str_relaxed(name).map_err(|_| no_name())?;
        name.set_fqdn(true);
        Ok(Self {
            name,
            kinds: kind.map_or_else(|| vec![RecordType::A, RecordType::AAAA], |kind| vec![kind]),
            any: false,
        })
    }
}

pub(super) async fn ask(peer: Peer<'_>, check: &ExchangeCheck) -> Result<String, ProbeError> {
    let asked = Asked::read(check.request.as_deref().unwrap_or_default())?;
    let mut outcome = Err(ProbeError::Closed);
    for (number, kind) in asked.kinds.iter().enumerate() {
        let answer = resolve(peer, check, Query::query(asked.name.clone(), *kind)).await?;
        let judged = judge(peer, check, &asked, *kind, &answer).await;
        match judged {
            Ok(detail) => return Ok(detail),
            // Of several reasons the first stands, unless it only says that there is nothing of that type.
            Err(ProbeError::Protocol(
                ProtocolError::DnsError(_) | ProtocolError::NoRecord { .. },
            )) if number > 0 => {}
            Err(reason) => outcome = Err(reason),
        }
    }
    outcome
}

async fn judge(
    peer: Peer<'_>,
    check: &ExchangeCheck,
    asked: &Asked,
    kind: RecordType,
    answer: &Message,
) -> Result<String, ProbeError> {
    let code = answer.metadata.response_code;
    if asked.any {
        return match code {
            ResponseCode::ServFail => Err(ProtocolError::DnsError(code).into()),
            _ => Ok(format!("answered \"{code}\"")),
        };
    }
    if code != ResponseCode::NoError {
        return Err(ProtocolError::DnsError(code).into());
    }
    let mut missed = None;
    let of_kind = answer.answers.iter();
    let of_kind = of_kind.filter(|record| record.record_type() == kind);
    for record in of_kind.take(RECORDS) {
        // Each may take a search.
        tokio::task::consume_budget().await;
        let text = record.data.to_string();
        // Names are expected with or without the dot that ends them.
        let bare = text.strip_suffix('.').unwrap_or(&text);
        for form in [bare, &text] {
            match peer.expect(check.receive.as_ref(), form.as_bytes()).await {
                Ok(()) => return Ok(format!("{kind} {}", Short(&text))),
                Err(reason) => missed = Some(reason),
            }
        }
    }
    let none = || ProtocolError::NoRecord {
        kind,
        name: asked.name.to_string(),
    };
    Err(missed.unwrap_or_else(|| none().into()))
}

async fn resolve(
    peer: Peer<'_>,
    check: &ExchangeCheck,
    query: Query,
) -> Result<Message, ProbeError> {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(query);
    let bytes = message
        .to_vec()
        .map_err(|_| ProtocolError::NoName("the request".to_owned()))?;
    let by_stream = check.transport == Protocol::Tcp || check.tls.is_some();
    if !by_stream {
        let datagrams = Datagrams::open(peer.address, peer.settings)?;
        let mut noise = 0;
        let answer = datagrams
            .ask(&bytes, |answer| {
                let answer = accept(&message, answer);
                noise += u32::from(matches!(answer, Some(Err(_))));
                // One that is not DNS may be a stray datagram; the answer can still come.
                answer.filter(|answer| answer.is_ok() || noise > 1)
            })
            .await?;
        if !answer.metadata.truncation {
            return Ok(answer);
        }
    }
    resolve_by_stream(peer, check, &message, &bytes).await
}

async fn resolve_by_stream(
    peer: Peer<'_>,
    check: &ExchangeCheck,
    question: &Message,
    bytes: &[u8],
) -> Result<Message, ProbeError> {
    let mut stream = peer.connect(check.tls.as_ref()).await?;
    let length = u16::try_from(bytes.len()).map_err(|_| ProtocolError::NoRoom {
        what: "request",
        limit: usize::from(u16::MAX),
    })?;
    let framed = [&length.to_be_bytes()[..], bytes].concat();
    stream
        .write_all(&framed)
        .await
        .map_err(ProbeError::of_connection)?;
    stream.flush().await.map_err(ProbeError::of_connection)?;
    for _ in 0..UNRELATED {
        let length = stream.read_u16().await.map_err(ProbeError::of_ending)?;
        let mut answer = vec![0; usize::from(length)];
        stream
            .read_exact(&mut answer)
            .await
            .map_err(ProbeError::of_ending)?;
        if let Some(answer) = accept(question, &answer) {
            return answer;
        }
    }
    Err(ProtocolError::Unrelated(UNRELATED).into())
}

/// Takes the answer to `question` and passes over everything else that is DNS.
fn accept(question: &Message, bytes: &[u8]) -> Option<Result<Message, ProbeError>> {
    let Some(answer) = read_answer(bytes) else {
        return Some(Err(ProtocolError::NotSpoken("DNS").into()));
    };
    let ours = answer.metadata.message_type == MessageType::Response
        && answer.metadata.id == question.metadata.id
        && (answer.queries.is_empty() || answer.queries == question.queries);
    ours.then_some(Ok(answer))
}

/// Reads an answer as far as it can be read: what is broken behind a record takes nothing from that record.
fn read_answer(bytes: &[u8]) -> Option<Message> {
    if let Ok(whole) = Message::from_vec(bytes) {
        return Some(whole);
    }
    let mut decoder = BinDecoder::new(bytes);
    let header = Header::read(&mut decoder).ok()?;
    let mut message = Message::new(
        header.metadata.id,
        header.metadata.message_type,
        header.metadata.op_code,
    );
    message.metadata = header.metadata;
    for _ in 0..header.counts.queries {
        message.add_query(Query::read(&mut decoder).ok()?);
    }
    for _ in 0..header.counts.answers {
        let Ok(record) = Record::read(&mut decoder) else {
            break;
        };
        message.add_answer(record);
    }
    (!message.answers.is_empty()).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(request: &str) -> (String, Vec<RecordType>) {
        let asked = Asked::read(request).unwrap();
        (asked.name.to_string(), asked.kinds)
    }

    #[test]
    fn requests_say_what_is_asked() {
        use RecordType::{A, AAAA, MX, NS, PTR};
        let cases = [
            ("www.example.org", "www.example.org.", vec![A, AAAA]),
            ("/www.example.org.", "www.example.org.", vec![A, AAAA]),
            ("example.org mx", "example.org.", vec![MX]),
            ("192.0.2.1", "1.2.0.192.in-addr.arpa.", vec![PTR]),
            ("/", ".", vec![NS]),
        ];
        for (request, name, expected) in cases {
            assert_eq!(kinds(request), (name.to_owned(), expected), "{request}");
        }
        assert!(
            kinds("2001:db8::1")
                .0
                .ends_with("8.b.d.0.1.0.0.2.ip6.arpa.")
        );
        assert!(Asked::read("www..example").is_err());
        assert!(Asked::read("example.org NOSUCHTYPE").is_err());
    }
}
