//! The name service of the system: /etc/hosts, DNS and whatever else it is set up to use (nsswitch.conf(5)).

use std::net::IpAddr;

use director_core::model::Family;
use dns_lookup::{AddrInfoHints, LookupErrorKind, getaddrinfo};

use super::names::LookupFailure;

/// The addresses of a host, of one family or of both. Blocks.
pub(super) fn addresses(name: &str, family: Option<Family>) -> Result<Vec<IpAddr>, LookupFailure> {
    const STREAM: i32 = 1;
    let hints = AddrInfoHints {
        socktype: STREAM,
        address: match family {
            None => 0,
            Some(Family::Ipv4) => nix::libc::AF_INET,
            Some(Family::Ipv6) => nix::libc::AF_INET6,
        },
        ..AddrInfoHints::default()
    };
    let found = getaddrinfo(Some(name), None, Some(hints)).map_err(|error| LookupFailure {
        is_temporary: !matches!(
            error.kind(),
            LookupErrorKind::NoName | LookupErrorKind::NoData
        ),
        reason: std::io::Error::from(error).to_string(),
    })?;
    Ok(found
        .filter_map(Result::ok)
        .map(|info| info.sockaddr.ip())
        .collect())
}
