//! That each finding names the command that fixes it here, and that what is meant to be so is no finding.

use std::collections::BTreeSet;

use director_core::model::{Forwarding, Protocol, ServiceId, Tunnel, TunnelChecksum};
use director_core::realserver::Mode;

use super::cases::{
    FOREIGN_MAC, SERVER_MAC, faults, ip, lost, path, real_server, set, table, with,
};
use super::judge;
use crate::doctor::HostFacts;
use crate::net::Answer;

/// The only finding's fix.
fn fix(facts: &HostFacts) -> String {
    let found = judge(facts);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].fix.clone()
}

/// A service at this VIP.
fn at(vip: &str) -> ServiceId {
    ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: ip(vip),
        port: 80,
    }
}

/// A path whose server does not take packets for the VIP.
fn unserved(vip: &str, server: &str, tunnel: Tunnel) -> HostFacts {
    with(|facts| {
        let mut path = path(Forwarding::Tunnel(tunnel));
        path.server.address = ip(server);
        path.service = at(vip);
        path.to_vip = Some(Answer::Silence);
        facts.paths = vec![path];
    })
}

#[test]
fn a_tunnel_of_the_other_family_is_told_its_own_address() {
    let gue = Tunnel::Gue {
        port: 6080,
        checksum: TunnelChecksum::Off,
    };
    let cases = [
        ("192.0.2.10", "10.0.0.4", Tunnel::Ipip, "--mode ipip"),
        (
            "192.0.2.10",
            "2001:db8::4",
            Tunnel::Ipip,
            "--mode ipip --local 2001:db8::4",
        ),
        (
            "2001:db8::10",
            "10.0.0.4",
            gue,
            "--mode gue --port 6080 --local 10.0.0.4",
        ),
    ];
    for (vip, server, tunnel, expected) in cases {
        let said = fix(&unserved(vip, server, tunnel));
        assert_eq!(
            said,
            format!("on {server}: ipvsctl realserver up --vip {vip} {expected}")
        );
    }
}

#[test]
fn the_fix_for_a_claimed_vip_uses_the_forwarding_method_of_its_path() {
    let claimed = |forwarding| {
        fix(&with(|facts| {
            facts.paths = vec![path(forwarding)];
            for vip in facts.vips.values_mut() {
                vip.answered_by.insert(SERVER_MAC);
            }
        }))
    };
    assert!(claimed(Forwarding::Direct).contains("up --vip 192.0.2.10 --mode dr;"));
    assert!(claimed(Forwarding::Tunnel(Tunnel::Ipip)).contains("--mode ipip;"));
    let nat = claimed(Forwarding::Masq);
    assert!(nat.contains("ip address del 192.0.2.10/32 dev"), "{nat}");
    assert!(!nat.contains("realserver up"), "{nat}");
}

#[test]
fn a_server_with_several_paths_is_named_by_that_of_the_vip() {
    let said = fix(&with(|facts| {
        let mut other = path(Forwarding::Tunnel(Tunnel::Ipip));
        other.service = at("192.0.2.11");
        facts.paths = vec![other, path(Forwarding::Direct)];
        for vip in facts.vips.values_mut() {
            vip.answered_by.insert(SERVER_MAC);
        }
    }));
    assert!(said.contains("--vip 192.0.2.10 --mode dr"), "{said}");
}

#[test]
fn the_fix_for_zero_weights_keeps_the_forwarding_method() {
    let said = fix(&with(|facts| facts.kernel = Some(table(0))));
    assert!(
        said.ends_with("ipvsadm -e -t 192.0.2.10:80 -r 10.0.0.4:80 -m -w 1"),
        "{said}"
    );
}

#[test]
fn a_route_that_stands_already_is_replaced() {
    let said = fix(&with(|facts| {
        facts.paths = vec![path(Forwarding::Tunnel(Tunnel::Ipip))];
        facts.paths[0].passes = Some(1400);
    }));
    assert!(
        said.starts_with("ip route replace 10.0.0.4 mtu 1400 dev back"),
        "{said}"
    );
}

#[test]
fn a_vip_that_was_withdrawn_may_be_elsewhere() {
    let facts = with(|facts| {
        for vip in facts.vips.values_mut() {
            vip.local = false;
            vip.withdrawn = true;
            vip.answered_by.insert(FOREIGN_MAC);
        }
    });
    assert_eq!(judge(&facts), []);
}

#[test]
fn a_real_server_needs_no_ipvs() {
    let mut by_hand = real_server();
    by_hand.kernel = None;
    set(&mut by_hand, "net.ipv4.conf.all.arp_ignore", "2");
    set(&mut by_hand, "net.ipv4.conf.all.arp_announce", "2");
    assert_eq!(judge(&by_hand), []);
    let mut ours = lost(Mode::Dr, 99);
    ours.kernel = None;
    assert_eq!(judge(&ours), []);
}

#[test]
fn only_some_values_of_arp_ignore_keep_a_server_quiet() {
    let told = |value: &str| {
        let mut facts = real_server();
        set(&mut facts, "net.ipv4.conf.all.arp_ignore", value);
        set(&mut facts, "net.ipv4.conf.all.arp_announce", "2");
        !faults(&facts).is_empty()
    };
    let loud: BTreeSet<u32> = (0..=8).filter(|value| told(&value.to_string())).collect();
    assert_eq!(loud, BTreeSet::from([0, 3, 4, 5, 6, 7]));
}
