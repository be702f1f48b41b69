//! What is applied reads back as the same settings, for everything that can be set.

use std::net::Ipv4Addr;

use director_core::model::{
    ClientMask, Family, Forwarding, KNOWN_SCHEDULERS, Persistence, SchedulerFlags, Scheduling,
    Tunnel, TunnelChecksum,
};
use director_core::table::{ServerSettings, Table};
use ipvsd::ipvs::Kernel;

use crate::fixtures::{VIP, establish, kernel, read, servers_of, services_of, settings, table_of};

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

/// Every scheduler that the lab's kernel has; Debian's user-mode-linux lacks `twos`.
fn schedulers() -> impl Iterator<Item = &'static str> {
    KNOWN_SCHEDULERS
        .iter()
        .copied()
        .filter(|name| *name != "twos")
}

fn methods() -> Vec<Forwarding> {
    let mut methods = vec![
        Forwarding::Masq,
        Forwarding::Direct,
        Forwarding::Local,
        Forwarding::Bypass,
        Forwarding::Tunnel(Tunnel::Ipip),
    ];
    for checksum in [
        TunnelChecksum::Off,
        TunnelChecksum::On,
        TunnelChecksum::Remote,
    ] {
        methods.push(Forwarding::Tunnel(Tunnel::Gre { checksum }));
        for port in [1, 6080, 65535] {
            methods.push(Forwarding::Tunnel(Tunnel::Gue { port, checksum }));
        }
    }
    methods
}

#[test]
fn every_scheduler_with_every_method_in_both_families() {
    let mut kernel = kernel();
    for family in FAMILIES {
        for service in services_of(family) {
            for scheduler in schedulers() {
                let servers = methods().into_iter().enumerate().map(|(index, method)| {
                    let mut server = servers_of(family)[index % 2];
                    server.port = u16::try_from(1000 + index).unwrap();
                    (server, settings(method))
                });
                let scheduling = Scheduling::plain(scheduler, family);
                establish(&mut kernel, &table_of(service, scheduling, servers));
            }
        }
    }
}

#[test]
fn every_method_changes_into_every_other() {
    let mut kernel = kernel();
    let server = servers_of(Family::Ipv4)[0];
    for from in methods() {
        for to in methods() {
            for method in [from, to] {
                let scheduling = Scheduling::plain("rr", Family::Ipv4);
                let table = table_of(VIP, scheduling, [(server, settings(method))]);
                establish(&mut kernel, &table);
            }
        }
    }
}

#[test]
fn every_combination_of_flags_with_every_scheduler() {
    let mut kernel = kernel();
    for scheduler in schedulers() {
        for bits in 0..16_u8 {
            let scheduling = Scheduling {
                flags: SchedulerFlags {
                    first: bits & 1 != 0,
                    second: bits & 2 != 0,
                    third: bits & 4 != 0,
                },
                one_packet: bits & 8 != 0,
                ..Scheduling::plain(scheduler, Family::Ipv4)
            };
            for service in services_of(Family::Ipv4) {
                establish(&mut kernel, &table_of(service, scheduling.clone(), []));
            }
        }
    }
}

fn masks(family: Family) -> Vec<ClientMask> {
    match family {
        Family::Ipv4 => (0..=32)
            .map(|bits| u32::MAX.checked_shl(32 - bits).unwrap_or(0))
            .chain([0xff00_ff00, 1])
            .map(|mask| ClientMask::V4(Ipv4Addr::from(mask)))
            .collect(),
        Family::Ipv6 => (1..=128).map(ClientMask::V6).collect(),
    }
}

#[test]
fn every_mask_and_timeout_of_persistence_with_and_without_engine() {
    let mut kernel = kernel();
    for family in FAMILIES {
        let [_, udp, _, mark] = services_of(family);
        for mask in masks(family) {
            for engine in [None, Some("sip".to_owned())] {
                for timeout_seconds in [1, 360, 2_678_400] {
                    let scheduling = Scheduling {
                        persistence: Some(Persistence {
                            timeout_seconds,
                            engine: engine.clone(),
                        }),
                        mask,
                        ..Scheduling::plain("wlc", family)
                    };
                    let mut table = table_of(udp, scheduling.clone(), []);
                    table
                        .services
                        .extend(table_of(mark, scheduling, []).services);
                    establish(&mut kernel, &table);
                }
            }
            let ungrouped = Scheduling {
                mask,
                ..Scheduling::plain("wlc", family)
            };
            establish(&mut kernel, &table_of(udp, ungrouped, []));
        }
    }
}

#[test]
fn weights_and_thresholds_at_their_limits() {
    let mut kernel = kernel();
    let largest = i32::MAX.unsigned_abs();
    let limits = [0, 1, 65535, 65536, largest];
    for family in FAMILIES {
        for weight in limits {
            for upper_threshold in limits {
                for lower_threshold in limits.into_iter().filter(|l| *l <= upper_threshold) {
                    let settings = ServerSettings {
                        forwarding: Forwarding::Masq,
                        weight,
                        upper_threshold,
                        lower_threshold,
                    };
                    let servers = servers_of(family).map(|server| (server, settings));
                    let service = services_of(family)[0];
                    let scheduling = Scheduling::plain("rr", family);
                    establish(&mut kernel, &table_of(service, scheduling, servers));
                }
            }
        }
    }
}

#[test]
fn marks_and_ports_at_their_limits() {
    use director_core::model::{Protocol, ServiceId};
    let mut kernel = kernel();
    let mut table = Table::default();
    for family in FAMILIES {
        let scheduling = Scheduling::plain("rr", family);
        for mark in [1, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let id = ServiceId::Mark { family, mark };
            let servers = servers_of(family).map(|server| (server, settings(Forwarding::Masq)));
            let one = table_of(id, scheduling.clone(), servers);
            table.services.extend(one.services);
        }
        for (protocol, port) in [
            (Protocol::Tcp, 1),
            (Protocol::Udp, 65535),
            (Protocol::Sctp, 256),
        ] {
            let ServiceId::Address { vip, .. } = services_of(family)[0] else {
                panic!("an address service was expected");
            };
            let id = ServiceId::Address {
                protocol,
                vip,
                port,
            };
            table
                .services
                .extend(table_of(id, scheduling.clone(), []).services);
        }
    }
    establish(&mut kernel, &table);
    establish(&mut kernel, &Table::default());
}

#[test]
fn a_tunnel_may_lead_to_the_other_family() {
    let mut kernel = kernel();
    for (service_family, server_family) in
        [(Family::Ipv4, Family::Ipv6), (Family::Ipv6, Family::Ipv4)]
    {
        let tunnels = methods()
            .into_iter()
            .filter(|method| matches!(method, Forwarding::Tunnel(_)));
        let servers = tunnels.enumerate().map(|(index, tunnel)| {
            let mut server = servers_of(server_family)[0];
            server.port = u16::try_from(index + 1).unwrap();
            (server, settings(tunnel))
        });
        for service in services_of(service_family) {
            let scheduling = Scheduling::plain("wlc", service_family);
            establish(&mut kernel, &table_of(service, scheduling, servers.clone()));
        }
    }
}

#[test]
fn two_thousand_services_and_a_service_with_two_thousand_servers() {
    use director_core::model::ServiceId;
    let mut kernel = kernel();
    let scheduling = Scheduling::plain("rr", Family::Ipv4);
    let mut table = Table::default();
    for mark in 1..=2000 {
        let id = ServiceId::Mark {
            family: Family::Ipv4,
            mark,
        };
        let servers = servers_of(Family::Ipv4).map(|server| (server, settings(Forwarding::Masq)));
        table
            .services
            .extend(table_of(id, scheduling.clone(), servers).services);
    }
    let servers = (1..=2000).map(|port| {
        let mut server = servers_of(Family::Ipv4)[0];
        server.port = port;
        (server, settings(Forwarding::Masq))
    });
    table
        .services
        .extend(table_of(VIP, scheduling, servers).services);
    establish(&mut kernel, &table);
    establish(&mut kernel, &Table::default());
    assert_eq!(read(&mut kernel), Table::default());
}

#[test]
fn the_kernel_says_its_version() {
    let info = kernel().info().unwrap();
    assert_eq!(info.version[..2], [1, 2]);
}
