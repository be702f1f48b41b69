//! Servers whose host names have no address yet: what is written about them is validated all the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::surroundings::Surroundings;
use super::{Findings, real_server};
use crate::definitions::{CheckDefinition, Host, RealServerDefinition};
use crate::model::{Family, UnresolvedServer};

/// The host name of an entry that has no address yet.
pub(super) fn name(written: &RealServerDefinition) -> Option<&str> {
    let hosts = std::iter::once(&written.host).chain(&written.last);
    hosts
        .filter_map(|host| match &host.value {
            Host::Name(name) => Some(name.as_str()),
            Host::Address(_) | Host::Unusable => None,
        })
        .next()
}

/// A server without an address. All else that is written about it is checked as if it had one.
pub(super) fn server(
    around: &Surroundings<'_>,
    written: &RealServerDefinition,
    host: &str,
    asked: &[&CheckDefinition],
    findings: &mut Findings,
) -> Option<UnresolvedServer> {
    let server = real_server::one(around, written, example(around.family), asked, findings)?;
    Some(UnresolvedServer {
        host: host.to_owned(),
        port: server.port,
        weight: server.weight,
        tier: server.tier,
    })
}

/// An address that stands for one that is not known (RFC 5737, RFC 3849).
pub(super) fn example(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::new(192, 0, 2, 1).into(),
        Family::Ipv6 => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    }
}
