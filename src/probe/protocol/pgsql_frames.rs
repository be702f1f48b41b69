//! Reads the lengths of PostgreSQL's messages before the client library does: it makes room for a whole message as soon as
//! it has seen a length, and a server can say 2 GiB. It also ends at texts that are not UTF-8, which servers with another
//! language and encoding send beside their answers; their bytes are replaced.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::probe::memory::{ReadLimits, TooMuchSent};
use crate::probe::stream::Stream;

/// Bytes of a message at most.
const LONGEST: u32 = 1024 * 1024;
/// What a server may send in all: a login, and what comes with the first row.
const LIMITS: ReadLimits = ReadLimits {
    most: 4 << 20,
    kept: 4 << 20,
};
/// A letter, and the length of all that follows the letter.
const HEADER: usize = 5;

/// A connection whose messages are not longer than the limit.
#[derive(Debug)]
pub(super) struct Frames {
    stream: Stream,
    place: FramePlace,
}

/// Where in a message the next byte is.
#[derive(Debug, Clone, Copy)]
enum FramePlace {
    /// The answer to the request for TLS, which is one byte.
    TlsAnswer,
    /// Within the header of a message with this letter, behind so many bytes with this value.
    Header { letter: u8, seen: usize, value: u32 },
    /// In a message, of which so many bytes are left; they may be a text that decides nothing.
    Inside { text: bool, left: u32 },
}

const START: FramePlace = FramePlace::Header {
    letter: 0,
    seen: 0,
    value: 0,
};

/// Messages that are texts of the server's own: parameters, notices and errors.
const TEXTS: &[u8] = b"SNE";

impl Frames {
    /// A connection on which nothing has been said yet.
    pub(super) fn before_tls(stream: Stream) -> Self {
        Self {
            stream: stream.limited(LIMITS),
            place: FramePlace::TlsAnswer,
        }
    }

    /// A connection that stays without TLS.
    pub(super) fn without_tls(stream: Stream) -> Self {
        Self::with_tls(stream)
    }

    /// A connection with TLS on it.
    pub(super) fn with_tls(stream: Stream) -> Self {
        Self {
            stream: stream.limited(LIMITS),
            place: START,
        }
    }

    pub(super) fn into_stream(self) -> Stream {
        self.stream
    }
}

impl FramePlace {
    /// The place behind these bytes.
    fn after(mut self, mut bytes: &mut [u8]) -> io::Result<Self> {
        while let Some(first) = bytes.first().copied() {
            let here = match self {
                Self::TlsAnswer => {
                    self = START;
                    1
                }
                Self::Header {
                    letter,
                    seen,
                    value,
                } => {
                    self = Self::behind_header_byte(first, letter, seen + 1, value)?;
                    1
                }
                Self::Inside { text, left } => {
                    let here = u32::try_from(bytes.len()).unwrap_or(u32::MAX).min(left);
                    self = Self::inside(text, left - here);
                    let here = here as usize;
                    if text {
                        make_utf8(&mut bytes[..here]);
                    }
                    here
                }
            };
            bytes = &mut bytes[here..];
        }
        Ok(self)
    }

    fn behind_header_byte(byte: u8, letter: u8, seen: usize, value: u32) -> io::Result<Self> {
        let value = value << 8 | u32::from(byte);
        Ok(match seen {
            // The letter is no part of the length.
            1 => Self::Header {
                letter: byte,
                seen,
                value: 0,
            },
            HEADER if value > LONGEST => {
                return Err(io::Error::other(TooMuchSent(LONGEST.into())));
            }
            HEADER => Self::inside(TEXTS.contains(&letter), value.saturating_sub(4)),
            _ => Self::Header {
                letter,
                seen,
                value,
            },
        })
    }

    fn inside(text: bool, left: u32) -> Self {
        match left {
            0 => START,
            left => Self::Inside { text, left },
        }
    }
}

/// Replaces what is not ASCII, unless it is UTF-8.
fn make_utf8(text: &mut [u8]) {
    if std::str::from_utf8(text).is_ok() {
        return;
    }
    for byte in text {
        if !byte.is_ascii() {
            *byte = b'?';
        }
    }
}

impl AsyncRead for Frames {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let frames = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut frames.stream).poll_read(cx, buf))?;
        frames.place = frames.place.after(&mut buf.filled_mut()[before..])?;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Frames {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_limit_is_seen_wherever_the_bytes_are_divided() {
        let good = [
            b"N".as_slice(),
            b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05IS\0\0\0\x04",
        ]
        .concat();
        let bad = [&good[..], b"R\x7f\xff\xff\xfe"].concat();
        for step in 1..bad.len() {
            let mut place = Ok(FramePlace::TlsAnswer);
            for part in good.clone().chunks_mut(step) {
                place = place.unwrap().after(part);
            }
            assert!(
                matches!(place, Ok(FramePlace::Header { seen: 0, .. })),
                "{step}"
            );
            let mut place = Ok(FramePlace::TlsAnswer);
            for part in bad.clone().chunks_mut(step) {
                place = place.and_then(|place| place.after(part));
            }
            assert!(place.is_err(), "{step}");
        }
    }

    #[test]
    fn texts_of_the_server_become_utf8_and_rows_stay_as_they_are() {
        let said = [
            b"N".as_slice(),
            b"S\0\0\0\x09a\0\xfc\xe4\0",
            b"N\0\0\0\x05\xfc",
            b"D\0\0\0\x05\xfc",
        ]
        .concat();
        for step in 1..said.len() {
            let mut bytes = said.clone();
            let mut place = Ok(FramePlace::TlsAnswer);
            for part in bytes.chunks_mut(step) {
                place = place.unwrap().after(part);
            }
            let expected = b"NS\0\0\0\x09a\0??\0N\0\0\0\x05?D\0\0\0\x05\xfc";
            assert_eq!(bytes, expected, "{step}");
        }
    }
}
