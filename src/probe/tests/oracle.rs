//! Oracle's connect handshake against recorded answers: a listener's ping and refusal as published traces show them, and
//! the accept, redirect and resend packets that the descriptions of the protocol give.

use super::protocol::*;
use super::*;
use director_core::model::CheckProtocol;

/// A packet of a type, with its header.
fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 8).unwrap().to_be_bytes();
    [&[length[0], length[1], 0, 0, kind, 0, 0, 0], body].concat()
}

/// A refusal as listeners send it: reasons, length, text.
fn refusal(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    packet(4, &[&[0x22, 0, 0, length], text.as_bytes()].concat())
}

/// A listener that gives one of `answers` to each connect packet, and records the packets.
async fn listener(answers: Vec<Vec<u8>>) -> (SocketAddr, ReceivedRequest) {
    let seen = ReceivedRequest::default();
    let record = Arc::clone(&seen);
    let address = serve(move |mut stream| {
        let (answers, record) = (answers.clone(), Arc::clone(&record));
        async move {
            for answer in answers {
                let Ok(length) = stream.read_u16().await else {
                    return;
                };
                let mut rest = vec![0; usize::from(length) - 2];
                stream.read_exact(&mut rest).await.unwrap();
                let text = String::from_utf8_lossy(&rest[56..]).into_owned();
                record.lock().unwrap().push(text);
                let _ = stream.write_all(&answer).await;
            }
        }
    })
    .await;
    (address, seen)
}

fn of_database(name: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        database: Some(name.to_owned()),
        ..question(CheckProtocol::Oracle)
    }
}

#[tokio::test]
async fn a_ping_of_the_listener_is_refused_with_error_0_and_that_is_good() {
    let recorded = refusal("(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=0)(ALIAS=LISTENER))");
    assert_eq!(recorded[..2], [0, 0x41]);
    let (address, seen) = listener(vec![recorded]).await;
    assert_eq!(
        good_talk(address, question(CheckProtocol::Oracle)).await,
        "answered by the listener"
    );
    assert_eq!(told(&seen), ["(CONNECT_DATA=(COMMAND=ping))"]);
}

#[tokio::test]
async fn an_unknown_database_is_named_with_the_listeners_error() {
    let recorded = refusal(
        "(DESCRIPTION=(TMP=)(VSNNUM=352321536)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))",
    );
    assert_eq!(recorded[..2], [0, 0x67]);
    let (address, seen) = listener(vec![recorded]).await;
    assert_eq!(
        bad_talk(address, of_database("ORCL")).await,
        "refused by the listener (TNS-12514)"
    );
    assert!(told(&seen)[0].contains("(SID=ORCL)"), "{seen:?}");
}

#[tokio::test]
async fn accept_and_redirect_are_good_and_resend_is_obeyed() {
    let accept = packet(
        2,
        &[1, 0x36, 0, 0, 8, 0, 0x7f, 0xff, 1, 0, 0, 0, 0, 32, 0, 0],
    );
    let (accepting, _) = listener(vec![accept.clone()]).await;
    assert_eq!(
        good_talk(accepting, of_database("ORCL")).await,
        "accepted by the listener"
    );
    let (resending, seen) = listener(vec![packet(11, &[]), accept]).await;
    good_talk(resending, of_database("ORCL")).await;
    let told = told(&seen);
    assert_eq!(told[0], told[1]);
    let redirect = packet(5, b"\0\x10(ADDRESS=(PORT=1))");
    let (redirecting, _) = listener(vec![redirect]).await;
    good_talk(redirecting, of_database("ORCL")).await;
}

#[tokio::test]
async fn endless_resends_and_other_protocols_are_no_tns() {
    let (resending, _) = listener(vec![packet(11, &[]); 10]).await;
    assert_eq!(
        bad_talk(resending, of_database("ORCL")).await,
        "the answer is not TNS"
    );
    let (http, _) = listener(vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()]).await;
    assert_eq!(
        bad_talk(http, of_database("ORCL")).await,
        "the answer is not TNS"
    );
}

#[tokio::test]
async fn a_database_that_would_rewrite_the_request_is_not_asked_for() {
    let (address, seen) = listener(vec![]).await;
    let outcome = outcome(address, of_database("X)(Y=Z")).await;
    assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
    assert!(told(&seen).is_empty());
}
