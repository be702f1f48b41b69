//! Whether this machine is a director: it answers for a VIP, which a real server must not.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::RealServerError;
use crate::net::Network;

/// All addresses of this machine when it answers for one of these VIPs; none when it is no director of theirs.
///
/// # Errors
/// When that cannot be found out.
pub fn addresses_as_director(vips: &BTreeSet<IpAddr>) -> Result<BTreeSet<IpAddr>, RealServerError> {
    let network = Network::open()?;
    let interfaces = network.interfaces()?;
    let answering: BTreeSet<u32> = interfaces
        .iter()
        .filter(|one| one.answers())
        .map(|one| one.index)
        .collect();
    let own = network.addresses()?;
    let directs = own
        .iter()
        .any(|one| vips.contains(&one.address) && answering.contains(&one.interface));
    Ok(own
        .iter()
        .filter(|_| directs)
        .map(|one| one.address)
        .collect())
}
