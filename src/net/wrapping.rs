//! The bytes of an echo in both families, plain or wrapped as IPVS wraps packets for a tunnel, and what a packet says about
//! it (RFC 792, RFC 4443, RFC 2784, draft-ietf-intarea-gue).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::frames::checksum;
use super::packets::{Answer, Coat, Echo, Wrapping};

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
const UDP: u8 = 17;
const GRE: u8 = 47;
/// A packet of this family as another's contents.
const IPV4_INSIDE: u8 = 4;
const IPV6_INSIDE: u8 = 41;
/// Bytes of a header without options.
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
/// Bytes of a header of ICMP and of ICMPv6.
const ICMP_HEADER: usize = 8;

/// What the head of a packet says.
struct Head {
    protocol: u8,
    from: IpAddr,
    to: IpAddr,
    length: usize,
}

impl Head {
    fn of(packet: &[u8]) -> Option<Self> {
        let first = *packet.first()?;
        match first >> 4 {
            4 => Some(Self {
                protocol: *packet.get(9)?,
                from: ipv4_at(packet, 12)?,
                to: ipv4_at(packet, 16)?,
                length: usize::from(first & 0x0f) * 4,
            }),
            6 => Some(Self {
                protocol: *packet.get(6)?,
                from: ipv6_at(packet, 8)?,
                to: ipv6_at(packet, 24)?,
                length: IPV6_HEADER,
            }),
            _ => None,
        }
    }
}

fn ipv4_at(packet: &[u8], at: usize) -> Option<IpAddr> {
    let octets: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
    Some(Ipv4Addr::from(octets).into())
}

fn ipv6_at(packet: &[u8], at: usize) -> Option<IpAddr> {
    let octets: [u8; 16] = packet.get(at..at + 16)?.try_into().ok()?;
    Some(Ipv6Addr::from(octets).into())
}

/// What a packet says about an echo of ours that was sent to this address.
pub(super) fn understood(
    packet: &[u8],
    echo: &Echo<'_>,
    sent_to: IpAddr,
    identity: u16,
) -> Option<Answer> {
    let head = Head::of(packet)?;
    let message = packet.get(head.length..)?;
    let (kind, code) = (*message.first()?, *message.get(1)?);
    let is_reply = matches!((head.protocol, kind), (ICMP, 0) | (ICMPV6, 129));
    if is_reply {
        let ours = message.get(4..6)? == identity.to_be_bytes();
        return (ours && head.from == echo.to && head.to == echo.from).then_some(Answer::Echo);
    }
    let by = head.from;
    let answer = match (head.protocol, kind, code) {
        (ICMP, 3, 4) => Answer::TooLarge {
            mtu: Some(u32::from(u16::from_be_bytes(
                message.get(6..8)?.try_into().ok()?,
            ))),
        },
        (ICMP, 3, code) => Answer::Unreachable { by, code },
        (ICMPV6, 2, _) => Answer::TooLarge {
            mtu: Some(u32::from_be_bytes(message.get(4..8)?.try_into().ok()?)),
        },
        // A next header that it does not know, and a port.
        (ICMPV6, 4, 1) => Answer::Unreachable { by, code: 2 },
        (ICMPV6, 1, 4) => Answer::Unreachable { by, code: 3 },
        (ICMPV6, 1, _) => Answer::Unreachable { by, code: 1 },
        _ => return None,
    };
    let quoted = Head::of(message.get(ICMP_HEADER..)?)?;
    let sent_from = match echo.wrapping {
        Wrapping::Tunnel { from, .. } => from,
        Wrapping::Plain | Wrapping::Frame { .. } => echo.from,
    };
    (quoted.from == sent_from && quoted.to == sent_to).then_some(answer)
}

/// The packet for the wire, and where it goes.
pub(super) fn wrap(echo: &Echo<'_>, identity: u16, sequence: u16) -> (Vec<u8>, IpAddr) {
    let inner_size = echo.size.saturating_sub(overhead(echo.wrapping));
    let payload = inner_size.saturating_sub(header(echo.to) + ICMP_HEADER);
    let inner = question(echo, identity, sequence, payload);
    let Wrapping::Tunnel { from, to, coat } = echo.wrapping else {
        return (inner, echo.to);
    };
    let (inside, ethertype) = if echo.to.is_ipv4() {
        (IPV4_INSIDE, [0x08, 0x00])
    } else {
        (IPV6_INSIDE, [0x86, 0xdd])
    };
    let outer = match coat {
        Coat::Ipip => ip(inside, from, to, &inner),
        Coat::Gre { checksum: sum } => ip(GRE, from, to, &gre(ethertype, sum, &inner)),
        Coat::Gue { port } => ip(
            UDP,
            from,
            to,
            &gue(from, to, identity, port, inside, &inner),
        ),
    };
    (outer, to)
}

fn question(echo: &Echo<'_>, identity: u16, sequence: u16, payload: usize) -> Vec<u8> {
    let (protocol, kind) = if echo.to.is_ipv4() {
        (ICMP, 8)
    } else {
        (ICMPV6, 128)
    };
    let mut message = vec![kind, 0, 0, 0];
    message.extend_from_slice(&identity.to_be_bytes());
    message.extend_from_slice(&sequence.to_be_bytes());
    message.resize(ICMP_HEADER + payload, b'v');
    // Only ICMPv6 sums up its addresses too.
    let sum = if echo.to.is_ipv4() {
        checksum(&[&message])
    } else {
        checksum(&[&pseudo(echo.from, echo.to, ICMPV6, message.len()), &message])
    };
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    ip(protocol, echo.from, echo.to, &message)
}

fn gre(ethertype: [u8; 2], with_sum: bool, inner: &[u8]) -> Vec<u8> {
    let mut body = vec![if with_sum { 0x80 } else { 0 }, 0];
    body.extend_from_slice(&ethertype);
    if with_sum {
        body.extend_from_slice(&[0, 0, 0, 0]);
    }
    body.extend_from_slice(inner);
    if with_sum {
        let sum = checksum(&[&body]).to_be_bytes();
        body[4..6].copy_from_slice(&sum);
    }
    body
}

/// GUE's header: version 0, no options, what is inside.
fn gue(from: IpAddr, to: IpAddr, source: u16, port: u16, inside: u8, inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + 4 + inner.len()).unwrap_or(u16::MAX);
    let mut body = source.to_be_bytes().to_vec();
    body.extend_from_slice(&port.to_be_bytes());
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(&[0, 0, 0, inside, 0, 0]);
    body.extend_from_slice(inner);
    // IPv4 allows UDP without a sum, IPv6 does not.
    if to.is_ipv6() {
        let sum = match checksum(&[&pseudo(from, to, UDP, body.len()), &body]) {
            0 => u16::MAX,
            sum => sum,
        };
        body[6..8].copy_from_slice(&sum.to_be_bytes());
    }
    body
}

/// What a sum over IPv6 covers other than the message (RFC 8200, section 8.1).
fn pseudo(from: IpAddr, to: IpAddr, protocol: u8, length: usize) -> Vec<u8> {
    let mut bytes = octets(from);
    bytes.extend_from_slice(&octets(to));
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, protocol]);
    bytes
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// Bytes of the header of packets to this address.
fn header(to: IpAddr) -> usize {
    if to.is_ipv4() {
        IPV4_HEADER
    } else {
        IPV6_HEADER
    }
}

/// What wrapping adds to a packet, bytes.
fn overhead(wrapping: Wrapping<'_>) -> usize {
    let Wrapping::Tunnel { to, coat, .. } = wrapping else {
        return 0;
    };
    let around = match coat {
        Coat::Ipip => 0,
        Coat::Gre { checksum } => {
            if checksum {
                8
            } else {
                4
            }
        }
        Coat::Gue { .. } => 8 + 4,
    };
    header(to) + around
}

/// A packet that must not be taken apart; of IPv6 none is, on its way.
fn ip(protocol: u8, from: IpAddr, to: IpAddr, body: &[u8]) -> Vec<u8> {
    let mut packet = if to.is_ipv4() {
        let length = u16::try_from(IPV4_HEADER + body.len()).unwrap_or(u16::MAX);
        let mut head = vec![0x45, 0];
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&[0, 1, 0x40, 0, 64, protocol, 0, 0]);
        head
    } else {
        let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let mut head = vec![0x60, 0, 0, 0];
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&[protocol, 64]);
        head
    };
    packet.extend_from_slice(&octets(from));
    packet.extend_from_slice(&octets(to));
    if to.is_ipv4() {
        let sum = checksum(&[&packet]).to_be_bytes();
        packet[10..12].copy_from_slice(&sum);
    }
    packet.extend_from_slice(body);
    packet
}

#[cfg(test)]
#[path = "wrapping_tests.rs"]
mod tests;
