//! Connections to real servers: TCP, with TLS on it where the question says so. One connection serves one question.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use nix::errno::Errno;
use rustls::pki_types::ServerName;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::ProbeError;
use super::settings::ProbeSettings;
use super::stopwatch::Stopwatch;
use director_core::model::Verification;

/// Opens a TCP connection. What the kernel refuses at once for want of a route or a descriptor is this host's fault; what
/// it learns from the network is the server's.
pub(super) async fn connect(
    peer: SocketAddr,
    settings: &ProbeSettings,
) -> Result<TcpStream, ProbeError> {
    if peer.port() == 0 {
        return Err(ProbeError::NoPort);
    }
    let stream = start_connecting(peer, settings)?;
    stream.writable().await.map_err(ProbeError::of_connection)?;
    match stream.take_error() {
        Ok(None) => {
            if let Some(road) = settings.vip_path_to(peer.ip()) {
                road.heard();
            }
            Ok(stream)
        }
        Ok(Some(error)) | Err(error) => Err(ProbeError::of_connection(error)),
    }
}

fn start_connecting(peer: SocketAddr, settings: &ProbeSettings) -> Result<TcpStream, ProbeError> {
    let kind = Type::STREAM.nonblocking();
    let socket = Socket::new(Domain::for_address(peer), kind, Some(Protocol::TCP))
        .map_err(ProbeError::CannotAsk)?;
    // Questions are short and wait for their answers; holding them back to fill a segment only costs time.
    socket
        .set_tcp_nodelay(true)
        .map_err(ProbeError::CannotAsk)?;
    if let Some(road) = settings.vip_path_to(peer.ip()) {
        road.take(&socket).map_err(ProbeError::CannotAsk)?;
    }
    match socket.connect(&peer.into()) {
        Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {}
        Err(error) => return Err(ProbeError::of_asking(error)),
        Ok(()) => {}
    }
    TcpStream::from_std(socket.into()).map_err(ProbeError::CannotAsk)
}

/// An open connection, plain or TLS.
#[derive(Debug)]
pub(super) struct Stream {
    transport: Transport,
    /// Waits for the first byte.
    stopwatch: Option<Stopwatch>,
}

#[derive(Debug)]
enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// The most bytes that one packet of this connection carries.
    pub(super) fn segment_size(&self) -> io::Result<usize> {
        let tcp = match &self.transport {
            Transport::Plain(tcp) => tcp,
            Transport::Tls(tls) => tls.get_ref().0,
        };
        let size = SockRef::from(tcp).tcp_mss()?;
        Ok(usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// Whether nobody can listen.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self.transport, Transport::Tls(_))
    }

    /// Our end of the connection.
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.transport {
            Transport::Plain(tcp) => tcp.local_addr(),
            Transport::Tls(tls) => tls.get_ref().0.local_addr(),
        }
    }
}

/// How TLS is done on a connection.
#[derive(Debug, Clone)]
pub(super) struct TlsWish {
    pub(super) verify: Verification,
    /// The name said and checked.
    pub(super) name: ServerName<'static>,
}

/// Opens a connection, with TLS when wished.
pub(super) async fn open(
    peer: SocketAddr,
    tls: Option<&TlsWish>,
    settings: &ProbeSettings,
) -> Result<Stream, ProbeError> {
    // Before connecting, so that a server does not wait while the authorities are read.
    let connector = match tls {
        Some(wish) => Some((TlsConnector::from(settings.tls(wish.verify).await?), wish)),
        None => None,
    };
    let tcp = connect(peer, settings).await?;
    if let Some(stopwatch) = settings.stopwatch() {
        stopwatch.connected();
    }
    match connector {
        Some((connector, wish)) => secure(tcp, connector, wish, settings).await,
        None => Ok(Stream {
            transport: Transport::Plain(tcp),
            stopwatch: settings.stopwatch().cloned(),
        }),
    }
}

/// Puts TLS on a connection on which both sides have agreed to do so.
pub(super) async fn upgrade(
    stream: Stream,
    wish: &TlsWish,
    settings: &ProbeSettings,
) -> Result<Stream, ProbeError> {
    match stream.transport {
        Transport::Plain(tcp) => {
            let connector = TlsConnector::from(settings.tls(wish.verify).await?);
            secure(tcp, connector, wish, settings).await
        }
        Transport::Tls(_) => Ok(stream),
    }
}

async fn secure(
    tcp: TcpStream,
    connector: TlsConnector,
    wish: &TlsWish,
    settings: &ProbeSettings,
) -> Result<Stream, ProbeError> {
    let tls = connector
        .connect(wish.name.clone(), tcp)
        .await
        .map_err(ProbeError::of_handshake)?;
    if let Some(stopwatch) = settings.stopwatch() {
        stopwatch.secured();
    }
    Ok(Stream {
        transport: Transport::Tls(Box::new(tls)),
        stopwatch: settings.stopwatch().cloned(),
    })
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let before = buf.filled().len();
        let read = match &mut stream.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            // Many servers close without the alert that TLS wants. Whether something is missing then is for the protocol
            // above to say, which knows lengths; to it the end is an end.
            Transport::Tls(tls) => match Pin::new(tls).poll_read(cx, buf) {
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    Poll::Ready(Ok(()))
                }
                other => other,
            },
        };
        if buf.filled().len() > before
            && let Some(stopwatch) = stream.stopwatch.take()
        {
            stopwatch.answered();
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Transport::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Transport::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Transport::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
