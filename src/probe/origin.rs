//! Where the connections of a probe come from, and what they begin with: the source address of the check, and a header of the
//! PROXY protocol (haproxy.org, proxy-protocol.txt).

use std::io;
use std::net::{IpAddr, SocketAddr};

use director_core::model::{Probe, ProxyHeader};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
use socket2::Socket;
use tokio::net::TcpStream;

use super::error::ProbeError;

/// The 12 bytes that begin a header of version 2.
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2 with the command LOCAL: a connection of the sender itself, such as a health check. The server takes its real
/// addresses.
const LOCAL: u8 = 0x20;

/// Where the connections of one probe come from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ProbeOrigin {
    source: Option<IpAddr>,
    /// A header, and the server that it is for. A redirect or a data connection may lead elsewhere.
    header: Option<(ProxyHeader, SocketAddr)>,
}

impl ProbeOrigin {
    pub(super) fn of(probe: &Probe) -> Self {
        let server = SocketAddr::new(probe.address, probe.port);
        Self {
            source: probe.source,
            header: probe.proxy_header.map(|header| (header, server)),
        }
    }

    /// Has a socket send from the source address of the check, where it has one of the family of the peer; says whether.
    pub(super) fn bind(&self, socket: &Socket, peer: IpAddr) -> Result<bool, ProbeError> {
        let same_family = |source: &IpAddr| source.is_ipv4() == peer.is_ipv4();
        let Some(source) = self.source.filter(same_family) else {
            return Ok(false);
        };
        let bound = bind(socket, source).map(|()| true);
        bound.map_err(|error| match error.raw_os_error() {
            Some(errno) if errno == Errno::EADDRNOTAVAIL as i32 => ProbeError::NoSource(source),
            _ => ProbeError::CannotAsk(error),
        })
    }

    /// What this connection has to begin with.
    pub(super) fn header(
        &self,
        connection: &TcpStream,
        peer: SocketAddr,
    ) -> Result<Option<Vec<u8>>, ProbeError> {
        match self.header.filter(|(_, server)| *server == peer) {
            Some((ProxyHeader::V1, server)) => {
                let local = connection.local_addr().map_err(ProbeError::CannotAsk)?;
                Ok(Some(line(local, server).into_bytes()))
            }
            Some((ProxyHeader::V2, _)) => Ok(Some(local())),
            None => Ok(None),
        }
    }
}

/// Leaves the choice of the port to the connection, so that many probes from one address may have the same one.
pub(super) fn bind(socket: &Socket, source: IpAddr) -> io::Result<()> {
    // A socket without ports does not know the option.
    let _ = setsockopt(socket, IpBindAddressNoPort, &true);
    socket.bind(&SocketAddr::new(source, 0).into())
}

/// Version 1 has no command for a connection of the sender itself. HAProxy sends the addresses of the connection then, which
/// more servers accept than `UNKNOWN`.
fn line(source: SocketAddr, server: SocketAddr) -> String {
    let family = if server.is_ipv4() { "TCP4" } else { "TCP6" };
    format!(
        "PROXY {family} {} {} {} {}\r\n",
        source.ip(),
        server.ip(),
        source.port(),
        server.port()
    )
}

fn local() -> Vec<u8> {
    // No family, and no addresses behind it.
    [SIGNATURE, &[LOCAL, 0, 0, 0]].concat()
}
