//! What each mode needs, and how changes are found.

use super::*;

fn setup(vip: &str, mode: Mode) -> Setup {
    Setup {
        vip: vip.parse().unwrap(),
        mode,
        local: None,
        mss: None,
    }
}

fn words(setup: &Setup) -> Vec<String> {
    setup.changes().iter().map(ToString::to_string).collect()
}

#[test]
fn direct_routing_needs_the_vip_and_silence_about_it() {
    assert_eq!(
        words(&setup("192.0.2.1", Mode::Dr)),
        [
            "net.ipv4.conf.all.arp_ignore=1",
            "net.ipv4.conf.all.arp_announce=2",
            "192.0.2.1/32 on lo"
        ]
    );
    // Nobody answers for an address of another interface in IPv6.
    assert_eq!(
        words(&setup("2001:db8::1", Mode::Dr)),
        ["2001:db8::1/128 on lo"]
    );
}

#[test]
fn only_values_that_the_kernel_knows_keep_arp_silent() {
    let changes = setup("192.0.2.1", Mode::Dr).changes();
    let met = |change: &HostChange| -> Vec<i64> {
        let met_by = |value: &i64| change.is_met_by(&value.to_string(), None);
        (-1..10).filter(met_by).collect()
    };
    assert_eq!(met(&changes[0]), [1, 2, 8]);
    assert_eq!(met(&changes[1]), [2]);
}

#[test]
fn every_pair_of_families_has_its_tunnel() {
    let kind = |vip, mode, local: Option<&str>| {
        let setup = Setup {
            local: local.map(|local| local.parse().unwrap()),
            ..setup(vip, mode)
        };
        setup.tunnel().unwrap().kind.name()
    };
    let gue = Mode::Gue { port: 6080 };
    let gre = Mode::Gre { checksum: false };
    assert_eq!(kind("192.0.2.1", Mode::Ipip, None), "ipip");
    assert_eq!(kind("2001:db8::1", Mode::Ipip, None), "ip6tnl");
    assert_eq!(kind("2001:db8::1", Mode::Ipip, Some("10.0.0.1")), "sit");
    assert_eq!(kind("192.0.2.1", Mode::Ipip, Some("fd00::1")), "ip6tnl");
    assert_eq!(kind("192.0.2.1", gue, None), "ipip");
    assert_eq!(kind("2001:db8::1", gue, Some("10.0.0.1")), "sit");
    assert_eq!(kind("192.0.2.1", gre, None), "gre");
    assert_eq!(kind("192.0.2.1", gre, Some("fd00::1")), "ip6gre");
}

#[test]
fn names_of_interfaces_fit() {
    for local in [None, Some("255.255.255.255"), Some("fd00::ffff:ffff")] {
        let local = local.map(|local| local.parse().unwrap());
        for kind in [
            TunnelKind::Ipip,
            TunnelKind::Sit,
            TunnelKind::Ip6tnl,
            TunnelKind::Gre { checksum: true },
            TunnelKind::Ip6gre { checksum: true },
        ] {
            assert!(kind.interface(local).len() <= 15);
        }
    }
}

#[test]
fn a_segment_leaves_room_for_the_tunnel() {
    let segment = |vip, mode| setup(vip, mode).fitting_segment(1500);
    assert_eq!(segment("192.0.2.1", Mode::Dr), None);
    assert_eq!(segment("192.0.2.1", Mode::Ipip), Some(1440));
    assert_eq!(
        segment("192.0.2.1", Mode::Gre { checksum: false }),
        Some(1436)
    );
    assert_eq!(segment("192.0.2.1", Mode::Gue { port: 6080 }), Some(1420));
    assert_eq!(segment("2001:db8::1", Mode::Ipip), Some(1400));
    assert_eq!(setup("192.0.2.1", Mode::Ipip).fitting_segment(500), None);
}

#[test]
fn what_two_vips_share_is_needed_once() {
    let both: BTreeSet<Setup> = [setup("192.0.2.1", Mode::Dr), setup("192.0.2.2", Mode::Dr)].into();
    assert_eq!(changes(&both).len(), 4);
    let one = changes(&[setup("192.0.2.2", Mode::Dr)].into());
    assert_eq!(one.len(), 3);
}

#[test]
fn addresses_that_are_no_vip_are_refused() {
    for vip in ["0.0.0.0", "127.0.0.1", "224.0.0.1", "::", "::1", "ff02::1"] {
        assert!(setup(vip, Mode::Dr).check().is_err(), "{vip}");
    }
    let small = Setup {
        mss: Some(100),
        ..setup("192.0.2.1", Mode::Ipip)
    };
    assert_eq!(small.check(), Err(SetupFault::Segment(100)));
}

#[test]
fn the_commands_do_what_the_changes_say() {
    let setup = Setup {
        mss: Some(1420),
        ..setup("192.0.2.1", Mode::Gue { port: 6080 })
    };
    assert_eq!(
        script(&setup.changes()),
        [
            "sysctl -w net.ipv4.conf.all.arp_ignore=1",
            "sysctl -w net.ipv4.conf.all.arp_announce=2",
            "ip link add lvs-ipip type ipip external",
            "ip link set lvs-ipip up",
            "sysctl -w net.ipv4.conf.lvs-ipip.rp_filter=2",
            "modprobe fou",
            "ip fou add port 6080 gue",
            "iptables -t mangle -A OUTPUT -s 192.0.2.1 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1420",
            "ip address add 192.0.2.1/32 dev lvs-ipip",
        ]
    );
    assert_eq!(
        undo_script(&setup.changes()),
        [
            "ip address del 192.0.2.1/32 dev lvs-ipip",
            "iptables -t mangle -D OUTPUT -s 192.0.2.1 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1420",
            "ip fou del port 6080",
            "ip link del lvs-ipip",
        ]
    );
}

#[test]
fn what_two_vips_share_is_made_once_by_commands_too() {
    let both = [
        setup("192.0.2.1", Mode::Ipip),
        setup("192.0.2.2", Mode::Ipip),
    ];
    let commands = script(&changes(&both.into()));
    let once = |words: &str| commands.iter().filter(|it| it.starts_with(words)).count();
    assert_eq!(once("ip link add"), 1);
    assert_eq!(once("ip address add"), 2);
}

#[test]
fn a_segment_size_is_an_argument_unless_it_is_found_anyway() {
    let with = |mss| Setup {
        mss,
        ..setup("192.0.2.1", Mode::Ipip)
    };
    let plain = "--vip 192.0.2.1 --mode ipip";
    assert_eq!(arguments(&with(Some(1440))), plain);
    assert_eq!(arguments(&with(Some(1300))), format!("{plain} --mss 1300"));
    assert_eq!(arguments(&with(None)), format!("{plain} --mss off"));
    assert_eq!(
        arguments(&setup("192.0.2.1", Mode::Dr)),
        "--vip 192.0.2.1 --mode dr"
    );
}
