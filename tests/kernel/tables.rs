//! Random operations and tables, from few services and servers so that they meet.

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Persistence, SchedulerFlags, Scheduling, ServiceId,
    Tunnel, TunnelChecksum,
};
use director_core::plan::Op;
use director_core::table::{ServerSettings, Table};
use proptest::prelude::*;
use proptest::sample::select;

use crate::fixtures::{endpoint, services_of, table_of};

fn services() -> impl Strategy<Value = ServiceId> {
    let all = [services_of(Family::Ipv4), services_of(Family::Ipv6)].concat();
    select(all)
}

fn checksum() -> impl Strategy<Value = TunnelChecksum> {
    select(vec![
        TunnelChecksum::Off,
        TunnelChecksum::On,
        TunnelChecksum::Remote,
    ])
}

fn tunnel(smallest_port: u16) -> impl Strategy<Value = Forwarding> {
    prop_oneof![
        Just(Tunnel::Ipip),
        (smallest_port..4, checksum()).prop_map(|(port, checksum)| Tunnel::Gue { port, checksum }),
        checksum().prop_map(|checksum| Tunnel::Gre { checksum }),
    ]
    .prop_map(Forwarding::Tunnel)
}

fn forwarding(smallest_port: u16) -> impl Strategy<Value = Forwarding> {
    prop_oneof![
        Just(Forwarding::Masq),
        Just(Forwarding::Direct),
        Just(Forwarding::Local),
        tunnel(smallest_port),
    ]
}

fn scheduling(
    family: Family,
    schedulers: &'static [&'static str],
) -> impl Strategy<Value = Scheduling> {
    let mask = match family {
        Family::Ipv4 => select(vec![32, 24, 0])
            .prop_map(|bits| u32::MAX.checked_shl(32 - bits).unwrap_or(0))
            .prop_map(|mask| ClientMask::V4(mask.into()))
            .boxed(),
        Family::Ipv6 => select(vec![128, 64, 1]).prop_map(ClientMask::V6).boxed(),
    };
    let engine = prop_oneof![4 => Just(None), 1 => Just(Some("sip".to_owned()))];
    let persistence = (1..10_000_u32, engine).prop_map(|(timeout_seconds, engine)| Persistence {
        timeout_seconds,
        engine,
    });
    let scheduler = select(schedulers.to_vec());
    let flags = any::<[bool; 4]>();
    (scheduler, prop::option::of(persistence), mask, flags).prop_map(
        |(scheduler, persistence, mask, [first, second, third, one_packet])| Scheduling {
            scheduler: scheduler.to_owned(),
            flags: SchedulerFlags {
                first,
                second,
                third,
            },
            persistence,
            mask,
            one_packet,
        },
    )
}

/// Settings, one in three of them beyond what the kernel takes.
fn doubtful_settings() -> impl Strategy<Value = ServerSettings> {
    let weight = prop_oneof![4 => 0..5_u32, 1 => Just(1 << 31)];
    let thresholds = prop_oneof![2 => Just((0, 0)), 2 => Just((5, 3)), 1 => Just((3, 5))];
    (forwarding(0), weight, thresholds).prop_map(|(forwarding, weight, (upper, lower))| {
        ServerSettings {
            forwarding,
            weight,
            upper_threshold: upper,
            lower_threshold: lower,
        }
    })
}

fn doubtful_server() -> impl Strategy<Value = Endpoint> {
    let good = select(vec!["10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"]);
    let bad = select(vec![
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "fe80::1",
        "ff02::1",
        "::",
        "::ffff:10.0.0.1",
    ]);
    (prop_oneof![4 => good, 1 => bad], 0..2_u16).prop_map(|(address, port)| endpoint(address, port))
}

/// An operation that may or may not fit the table at its turn.
pub(crate) fn doubtful_op() -> impl Strategy<Value = Op> {
    // Each look for a module that does not exist costs the kernel a process, so it is rarer.
    let schedulers = &[
        "rr",
        "wlc",
        "sh",
        "none",
        "rr",
        "wlc",
        "sh",
        "none",
        "rr",
        "wlc",
        "sh",
        "none",
        "nonesuch",
        "a-name-too-long-",
    ];
    let scheduled = services()
        .prop_flat_map(move |id| (Just(id), scheduling(id.family(), schedulers)))
        .boxed();
    prop_oneof![
        3 => scheduled.clone().prop_map(|(service, scheduling)| Op::AddService {
            service,
            scheduling
        }),
        1 => scheduled.prop_map(|(service, to)| Op::EditService {
            service,
            from: to.clone(),
            to
        }),
        1 => services().prop_map(|service| Op::DeleteService { service }),
        4 => (services(), doubtful_server(), doubtful_settings()).prop_map(
            |(service, server, settings)| Op::AddServer { service, server, settings }
        ),
        2 => (services(), doubtful_server(), doubtful_settings()).prop_map(
            |(service, server, to)| Op::EditServer { service, server, from: to, to }
        ),
        1 => (services(), doubtful_server(), doubtful_settings()).prop_map(
            |(service, server, settings)| Op::DeleteServer { service, server, settings }
        ),
    ]
}

/// A table that the kernel takes.
pub(crate) fn table() -> impl Strategy<Value = Table> {
    let schedulers = &["rr", "wrr", "lc", "wlc", "sh", "mh", "none"];
    let service = services().prop_flat_map(move |id| {
        let family = id.family();
        let method = move |server: &Endpoint| {
            if Family::of(server.address) == family {
                forwarding(1).boxed()
            } else {
                tunnel(1).boxed()
            }
        };
        let addresses = select(vec![
            "10.0.0.1",
            "10.0.0.200",
            "127.0.0.1",
            "fd00::1",
            "fd00::a:2",
        ]);
        let server = (addresses, select(vec![0, 80, 8080, 65535]))
            .prop_map(|(address, port)| endpoint(address, port))
            .prop_flat_map(move |server| (Just(server), method(&server), 0..70_000_u32))
            .prop_map(|(server, forwarding, number)| {
                let settings = ServerSettings {
                    forwarding,
                    weight: number,
                    upper_threshold: number,
                    lower_threshold: number / 2,
                };
                (server, settings)
            });
        let servers = prop::collection::vec(server, 0..6);
        (Just(id), scheduling(family, schedulers), servers)
    });
    prop::collection::vec(service, 0..9).prop_map(|services| {
        let mut table = Table::default();
        for (id, scheduling, servers) in services {
            table
                .services
                .extend(table_of(id, scheduling, servers).services);
        }
        table
    })
}
