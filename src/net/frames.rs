//! Frames of ARP (RFC 826, RFC 5227) and of IPv6's neighbour discovery (RFC 4861): who has an address, and this is mine.
//! Bytes only; [`segment`](super::segment) sends and receives them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const BROADCAST: MacAddress = MacAddress([0xff; 6]);
const ETHERTYPE_ARP: u16 = 0x0806;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ARP_REQUEST: u8 = 1;
const ARP_REPLY: u8 = 2;
const ICMPV6: u8 = 58;
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
/// The advertisement replaces what its receivers knew.
const OVERRIDE: u8 = 0x20;
const OPTION_TARGET_ADDRESS: u8 = 2;
/// Bytes of an Ethernet header.
pub(super) const ETHERNET: usize = 14;

/// The question who has an address, in the form that changes nobody's memory: its sender has no address yet.
pub(super) fn question(asker: MacAddress, address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => arp(
            asker,
            ARP_REQUEST,
            Ipv4Addr::UNSPECIFIED,
            MacAddress([0; 6]),
            address,
        ),
        IpAddr::V6(address) => {
            let mut message = vec![SOLICITATION, 0, 0, 0, 0, 0, 0, 0];
            message.extend_from_slice(&address.octets());
            let group = solicited_node(address);
            icmpv6(asker, Ipv6Addr::UNSPECIFIED, group, message)
        }
    }
}

/// The statements that an address is at this hardware address now, for all who hear them.
pub(super) fn announcements(owner: MacAddress, address: IpAddr) -> Vec<Vec<u8>> {
    match address {
        // Some hosts take only the one, some only the other form.
        IpAddr::V4(address) => vec![
            arp(owner, ARP_REQUEST, address, MacAddress([0; 6]), address),
            arp(owner, ARP_REPLY, address, BROADCAST, address),
        ],
        IpAddr::V6(address) => {
            let mut message = vec![ADVERTISEMENT, 0, 0, 0, OVERRIDE, 0, 0, 0];
            message.extend_from_slice(&address.octets());
            message.extend_from_slice(&[OPTION_TARGET_ADDRESS, 1]);
            message.extend_from_slice(&owner.0);
            let all_nodes = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
            vec![icmpv6(owner, address, all_nodes, message)]
        }
    }
}

/// Who says in this frame that he has the address.
pub(super) fn answer(frame: &[u8], address: IpAddr) -> Option<MacAddress> {
    let ethertype = u16::from_be_bytes([*frame.get(12)?, *frame.get(13)?]);
    let body = frame.get(ETHERNET..)?;
    match address {
        IpAddr::V4(address) if ethertype == ETHERTYPE_ARP => {
            let is_reply = body.get(..8)? == [0, 1, 8, 0, 6, 4, 0, ARP_REPLY];
            let sender: [u8; 6] = body.get(8..14)?.try_into().ok()?;
            let claims = body.get(14..18)? == address.octets();
            (is_reply && claims).then_some(MacAddress(sender))
        }
        IpAddr::V6(address) if ethertype == ETHERTYPE_IPV6 => {
            let message = body.get(40..)?;
            let is_answer = *body.get(6)? == ICMPV6 && *message.first()? == ADVERTISEMENT;
            let claims = message.get(8..24)? == address.octets();
            let sender: [u8; 6] = match message.get(24..32) {
                Some([OPTION_TARGET_ADDRESS, 1, option @ ..]) => option.try_into().ok()?,
                _ => frame.get(6..12)?.try_into().ok()?,
            };
            (is_answer && claims).then_some(MacAddress(sender))
        }
        _ => None,
    }
}

/// An Ethernet frame around what it carries.
pub(super) fn ethernet(to: MacAddress, from: MacAddress, ethertype: u16, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(ETHERNET + body.len());
    frame.extend_from_slice(&to.0);
    frame.extend_from_slice(&from.0);
    frame.extend_from_slice(&ethertype.to_be_bytes());
    frame.extend_from_slice(body);
    frame
}

/// The sum of RFC 1071 over these parts as one text; each but the last of even length.
pub(super) fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u32 = words
        .map(|pair| {
            u32::from(u16::from_be_bytes([
                pair[0],
                pair.get(1).copied().unwrap_or(0),
            ]))
        })
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or(0)
}

fn arp(
    sender: MacAddress,
    operation: u8,
    sender_address: Ipv4Addr,
    target: MacAddress,
    target_address: Ipv4Addr,
) -> Vec<u8> {
    let mut body = vec![0, 1, 8, 0, 6, 4, 0, operation];
    body.extend_from_slice(&sender.0);
    body.extend_from_slice(&sender_address.octets());
    body.extend_from_slice(&target.0);
    body.extend_from_slice(&target_address.octets());
    ethernet(BROADCAST, sender, ETHERTYPE_ARP, &body)
}

fn icmpv6(sender: MacAddress, from: Ipv6Addr, to: Ipv6Addr, mut message: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(message.len()).unwrap_or(u16::MAX);
    let pseudo = [
        &from.octets()[..],
        &to.octets(),
        &u32::from(length).to_be_bytes(),
        &[0, 0, 0, ICMPV6],
    ]
    .concat();
    let sum = checksum(&[&pseudo, &message]).to_be_bytes();
    message[2..4].copy_from_slice(&sum);
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend_from_slice(&length.to_be_bytes());
    // Receivers take nothing that a router may have passed on.
    packet.extend_from_slice(&[ICMPV6, 255]);
    packet.extend_from_slice(&from.octets());
    packet.extend_from_slice(&to.octets());
    packet.extend_from_slice(&message);
    let [.., a, b, c, d] = to.octets();
    let group = MacAddress([0x33, 0x33, a, b, c, d]);
    ethernet(group, sender, ETHERTYPE_IPV6, &packet)
}

/// The group that whoever has this address listens to.
fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = address.octets();
    Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
    const OTHER: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

    #[test]
    fn a_question_of_arp_says_nothing_about_the_asker() {
        let frame = question(ME, "192.0.2.7".parse().unwrap());
        assert_eq!(&frame[..6], &[0xff; 6]);
        assert_eq!(&frame[12..14], &[8, 6]);
        assert_eq!(&frame[28..32], &[0, 0, 0, 0], "no address of the sender");
        assert_eq!(&frame[38..42], &[192, 0, 2, 7]);
        assert_eq!(answer(&frame, "192.0.2.7".parse().unwrap()), None);
    }

    #[test]
    fn an_answer_of_arp_names_who_has_the_address() {
        let address = "192.0.2.7".parse().unwrap();
        let frame = &announcements(OTHER, address)[1];
        assert_eq!(answer(frame, address), Some(OTHER));
        assert_eq!(answer(frame, "192.0.2.8".parse().unwrap()), None);
        for length in 0..frame.len() {
            assert_eq!(answer(&frame[..length], address).is_some(), length >= 32);
        }
    }

    #[test]
    fn an_advertisement_names_who_has_the_address() {
        let address: IpAddr = "2001:db8::7".parse().unwrap();
        let frame = &announcements(OTHER, address)[0];
        assert_eq!(&frame[..6], &[0x33, 0x33, 0, 0, 0, 1]);
        assert_eq!(answer(frame, address), Some(OTHER));
        assert_eq!(answer(frame, "2001:db8::8".parse().unwrap()), None);
    }

    #[test]
    fn a_solicitation_goes_to_the_group_of_its_address() {
        let frame = question(ME, "2001:db8::12:3456".parse().unwrap());
        assert_eq!(&frame[..6], &[0x33, 0x33, 0xff, 0x12, 0x34, 0x56]);
        assert_eq!(frame[ETHERNET + 7], 255);
        // Whoever sums up what the sum was made of, and the sum, gets all ones.
        let (from, to) = (
            &frame[ETHERNET + 8..ETHERNET + 24],
            &frame[ETHERNET + 24..ETHERNET + 40],
        );
        let message = &frame[ETHERNET + 40..];
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        assert_eq!(checksum(&[from, to, &length, &[0, 0, 0, 58], message]), 0);
    }

    #[test]
    fn the_sum_is_that_of_the_standard() {
        // RFC 1071, section 3.
        assert_eq!(
            checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]),
            !0xddf2
        );
    }
}
