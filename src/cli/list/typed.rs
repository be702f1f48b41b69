//! Addresses with ports as ipvsadm takes them: in numbers, or with the names of hosts and ports that its listings show without `-n`.

use std::net::{IpAddr, Ipv6Addr};

use director_core::model::Protocol;

use super::names::{PORT_NAMES_FILE, port_names};

/// An address and, if it was written, a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct TypedEndpoint {
    pub(in crate::cli) address: IpAddr,
    pub(in crate::cli) port: Option<u16>,
}

/// What names stand for.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Names {
    /// The address of a host. ipvsadm looks up IPv4 addresses only.
    pub(in crate::cli) host: fn(&str) -> Option<IpAddr>,
    /// The number of a port.
    pub(in crate::cli) port: fn(&str, Protocol) -> Option<u16>,
}

impl Names {
    /// Those of this system. A look-up may take as long as the system's resolver takes.
    pub(in crate::cli) fn of_system() -> Self {
        Self {
            host: |name| {
                let found = dns_lookup::lookup_host(name).ok()?;
                found.into_iter().find(IpAddr::is_ipv4)
            },
            port: |name, protocol| {
                let file = std::fs::read_to_string(PORT_NAMES_FILE).unwrap_or_default();
                number_of(&file, name, protocol)
            },
        }
    }
}

/// The port of this name or of this alias in the text of `/etc/services`.
fn number_of(file: &str, name: &str, protocol: Protocol) -> Option<u16> {
    let mut named = file.lines().filter_map(port_names);
    let found = named.find(|line| line.protocol == protocol && line.names.contains(&name))?;
    Some(found.port)
}

/// `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`. A port has a name only where there is a protocol.
pub(in crate::cli) fn typed_endpoint(
    text: &str,
    protocol: Option<Protocol>,
    names: Names,
) -> Result<TypedEndpoint, String> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok(TypedEndpoint {
            address: address.into(),
            port: None,
        });
    }
    let (host, port) = split(text);
    let address = address(host, names).ok_or_else(|| {
        format!(
            "{text:?} is no address; write ADDRESS:PORT, such as 192.0.2.10:80 or [2001:db8::10]:80"
        )
    })?;
    let number = |port: &str| {
        let named = || (names.port)(port, protocol?);
        let number = port.parse().ok().or_else(named);
        number.ok_or_else(|| format!("{port:?} is no port; write a number from 0 to 65535"))
    };
    Ok(TypedEndpoint {
        address,
        port: port.map(number).transpose()?,
    })
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => text
            .rsplit_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port))),
    }
}

fn address(host: &str, names: Names) -> Option<IpAddr> {
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    // What consists of digits and dots is an address with a mistake, and no name to look up.
    let is_name = host.chars().any(char::is_alphabetic) && !host.contains(':');
    if is_name { (names.host)(host) } else { None }
}

#[cfg(test)]
pub(in crate::cli) mod samples {
    use super::*;

    /// A system that knows one host and one port.
    pub(in crate::cli) fn names() -> Names {
        Names {
            host: |name| (name == "web.example.net").then_some([192, 0, 2, 7].into()),
            port: |name, protocol| number_of("http 80/tcp www\n", name, protocol),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> Result<(String, Option<u16>), String> {
        let typed = typed_endpoint(text, Some(Protocol::Tcp), samples::names());
        typed.map(|typed| (typed.address.to_string(), typed.port))
    }

    #[test]
    fn addresses_are_taken_with_and_without_a_port_and_by_name() {
        for (text, address, port) in [
            ("192.0.2.1:80", "192.0.2.1", Some(80)),
            ("192.0.2.1", "192.0.2.1", None),
            ("192.0.2.1:http", "192.0.2.1", Some(80)),
            ("192.0.2.1:www", "192.0.2.1", Some(80)),
            ("web.example.net:0", "192.0.2.7", Some(0)),
            ("[2001:db8::1]:80", "2001:db8::1", Some(80)),
            ("[2001:db8::1]", "2001:db8::1", None),
            ("2001:db8::1", "2001:db8::1", None),
        ] {
            assert_eq!(taken(text), Ok((address.to_owned(), port)), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_says_what_is_expected() {
        for bad in [
            "",
            "other:80",
            "192.0.2.256:80",
            "[web.example.net:80",
            "80",
            ":80",
        ] {
            let why = taken(bad).unwrap_err();
            assert!(why.contains("write ADDRESS:PORT"), "{bad}: {why}");
        }
        for bad in ["192.0.2.1:70000", "192.0.2.1:domain", "192.0.2.1:"] {
            let why = taken(bad).unwrap_err();
            assert!(why.contains("is no port"), "{bad}: {why}");
        }
        let behind_a_mark = typed_endpoint("192.0.2.1:http", None, samples::names());
        assert!(behind_a_mark.is_err());
    }
}
