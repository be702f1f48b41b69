//! Which values of a kernel setting have the effect that is wanted of it.

/// Decides for which addresses ARP answers.
pub(crate) const ARP_IGNORE: &str = "net.ipv4.conf.all.arp_ignore";
/// Decides which address ARP requests come from.
pub(crate) const ARP_ANNOUNCE: &str = "net.ipv4.conf.all.arp_announce";

/// Whether ARP says nothing about an address of the loopback with this value of `arp_ignore`: with 1 and 2 it answers for
/// addresses of the interface of the request alone, with 8 for none. 3 tells addresses apart by their scope, which a VIP
/// does not help. The kernel takes all others for 0 (net/ipv4/arp.c, arp_ignore).
#[must_use]
pub fn arp_ignore_is_silent(value: i64) -> bool {
    matches!(value, 1 | 2 | 8)
}

/// Whether ARP requests never have a loopback address with this value of `arp_announce`; the kernel takes values above
/// 2 for 0 (net/ipv4/arp.c, arp_solicit).
#[must_use]
pub fn arp_announce_is_silent(value: i64) -> bool {
    value == 2
}

/// Whether an interface takes packets whose source is an address of this machine: `accept_local` of the interface or of all
/// is set (include/linux/inetdevice.h, IN_DEV_ACCEPT_LOCAL).
#[must_use]
pub fn accepts_local_sources(of_interface: i64, of_all: i64) -> bool {
    of_interface != 0 || of_all != 0
}

/// Whether the reverse path filter of an interface lets packets pass that came by another interface than the one to their
/// source: the larger value of the interface and of all counts, and 1 is strict (include/linux/inetdevice.h,
/// IN_DEV_RPFILTER).
#[must_use]
pub fn reverse_path_is_loose(of_interface: i64, of_all: i64) -> bool {
    of_interface.max(of_all) != 1
}

/// Whether the setting `name` has the wanted effect with this value and, for a setting of one interface, that value of all
/// interfaces.
pub(super) fn is_equivalent(name: &str, value: &str, of_all: Option<&str>) -> bool {
    let number = |text: &str| text.parse::<i64>().ok();
    let Some(own) = number(value) else {
        return false;
    };
    let all = of_all.and_then(number).unwrap_or(0);
    match name {
        ARP_IGNORE => arp_ignore_is_silent(own),
        ARP_ANNOUNCE => arp_announce_is_silent(own),
        _ if name.ends_with(".accept_local") => accepts_local_sources(own, all),
        _ if name.ends_with(".rp_filter") => reverse_path_is_loose(own, all),
        _ => false,
    }
}
