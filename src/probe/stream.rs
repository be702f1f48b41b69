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
            if let Some(road) = settings.road_to(peer.ip()) {
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
    if let Some(road) = settings.road_to(peer.ip()) {
        road.take(&socket).map_err(ProbeError::CannotAsk)?;
    }
    match socket.connect(&peer.into()) {
        Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {}
        Err(error) if is_about_the_server(&error) => return Err(ProbeError::of_connection(error)),
        Err(error) => return Err(ProbeError::CannotAsk(error)),
        Ok(()) => {}
    }
    TcpStream::from_std(socket.into()).map_err(ProbeError::CannotAsk)
}

/// The loopback device answers within the call, so a refusal can come at once too.
fn is_about_the_server(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::TimedOut
    )
}

/// An open connection, plain or TLS.
#[derive(Debug)]
pub(super) enum Stream {
    /// TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// The most bytes that one packet of this connection carries.
    pub(super) fn segment_size(&self) -> io::Result<usize> {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        };
        let size = SockRef::from(tcp).tcp_mss()?;
        Ok(usize::try_from(size).unwrap_or(usize::MAX))
    }
}

/// How TLS is done on a connection.
#[derive(Debug, Clone)]
pub(super) struct TlsWish {
    /// What is verified.
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
    let Some(wish) = tls else {
        return Ok(Stream::Plain(connect(peer, settings).await?));
    };
    // Before connecting, so that a server does not wait while the authorities are read.
    let connector = TlsConnector::from(settings.tls(wish.verify).await?);
    secure(connect(peer, settings).await?, connector, wish).await
}

/// Puts TLS on a connection on which both sides have agreed to do so.
pub(super) async fn upgrade(
    stream: Stream,
    wish: &TlsWish,
    settings: &ProbeSettings,
) -> Result<Stream, ProbeError> {
    match stream {
        Stream::Plain(tcp) => {
            let connector = TlsConnector::from(settings.tls(wish.verify).await?);
            secure(tcp, connector, wish).await
        }
        secured @ Stream::Tls(_) => Ok(secured),
    }
}

async fn secure(
    tcp: TcpStream,
    connector: TlsConnector,
    wish: &TlsWish,
) -> Result<Stream, ProbeError> {
    let stream = connector
        .connect(wish.name.clone(), tcp)
        .await
        .map_err(ProbeError::of_handshake)?;
    Ok(Stream::Tls(Box::new(stream)))
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            // Many servers close without the alert that TLS wants. Whether something is missing then is for the protocol
            // above to say, which knows lengths; to it the end is an end.
            Self::Tls(tls) => match Pin::new(tls).poll_read(cx, buf) {
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    Poll::Ready(Ok(()))
                }
                other => other,
            },
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
