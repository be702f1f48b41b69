//! ICMP echo in both address families. Takes the kernel's ping sockets, which need no privilege where
//! `net.ipv4.ping_group_range` admits the director's group, else raw sockets, which need `CAP_NET_RAW`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use super::error::ProbeError;
use super::random;
use super::settings::ProbeSettings;
use super::vip_path;

/// Bytes of an ICMP header.
const HEADER: usize = 8;

/// Bytes that follow it: what `ping` and ldirectord send, the first eight tell our requests from all others.
const DATA: usize = 56;

/// Sends up to `attempts` echo requests, one after the other, and waits `each` for an answer to any of them.
pub(super) async fn ask(
    address: IpAddr,
    attempts: u32,
    each: Duration,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let echo = PingSocket::open(address, settings)?;
    let started = Instant::now();
    for attempt in 0..attempts.max(1) {
        echo.send(attempt).await?;
        if let Ok(answer) = timeout(each, echo.answered()).await {
            answer?;
            let millis = started.elapsed().as_secs_f64() * 1000.0;
            return Ok(format!("echo after {millis:.1} ms"));
        }
    }
    Err(if attempts > 1 {
        ProbeError::Echoless { attempts, each }
    } else {
        ProbeError::Silent(each)
    })
}

struct PingSocket {
    /// Not UDP: the type stands for any socket of datagrams, and sends and receives them as they are.
    socket: UdpSocket,
    raw: bool,
    v6: bool,
    token: [u8; 8],
}

impl PingSocket {
    fn open(address: IpAddr, settings: &ProbeSettings) -> Result<Self, ProbeError> {
        let (socket, raw) = open_socket(address.is_ipv6()).map_err(ProbeError::CannotAsk)?;
        vip_path::bind_source(&socket, address, settings)?;
        // A connected socket only receives what comes from this address.
        socket
            .connect(&SocketAddr::new(address, 0).into())
            .map_err(ProbeError::of_asking)?;
        Ok(Self {
            socket: UdpSocket::from_std(socket.into()).map_err(ProbeError::CannotAsk)?,
            raw,
            v6: address.is_ipv6(),
            token: random::bytes()?,
        })
    }

    async fn send(&self, attempt: u32) -> Result<(), ProbeError> {
        let packet = request(self.v6, self.token, attempt);
        match self.socket.send(&packet).await {
            Ok(_) => Ok(()),
            Err(error) => Err(ProbeError::of_asking(error)),
        }
    }

    async fn answered(&self) -> Result<(), ProbeError> {
        let mut packet = [0; 1500];
        loop {
            let length = self
                .socket
                .recv(&mut packet)
                .await
                .map_err(ProbeError::of_connection)?;
            if self.is_answer(&packet[..length]) {
                return Ok(());
            }
        }
    }

    fn is_answer(&self, packet: &[u8]) -> bool {
        let message = if self.raw && !self.v6 {
            after_ip_header(packet)
        } else {
            packet
        };
        let reply = if self.v6 { 129 } else { 0 };
        message.first() == Some(&reply)
            && message.get(HEADER..HEADER + self.token.len()) == Some(&self.token[..])
    }
}

fn open_socket(v6: bool) -> io::Result<(Socket, bool)> {
    let (domain, protocol) = if v6 {
        (Domain::IPV6, Protocol::ICMPV6)
    } else {
        (Domain::IPV4, Protocol::ICMPV4)
    };
    match Socket::new(domain, Type::DGRAM.nonblocking(), Some(protocol)) {
        Ok(socket) => Ok((socket, false)),
        Err(_) => Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))
            .map(|socket| (socket, true)),
    }
}

/// An echo request. The kernel fills in the identifier of ping sockets and the checksum of ICMPv6.
fn request(v6: bool, token: [u8; 8], attempt: u32) -> [u8; HEADER + DATA] {
    let mut packet = [0; HEADER + DATA];
    packet[0] = if v6 { 128 } else { 8 };
    packet[4..6].copy_from_slice(&token[..2]);
    packet[6..8].copy_from_slice(&attempt.to_be_bytes()[2..]);
    packet[HEADER..HEADER + token.len()].copy_from_slice(&token);
    let sum = checksum(&packet).to_be_bytes();
    packet[2..4].copy_from_slice(&sum);
    packet
}

/// The Internet checksum (RFC 1071).
fn checksum(packet: &[u8]) -> u16 {
    let mut sum: u32 = packet
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Raw IPv4 sockets give the IP header too; its length is in its first byte, in words of four bytes.
fn after_ip_header(packet: &[u8]) -> &[u8] {
    let words = packet.first().map_or(0, |byte| usize::from(byte & 0x0f));
    packet.get(words * 4..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_sums_up_to_nothing() {
        let packet = request(false, *b"12345678", 7);
        assert_eq!(checksum(&packet), 0);
        assert_eq!(packet[..2], [8, 0]);
        assert_eq!(packet[6..8], [0, 7]);
    }

    #[test]
    fn the_ip_header_is_skipped_whatever_its_length() {
        let mut packet = vec![0x46];
        packet.resize(24, 0);
        packet.extend_from_slice(b"icmp");
        assert_eq!(after_ip_header(&packet), b"icmp");
        assert_eq!(after_ip_header(&[]), b"");
        assert_eq!(after_ip_header(&[0x4f, 1]), b"");
    }
}
