//! ICMP echo to the loopback device, whose answers are the kernel's own. Needs what the director needs: root, or a group
//! within `net.ipv4.ping_group_range`.

use super::*;

async fn ping(address: &str) -> Outcome {
    let probe = Probe {
        kind: ProbeKind::Ping { attempts: 2 }.into(),
        address: address.parse().unwrap(),
        port: 0,
        timeout: AMPLE,
        vip_path: None,
        source: None,
        proxy_header: None,
    };
    run(&probe, &ProbeSettings::new()).await.outcome
}

/// Whether this process may send echo requests at all.
fn may_ping() -> bool {
    use socket2::{Domain, Protocol, Socket, Type};
    [Type::DGRAM, Type::RAW]
        .iter()
        .any(|kind| Socket::new(Domain::IPV4, *kind, Some(Protocol::ICMPV4)).is_ok())
}

#[tokio::test]
async fn an_echo_is_good_in_both_families_or_the_director_lacks_the_right() {
    for address in ["127.0.0.1", "::1"] {
        let outcome = ping(address).await;
        if may_ping() {
            assert!(matches!(outcome, Outcome::Good { .. }), "{outcome:?}");
        } else {
            assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn several_probes_at_once_take_their_own_answers() {
    let pings = (0..50).map(|last| async move { ping(&format!("127.0.0.{}", last + 1)).await });
    let mut running = tokio::task::JoinSet::new();
    pings.for_each(|ping| {
        running.spawn(ping);
    });
    for outcome in running.join_all().await {
        assert_eq!(matches!(outcome, Outcome::Good { .. }), may_ping());
    }
}

#[tokio::test]
async fn a_broadcast_address_is_no_server() {
    // The kernel refuses before anything is sent.
    let outcome = ping("255.255.255.255").await;
    assert!(matches!(outcome, Outcome::LocalError { .. }), "{outcome:?}");
}
