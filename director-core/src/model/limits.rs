//! What the kernel and its tools take as addresses and numbers. Leaves it to validation, and to the dialects, what
//! becomes of definitions that go beyond.

use std::net::IpAddr;

/// The largest threshold, and the largest weight that the kernel takes (net/netfilter/ipvs/ip_vs_ctl.c; both are an int there).
pub const LARGEST_THRESHOLD: i64 = i32::MAX as i64;

/// The largest weight that ipvsd gives, as in keepalived. `wrr` counts down from the largest weight of a service, one by one
/// while no server takes the connection, and holds the lock of the scheduler (net/netfilter/ipvs/ip_vs_wrr.c). With
/// 2147483647 each new connection took 10 s.
pub const LARGEST_WEIGHT: u32 = 65_535;

/// How many times its configured weight a server may be given by its agent or the source of its weight: as much as HAProxy's
/// largest weight is of its smallest one.
pub const MOST_TIMES_CONFIGURED: u32 = 256;

/// The largest weight that advice may give to a server of this weight. One of weight 0 counts as 1: advice is what gives it
/// a weight.
#[must_use]
pub fn largest_advised(configured: u32) -> u32 {
    let most = configured.max(1).saturating_mul(MOST_TIMES_CONFIGURED);
    most.min(LARGEST_WEIGHT)
}

/// Longest persistence, in seconds, that the kernel's 32-bit tick counter holds at HZ 1000 with room to spare: 31 days, as
/// ipvsadm.
pub const LONGEST_PERSISTENCE_SECONDS: u64 = 31 * 24 * 60 * 60;

/// Why an address cannot be a VIP. The kernel takes these in silence (net/netfilter/ipvs/ip_vs_ctl.c checks nothing).
#[must_use]
pub fn no_vip(vip: IpAddr) -> Option<&'static str> {
    if vip.is_unspecified() {
        Some("the unspecified address")
    } else if vip.is_multicast() {
        Some("a multicast address")
    } else if matches!(vip, IpAddr::V4(v4) if v4.is_broadcast()) {
        Some("the broadcast address")
    } else {
        None
    }
}

/// Why the kernel does not take an address as that of a real server: net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_new_dest.
#[must_use]
pub fn no_real_server(address: IpAddr) -> Option<&'static str> {
    no_vip(address).or_else(|| {
        matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
            .then_some("a link-local address, which the kernel does not take")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_gives_a_multiple_of_the_weight_and_never_more_than_the_largest_weight() {
        let most = [0, 1, 10, 255, 256, LARGEST_WEIGHT].map(largest_advised);
        assert_eq!(most, [256, 256, 2560, 65_280, 65_535, 65_535]);
    }

    #[test]
    fn only_unicast_addresses_serve() {
        for (text, vip, server) in [
            ("10.0.0.1", true, true),
            ("127.0.0.1", true, true),
            ("0.0.0.0", false, false),
            ("224.0.0.1", false, false),
            ("255.255.255.255", false, false),
            ("2001:db8::1", true, true),
            ("::", false, false),
            ("ff02::1", false, false),
            ("fe80::1", true, false),
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(no_vip(address).is_none(), vip, "{text}");
            assert_eq!(no_real_server(address).is_none(), server, "{text}");
        }
    }
}
