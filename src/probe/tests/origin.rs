//! The source address of a probe, and the header of the PROXY protocol before everything else.

use super::protocol::{question, scripted, told};
use super::*;
use director_core::model::{CheckProtocol, ProxyHeader};
use std::net::IpAddr;
use tokio::net::UdpSocket;

/// From where each connection came, and its first bytes.
type Connections = Arc<Mutex<Vec<(IpAddr, Vec<u8>)>>>;

/// A server that records the first bytes of each connection, and from where it comes.
async fn recording(first: usize) -> (SocketAddr, Connections) {
    let seen = Connections::default();
    let record = Arc::clone(&seen);
    let address = serve(move |mut stream| {
        let record = Arc::clone(&record);
        async move {
            let peer = stream.peer_addr().unwrap().ip();
            let mut bytes = vec![0; first];
            let read = stream.read_exact(&mut bytes).await;
            record.lock().unwrap().push((peer, bytes));
            if read.is_ok() {
                read_head(&mut stream).await;
                send(&mut stream, ok("").as_bytes()).await;
            }
        }
    })
    .await;
    (address, seen)
}

fn from(source: &str, probe: Probe) -> Probe {
    Probe {
        source: Some(source.parse().unwrap()),
        ..probe
    }
}

async fn outcome(probe: &Probe) -> Outcome {
    run(probe, &ProbeSettings::new()).await.outcome
}

#[tokio::test]
async fn a_probe_comes_from_its_source_address() {
    let (address, seen) = recording(0).await;
    let probe = from("127.0.0.7", probe(address, ProbeKind::Http(get()), AMPLE));
    let outcome = outcome(&probe).await;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
    let source: IpAddr = "127.0.0.7".parse().unwrap();
    assert_eq!(*seen.lock().unwrap(), [(source, Vec::new())]);
}

#[tokio::test]
async fn datagrams_come_from_the_source_address_too() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let check = ProbeKind::Protocol(
        protocol::ProtocolQuestion {
            transport: director_core::model::Protocol::Udp,
            ..question(CheckProtocol::Dns)
        }
        .check(),
    );
    let probe = from(
        "127.0.0.8",
        probe(server.local_addr().unwrap(), check, AMPLE),
    );
    let probing = tokio::spawn(async move { outcome(&probe).await });
    let (_, peer) = server.recv_from(&mut [0; 512]).await.unwrap();
    assert_eq!(peer.ip(), "127.0.0.8".parse::<IpAddr>().unwrap());
    probing.abort();
}

#[tokio::test]
async fn a_source_address_of_another_host_is_a_local_error() {
    let (address, seen) = recording(0).await;
    for kind in [
        ProbeKind::Connect,
        ProbeKind::Http(get()),
        ProbeKind::Ping { attempts: 1 },
    ] {
        let probe = from("192.0.2.77", probe(address, kind, AMPLE));
        let report = run(&probe, &ProbeSettings::new()).await;
        assert_eq!(report.contact, Contact::NotAsked);
        let reason = "local error: this host does not have the source address 192.0.2.77; add it to an interface, or change source";
        let expected = Outcome::LocalError {
            reason: reason.to_owned(),
        };
        assert_eq!(report.outcome, expected);
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn version_2_is_a_local_command_before_the_request() {
    let (address, seen) = recording(16).await;
    let probe = Probe {
        proxy_header: Some(ProxyHeader::V2),
        ..probe(address, ProbeKind::Http(get()), AMPLE)
    };
    let outcome = outcome(&probe).await;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
    let expected = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    assert_eq!(seen.lock().unwrap()[0].1, expected);
}

#[tokio::test]
async fn version_1_has_the_addresses_of_the_connection() {
    let (address, seen) = recording(26).await;
    let probe = Probe {
        proxy_header: Some(ProxyHeader::V1),
        ..from("127.0.0.7", probe(address, ProbeKind::Http(get()), AMPLE))
    };
    let outcome = outcome(&probe).await;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
    assert_eq!(seen.lock().unwrap()[0].1, b"PROXY TCP4 127.0.0.7 127.0");
}

#[tokio::test]
async fn protocols_and_plain_connects_begin_with_the_header_too() {
    let rules = &[
        ("PROXY TCP4", "220 ready\r\n"),
        ("EHLO", "250 ok\r\n"),
        ("QUIT", "221 bye\r\n"),
    ];
    let (address, seen) = scripted("", rules).await;
    let smtp = ProbeKind::Protocol(question(CheckProtocol::Smtp).check());
    let probe = Probe {
        proxy_header: Some(ProxyHeader::V1),
        ..probe(address, smtp, AMPLE)
    };
    let good = outcome(&probe).await;
    assert!(matches!(good, Outcome::Good { .. }), "{good:?}");
    assert!(told(&seen)[0].starts_with("PROXY TCP4 127.0.0.1 127.0.0.1 "));
    let connect = Probe {
        kind: ProbeKind::Connect.into(),
        ..probe
    };
    let good = outcome(&connect).await;
    assert!(matches!(good, Outcome::Good { .. }), "{good:?}");
}

#[tokio::test]
async fn a_redirect_to_another_server_gets_no_header() {
    let (other, seen) = answering(ok("")).await;
    let moved =
        format!("HTTP/1.1 302 Found\r\nLocation: http://{other}/\r\nContent-Length: 0\r\n\r\n");
    let (address, first) = answering(moved).await;
    let question = HttpProbe {
        redirects: Redirects::Follow(1),
        ..get()
    };
    let probe = Probe {
        proxy_header: Some(ProxyHeader::V1),
        ..probe(address, ProbeKind::Http(question), AMPLE)
    };
    let outcome = outcome(&probe).await;
    assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
    assert!(first.lock().unwrap()[0].starts_with("PROXY TCP4 "));
    assert!(seen.lock().unwrap()[0].starts_with("GET / "));
}
