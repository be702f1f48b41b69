//! Random services and servers for the property tests of this module.

use std::net::{IpAddr, Ipv4Addr};

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Persistence, Protocol, SchedulerFlags, Scheduling,
    ServiceId, Tunnel, TunnelChecksum,
};
use director_core::model::{SyncDaemon, SyncRole};
use director_core::table::ServerSettings;
use proptest::prelude::*;

pub(super) fn service_id() -> impl Strategy<Value = ServiceId> {
    let protocol = prop::sample::select(vec![Protocol::Tcp, Protocol::Udp, Protocol::Sctp]);
    let family = prop::sample::select(vec![Family::Ipv4, Family::Ipv6]);
    prop_oneof![
        (protocol, any::<IpAddr>(), any::<u16>()).prop_map(|(protocol, vip, port)| {
            ServiceId::Address {
                protocol,
                vip,
                port,
            }
        }),
        (family, 1_u32..).prop_map(|(family, mark)| ServiceId::Mark { family, mark }),
    ]
}

pub(super) fn scheduling(family: Family) -> impl Strategy<Value = Scheduling> {
    let engine = prop::option::of(Just("sip".to_owned()));
    let persistence = (any::<u32>(), engine).prop_map(|(timeout_seconds, engine)| Persistence {
        timeout_seconds,
        engine,
    });
    let mask = match family {
        Family::Ipv4 => any::<Ipv4Addr>().prop_map(ClientMask::V4).boxed(),
        Family::Ipv6 => (1..=128_u8).prop_map(ClientMask::V6).boxed(),
    };
    let flags = any::<[bool; 4]>();
    ("[a-z]{1,15}", prop::option::of(persistence), mask, flags).prop_map(
        |(scheduler, persistence, mask, [first, second, third, one_packet])| Scheduling {
            scheduler,
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

pub(super) fn endpoint() -> impl Strategy<Value = Endpoint> {
    (any::<IpAddr>(), any::<u16>()).prop_map(|(address, port)| Endpoint { address, port })
}

fn forwarding() -> impl Strategy<Value = Forwarding> {
    let checksum = || {
        prop::sample::select(vec![
            TunnelChecksum::Off,
            TunnelChecksum::On,
            TunnelChecksum::Remote,
        ])
    };
    prop_oneof![
        Just(Forwarding::Masq),
        Just(Forwarding::Direct),
        Just(Forwarding::Local),
        Just(Forwarding::Bypass),
        Just(Forwarding::Tunnel(Tunnel::Ipip)),
        (any::<u16>(), checksum())
            .prop_map(|(port, checksum)| Forwarding::Tunnel(Tunnel::Gue { port, checksum })),
        checksum().prop_map(|checksum| Forwarding::Tunnel(Tunnel::Gre { checksum })),
    ]
}

pub(super) fn settings() -> impl Strategy<Value = ServerSettings> {
    (forwarding(), any::<[u32; 3]>()).prop_map(|(forwarding, [weight, upper, lower])| {
        ServerSettings {
            forwarding,
            weight,
            upper_threshold: upper,
            lower_threshold: lower,
        }
    })
}

pub(super) fn sync_daemon() -> impl Strategy<Value = SyncDaemon> {
    let role = prop::sample::select(vec![SyncRole::Master, SyncRole::Backup]);
    let numbers = any::<(u32, u16, u16, u8)>();
    (role, "[a-z0-9.]{1,15}", numbers, any::<Option<IpAddr>>()).prop_map(
        |(role, interface, (sync_id, max_length, port, ttl), group)| SyncDaemon {
            role,
            interface,
            sync_id,
            max_length,
            group,
            port,
            ttl,
        },
    )
}
