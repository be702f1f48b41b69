//! Services and servers as an operator names them.

use std::net::{IpAddr, SocketAddr};

use director_core::model::{Endpoint, Family, Protocol, ServiceId};
use director_core::naming::{is_service, unknown};
use director_core::table::Table;

use super::filter::{Masks, ServiceMatch};
use crate::cli::error::CliError;
use crate::cli::status::{SocketArg, asked};
use crate::ipvs::{Kernel, NetlinkKernel, ReadScope};

/// A real server, on one port or on all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerMatch {
    address: IpAddr,
    port: Option<u16>,
}

impl ServerMatch {
    pub(super) fn is(self, server: Endpoint) -> bool {
        self.address == server.address && self.port.is_none_or(|port| port == server.port)
    }
}

/// `ADDRESS` or `ADDRESS:PORT`.
pub(super) fn server(text: &str) -> Result<ServerMatch, String> {
    match endpoint(text) {
        Some((address, port)) => Ok(ServerMatch { address, port }),
        None => Err("write ADDRESS or ADDRESS:PORT, such as 10.0.0.11:80".to_owned()),
    }
}

fn endpoint(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(both) = text.parse::<SocketAddr>() {
        return Some((both.ip(), Some(both.port())));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok()?;
    Some((address, None))
}

/// The services that are meant: by what they listen on, else by the name that the daemon knows.
pub(super) fn service(text: &str, socket: &SocketArg) -> Result<Vec<ServiceMatch>, CliError> {
    if let Some(service) = by_listen(text) {
        return Ok(vec![with_servers(service)?]);
    }
    let status = asked(socket.client().status())?;
    let services = status.services.iter();
    let meant = services.filter(|service| is_service(&service.name, &service.listen, text));
    let meant = meant.filter_map(|service| by_listen(&service.listen));
    let meant = meant.map(with_servers).collect::<Result<Vec<_>, _>>()?;
    if meant.is_empty() {
        let names = status.services.iter().map(|service| service.name.as_str());
        let what = format!("no virtual service {text:?}");
        return Err(CliError::Usage(unknown(&what, text, names)));
    }
    Ok(meant)
}

/// A service by what it listens on: `tcp 192.0.2.10:80`, `tcp://192.0.2.10:80`, `192.0.2.10:80`, `192.0.2.10`, `fwmark 5`,
/// `fwmark 5 IPv6`.
fn by_listen(text: &str) -> Option<ServiceMatch> {
    let spaced = text.replacen("://", " ", 1);
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (protocol, address) = match *words.as_slice() {
        ["fwmark", mark] => return mark_match(mark, Family::Ipv4),
        ["fwmark", mark, "IPv6"] => return mark_match(mark, Family::Ipv6),
        ["tcp", address] => (Some(Protocol::Tcp), address),
        ["udp", address] => (Some(Protocol::Udp), address),
        ["sctp", address] => (Some(Protocol::Sctp), address),
        [address] => (None, address),
        _ => return None,
    };
    let (address, port) = endpoint(address)?;
    Some(ServiceMatch::Address {
        protocol,
        virtual_address: Endpoint {
            address,
            port: port.unwrap_or(0),
        },
    })
}

fn mark_match(mark: &str, family: Family) -> Option<ServiceMatch> {
    Some(ServiceMatch::Mark {
        family,
        mark: mark.parse().ok()?,
        servers: [].into(),
        others: [].into(),
    })
}

/// The kernel does not say by which mark a connection came. Its server says it, unless a service is chosen by the address.
fn with_servers(service: ServiceMatch) -> Result<ServiceMatch, CliError> {
    let ServiceMatch::Mark { family, mark, .. } = service else {
        return Ok(service);
    };
    let table = whole_table()?;
    let id = ServiceId::Mark { family, mark };
    let entry = table.services.get(&id).ok_or(CliError::NoSuchService(id))?;
    let is_address = |id: &&ServiceId| matches!(id, ServiceId::Address { .. });
    Ok(ServiceMatch::Mark {
        family,
        mark,
        servers: entry.servers.keys().map(|server| server.address).collect(),
        others: table.services.keys().filter(is_address).copied().collect(),
    })
}

/// How each service groups its clients.
pub(super) fn masks() -> Result<Masks, CliError> {
    let services = whole_table()?.services.into_iter();
    Ok(Masks(
        services
            .map(|(id, entry)| (id, entry.scheduling.mask))
            .collect(),
    ))
}

fn whole_table() -> Result<Table, CliError> {
    Ok(NetlinkKernel::open()?.read_table(ReadScope::All)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_named_by_what_they_listen_on() {
        let address = |protocol, port| {
            Some(ServiceMatch::Address {
                protocol,
                virtual_address: Endpoint {
                    address: [192, 0, 2, 10].into(),
                    port,
                },
            })
        };
        assert_eq!(by_listen("192.0.2.10:80"), address(None, 80));
        assert_eq!(by_listen("192.0.2.10"), address(None, 0));
        for text in ["udp 192.0.2.10:53", "udp://192.0.2.10:53"] {
            assert_eq!(by_listen(text), address(Some(Protocol::Udp), 53), "{text}");
        }
        assert_eq!(by_listen("fwmark 5"), mark_match("5", Family::Ipv4));
        assert_eq!(by_listen("fwmark 5 IPv6"), mark_match("5", Family::Ipv6));
        for name in ["web", "fwmark", "fwmark web", "tcp web", "web front"] {
            assert_eq!(by_listen(name), None, "{name}");
        }
    }

    #[test]
    fn a_server_is_meant_on_all_ports_unless_one_is_named() {
        let at = |text: &str| {
            let at: SocketAddr = text.parse().unwrap();
            Endpoint {
                address: at.ip(),
                port: at.port(),
            }
        };
        assert!(server("10.0.0.1").unwrap().is(at("10.0.0.1:80")));
        assert!(server("10.0.0.1:80").unwrap().is(at("10.0.0.1:80")));
        assert!(!server("10.0.0.1:443").unwrap().is(at("10.0.0.1:80")));
        assert!(server("[fd00::1]").unwrap().is(at("[fd00::1]:80")));
        assert!(!server("fd00::2").unwrap().is(at("[fd00::1]:80")));
        assert!(server("web1").is_err());
    }
}
