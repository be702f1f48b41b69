//! Answers of the family `IPVS` as the core's types. Attributes that are not known are passed over; one that is needed
//! and missing, or of the wrong size, is an error, never a panic.
//!
//! Entries that the core has no words for are left out: services of other protocols than TCP, UDP and SCTP, which the
//! kernel takes from whoever sets them but never schedules for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Persistence, Protocol, SchedulerFlags, Scheduling,
    ServiceId, SyncDaemon, SyncRole, Tunnel, TunnelChecksum,
};
use director_core::table::{Connections, ServerEntry, ServerSettings, ServiceEntry, Statistics};

use super::attributes::{controller, daemon, dest, family, info, protocol, service, stats, top};
use super::wire::{Attributes, text_of};
use super::{Info, Timeouts};

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// An attribute without which the answer means nothing.
    #[error("attribute {0} is missing")]
    Missing(&'static str),
    /// An attribute whose payload is too short or too long.
    #[error("attribute {0} has an unexpected size")]
    WrongSize(&'static str),
    /// An attribute with a value that has no meaning here.
    #[error("attribute {0} has an unknown value")]
    UnknownValue(&'static str),
}

/// Shorthand for this file.
type Decoded<T> = Result<T, DecodeError>;

/// The id of the family that was asked for.
pub(super) fn family_id(answer: Attributes<'_>) -> Decoded<u16> {
    Ok(u16::from_ne_bytes(exact(
        answer.get(controller::FAMILY_ID),
        "family id",
    )?))
}

/// Version and size of the connection table.
pub(super) fn kernel_info(answer: Attributes<'_>) -> Decoded<Info> {
    let [_, major, minor, patch] = number(answer, info::VERSION, "version")?.to_be_bytes();
    Ok(Info {
        version: [major, minor, patch],
        connection_table_size: number(answer, info::CONNECTION_TABLE_SIZE, "table size")?,
    })
}

/// The three timeouts that can be set.
pub(super) fn timeouts(answer: Attributes<'_>) -> Decoded<Timeouts> {
    Ok(Timeouts {
        tcp: number(answer, top::TIMEOUT_TCP, "tcp timeout")?,
        tcp_fin: number(answer, top::TIMEOUT_TCP_FIN, "tcpfin timeout")?,
        udp: number(answer, top::TIMEOUT_UDP, "udp timeout")?,
    })
}

pub(super) fn sync_daemon(answer: Attributes<'_>) -> Decoded<SyncDaemon> {
    let found = answer
        .nested(top::DAEMON)
        .ok_or(DecodeError::Missing("sync daemon"))?;
    let role = match number(found, daemon::STATE, "state")? {
        daemon::MASTER => SyncRole::Master,
        daemon::BACKUP => SyncRole::Backup,
        _ => return Err(DecodeError::UnknownValue("state")),
    };
    let interface = found
        .get(daemon::INTERFACE)
        .ok_or(DecodeError::Missing("interface"))?;
    let group4 = found
        .get(daemon::GROUP)
        .map(|bytes| exact(Some(bytes), "group").map(|bytes: [u8; 4]| IpAddr::from(bytes)));
    let group6 = found
        .get(daemon::GROUP6)
        .map(|bytes| exact(Some(bytes), "group").map(|bytes: [u8; 16]| IpAddr::from(bytes)));
    Ok(SyncDaemon {
        role,
        interface: text_of(interface),
        sync_id: number(found, daemon::SYNC_ID, "sync id")?,
        max_length: small_or_zero(found, daemon::MAX_LENGTH),
        group: group4.or(group6).transpose()?,
        port: small_or_zero(found, daemon::PORT),
        ttl: found
            .get(daemon::TTL)
            .and_then(|payload| payload.first().copied())
            .unwrap_or(0),
    })
}

/// One service without its servers, or none when the core has no words for it.
pub(super) fn service(answer: Attributes<'_>) -> Decoded<Option<(ServiceId, ServiceEntry)>> {
    let found = answer
        .nested(top::SERVICE)
        .ok_or(DecodeError::Missing("service"))?;
    let family = family_of(u16::from_ne_bytes(exact(
        found.get(service::FAMILY),
        "family",
    )?))?;
    let Some(id) = identity(found, family)? else {
        return Ok(None);
    };
    let mut entry = ServiceEntry::new(scheduling(found, family)?);
    entry.statistics = statistics(found, service::STATS64, service::STATS);
    Ok(Some((id, entry)))
}

/// One server of a service of family `service_family`.
pub(super) fn server(
    answer: Attributes<'_>,
    service_family: Family,
) -> Decoded<(Endpoint, ServerEntry)> {
    let found = answer
        .nested(top::DEST)
        .ok_or(DecodeError::Missing("real server"))?;
    let family = match found.get(dest::FAMILY) {
        None => service_family,
        Some(bytes) => match u16::from_ne_bytes(exact(Some(bytes), "family")?) {
            0 => service_family,
            number => family_of(number)?,
        },
    };
    let endpoint = Endpoint {
        address: address(found.get(dest::ADDRESS), family)?,
        port: u16::from_be_bytes(exact(found.get(dest::PORT), "port")?),
    };
    let settings = ServerSettings {
        forwarding: forwarding(found)?,
        weight: number(found, dest::WEIGHT, "weight")?,
        upper_threshold: number(found, dest::UPPER_THRESHOLD, "upper threshold")?,
        lower_threshold: number(found, dest::LOWER_THRESHOLD, "lower threshold")?,
    };
    let entry = ServerEntry {
        settings,
        connections: Connections {
            active: number_or_zero(found, dest::ACTIVE),
            inactive: number_or_zero(found, dest::INACTIVE),
            persistent: number_or_zero(found, dest::PERSISTENT),
        },
        statistics: statistics(found, dest::STATS64, dest::STATS),
    };
    Ok((endpoint, entry))
}

fn identity(found: Attributes<'_>, family: Family) -> Decoded<Option<ServiceId>> {
    if found.get(service::MARK).is_some() {
        let mark = number(found, service::MARK, "mark")?;
        return Ok(Some(ServiceId::Mark { family, mark }));
    }
    let number = u16::from_ne_bytes(exact(found.get(service::PROTOCOL), "protocol")?);
    let Some(protocol) = protocol_of(number) else {
        return Ok(None);
    };
    Ok(Some(ServiceId::Address {
        protocol,
        vip: address(found.get(service::ADDRESS), family)?,
        port: u16::from_be_bytes(exact(found.get(service::PORT), "port")?),
    }))
}

fn scheduling(found: Attributes<'_>, family: Family) -> Decoded<Scheduling> {
    let scheduler = found
        .get(service::SCHEDULER)
        .ok_or(DecodeError::Missing("scheduler"))?;
    let [flags, _]: [[u8; 4]; 2] = split(exact(found.get(service::FLAGS), "flags")?);
    let flags = u32::from_ne_bytes(flags);
    let mask: [u8; 4] = exact(found.get(service::MASK), "mask")?;
    let persistence = if flags & service::PERSISTENT == 0 {
        None
    } else {
        Some(Persistence {
            timeout_seconds: number(found, service::TIMEOUT, "timeout")?,
            engine: found.get(service::ENGINE).map(text_of),
        })
    };
    Ok(Scheduling {
        scheduler: text_of(scheduler),
        flags: SchedulerFlags {
            first: flags & service::FIRST_FLAG != 0,
            second: flags & service::SECOND_FLAG != 0,
            third: flags & service::THIRD_FLAG != 0,
        },
        persistence,
        mask: match family {
            Family::Ipv4 => ClientMask::V4(Ipv4Addr::from(mask)),
            Family::Ipv6 => ClientMask::V6(
                u8::try_from(u32::from_ne_bytes(mask))
                    .map_err(|_| DecodeError::UnknownValue("mask"))?,
            ),
        },
        one_packet: flags & service::ONE_PACKET != 0,
    })
}

fn forwarding(found: Attributes<'_>) -> Decoded<Forwarding> {
    let method = number(found, dest::FORWARDING, "forwarding method")? & dest::METHOD_MASK;
    Ok(match method {
        dest::MASQ => Forwarding::Masq,
        dest::DIRECT => Forwarding::Direct,
        dest::TUNNEL => Forwarding::Tunnel(tunnel(found)),
        dest::LOCAL => Forwarding::Local,
        _ => Forwarding::Bypass,
    })
}

/// Kernels before 5.2 know IP in IP only and say nothing about it.
fn tunnel(found: Attributes<'_>) -> Tunnel {
    let kind = found
        .get(dest::TUNNEL_TYPE)
        .and_then(|payload| payload.first().copied());
    let flags = small_or_zero(found, dest::TUNNEL_FLAGS);
    let checksum = if flags & dest::REMOTE_CHECKSUM != 0 {
        TunnelChecksum::Remote
    } else if flags & dest::CHECKSUM != 0 {
        TunnelChecksum::On
    } else {
        TunnelChecksum::Off
    };
    match kind {
        Some(dest::GUE) => Tunnel::Gue {
            port: u16::from_be(small_or_zero(found, dest::TUNNEL_PORT)),
            checksum,
        },
        Some(dest::GRE) => Tunnel::Gre { checksum },
        _ => Tunnel::Ipip,
    }
}

/// Counters, from the 64-bit form where the kernel has it (since 4.1).
fn statistics(found: Attributes<'_>, wide: u16, narrow: u16) -> Statistics {
    let Some(values) = found.nested(wide).or_else(|| found.nested(narrow)) else {
        return Statistics::default();
    };
    Statistics {
        connections: counter(values, stats::CONNECTIONS),
        packets_in: counter(values, stats::PACKETS_IN),
        packets_out: counter(values, stats::PACKETS_OUT),
        bytes_in: counter(values, stats::BYTES_IN),
        bytes_out: counter(values, stats::BYTES_OUT),
        connections_rate: counter(values, stats::CONNECTIONS_RATE),
        packets_in_rate: counter(values, stats::PACKETS_IN_RATE),
        packets_out_rate: counter(values, stats::PACKETS_OUT_RATE),
        bytes_in_rate: counter(values, stats::BYTES_IN_RATE),
        bytes_out_rate: counter(values, stats::BYTES_OUT_RATE),
    }
}

fn counter(values: Attributes<'_>, kind: u16) -> u64 {
    let payload = values.get(kind).unwrap_or_default();
    if let Ok(bytes) = payload.try_into() {
        u64::from_ne_bytes(bytes)
    } else if let Ok(bytes) = payload.try_into() {
        u64::from(u32::from_ne_bytes(bytes))
    } else {
        0
    }
}

fn address(payload: Option<&[u8]>, family: Family) -> Decoded<IpAddr> {
    let payload = payload.ok_or(DecodeError::Missing("address"))?;
    match family {
        Family::Ipv4 => {
            exact::<4>(payload.get(..4), "address").map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes)))
        }
        Family::Ipv6 => {
            exact::<16>(Some(payload), "address").map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes)))
        }
    }
    .map_err(|_| DecodeError::WrongSize("address"))
}

fn family_of(number: u16) -> Decoded<Family> {
    match number {
        family::IPV4 => Ok(Family::Ipv4),
        family::IPV6 => Ok(Family::Ipv6),
        _ => Err(DecodeError::UnknownValue("family")),
    }
}

fn protocol_of(number: u16) -> Option<Protocol> {
    match number {
        protocol::TCP => Some(Protocol::Tcp),
        protocol::UDP => Some(Protocol::Udp),
        protocol::SCTP => Some(Protocol::Sctp),
        _ => None,
    }
}

fn number(found: Attributes<'_>, kind: u16, name: &'static str) -> Decoded<u32> {
    Ok(u32::from_ne_bytes(exact(found.get(kind), name)?))
}

/// A number that means nothing when it is not there.
fn number_or_zero(found: Attributes<'_>, kind: u16) -> u32 {
    number(found, kind, "number").unwrap_or(0)
}

/// A 16-bit number that old kernels do not send.
fn small_or_zero(found: Attributes<'_>, kind: u16) -> u16 {
    found
        .get(kind)
        .and_then(|payload| payload.try_into().ok())
        .map_or(0, u16::from_ne_bytes)
}

fn exact<const N: usize>(payload: Option<&[u8]>, name: &'static str) -> Decoded<[u8; N]> {
    payload
        .ok_or(DecodeError::Missing(name))?
        .try_into()
        .map_err(|_| DecodeError::WrongSize(name))
}

fn split(bytes: [u8; 8]) -> [[u8; 4]; 2] {
    let [a, b, c, d, e, f, g, h] = bytes;
    [[a, b, c, d], [e, f, g, h]]
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
