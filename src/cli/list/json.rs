//! A table for programs, in shapes of their own that stay as they are when the core's types change.

use director_core::model::{Family, Forwarding, Protocol, ServiceId, Tunnel, TunnelChecksum};
use director_core::table::{Connections, ServerEntry, ServiceEntry, Statistics, Table};
use serde::Serialize;
use std::net::IpAddr;

use crate::ipvs::Info;

#[derive(Serialize)]
pub(super) struct Listing<'a> {
    version: String,
    connection_table_size: u32,
    services: Vec<ListedService<'a>>,
}

#[derive(Serialize)]
struct ListedService<'a> {
    #[serde(flatten)]
    identity: Identity,
    family: Family,
    scheduler: &'a str,
    flags: Vec<&'static str>,
    persistence: Option<ListedPersistence<'a>>,
    one_packet: bool,
    statistics: Statistics,
    real_servers: Vec<ListedServer>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Identity {
    Address {
        protocol: Protocol,
        address: IpAddr,
        port: u16,
    },
    Mark {
        fwmark: u32,
    },
}

#[derive(Serialize)]
struct ListedPersistence<'a> {
    timeout_seconds: u32,
    mask: String,
    engine: Option<&'a str>,
}

#[derive(Serialize)]
struct ListedServer {
    address: IpAddr,
    port: u16,
    forwarding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tunnel: Option<ListedTunnel>,
    weight: u32,
    upper_threshold: u32,
    lower_threshold: u32,
    connections: Connections,
    statistics: Statistics,
}

#[derive(Serialize)]
struct ListedTunnel {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum: Option<TunnelChecksum>,
}

/// The table in the shape for programs.
pub(super) fn listing(kernel: Info, table: &Table) -> Listing<'_> {
    let [major, minor, patch] = kernel.version;
    Listing {
        version: format!("{major}.{minor}.{patch}"),
        connection_table_size: kernel.connection_table_size,
        services: table.services.iter().map(service).collect(),
    }
}

fn service<'a>((id, entry): (&ServiceId, &'a ServiceEntry)) -> ListedService<'a> {
    let scheduling = &entry.scheduling;
    ListedService {
        identity: match *id {
            ServiceId::Address {
                protocol,
                vip,
                port,
            } => Identity::Address {
                protocol,
                address: vip,
                port,
            },
            ServiceId::Mark { mark, .. } => Identity::Mark { fwmark: mark },
        },
        family: id.family(),
        scheduler: &scheduling.scheduler,
        flags: scheduling.flags.names(&scheduling.scheduler),
        persistence: scheduling
            .persistence
            .as_ref()
            .map(|persistence| ListedPersistence {
                timeout_seconds: persistence.timeout_seconds,
                mask: scheduling.mask.to_string(),
                engine: persistence.engine.as_deref(),
            }),
        one_packet: scheduling.one_packet,
        statistics: entry.statistics,
        real_servers: entry
            .servers
            .iter()
            .map(|(server, entry)| real_server(server.address, server.port, entry))
            .collect(),
    }
}

fn real_server(address: IpAddr, port: u16, entry: &ServerEntry) -> ListedServer {
    let settings = &entry.settings;
    let (forwarding, tunnel) = match settings.forwarding {
        Forwarding::Masq => ("masq", None),
        Forwarding::Direct => ("direct", None),
        Forwarding::Tunnel(tunnel) => ("tunnel", Some(tunnel_kind(tunnel))),
        Forwarding::Local => ("local", None),
        Forwarding::Bypass => ("bypass", None),
    };
    ListedServer {
        address,
        port,
        forwarding,
        tunnel,
        weight: settings.weight,
        upper_threshold: settings.upper_threshold,
        lower_threshold: settings.lower_threshold,
        connections: entry.connections,
        statistics: entry.statistics,
    }
}

fn tunnel_kind(tunnel: Tunnel) -> ListedTunnel {
    let (kind, port, checksum) = match tunnel {
        Tunnel::Ipip => ("ipip", None, None),
        Tunnel::Gue { port, checksum } => ("gue", Some(port), Some(checksum)),
        Tunnel::Gre { checksum } => ("gre", None, Some(checksum)),
    };
    ListedTunnel {
        kind,
        port,
        checksum,
    }
}
