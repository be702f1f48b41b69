//! Connections to real servers: TCP, with TLS on it where the question says so. One connection serves one question.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use nix::errno::Errno;
use openssl::ssl::SslContext;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::error::ProbeError;
use super::memory::{Allowance, ReadLimits};
use super::metered::Metered;
use super::origin;
use super::settings::ProbeSettings;
use super::stopwatch::Stopwatch;
use super::tls::{ServerName, TlsTrust, handshake, in_reading};
use super::tls_error::TlsError;
use super::vip_path;
use director_core::model::TlsCheck;

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
    let socket = socket(peer)?;
    let is_prepared = vip_path::prepare_path(&socket, peer.ip(), settings)?;
    let mut socket = begin(socket, peer)?;
    // The kernel has chosen the address by now. To look at it takes one call, to ask for it beforehand takes five.
    if !is_prepared
        && settings.is_from_vip(&socket)
        && let Some(source) = settings.source_beside_vips(peer.ip())?
    {
        let other = self::socket(peer)?;
        origin::bind(&other, source).map_err(ProbeError::CannotAsk)?;
        socket = begin(other, peer)?;
    }
    TcpStream::from_std(socket.into()).map_err(ProbeError::CannotAsk)
}

fn socket(peer: SocketAddr) -> Result<Socket, ProbeError> {
    let kind = Type::STREAM.nonblocking();
    let socket = Socket::new(Domain::for_address(peer), kind, Some(Protocol::TCP))
        .map_err(ProbeError::CannotAsk)?;
    // Questions are short and wait for their answers; holding them back to fill a segment only costs time.
    socket
        .set_tcp_nodelay(true)
        .map_err(ProbeError::CannotAsk)?;
    Ok(socket)
}

fn begin(socket: Socket, peer: SocketAddr) -> Result<Socket, ProbeError> {
    match socket.connect(&peer.into()) {
        Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => Ok(socket),
        Err(error) => Err(ProbeError::of_connecting(error, peer)),
        Ok(()) => Ok(socket),
    }
}

/// An open connection, plain or TLS.
#[derive(Debug)]
pub(super) struct Stream {
    transport: Transport,
    /// Waits for the first byte.
    stopwatch: Option<Stopwatch>,
    /// What the server may still send.
    allowance: Allowance,
}

#[derive(Debug)]
enum Transport {
    Plain(TcpStream),
    Tls(Box<SslStream<Metered>>),
}

impl Stream {
    fn new(transport: Transport, settings: &ProbeSettings) -> Self {
        Self {
            transport,
            stopwatch: settings.stopwatch().cloned(),
            allowance: settings.allowance(ReadLimits::PROTOCOL),
        }
    }

    /// A plain connection.
    pub(super) fn plain(tcp: TcpStream, settings: &ProbeSettings) -> Self {
        Self::new(Transport::Plain(tcp), settings)
    }

    /// The same with other limits than those of a protocol.
    pub(super) fn limited(mut self, limits: ReadLimits) -> Self {
        self.allowance.limit(limits);
        self
    }

    /// The most bytes that one packet of this connection carries.
    pub(super) fn segment_size(&self) -> io::Result<usize> {
        let tcp = match &self.transport {
            Transport::Plain(tcp) => tcp,
            Transport::Tls(tls) => tls.get_ref().tcp(),
        };
        let size = SockRef::from(tcp).tcp_mss()?;
        Ok(usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// Whether nobody can listen.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self.transport, Transport::Tls(_))
    }

    /// The protocol that the server chose by ALPN.
    pub(super) fn chosen_protocol(&self) -> Option<&[u8]> {
        match &self.transport {
            Transport::Plain(_) => None,
            Transport::Tls(tls) => tls.ssl().selected_alpn_protocol(),
        }
    }

    /// Our end of the connection.
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.transport {
            Transport::Plain(tcp) => tcp.local_addr(),
            Transport::Tls(tls) => tls.get_ref().tcp().local_addr(),
        }
    }
}

/// How TLS is done on a connection.
#[derive(Debug, Clone)]
pub(super) struct TlsWish {
    pub(super) trust: TlsTrust,
    /// The name said and checked.
    pub(super) name: ServerName,
}

impl TlsWish {
    /// TLS as a check wants it, with a server of this name.
    pub(super) fn of(check: &TlsCheck, name: ServerName) -> Self {
        let trust = TlsTrust::of(check);
        Self { trust, name }
    }

    /// The same with a server that is not the one of the check, and gets no certificate of ours.
    pub(super) fn of_stranger(check: Option<&TlsCheck>, name: ServerName) -> Self {
        let trust = check.map(TlsTrust::of).unwrap_or_default();
        let identity = None;
        Self {
            trust: TlsTrust { identity, ..trust },
            name,
        }
    }
}

/// Opens a connection, with TLS when wished.
pub(super) async fn open(
    peer: SocketAddr,
    tls: Option<&TlsWish>,
    settings: &ProbeSettings,
) -> Result<Stream, ProbeError> {
    // Before connecting, so that a server does not wait while the authorities are read.
    let context = match tls {
        Some(wish) => Some((settings.tls(&wish.trust).await?, wish)),
        None => None,
    };
    let tcp = connect_timed(peer, settings).await?;
    let Some((context, wish)) = context else {
        return Ok(Stream::plain(tcp, settings));
    };
    match secure(tcp, &context, wish, true, settings).await {
        // A server with strict names that does not know this one may have a site for those that say none, as ldirectord does.
        Err(ProbeError::Tls(TlsError::UnknownSite)) => {
            let tcp = connect_timed(peer, settings).await?;
            secure(tcp, &context, wish, false, settings).await
        }
        secured => secured,
    }
}

async fn connect_timed(
    peer: SocketAddr,
    settings: &ProbeSettings,
) -> Result<TcpStream, ProbeError> {
    let mut tcp = connect(peer, settings).await?;
    if let Some(stopwatch) = settings.stopwatch() {
        stopwatch.connected();
    }
    if let Some(header) = settings.origin().header(&tcp, peer)? {
        let sent = tcp.write_all(&header).await;
        sent.map_err(ProbeError::of_connection)?;
    }
    Ok(tcp)
}

/// Puts TLS on a connection on which both sides have agreed to do so.
pub(super) async fn upgrade(
    stream: Stream,
    wish: &TlsWish,
    settings: &ProbeSettings,
) -> Result<Stream, ProbeError> {
    match stream.transport {
        Transport::Plain(tcp) => {
            let context = settings.tls(&wish.trust).await?;
            secure(tcp, &context, wish, true, settings).await
        }
        Transport::Tls(_) => Ok(stream),
    }
}

async fn secure(
    tcp: TcpStream,
    context: &SslContext,
    wish: &TlsWish,
    says_name: bool,
    settings: &ProbeSettings,
) -> Result<Stream, ProbeError> {
    let tls = handshake(Metered::new(tcp), context, &wish.name, says_name).await?;
    if let Some(stopwatch) = settings.stopwatch() {
        stopwatch.secured();
    }
    Ok(Stream::new(Transport::Tls(Box::new(tls)), settings))
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        ready!(stream.allowance.poll_more(cx))?;
        let before = buf.filled().len();
        let read = match &mut stream.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Transport::Tls(tls) => (Pin::new(&mut *tls).poll_read(cx, buf))
                .map_err(|error| in_reading(error, tls.ssl())),
        };
        let length = buf.filled().len() - before;
        stream.allowance.took(length);
        if let Transport::Tls(tls) = &mut stream.transport {
            tls.get_mut().gave(length);
        }
        if length > 0
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
