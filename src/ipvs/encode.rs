//! Requests of the family `IPVS`: what the core says, in the kernel's attributes. Sending is [`socket`](super::socket)'s
//! work.

use std::net::IpAddr;

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Protocol, Scheduling, ServiceId, SyncDaemon,
    SyncRole, Tunnel, TunnelChecksum,
};
use director_core::plan::Op;
use director_core::table::ServerSettings;

use super::Timeouts;
use super::attributes::{command, controller, daemon, dest, family, protocol, service, top};
use super::wire::NetlinkRequest;

/// The request for the id of a family, which also makes the kernel load the module behind it.
pub(super) fn find_family(name: &str) -> NetlinkRequest {
    let mut request = NetlinkRequest::new(controller::GET_FAMILY);
    request.put_text(controller::FAMILY_NAME, name);
    request
}

/// The request that carries out an operation.
pub(super) fn operation(op: &Op) -> NetlinkRequest {
    match op {
        Op::AddService {
            service,
            scheduling,
        } => full_service(command::NEW_SERVICE, service, scheduling),
        Op::EditService { service, to, .. } => full_service(command::SET_SERVICE, service, to),
        Op::DeleteService { service } => about_service(command::DELETE_SERVICE, service),
        Op::AddServer {
            service,
            server,
            settings,
        } => full_dest(command::NEW_DEST, service, server, settings),
        Op::EditServer {
            service,
            server,
            to,
            ..
        } => full_dest(command::SET_DEST, service, server, to),
        Op::DeleteServer {
            service, server, ..
        } => {
            let mut request = about_service(command::DELETE_DEST, service);
            request.nest(top::DEST, |nest| put_endpoint(nest, server));
            request
        }
    }
}

/// A request that names a service and nothing else.
pub(super) fn about_service(command: u8, id: &ServiceId) -> NetlinkRequest {
    let mut request = NetlinkRequest::new(command);
    request.nest(top::SERVICE, |nest| put_identity(nest, id));
    request
}

/// The request that sets the counters of a service and its servers to 0, or those of all services.
pub(super) fn zero(service: Option<&ServiceId>) -> NetlinkRequest {
    match service {
        Some(id) => about_service(command::ZERO, id),
        None => NetlinkRequest::new(command::ZERO),
    }
}

/// The request that sets the timeouts; one of 0 is left out.
pub(super) fn timeouts(timeouts: Timeouts) -> NetlinkRequest {
    let mut request = NetlinkRequest::new(command::SET_CONFIG);
    let all = [
        (top::TIMEOUT_TCP, timeouts.tcp),
        (top::TIMEOUT_TCP_FIN, timeouts.tcp_fin),
        (top::TIMEOUT_UDP, timeouts.udp),
    ];
    for (kind, seconds) in all.into_iter().filter(|(_, seconds)| *seconds > 0) {
        request.put(kind, &seconds.to_ne_bytes());
    }
    request
}

/// The request that starts a synchronisation daemon. Without a length the kernel chooses one.
pub(super) fn start_sync_daemon(wanted: &SyncDaemon) -> NetlinkRequest {
    let mut request = NetlinkRequest::new(command::NEW_DAEMON);
    request.nest(top::DAEMON, |nest| {
        nest.put(daemon::STATE, &role_number(wanted.role).to_ne_bytes())
            .put_text(daemon::INTERFACE, &wanted.interface)
            .put(daemon::SYNC_ID, &wanted.sync_id.to_ne_bytes());
        if wanted.max_length > 0 {
            nest.put(daemon::MAX_LENGTH, &wanted.max_length.to_ne_bytes());
        }
        match wanted.group {
            Some(IpAddr::V4(group)) => nest.put(daemon::GROUP, &group.octets()),
            Some(IpAddr::V6(group)) => nest.put(daemon::GROUP6, &group.octets()),
            None => nest,
        };
        nest.put(daemon::PORT, &wanted.port.to_ne_bytes())
            .put(daemon::TTL, &[wanted.ttl]);
    });
    request
}

/// The request that ends the synchronisation daemon of a role.
pub(super) fn stop_sync_daemon(role: SyncRole) -> NetlinkRequest {
    let mut request = NetlinkRequest::new(command::DELETE_DAEMON);
    request.nest(top::DAEMON, |nest| {
        nest.put(daemon::STATE, &role_number(role).to_ne_bytes());
    });
    request
}

fn role_number(role: SyncRole) -> u32 {
    match role {
        SyncRole::Master => daemon::MASTER,
        SyncRole::Backup => daemon::BACKUP,
    }
}

fn full_service(command: u8, id: &ServiceId, scheduling: &Scheduling) -> NetlinkRequest {
    let mut request = NetlinkRequest::new(command);
    request.nest(top::SERVICE, |nest| {
        put_identity(nest, id);
        put_scheduling(nest, scheduling);
    });
    request
}

fn full_dest(
    command: u8,
    service: &ServiceId,
    server: &Endpoint,
    settings: &ServerSettings,
) -> NetlinkRequest {
    let mut request = about_service(command, service);
    request.nest(top::DEST, |nest| {
        put_endpoint(nest, server);
        put_settings(nest, settings);
    });
    request
}

fn put_identity(request: &mut NetlinkRequest, id: &ServiceId) {
    request.put(service::FAMILY, &family_number(id.family()).to_ne_bytes());
    match *id {
        ServiceId::Address {
            protocol,
            vip,
            port,
        } => request
            .put(service::PROTOCOL, &protocol_number(protocol).to_ne_bytes())
            .put(service::ADDRESS, &address_bytes(vip))
            .put(service::PORT, &port.to_be_bytes()),
        ServiceId::Mark { mark, .. } => request.put(service::MARK, &mark.to_ne_bytes()),
    };
}

fn put_scheduling(request: &mut NetlinkRequest, scheduling: &Scheduling) {
    let mut flags = [0; 8];
    flags[..4].copy_from_slice(&flag_bits(scheduling).to_ne_bytes());
    flags[4..].copy_from_slice(&service::OUR_FLAGS.to_ne_bytes());
    let timeout = scheduling
        .persistence
        .as_ref()
        .map_or(0, |persistence| persistence.timeout_seconds);
    let mask = match scheduling.mask {
        ClientMask::V4(mask) => mask.octets(),
        ClientMask::V6(prefix) => u32::from(prefix).to_ne_bytes(),
    };
    request
        .put_text(service::SCHEDULER, &scheduling.scheduler)
        .put(service::FLAGS, &flags)
        .put(service::TIMEOUT, &timeout.to_ne_bytes())
        .put(service::MASK, &mask);
    let engine = scheduling
        .persistence
        .as_ref()
        .and_then(|persistence| persistence.engine.as_ref());
    if let Some(engine) = engine {
        request.put_text(service::ENGINE, engine);
    }
}

fn flag_bits(scheduling: &Scheduling) -> u32 {
    [
        (scheduling.persistence.is_some(), service::PERSISTENT),
        (scheduling.one_packet, service::ONE_PACKET),
        (scheduling.flags.first, service::FIRST_FLAG),
        (scheduling.flags.second, service::SECOND_FLAG),
        (scheduling.flags.third, service::THIRD_FLAG),
    ]
    .into_iter()
    .filter_map(|(set, bit)| set.then_some(bit))
    .fold(0, |bits, bit| bits | bit)
}

fn put_endpoint(request: &mut NetlinkRequest, server: &Endpoint) {
    request
        .put(dest::ADDRESS, &address_bytes(server.address))
        .put(dest::PORT, &server.port.to_be_bytes())
        .put(
            dest::FAMILY,
            &family_number(Family::of(server.address)).to_ne_bytes(),
        );
}

fn put_settings(request: &mut NetlinkRequest, settings: &ServerSettings) {
    request
        .put(
            dest::FORWARDING,
            &method_number(settings.forwarding).to_ne_bytes(),
        )
        .put(dest::WEIGHT, &settings.weight.to_ne_bytes())
        .put(
            dest::UPPER_THRESHOLD,
            &settings.upper_threshold.to_ne_bytes(),
        )
        .put(
            dest::LOWER_THRESHOLD,
            &settings.lower_threshold.to_ne_bytes(),
        );
    if let Forwarding::Tunnel(tunnel) = settings.forwarding {
        put_tunnel(request, tunnel);
    }
}

fn put_tunnel(request: &mut NetlinkRequest, tunnel: Tunnel) {
    let (kind, port, checksum) = match tunnel {
        Tunnel::Ipip => (dest::IPIP, 0, TunnelChecksum::Off),
        Tunnel::Gue { port, checksum } => (dest::GUE, port, checksum),
        Tunnel::Gre { checksum } => (dest::GRE, 0, checksum),
    };
    let flags = match checksum {
        TunnelChecksum::Off => 0,
        TunnelChecksum::On => dest::CHECKSUM,
        TunnelChecksum::Remote => dest::REMOTE_CHECKSUM,
    };
    request
        .put(dest::TUNNEL_TYPE, &[kind])
        .put(dest::TUNNEL_PORT, &port.to_be_bytes())
        .put(dest::TUNNEL_FLAGS, &flags.to_ne_bytes());
}

fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            bytes
        }
        IpAddr::V6(address) => address.octets(),
    }
}

fn family_number(family: Family) -> u16 {
    match family {
        Family::Ipv4 => family::IPV4,
        Family::Ipv6 => family::IPV6,
    }
}

fn protocol_number(protocol: Protocol) -> u16 {
    match protocol {
        Protocol::Tcp => protocol::TCP,
        Protocol::Udp => protocol::UDP,
        Protocol::Sctp => protocol::SCTP,
    }
}

fn method_number(forwarding: Forwarding) -> u32 {
    match forwarding {
        Forwarding::Masq => dest::MASQ,
        Forwarding::Direct => dest::DIRECT,
        Forwarding::Tunnel(_) => dest::TUNNEL,
        Forwarding::Local => dest::LOCAL,
        Forwarding::Bypass => dest::BYPASS,
    }
}
