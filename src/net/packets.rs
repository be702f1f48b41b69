//! An ICMP echo that takes the same road as a client's packet: plain, as a frame to one machine, or wrapped as IPVS wraps
//! it. Listens below IP, where answers are seen that the kernel would drop. IPv4 only. Needs `CAP_NET_RAW`.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use nix::sys::socket::bind;
use socket2::{Domain, Protocol, Socket, Type};

use super::NetError;
use super::frames::{self, MacAddress, checksum};
use super::links::Interface;
use super::segment::{Segment, is_over, link_address};

/// IPv4, in the byte order that the system wants.
const IPV4_PACKETS: i32 = (0x0800_u16).to_be() as i32;
const ICMP: u8 = 1;
const UDP: u8 = 17;
const GRE: u8 = 47;
const IPIP: u8 = 4;
/// Bytes of an IPv4 header without options.
const HEADER: usize = 20;
/// Bytes of an ICMP header.
const ICMP_HEADER: usize = 8;
/// Times that an echo is asked for: a packet may be lost.
const ATTEMPTS: u32 = 3;

/// How an echo travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping<'a> {
    /// As the routes say.
    Plain,
    /// In a frame to this machine, as with direct routing.
    Frame {
        /// The interface.
        interface: &'a Interface,
        /// The machine.
        to: MacAddress,
    },
    /// IP in IP, to this address.
    Ipip(Ipv4Addr),
    /// GRE, to this address.
    Gre {
        /// The tunnel's far end.
        to: Ipv4Addr,
        /// Whether the packet carries a checksum.
        checksum: bool,
    },
    /// GUE, to this address.
    Gue {
        /// The tunnel's far end.
        to: Ipv4Addr,
        /// Its UDP port.
        port: u16,
    },
}

/// One echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo<'a> {
    /// Who asks: an address of this machine.
    pub from: Ipv4Addr,
    /// Who is asked.
    pub to: Ipv4Addr,
    /// How it travels.
    pub wrapping: Wrapping<'a>,
    /// Size of the packet that reaches the wire, bytes.
    pub size: usize,
    /// The interface on which the answer must come; any when none.
    pub heard_on: Option<&'a Interface>,
    /// How long to wait.
    pub wait: Duration,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The echo came back.
    Echo,
    /// Somebody said that it cannot be delivered.
    Unreachable {
        /// Who said so.
        by: Ipv4Addr,
        /// The code of ICMP's destination unreachable: 2 protocol, 3 port.
        code: u8,
    },
    /// It is too large for the road.
    TooLarge {
        /// What passes, bytes, as far as it was said.
        mtu: Option<u32>,
    },
    /// Nothing came.
    Silence,
}

/// A number by which the answers of one echo are told from those of others, also when many are asked for at once.
fn next_identity() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() & 0xffff).unwrap_or(0);
    process.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Asks and waits. Packets must not be taken apart on the way.
///
/// # Errors
/// When this program may not, or there is no way to send.
pub fn echo(echo: &Echo<'_>) -> Result<Answer, NetError> {
    let attempted = || format!("ask {} for an echo", echo.to);
    let ear = Socket::new(
        Domain::PACKET,
        Type::DGRAM,
        Some(Protocol::from(IPV4_PACKETS)),
    )
    .map_err(|error| NetError::system(attempted(), error))?;
    if let Some(interface) = echo.heard_on {
        let address =
            link_address(&interface.name).map_err(|error| NetError::system(attempted(), error))?;
        bind(ear.as_raw_fd(), &address).map_err(|error| NetError::system(attempted(), error))?;
    }
    let identity = next_identity();
    let each = echo.wait / ATTEMPTS;
    let mut answer = Answer::Silence;
    for attempt in 0..ATTEMPTS {
        let sequence = u16::try_from(attempt).unwrap_or(0);
        let (packet, to) = wrap(echo, identity, sequence);
        match send(echo, &packet, to) {
            Err(error) if error.errno() == Some(nix::errno::Errno::EMSGSIZE) => {
                return Ok(Answer::TooLarge { mtu: None });
            }
            other => other?,
        }
        let heard = listen(ear.try_clone(), echo, to, identity, Instant::now() + each)
            .map_err(|error| NetError::system(attempted(), error))?;
        match heard {
            Answer::Silence => {}
            Answer::Echo => return Ok(Answer::Echo),
            other => answer = other,
        }
    }
    Ok(answer)
}

fn send(echo: &Echo<'_>, packet: &[u8], to: Ipv4Addr) -> Result<(), NetError> {
    if let Wrapping::Frame { interface, to } = echo.wrapping {
        let segment = Segment::open(interface)?;
        return segment.send(&frames::ethernet(to, segment.mac(), 0x0800, packet));
    }
    let attempted = || format!("send a packet to {to}");
    // What brings its own header is sent as it is or refused, never taken apart.
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(255)))
        .map_err(|error| NetError::system(attempted(), error))?;
    socket
        .set_header_included_v4(true)
        .map_err(|error| NetError::system(attempted(), error))?;
    socket
        .send_to(packet, &SocketAddr::new(IpAddr::V4(to), 0).into())
        .map_err(|error| NetError::system(attempted(), error))?;
    Ok(())
}

fn listen(
    ear: std::io::Result<Socket>,
    echo: &Echo<'_>,
    sent_to: Ipv4Addr,
    identity: u16,
    until: Instant,
) -> std::io::Result<Answer> {
    let mut ear = ear?;
    let mut buffer = [0; 2048];
    let mut answer = Answer::Silence;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        if left.is_zero() {
            break;
        }
        ear.set_read_timeout(Some(left))?;
        match ear.read(&mut buffer) {
            Ok(length) => match understood(&buffer[..length], echo, sent_to, identity) {
                Some(Answer::Echo) => return Ok(Answer::Echo),
                Some(other) => answer = other,
                None => {}
            },
            Err(error) if is_over(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

/// What a packet says about an echo of ours.
fn understood(packet: &[u8], echo: &Echo<'_>, sent_to: Ipv4Addr, identity: u16) -> Option<Answer> {
    let length = usize::from(*packet.first()? & 0x0f) * 4;
    if *packet.get(9)? != ICMP {
        return None;
    }
    let from = address(packet, 12)?;
    let message = packet.get(length..)?;
    match *message.first()? {
        0 => {
            let ours = message.get(4..6)? == identity.to_be_bytes();
            (ours && from == echo.to && address(packet, 16)? == echo.from).then_some(Answer::Echo)
        }
        3 => {
            let quoted = message.get(ICMP_HEADER..)?;
            let ours = address(quoted, 12)? == echo.from && address(quoted, 16)? == sent_to;
            let code = *message.get(1)?;
            ours.then(|| match code {
                4 => Answer::TooLarge {
                    mtu: Some(u32::from(u16::from_be_bytes([message[6], message[7]]))),
                },
                code => Answer::Unreachable { by: from, code },
            })
        }
        _ => None,
    }
}

fn address(packet: &[u8], at: usize) -> Option<Ipv4Addr> {
    let octets: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
    Some(Ipv4Addr::from(octets))
}

/// The packet for the wire, and where it goes.
fn wrap(echo: &Echo<'_>, identity: u16, sequence: u16) -> (Vec<u8>, Ipv4Addr) {
    let around = overhead(echo.wrapping);
    let inner_size = echo.size.saturating_sub(around);
    let payload = inner_size.saturating_sub(HEADER + ICMP_HEADER);
    let mut message = vec![8, 0, 0, 0];
    message.extend_from_slice(&identity.to_be_bytes());
    message.extend_from_slice(&sequence.to_be_bytes());
    message.resize(ICMP_HEADER + payload, b'v');
    let sum = checksum(&[&message]).to_be_bytes();
    message[2..4].copy_from_slice(&sum);
    let inner = ipv4(ICMP, echo.from, echo.to, &message);
    match echo.wrapping {
        Wrapping::Plain | Wrapping::Frame { .. } => (inner, echo.to),
        Wrapping::Ipip(to) => (ipv4(IPIP, echo.from, to, &inner), to),
        Wrapping::Gre { to, checksum: sum } => {
            let mut body = vec![if sum { 0x80 } else { 0 }, 0, 8, 0];
            if sum {
                body.extend_from_slice(&[0, 0, 0, 0]);
            }
            body.extend_from_slice(&inner);
            if sum {
                let sum = checksum(&[&body]).to_be_bytes();
                body[4..6].copy_from_slice(&sum);
            }
            (ipv4(GRE, echo.from, to, &body), to)
        }
        Wrapping::Gue { to, port } => {
            let length = u16::try_from(8 + 4 + inner.len()).unwrap_or(u16::MAX);
            let mut body = identity.to_be_bytes().to_vec();
            body.extend_from_slice(&port.to_be_bytes());
            body.extend_from_slice(&length.to_be_bytes());
            // No checksum over UDP, which IPv4 allows; then GUE's header: version 0, no options, IP in IP.
            body.extend_from_slice(&[0, 0, 0, IPIP, 0, 0]);
            body.extend_from_slice(&inner);
            (ipv4(UDP, echo.from, to, &body), to)
        }
    }
}

/// What wrapping adds to a packet, bytes.
fn overhead(wrapping: Wrapping<'_>) -> usize {
    match wrapping {
        Wrapping::Plain | Wrapping::Frame { .. } => 0,
        Wrapping::Ipip(_) => HEADER,
        Wrapping::Gre { checksum, .. } => HEADER + if checksum { 8 } else { 4 },
        Wrapping::Gue { .. } => HEADER + 8 + 4,
    }
}

/// A packet that must not be taken apart.
fn ipv4(protocol: u8, from: Ipv4Addr, to: Ipv4Addr, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HEADER + body.len()).unwrap_or(u16::MAX);
    let mut packet = vec![0x45, 0];
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&[0, 1, 0x40, 0, 64, protocol, 0, 0]);
    packet.extend_from_slice(&from.octets());
    packet.extend_from_slice(&to.octets());
    let sum = checksum(&[&packet]).to_be_bytes();
    packet[10..12].copy_from_slice(&sum);
    packet.extend_from_slice(body);
    packet
}

#[cfg(test)]
#[path = "packets_tests.rs"]
mod tests;
