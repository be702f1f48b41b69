//! The connection table, which the kernel only gives as the text of `/proc/net/ip_vs_conn`, as `ipvsadm -L -c` prints
//! it. Lines that cannot be understood are left out, as they come from a kernel with other columns.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use director_core::model::{Endpoint, Protocol};
use serde::Serialize;

use super::AddressNames;

/// One connection or persistence template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionEntry {
    /// The protocol as the kernel names it; `IP` for the template of a mark.
    pub protocol: String,
    /// Where it comes from; port 0 for a template.
    pub source: Endpoint,
    /// The virtual service's side.
    pub virtual_address: Endpoint,
    pub destination: Endpoint,
    /// State such as `ESTABLISHED`.
    pub state: String,
    /// Seconds until it is forgotten.
    pub expires_seconds: u64,
    /// Persistence engine and its data, for a template that has them.
    pub engine: Option<(String, String)>,
}

/// The connections in the text of `/proc/net/ip_vs_conn`, in its order.
#[must_use]
pub fn parse_connections(text: &str) -> Vec<ConnectionEntry> {
    text.lines().skip(1).filter_map(parse_line).collect()
}

/// The entry in one line of the kernel's file.
pub(super) fn parse_line(line: &str) -> Option<ConnectionEntry> {
    let mut words = line.split_whitespace();
    let protocol = words.next()?.to_owned();
    let mut endpoint = || {
        Some(Endpoint {
            address: parse_address(words.next()?)?,
            port: u16::from_str_radix(words.next()?, 16).ok()?,
        })
    };
    let (source, virtual_address, destination) = (endpoint()?, endpoint()?, endpoint()?);
    let (state, expires) = (words.next()?, words.next()?);
    let engine = words.next().zip(words.next());
    Some(ConnectionEntry {
        protocol,
        source,
        virtual_address,
        destination,
        state: state.to_owned(),
        expires_seconds: expires.parse().ok()?,
        engine: engine.map(|(name, data)| (name.to_owned(), data.to_owned())),
    })
}

fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        text.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    } else {
        let bits = u32::from_str_radix(text, 16).ok()?;
        Some(IpAddr::V4(Ipv4Addr::from_bits(bits)))
    }
}

/// The connections as `ipvsadm -L -c` prints them, with the engine's data when asked for.
#[must_use]
pub fn connection_listing(
    names: &AddressNames,
    connections: &[ConnectionEntry],
    engines: bool,
) -> String {
    let lines = connections.iter();
    let lines = lines.map(|connection| connection_line(names, connection, engines));
    titles(engines) + &lines.collect::<String>()
}

/// The lines above the connections.
pub(super) fn titles(engines: bool) -> String {
    let title = "pro expire state       source             virtual            destination";
    let more = if engines {
        "        pe name          pe_data"
    } else {
        ""
    };
    format!("IPVS connection entries\n{title}{more}\n")
}

/// The line of one connection.
pub(super) fn connection_line(
    names: &AddressNames,
    connection: &ConnectionEntry,
    engines: bool,
) -> String {
    let protocol = match connection.protocol.as_str() {
        "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        "SCTP" => Some(Protocol::Sctp),
        _ => None,
    };
    let shown = |endpoint: Endpoint| names.endpoint(endpoint.address, endpoint.port, protocol);
    let expires = connection.expires_seconds;
    let line = format!(
        "{:<3} {:<6} {:<11} {:<18} {:<18} ",
        connection.protocol,
        format!("{:02}:{:02}", expires / 60, expires % 60),
        connection.state,
        shown(connection.source),
        shown(connection.virtual_address),
    );
    let destination = shown(connection.destination);
    match connection.engine.as_ref().filter(|_| engines) {
        Some((name, data)) => format!("{line}{destination:<16} {name:<18} {data}\n"),
        None => format!("{line}{destination}\n"),
    }
}
