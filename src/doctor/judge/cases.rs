//! Each fault made in otherwise healthy facts, and what must be found: that fault and no other.

use std::collections::BTreeSet;
use std::net::IpAddr;

use director_core::model::{
    ClientMask, Endpoint, Forwarding, Profile, Protocol, Scheduling, ServiceId, Tunnel,
};
use director_core::realserver::{Mode, Setup};
use director_core::table::{ServerEntry, ServerSettings, ServiceEntry, Table};

use super::*;
use crate::doctor::{ForwardingPath, VipFacts};
use crate::machine::real_server::Standing;
use crate::net::{Address, Answer, Interface, MacAddress, Route, Scope};

pub(super) const SERVER_MAC: MacAddress = MacAddress([2, 0, 0, 0, 0, 4]);
pub(super) const FOREIGN_MAC: MacAddress = MacAddress([2, 0, 0, 0, 0, 9]);

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn service(port: u16) -> ServiceId {
    ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: ip("192.0.2.10"),
        port,
    }
}

fn interface(index: u32, name: &str, last: u8) -> Interface {
    Interface {
        index,
        name: name.to_owned(),
        mac: Some(MacAddress([2, 0, 0, 0, 1, last])),
        mtu: 1500,
        up: true,
        loopback: name == "lo",
        resolves: name != "lo",
        multicast: name != "lo",
        kind: None,
    }
}

fn address(text: &str, prefix: u8, interface: u32) -> Address {
    Address {
        address: ip(text),
        prefix,
        interface,
        scope: Scope::Global,
        ours: false,
        duplicate: false,
        tentative: false,
    }
}

pub(super) fn path(forwarding: Forwarding) -> ForwardingPath {
    ForwardingPath {
        service: service(80),
        server: Endpoint {
            address: ip("10.0.0.4"),
            port: 80,
        },
        forwarding,
        route: Some(Route {
            interface: Some(3),
            gateway: None,
            source: Some(ip("10.0.0.1")),
            local: false,
            mtu: None,
        }),
        interface: Some(("back".to_owned(), 1500)),
        macs: BTreeSet::from([SERVER_MAC]),
        plain: Some(Answer::Echo),
        from_vip: Some(Answer::Echo),
        to_vip: Some(Answer::Echo),
        passes: None,
    }
}

pub(super) fn table(weight: u32) -> Table {
    let mut entry = ServiceEntry::new(Scheduling {
        scheduler: "rr".to_owned(),
        flags: Default::default(),
        persistence: None,
        mask: ClientMask::V4(std::net::Ipv4Addr::BROADCAST),
        one_packet: false,
    });
    let settings = ServerSettings {
        forwarding: Forwarding::Masq,
        weight,
        upper_threshold: 0,
        lower_threshold: 0,
    };
    entry
        .servers
        .insert(path(Forwarding::Masq).server, ServerEntry::new(settings));
    Table {
        services: [(service(80), entry)].into(),
    }
}

/// A director with one service by NAT, as it should be.
fn healthy() -> HostFacts {
    let settings = [
        ("net.ipv4.ip_forward", "1"),
        ("net.ipv4.vs.conntrack", "0"),
        ("net.ipv4.vs.backup_only", "0"),
        ("net.ipv4.vs.run_estimation", "1"),
        ("net.ipv4.vs.conn_reuse_mode", "1"),
        ("net.ipv4.conf.all.rp_filter", "1"),
        ("net.ipv4.conf.all.arp_ignore", "0"),
        ("net.ipv4.conf.all.arp_announce", "0"),
    ];
    HostFacts {
        kernel: Some(table(1)),
        defined: Some(table(1)),
        settings: settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        connection_buckets: 4096,
        interfaces: vec![
            interface(1, "lo", 1),
            interface(2, "front", 2),
            interface(3, "back", 3),
        ],
        addresses: vec![
            address("192.0.2.10", 24, 2),
            address("10.0.0.1", 24, 3),
            address("127.0.0.1", 8, 1),
        ],
        vips: [(
            ip("192.0.2.10"),
            VipFacts {
                local: true,
                withdrawn: false,
                interface: Some("front".to_owned()),
                answered_by: BTreeSet::new(),
            },
        )]
        .into(),
        paths: vec![path(Forwarding::Masq)],
        ..HostFacts::default()
    }
}

/// A machine with a VIP on its loopback and nothing else.
pub(super) fn real_server() -> HostFacts {
    let mut facts = HostFacts {
        kernel: Some(Table::default()),
        defined: None,
        paths: Vec::new(),
        vips: Default::default(),
        ..healthy()
    };
    facts.addresses[0] = address("192.0.2.11", 24, 2);
    facts.addresses.push(address("192.0.2.10", 32, 1));
    facts
}

/// What was set up there by us has lost this change.
pub(super) fn lost(mode: Mode, lost: usize) -> HostFacts {
    let setup = Setup {
        vip: ip("192.0.2.10"),
        mode,
        local: None,
        mss: Some(1440),
    };
    let mut facts = real_server();
    facts.standing = setup
        .changes()
        .into_iter()
        .enumerate()
        .map(|(place, change)| Standing {
            change,
            present: place != lost,
        })
        .collect();
    facts.serves.insert(setup);
    facts
}

/// What was set up there by us is whole, and the VIP stands on an Ethernet as well.
fn in_the_open() -> HostFacts {
    let mut facts = lost(Mode::Dr, 99);
    facts.addresses.push(address("192.0.2.10", 32, 2));
    facts
}

/// Makes a fault in healthy facts.
pub(super) fn with(change: impl FnOnce(&mut HostFacts)) -> HostFacts {
    let mut facts = healthy();
    change(&mut facts);
    facts
}

pub(super) fn set(facts: &mut HostFacts, name: &str, value: &str) {
    facts.settings.insert(name.to_owned(), value.to_owned());
}

pub(super) fn faults(facts: &HostFacts) -> Vec<&'static str> {
    judge(facts).iter().map(|finding| finding.fault).collect()
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(judge(&healthy()), []);
    let mut quiet = real_server();
    set(&mut quiet, "net.ipv4.conf.all.arp_ignore", "1");
    set(&mut quiet, "net.ipv4.conf.all.arp_announce", "2");
    assert_eq!(judge(&quiet), []);
    assert_eq!(judge(&lost(Mode::Dr, 99)), []);
    let director_too = HostFacts {
        serves: lost(Mode::Dr, 99).serves,
        ..healthy()
    };
    assert_eq!(judge(&director_too), []);
}

#[test]
fn each_fault_is_found_and_no_other() {
    let direct = |facts: &mut HostFacts| facts.paths = vec![path(Forwarding::Direct)];
    let tunnel = |facts: &mut HostFacts| facts.paths = vec![path(Forwarding::Tunnel(Tunnel::Ipip))];
    let cases: Vec<(&str, HostFacts)> = vec![
        ("ipvs-missing", with(|facts| facts.kernel = None)),
        (
            "scheduler-missing",
            with(|facts| facts.missing_schedulers = BTreeSet::from(["twos".to_owned()])),
        ),
        (
            "vip-missing",
            with(|facts| facts.vips.values_mut().for_each(|vip| vip.local = false)),
        ),
        (
            "vip-elsewhere",
            with(|facts| {
                for vip in facts.vips.values_mut() {
                    vip.answered_by.insert(FOREIGN_MAC);
                }
            }),
        ),
        (
            "server-claims-vip",
            with(|facts| {
                for vip in facts.vips.values_mut() {
                    vip.answered_by.insert(SERVER_MAC);
                }
            }),
        ),
        (
            "forwarding-off",
            with(|facts| set(facts, "net.ipv4.ip_forward", "0")),
        ),
        (
            "nat-on-clients-network",
            with(|facts| facts.paths[0].server.address = ip("192.0.2.4")),
        ),
        (
            "nat-reply-path",
            with(|facts| facts.paths[0].from_vip = Some(Answer::Silence)),
        ),
        (
            "direct-other-network",
            with(|facts| {
                direct(facts);
                facts.paths[0].route.as_mut().unwrap().gateway = Some(ip("10.0.0.254"));
            }),
        ),
        (
            "port-not-mapped",
            with(|facts| {
                direct(facts);
                facts.paths[0].server.port = 8080;
            }),
        ),
        (
            "vip-not-served",
            with(|facts| {
                direct(facts);
                facts.paths[0].to_vip = Some(Answer::Silence);
            }),
        ),
        (
            "tunnel-not-unwrapped",
            with(|facts| {
                tunnel(facts);
                let by = "10.0.0.4".parse().unwrap();
                facts.paths[0].to_vip = Some(Answer::Unreachable { by, code: 2 });
            }),
        ),
        (
            "tunnel-mtu",
            with(|facts| {
                tunnel(facts);
                facts.paths[0].passes = Some(1400);
            }),
        ),
        ("reverse-path-drops", with(|facts| facts.filtered = 3)),
        (
            "drops-invalid",
            with(|facts| facts.invalid_drops = vec!["ct state invalid drop".to_owned()]),
        ),
        (
            "no-server-serves",
            with(|facts| facts.kernel = Some(table(0))),
        ),
        (
            "services-of-others",
            with(|facts| {
                let mut kernel = table(1);
                let entry = kernel.services[&service(80)].clone();
                kernel.services.insert(service(81), entry);
                facts.kernel = Some(kernel);
            }),
        ),
        (
            "profile-differs",
            with(|facts| facts.profile = Some(Profile::Dr)),
        ),
        (
            "connection-table-full",
            with(|facts| facts.connections = 3300),
        ),
        (
            "estimation-off",
            with(|facts| set(facts, "net.ipv4.vs.run_estimation", "0")),
        ),
        ("arp-answers", real_server()),
        ("arp-answers", lost(Mode::Dr, 0)),
        ("arp-answers", in_the_open()),
        ("vip-not-served", lost(Mode::Dr, 2)),
        ("tunnel-not-unwrapped", lost(Mode::Ipip, 2)),
        ("reverse-path-strict", lost(Mode::Ipip, 3)),
        ("tunnel-not-unwrapped", lost(Mode::Gue { port: 6080 }, 4)),
        ("segments-too-large", lost(Mode::Ipip, 4)),
    ];
    for (fault, facts) in cases {
        let mut found = faults(&facts);
        // The profile of direct routing has two settings that the healthy machine has not.
        found.dedup();
        assert_eq!(found, [fault]);
    }
}

#[test]
fn every_finding_says_all_there_is_to_say() {
    let facts = with(|facts| {
        facts.paths[0].from_vip = Some(Answer::Silence);
        facts.connections = 4096;
        set(facts, "net.ipv4.vs.run_estimation", "0");
    });
    for finding in judge(&facts) {
        for text in [
            &finding.subject,
            &finding.observed,
            &finding.why,
            &finding.fix,
        ] {
            assert!(!text.is_empty(), "{finding:?}");
        }
    }
}

#[test]
fn a_silent_server_proves_nothing() {
    let facts = with(|facts| {
        facts.paths[0].plain = Some(Answer::Silence);
        facts.paths[0].from_vip = None;
    });
    assert_eq!(judge(&facts), []);
}

#[test]
fn a_table_that_grows_by_itself_is_not_full() {
    let facts = with(|facts| {
        facts.connections = 100_000;
        set(facts, "net.ipv4.vs.conn_max", "1073741824");
    });
    assert_eq!(judge(&facts), []);
}
