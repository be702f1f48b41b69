//! DNS against a name server that knows a few records, over UDP and TCP, and against others that know less.

use super::protocol::*;
use super::*;
use director_core::model::{CheckProtocol, Protocol};
use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// What the zone of these tests says.
fn answer(query: &[u8]) -> Message {
    let query = Message::from_vec(query).unwrap();
    let mut answer = Message::response(query.metadata.id, OpCode::Query);
    answer.queries = query.queries.clone();
    let asked = &query.queries[0];
    let data = match (asked.name().to_ascii().as_str(), asked.query_type()) {
        ("www.example.org.", RecordType::A) => RData::A(A::new(192, 0, 2, 7)),
        ("six.example.org." | "www.example.org.", RecordType::AAAA) => {
            RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7))
        }
        ("7.2.0.192.in-addr.arpa.", RecordType::PTR) => RData::PTR(PTR(name("www.example.org."))),
        ("six.example.org." | "empty.example.org.", _) => return answer,
        ("broken.example.org." | ".", _) => {
            answer.metadata.response_code = ResponseCode::ServFail;
            return answer;
        }
        _ => {
            answer.metadata.response_code = ResponseCode::NXDomain;
            return answer;
        }
    };
    answer.add_answer(Record::from_rdata(asked.name().clone(), 60, data));
    answer
}

/// A name server on one port of both transports; over UDP it answers with what `spoil` makes of its answer.
async fn name_server(spoil: fn(Message) -> Message) -> SocketAddr {
    let address = serve(|mut stream| async move {
        while let Ok(length) = stream.read_u16().await {
            let mut query = vec![0; usize::from(length)];
            stream.read_exact(&mut query).await.unwrap();
            let answer = answer(&query).to_vec().unwrap();
            stream
                .write_u16(answer.len().try_into().unwrap())
                .await
                .unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    })
    .await;
    let socket = UdpSocket::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut query = [0; 4096];
        loop {
            let (length, client) = socket.recv_from(&mut query).await.unwrap();
            let answer = spoil(answer(&query[..length])).to_vec().unwrap();
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    address
}

fn dns(request: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        transport: Protocol::Udp,
        request: Some(request.to_owned()),
        ..question(CheckProtocol::Dns)
    }
}

fn by_tcp(question: ProtocolQuestion) -> ProtocolQuestion {
    ProtocolQuestion {
        transport: Protocol::Tcp,
        ..question
    }
}

#[tokio::test]
async fn a_name_is_resolved_and_matched_over_both_transports() {
    let server = name_server(|answer| answer).await;
    for question in [dns("www.example.org"), by_tcp(dns("www.example.org"))] {
        assert_eq!(good_talk(server, question.clone()).await, "A 192.0.2.7");
        good_talk(server, receiving(question.clone(), r"^192\.0\.2\.7$")).await;
        assert_eq!(
            bad_talk(server, receiving(question, r"^198\.")).await,
            r"answer does not match ^198\."
        );
    }
}

#[tokio::test]
async fn ipv6_addresses_and_names_of_addresses_are_found() {
    let server = name_server(|answer| answer).await;
    assert_eq!(
        good_talk(server, dns("six.example.org")).await,
        "AAAA 2001:db8::7"
    );
    good_talk(server, receiving(dns("www.example.org"), "2001:db8::7")).await;
    good_talk(server, receiving(dns("192.0.2.7"), r"example\.org$")).await;
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let server = name_server(|answer| answer).await;
    let reasons = [
        ("no.example.org", "answered \"Non-Existent Domain\""),
        ("empty.example.org", "no A record of empty.example.org."),
        ("broken.example.org", "answered \"Server Failure\""),
        ("", "answered \"Server Failure\""),
    ];
    for (request, reason) in reasons {
        assert_eq!(bad_talk(server, dns(request)).await, reason, "{request}");
    }
}

#[tokio::test]
async fn without_a_request_any_answer_but_a_failure_is_good() {
    let server = name_server(|mut answer| {
        answer.metadata.response_code = ResponseCode::Refused;
        answer
    })
    .await;
    assert_eq!(
        good_talk(server, dns("")).await,
        "answered \"Query Refused\""
    );
    assert_eq!(
        bad_talk(server, dns("www.example.org")).await,
        "answered \"Query Refused\""
    );
}

#[tokio::test]
async fn a_truncated_answer_is_retried_over_tcp() {
    let server = name_server(|mut answer| {
        answer.metadata.truncation = true;
        answer.answers.clear();
        answer
    })
    .await;
    assert_eq!(
        good_talk(server, dns("www.example.org")).await,
        "A 192.0.2.7"
    );
}

#[tokio::test]
async fn the_answer_to_another_question_is_passed_over() {
    let server = name_server(|mut answer| {
        answer.metadata.id = answer.metadata.id.wrapping_add(1);
        answer
    })
    .await;
    let report = within(server, dns("www.example.org"), SHORT).await;
    assert_eq!(failed(report), "no answer within 150 ms");
}

#[tokio::test]
async fn another_protocol_is_named_and_a_bad_name_is_not_sent() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (_, client) = socket.recv_from(&mut [0; 4096]).await.unwrap();
            socket.send_to(b"hello", client).await.unwrap();
        }
    });
    assert_eq!(
        bad_talk(address, dns("www.example.org")).await,
        "the answer is not DNS"
    );
    let outcome = outcome(address, dns("a..b")).await;
    assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
}

#[tokio::test]
async fn records_beyond_a_number_are_not_searched() {
    let server = name_server(|mut answer| {
        let other = RData::A(A::new(198, 51, 100, 1));
        let other = Record::from_rdata(name("www.example.org."), 60, other);
        let found = answer.answers.clone();
        answer.answers = vec![other; 256];
        answer.answers.extend(found);
        answer
    })
    .await;
    let asked = |pattern| receiving(dns("www.example.org A"), pattern);
    good_talk(server, asked(r"^198\.51\.100\.1$")).await;
    assert_eq!(
        bad_talk(server, asked(r"^192\.0\.2\.7$")).await,
        r"answer does not match ^192\.0\.2\.7$"
    );
}

#[tokio::test]
async fn answers_to_other_questions_end_at_a_number() {
    let server = serve(|mut stream| async move {
        let length = stream.read_u16().await.unwrap();
        let mut query = vec![0; usize::from(length)];
        stream.read_exact(&mut query).await.unwrap();
        let mut other = answer(&query);
        other.metadata.id = other.metadata.id.wrapping_add(1);
        let other = other.to_vec().unwrap();
        let length = u16::try_from(other.len()).unwrap().to_be_bytes();
        let framed = [&length[..], &other].concat();
        while stream.write_all(&framed).await.is_ok() {}
    })
    .await;
    assert_eq!(
        bad_talk(server, by_tcp(dns("www.example.org"))).await,
        "sent 100 answers to other requests"
    );
}
