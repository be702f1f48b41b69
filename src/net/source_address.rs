//! From which address, and by which interface, this machine sends to another. Nothing is sent to find out.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use director_core::model::Family;
use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;

/// Why there is no such address.
#[derive(Debug, thiserror::Error)]
pub enum SourceAddressError {
    /// There is no way there.
    #[error("no route to {toward}: {source}")]
    NoRoute { toward: IpAddr, source: io::Error },
    /// The addresses of this machine cannot be listed.
    #[error("cannot list the addresses of this machine: {0}")]
    Addresses(#[source] Errno),
    /// Only VIPs, or addresses of the other family, are there.
    #[error(
        "this machine has no {family} address but the VIP towards {toward}; add one to the interface"
    )]
    NoAddress {
        toward: IpAddr,
        /// The family that is needed.
        family: Family,
    },
}

/// An address of this machine, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceAddress {
    pub address: IpAddr,
    pub interface: String,
}

/// The address that asks a VIP of this family by way of `toward`: of the interface that leads there, and none of `vips`.
///
/// # Errors
/// When there is no way there, or no such address.
pub fn source_address(
    toward: IpAddr,
    family: Family,
    vips: &BTreeSet<IpAddr>,
) -> Result<SourceAddress, SourceAddressError> {
    let preferred = preferred(toward)?;
    let addresses = own_addresses().map_err(SourceAddressError::Addresses)?;
    let (address, interface) = choose(&addresses, preferred, family, vips)
        .ok_or(SourceAddressError::NoAddress { toward, family })?;
    Ok(SourceAddress {
        address,
        interface: interface.to_owned(),
    })
}

/// The address to send from where the kernel would choose one of `vips`, which the other machine may have too: none where the kernel
/// chooses another, where there is no other, or where there is no way.
///
/// # Errors
/// When this machine cannot find out, for want of descriptors or memory.
pub fn source_beside(
    toward: IpAddr,
    vips: &BTreeSet<IpAddr>,
) -> Result<Option<IpAddr>, SourceAddressError> {
    if vips.is_empty() {
        return Ok(None);
    }
    let preferred = match preferred_source(toward) {
        Ok(preferred) => preferred,
        Err(error) if is_want(&error) => {
            return Err(SourceAddressError::NoRoute {
                toward,
                source: error,
            });
        }
        // The connection meets the same fault, and names it.
        Err(_) => return Ok(None),
    };
    if !vips.contains(&preferred) {
        return Ok(None);
    }
    match source_address(toward, Family::of(toward), vips) {
        Ok(source) => Ok(Some(source.address)),
        Err(SourceAddressError::NoAddress { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether this machine lacks descriptors or memory.
fn is_want(error: &io::Error) -> bool {
    let wants = [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM, Errno::ENOBUFS];
    let errno = error.raw_os_error();
    wants.iter().any(|want| errno == Some(*want as i32))
}

/// The name of the interface that leads to another machine.
///
/// # Errors
/// When there is no way there.
pub fn interface_toward(toward: IpAddr) -> Result<String, SourceAddressError> {
    let preferred = preferred(toward)?;
    let addresses = own_addresses().map_err(SourceAddressError::Addresses)?;
    let family = Family::of(toward);
    let mut addresses = addresses.into_iter();
    let own = addresses.find(|own| own.address == preferred);
    let own = own.ok_or(SourceAddressError::NoAddress { toward, family })?;
    Ok(own.interface)
}

fn preferred(toward: IpAddr) -> Result<IpAddr, SourceAddressError> {
    preferred_source(toward).map_err(|source| SourceAddressError::NoRoute { toward, source })
}

/// The address that the kernel would send from to this one. Nothing is sent.
fn preferred_source(toward: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match toward {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    // Any port will do.
    socket.connect(SocketAddr::new(toward, 9))?;
    Ok(socket.local_addr()?.ip())
}

/// An address of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Own {
    interface: String,
    address: IpAddr,
    /// Whether its network is the address alone, as that of most VIPs is.
    alone: bool,
}

fn own_addresses() -> Result<Vec<Own>, Errno> {
    let found = getifaddrs()?.filter_map(|entry| {
        let address = entry.address?;
        let mask = entry.netmask;
        let (address, alone) = if let Some(v4) = address.as_sockaddr_in() {
            let mask = mask
                .as_ref()
                .and_then(|mask| Some(mask.as_sockaddr_in()?.ip()));
            (v4.ip().into(), mask == Some(Ipv4Addr::BROADCAST))
        } else {
            let mask = mask
                .as_ref()
                .and_then(|mask| Some(mask.as_sockaddr_in6()?.ip()));
            let ones = Some(Ipv6Addr::from_bits(u128::MAX));
            (address.as_sockaddr_in6()?.ip().into(), mask == ones)
        };
        Some(Own {
            interface: entry.interface_name,
            address,
            alone,
        })
    });
    Ok(found.collect())
}

/// The address that asks, and its interface: the kernel's choice, unless that is of the other family or a VIP, which the
/// real server would answer to itself. Addresses that are alone in their network are mostly VIPs, though not of ours.
fn choose<'a>(
    addresses: &'a [Own],
    preferred: IpAddr,
    family: Family,
    vips: &BTreeSet<IpAddr>,
) -> Option<(IpAddr, &'a str)> {
    let first = addresses.iter().find(|own| own.address == preferred)?;
    let usable = |own: &&Own| {
        let link_local =
            matches!(own.address, IpAddr::V6(address) if address.is_unicast_link_local());
        let can_answer = Family::of(own.address) == family && !link_local;
        own.interface == first.interface && can_answer && !vips.contains(&own.address)
    };
    let mut candidates: Vec<&Own> = addresses.iter().filter(usable).collect();
    // The kernel's choice is of the network that leads there; of other addresses the one most like it is.
    candidates.sort_by_key(|own| {
        let like = Reverse(common_bits(own.address, preferred));
        (own.alone, own.address != preferred, like)
    });
    let chosen = candidates.first()?;
    Some((chosen.address, &chosen.interface))
}

/// How many leading bits two addresses have in common.
fn common_bits(one: IpAddr, other: IpAddr) -> u32 {
    match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(interface: &str, address: &str, alone: bool) -> Own {
        Own {
            interface: interface.to_owned(),
            address: address.parse().unwrap(),
            alone,
        }
    }

    #[test]
    fn the_address_that_asks_is_never_a_vip() {
        let addresses = [
            own("front", "203.0.113.1", false),
            own("front", "192.0.2.1", false),
            own("front", "192.0.2.201", true),
            own("front", "192.0.2.202", false),
            own("back", "10.0.0.1", false),
            own("back", "fe80::1", false),
            own("back", "fd00::201", true),
            own("back", "fd00::1", false),
            own("other", "198.51.100.7", true),
        ];
        let vips = ["192.0.2.201", "192.0.2.202", "fd00::202", "198.51.100.7"];
        let vips = vips.map(|vip| vip.parse().unwrap()).into();
        let chosen = |preferred: &str, family| {
            let chosen = choose(&addresses, preferred.parse().unwrap(), family, &vips);
            chosen.map(|(address, interface)| format!("{address} {interface}"))
        };
        let some = |text: &str| Some(text.to_owned());
        let (four, six) = (Family::Ipv4, Family::Ipv6);
        assert_eq!(chosen("10.0.0.1", four), some("10.0.0.1 back"));
        assert_eq!(chosen("192.0.2.201", four), some("192.0.2.1 front"));
        assert_eq!(chosen("192.0.2.202", four), some("192.0.2.1 front"));
        // An IPv6 VIP whose servers are reached over IPv4.
        assert_eq!(chosen("10.0.0.1", six), some("fd00::1 back"));
        // IPv6 prefers the address that is most like the server's, which may be a VIP of another program.
        assert_eq!(chosen("fd00::201", six), some("fd00::1 back"));
        assert_eq!(chosen("198.51.100.7", four), None);
        assert_eq!(chosen("198.51.100.7", six), None);
    }

    #[test]
    fn what_is_no_vip_is_left_to_the_kernel() {
        let toward = Ipv4Addr::LOCALHOST.into();
        let beside = |vips: &[IpAddr]| source_beside(toward, &vips.iter().copied().collect());
        assert_eq!(beside(&[]).unwrap(), None);
        // The loopback has no other address.
        assert_eq!(beside(&[toward]).unwrap(), None);
    }

    #[test]
    fn the_loopback_leads_to_itself() {
        let toward = Ipv4Addr::LOCALHOST.into();
        assert_eq!(interface_toward(toward).unwrap(), "lo");
        let source = source_address(toward, Family::Ipv4, &BTreeSet::new()).unwrap();
        assert_eq!(source.interface, "lo");
    }
}
