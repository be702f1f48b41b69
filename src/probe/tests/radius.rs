//! RADIUS: what is asked, and the answers that need no signature to be judged.

use super::protocol::*;
use super::*;
use director_core::model::{CheckProtocol, Protocol, Secret};
use tokio::net::UdpSocket;

fn radius(secret: &str) -> ProtocolQuestion {
    ProtocolQuestion {
        transport: Protocol::Udp,
        secret: Some(Secret::new(secret.to_owned())),
        ..with_login(question(CheckProtocol::Radius), "nemo", "arctangent")
    }
}

/// A server that answers each request with what `answer` makes of it.
async fn server(answer: fn(&[u8]) -> Vec<u8>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut request = [0; 4096];
        loop {
            let (length, client) = socket.recv_from(&mut request).await.unwrap();
            let answer = answer(&request[..length]);
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn an_accept_without_our_signature_is_none() {
    let address = server(|request| {
        let mut answer = vec![2, request[1], 0, 20];
        answer.resize(20, 0);
        answer
    })
    .await;
    assert_eq!(
        bad_talk(address, radius("xyzzy5461")).await,
        "the answer is not signed with the secret"
    );
}

#[tokio::test]
async fn the_answer_to_another_request_is_passed_over() {
    let address = server(|request| {
        let mut answer = vec![3, request[1].wrapping_add(1), 0, 20];
        answer.resize(20, 0);
        answer
    })
    .await;
    let report = within(address, radius("secret"), SHORT).await;
    assert_eq!(failed(report), "no answer within 150 ms");
}

#[tokio::test]
async fn another_protocol_is_named() {
    let address = server(|_| b"hello".to_vec()).await;
    assert_eq!(
        bad_talk(address, radius("secret")).await,
        "the answer is not RADIUS"
    );
}

#[tokio::test]
async fn a_question_without_secret_or_login_is_a_local_error() {
    let address = "127.0.0.1:1812".parse().unwrap();
    let no_login = ProtocolQuestion {
        login: None,
        ..radius("secret")
    };
    for (question, what) in [(radius(""), "a secret"), (no_login, "a login")] {
        let expected = Outcome::LocalError {
            reason: format!("local error: RADIUS needs {what}"),
        };
        assert_eq!(outcome(address, question).await, expected);
    }
}
