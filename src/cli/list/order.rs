//! The order of a listing: that of ipvsadm 1.31, or that of the kernel.
//!
//! ipvsadm compares two addresses or marks by the sign of their 32-bit difference, so that 192.168.0.1 comes before 10.0.0.1. With
//! numbers from more than half of the range this is no order at all: then the result depends on the kernel's order and on how the C
//! library sorts. Both are the same here, so that the lines come out equal in every case.

use std::net::IpAddr;

use director_core::model::{Endpoint, Family, Protocol, ServiceId};
use director_core::table::{ServerEntry, ServiceEntry, Table};

use crate::ipvs::TableOrder;

/// The services of a table and the servers of each, in the order of their lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingOrder(TableOrder);

impl ListingOrder {
    /// By numbers: services by family, protocol, address and port, marks last.
    #[must_use]
    pub fn numeric(table: &Table) -> Self {
        let services = table.services.iter();
        let with_servers =
            services.map(|(id, entry)| (*id, entry.servers.keys().copied().collect()));
        Self(with_servers.collect())
    }

    /// As the kernel lists them.
    #[must_use]
    pub fn of_kernel(order: TableOrder) -> Self {
        Self(order)
    }

    /// What a table has of these, in this order.
    pub(super) fn entries<'a>(
        &'a self,
        table: &'a Table,
    ) -> impl Iterator<
        Item = (
            &'a ServiceId,
            &'a ServiceEntry,
            impl Iterator<Item = (&'a Endpoint, &'a ServerEntry)>,
        ),
    > {
        self.0.iter().filter_map(|(id, servers)| {
            let entry = table.services.get(id)?;
            let servers = servers.iter();
            let servers = servers.filter_map(|server| entry.servers.get_key_value(server));
            Some((id, entry, servers))
        })
    }

    /// As ipvsadm sorts them.
    #[must_use]
    pub fn sorted(self) -> Self {
        let mut services = self.0;
        for (_, servers) in &mut services {
            *servers = merge_sorted(std::mem::take(servers), compare_servers);
        }
        Self(merge_sorted(services, |(left, _), (right, _)| {
            compare_services(left, right)
        }))
    }
}

/// Sorts as the C library's `qsort` does when it has memory enough. With a comparison that is no order the result depends on that.
fn merge_sorted<T>(mut items: Vec<T>, compare: impl Fn(&T, &T) -> i32 + Copy) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let right = items.split_off(items.len() / 2);
    let mut left = merge_sorted(items, compare).into_iter().peekable();
    let mut right = merge_sorted(right, compare).into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let next = if compare(one, other) <= 0 {
            left.next()
        } else {
            right.next()
        };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// What ipvsadm compares of a service, one after the other. For marks the rest is 0.
fn service_words(id: &ServiceId) -> [u32; 8] {
    match *id {
        ServiceId::Address {
            protocol,
            vip,
            port,
        } => {
            let protocol = match protocol {
                Protocol::Tcp => 6,
                Protocol::Udp => 17,
                Protocol::Sctp => 132,
            };
            let [a, b, c, d] = address_words(vip);
            [0, family(id), protocol, a, b, c, d, u32::from(port)]
        }
        ServiceId::Mark { mark, .. } => [mark, family(id), 0, 0, 0, 0, 0, 0],
    }
}

fn family(id: &ServiceId) -> u32 {
    match id.family() {
        Family::Ipv4 => 2,
        Family::Ipv6 => 10,
    }
}

/// An address as four numbers; an IPv4 one is the first of them.
fn address_words(address: IpAddr) -> [u32; 4] {
    match address {
        IpAddr::V4(address) => [address.to_bits(), 0, 0, 0],
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            [96, 64, 32, 0]
                .map(|shift| u32::try_from(bits >> shift & u128::from(u32::MAX)).unwrap_or(0))
        }
    }
}

fn compare_services(left: &ServiceId, right: &ServiceId) -> i32 {
    first_difference(&service_words(left), &service_words(right))
}

/// The family of the first one says how much of both addresses is compared.
fn compare_servers(left: &Endpoint, right: &Endpoint) -> i32 {
    let compared = if left.address.is_ipv4() { 1 } else { 4 };
    let [one, other] = [left, right].map(|server| address_words(server.address));
    match first_difference(&one[..compared], &other[..compared]) {
        0 => i32::from(left.port) - i32::from(right.port),
        difference => difference,
    }
}

fn first_difference(left: &[u32], right: &[u32]) -> i32 {
    let differences = left.iter().zip(right);
    let mut differences = differences.map(|(one, other)| one.wrapping_sub(*other).cast_signed());
    differences.find(|difference| *difference != 0).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(addresses: &[&str]) -> Vec<Endpoint> {
        let endpoint = |address: &&str| Endpoint {
            address: address.parse().unwrap(),
            port: 80,
        };
        addresses.iter().map(endpoint).collect()
    }

    #[test]
    fn addresses_are_compared_by_the_sign_of_their_difference() {
        let sorted = merge_sorted(
            servers(&["10.0.0.1", "192.168.0.1", "172.16.0.1", "10.0.0.0"]),
            compare_servers,
        );
        let expected = servers(&["172.16.0.1", "192.168.0.1", "10.0.0.0", "10.0.0.1"]);
        assert_eq!(sorted, expected);
    }

    #[test]
    fn three_addresses_around_the_circle_keep_the_order_that_the_c_library_gives() {
        // 10 < 100 < 192 < 10. What qsort of glibc 2.36 makes of each order was captured with a program.
        for (given, expected) in [
            (
                ["10.0.0.1", "100.64.0.1", "192.168.0.1"],
                ["10.0.0.1", "100.64.0.1", "192.168.0.1"],
            ),
            (
                ["192.168.0.1", "10.0.0.1", "100.64.0.1"],
                ["192.168.0.1", "10.0.0.1", "100.64.0.1"],
            ),
        ] {
            assert_eq!(
                merge_sorted(servers(&given), compare_servers),
                servers(&expected)
            );
        }
    }

    #[test]
    fn all_of_an_ipv6_address_counts_and_then_the_port() {
        let mut given = servers(&["fd00::2", "fd00::1", "fd00::1"]);
        given[1].port = 443;
        let sorted = merge_sorted(given.clone(), compare_servers);
        assert_eq!(sorted, [given[2], given[1], given[0]]);
    }
}
