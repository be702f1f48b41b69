//! A connection below TLS that counts what comes from the network. Messages of TLS itself, such as requests for a new
//! handshake or for new keys, cost time and give no byte of an answer, so the limit above TLS never sees them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::memory::TooMuchSent;

/// Bytes for the handshake and for messages of TLS after it. Libraries take chains of certificates up to 100 KiB.
const FOR_TLS: u64 = 1 << 20;
/// Bytes for each byte of an answer: one that has a record of its own comes with 28 others at most.
const FOR_EACH_BYTE: u64 = 32;

/// A connection that may still bring so many bytes.
#[derive(Debug)]
pub(super) struct Metered {
    tcp: TcpStream,
    left: u64,
}

impl Metered {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, left: FOR_TLS }
    }

    pub(super) fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// So many bytes of an answer have come through TLS.
    pub(super) fn gave(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let more = bytes.saturating_mul(FOR_EACH_BYTE);
        self.left = self.left.saturating_add(more);
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other(TooMuchSent(FOR_TLS))));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        let came = u64::try_from(buf.filled().len() - before).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(came);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
