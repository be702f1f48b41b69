//! TCP connect, the two kinds that ask nothing, and faults of this host.

use super::*;
use tokio::net::TcpSocket;

async fn connect(address: SocketAddr) -> Outcome {
    run(
        &probe(address, ProbeKind::Connect, AMPLE),
        &ProbeSettings::new(),
    )
    .await
    .outcome
}

/// A port that refuses: its socket is bound, so that nobody else gets it, but does not listen.
fn refusing_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[tokio::test]
async fn a_listening_port_is_good() {
    let address = serve(|_| async {}).await;
    let expected = Outcome::Good {
        detail: "connected".to_owned(),
    };
    assert_eq!(connect(address).await, expected);
}

#[tokio::test]
async fn ipv6_is_asked_like_ipv4() {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let outcome = connect(listener.local_addr().unwrap()).await;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_closed_port_is_refused() {
    let expected = Outcome::Failed {
        reason: "connection refused".to_owned(),
    };
    let (_socket, address) = refusing_port();
    assert_eq!(connect(address).await, expected);
    assert_eq!(failure(address, get()).await, "connection refused");
}

#[tokio::test]
async fn what_this_host_cannot_reach_says_nothing_about_the_server() {
    // The kernel refuses TCP to a broadcast address before it sends anything.
    let outcome = connect("255.255.255.255:80".parse().unwrap()).await;
    let expected = Outcome::LocalError {
        reason: "local error: network is unreachable".to_owned(),
    };
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn a_probe_without_port_says_so() {
    let outcome = connect("127.0.0.1:0".parse().unwrap()).await;
    assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
}

#[tokio::test]
async fn always_up_and_always_down_ask_nothing() {
    let nowhere = "127.0.0.1:0".parse().unwrap();
    let settings = ProbeSettings::new();
    let up = run(&probe(nowhere, ProbeKind::AlwaysUp, AMPLE), &settings).await;
    assert!(matches!(up.outcome, Outcome::Good { .. }));
    let down = run(&probe(nowhere, ProbeKind::AlwaysDown, AMPLE), &settings).await;
    assert!(matches!(down.outcome, Outcome::Failed { .. }));
}
