//! An ICMP echo that takes the same road as a client's packet: plain, as a frame to one machine, or wrapped as IPVS wraps
//! it, in both families. Listens below IP, where answers are seen that the kernel would drop. Needs `CAP_NET_RAW`.
//! Leaves the bytes to [`wrapping`](super::wrapping).

use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use nix::sys::socket::bind;
use socket2::{Domain, Protocol, Socket, Type};

use super::NetError;
use super::frames::{self, MacAddress};
use super::links::Interface;
use super::segment::{Segment, is_over, link_address};
use super::wrapping::{understood, wrap};

/// Protocols below, in the byte order that the system wants.
const IPV4_PACKETS: i32 = (0x0800_u16).to_be() as i32;
const IPV6_PACKETS: i32 = (0x86dd_u16).to_be() as i32;
const ALL_PACKETS: i32 = (0x0003_u16).to_be() as i32;
/// Times that an echo is asked for: a packet may be lost.
const ATTEMPTS: u32 = 3;

/// How an echo travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping<'a> {
    /// As the routes say.
    Plain,
    /// In a frame to this machine, as with direct routing.
    Frame {
        interface: &'a Interface,
        to: MacAddress,
    },
    /// In another packet, of either family.
    Tunnel {
        /// An address of this machine.
        from: IpAddr,
        /// The tunnel's far end.
        to: IpAddr,
        /// The kind of tunnel.
        coat: Coat,
    },
}

/// What is around a wrapped packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coat {
    Ipip,
    Gre {
        /// Whether the packet carries a checksum.
        checksum: bool,
    },
    Gue {
        /// Its UDP port.
        port: u16,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo<'a> {
    /// Who asks: an address of this machine, of the same family.
    pub from: IpAddr,
    pub to: IpAddr,
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
        by: IpAddr,
        /// The code of ICMP's destination unreachable: 2 protocol, 3 port; what ICMPv6 says is put into the same.
        code: u8,
    },
    /// It is too large for the road.
    TooLarge {
        /// What passes, bytes, as far as it was said.
        mtu: Option<u32>,
    },
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
    let attempted = || format!("ping {}", echo.to);
    let ear = Socket::new(
        Domain::PACKET,
        Type::DGRAM,
        Some(Protocol::from(packets_about(echo))),
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

/// Which packets may hold the answer: the echo comes in its own family, a refusal of the tunnel in that of the tunnel.
fn packets_about(echo: &Echo<'_>) -> i32 {
    match echo.wrapping {
        Wrapping::Tunnel { to, .. } if to.is_ipv4() != echo.to.is_ipv4() => ALL_PACKETS,
        _ if echo.to.is_ipv4() => IPV4_PACKETS,
        _ => IPV6_PACKETS,
    }
}

fn send(echo: &Echo<'_>, packet: &[u8], to: IpAddr) -> Result<(), NetError> {
    if let Wrapping::Frame { interface, to } = echo.wrapping {
        let segment = Segment::open(interface)?;
        let ethertype = if echo.to.is_ipv4() { 0x0800 } else { 0x86dd };
        return segment.send(&frames::ethernet(to, segment.mac(), ethertype, packet));
    }
    let attempted = || format!("send a packet to {to}");
    let domain = if to.is_ipv4() {
        Domain::IPV4
    } else {
        Domain::IPV6
    };
    // What brings its own header, as this protocol's packets do, is sent as it is or refused, never taken apart.
    let socket = Socket::new(domain, Type::RAW, Some(Protocol::from(255)))
        .map_err(|error| NetError::system(attempted(), error))?;
    socket
        .send_to(packet, &SocketAddr::new(to, 0).into())
        .map_err(|error| NetError::system(attempted(), error))?;
    Ok(())
}

fn listen(
    ear: std::io::Result<Socket>,
    echo: &Echo<'_>,
    sent_to: IpAddr,
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
