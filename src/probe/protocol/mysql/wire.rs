//! Packets of the MySQL client protocol, and what is inside them.

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};

use crate::probe::error::ProbeError;
use crate::probe::protocol::ProtocolError;
use crate::probe::stream::Stream;

/// Bytes of a packet that are taken from a server at most.
const LONGEST: usize = 1024 * 1024;

/// First byte of a refusal.
const ERR: u8 = 0xff;

/// A connection on which packets are numbered.
pub(super) struct Wire {
    stream: BufReader<Stream>,
    number: u8,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> Self {
        Self::from_parts(stream, 0)
    }

    /// Takes the connection apart to put TLS on it. What the server has sent before that came without protection, so it is
    /// thrown away.
    pub(super) fn into_parts(self) -> (Stream, u8) {
        (self.stream.into_inner(), self.number)
    }

    pub(super) fn from_parts(stream: Stream, number: u8) -> Self {
        let stream = BufReader::new(stream);
        Self { stream, number }
    }

    /// Whether nobody can listen.
    pub(super) fn is_secure(&self) -> bool {
        self.stream.get_ref().is_secure()
    }

    /// Begins a command: its packets are numbered again.
    pub(super) fn begin(&mut self) {
        self.number = 0;
    }

    pub(super) async fn send(&mut self, content: &[u8]) -> Result<(), ProbeError> {
        let what = "request";
        let no_room = |_| ProtocolError::NoRoom {
            what,
            limit: LONGEST,
        };
        let length = u32::try_from(content.len()).map_err(no_room)?.to_le_bytes();
        if content.len() > LONGEST {
            let limit = LONGEST;
            return Err(ProtocolError::NoRoom { what, limit }.into());
        }
        let packet = [&length[..3], &[self.number], content].concat();
        self.number = self.number.wrapping_add(1);
        self.stream
            .write_all(&packet)
            .await
            .map_err(ProbeError::of_connection)?;
        self.stream.flush().await.map_err(ProbeError::of_connection)
    }

    /// The next packet's content; a refusal is an error.
    pub(super) async fn receive(&mut self) -> Result<Vec<u8>, ProbeError> {
        let mut header = [0; 4];
        self.stream
            .read_exact(&mut header)
            .await
            .map_err(ProbeError::of_ending)?;
        let [first, second, third, number] = header;
        let length = u32::from_le_bytes([first, second, third, 0]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if number != self.number || length == 0 || length > LONGEST {
            return Err(not_mysql().into());
        }
        self.number = number.wrapping_add(1);
        let mut content = vec![0; length];
        self.stream
            .read_exact(&mut content)
            .await
            .map_err(ProbeError::of_ending)?;
        match content.first() {
            Some(&ERR) => Err(refusal(&content).into()),
            _ => Ok(content),
        }
    }

    /// Says goodbye; the verdict stands already.
    pub(super) async fn leave(mut self, goodbye: &[u8]) {
        self.begin();
        if self.send(goodbye).await.is_ok() {
            let _ = self.stream.shutdown().await;
        }
    }
}

/// Whether a packet ends a list.
pub(super) fn is_end(packet: &[u8]) -> bool {
    packet.first() == Some(&0xfe) && packet.len() < 9
}

pub(super) fn not_mysql() -> ProtocolError {
    ProtocolError::NotSpoken("MySQL")
}

/// A number, a state that begins with `#` once both sides know each other, and words.
fn refusal(packet: &[u8]) -> ProtocolError {
    let mut cursor = Cursor(&packet[1..]);
    let Some(code) = cursor.bytes(2) else {
        return not_mysql();
    };
    let code = u16::from_le_bytes([code[0], code[1]]).to_string();
    let mut text = cursor.0;
    if text.first() == Some(&b'#') {
        text = text.get(6..).unwrap_or_default();
    }
    ProtocolError::DatabaseRefused {
        code,
        text: String::from_utf8_lossy(text).into_owned(),
    }
}

/// What is left of a packet.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        Some(self.bytes(1)?[0])
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// Bytes up to a zero, which is taken too.
    pub(super) fn until_zero(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let taken = self.bytes(end)?;
        self.byte()?;
        Some(taken)
    }

    /// A number of one to nine bytes.
    pub(super) fn number(&mut self) -> Option<u64> {
        let width = match self.byte()? {
            small @ 0..=0xfa => return Some(u64::from(small)),
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            _ => return None,
        };
        let mut wide = [0; 8];
        wide[..width].copy_from_slice(self.bytes(width)?);
        Some(u64::from_le_bytes(wide))
    }

    /// A text with its length, or no value.
    pub(super) fn text(&mut self) -> Option<Option<&'a [u8]>> {
        if self.0.first() == Some(&0xfb) {
            self.byte()?;
            return Some(None);
        }
        let length = usize::try_from(self.number()?).ok()?;
        self.bytes(length).map(Some)
    }
}
