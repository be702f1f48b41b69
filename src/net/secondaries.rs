//! Removing an IPv4 address without what the kernel removes along with it: the first address of a network on an interface
//! takes all later ones of that network with it, and with the last one the routes of the interface, unless
//! `promote_secondaries` is set (net/ipv4/devinet.c, __inet_del_ifa). Adding them again would not bring the routes back.

use std::net::IpAddr;

use super::{Address, NetError, Network, Sysctl};

impl Network {
    /// Does the removal of this address so that its neighbours stay.
    pub(super) fn sparing_secondaries(
        &self,
        interface: u32,
        address: IpAddr,
        removal: impl FnOnce() -> Result<(), NetError>,
    ) -> Result<(), NetError> {
        if !may_take_others_along(&self.addresses()?, interface, address) {
            return removal();
        }
        let Some(place) = self
            .interfaces()?
            .into_iter()
            .find(|one| one.index == interface)
        else {
            return removal();
        };
        // Either of the two settings is enough for the kernel.
        let own = Sysctl::of_interface("ipv4", &place.name, "promote_secondaries");
        let all = Sysctl::of_interface("ipv4", "all", "promote_secondaries");
        if [&own, &all].iter().any(|one| one.number() != Some(0)) {
            return removal();
        }
        own.write("1")?;
        let removed = removal();
        removed.and(own.write("0"))
    }
}

/// Whether the kernel may remove others along with this address: those of the same network on the same interface.
fn may_take_others_along(all: &[Address], interface: u32, address: IpAddr) -> bool {
    let here = all.iter().filter(|own| own.interface == interface);
    let (leaving, others): (Vec<_>, Vec<_>) = here.partition(|own| own.address == address);
    let in_one_network = |leaving: &Address| {
        others
            .iter()
            .any(|other| other.prefix == leaving.prefix && leaving.is_neighbour_of(other.address))
    };
    address.is_ipv4() && leaving.into_iter().any(in_one_network)
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::*;

    #[test]
    fn others_are_those_of_the_same_network_on_the_same_interface() {
        let of = |interface, address: &str, prefix| Address {
            address: address.parse().unwrap(),
            prefix,
            interface,
            scope: Scope::Global,
            ours: false,
            duplicate: false,
            tentative: false,
        };
        let all = [
            of(1, "192.0.2.1", 24),
            of(1, "192.0.2.2", 24),
            of(1, "192.0.2.3", 32),
            of(1, "198.51.100.1", 24),
            of(2, "198.51.100.2", 24),
            of(1, "2001:db8::1", 64),
            of(1, "2001:db8::2", 64),
        ];
        let takes = |interface, address: &str| {
            may_take_others_along(&all, interface, address.parse().unwrap())
        };
        assert!(takes(1, "192.0.2.1"));
        assert!(!takes(1, "192.0.2.3"));
        assert!(!takes(1, "198.51.100.1"));
        assert!(!takes(2, "198.51.100.2"));
        assert!(!takes(1, "2001:db8::1"));
    }
}
