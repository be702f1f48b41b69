//! Reads the answer to a request from a connection, within limits.
//!
//! **Invariant:** what a server has said is not lost because its connection ends badly. Scripts behind inetd answer without
//! reading the request, and the kernel then ends the connection with a reset.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::{Instant, timeout_at};

use super::head::{Framing, ResponseHead, status_of};
use crate::probe::error::ProbeError;

/// Bytes that status line and headers may take; browsers stop between 250 and 400 KiB.
pub(super) const HEAD_LIMIT: usize = 512 * 1024;

/// Lines that the headers may take. Each costs more memory than its bytes.
const LINES_LIMIT: usize = 4096;

/// Bytes that are read at once: most pages for checks have fewer, and thousands of probes may be open together.
const BUFFER: usize = 4096;

/// Bytes of one line that gives the length of a chunk.
const CHUNK_LINE_LIMIT: usize = 4096;

/// What a server answered, up to its body.
#[derive(Debug)]
pub(super) enum Opening {
    Head(ResponseHead),
    /// There is no status line, as in HTTP/0.9. The first line belongs to the body.
    Bare(Vec<u8>),
}

/// What was read of a body.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// Its bytes, no more than the limit.
    pub(super) bytes: Vec<u8>,
    pub(super) end: End,
}

/// Why no more of a body was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is complete, as far as anybody can know.
    #[default]
    Complete,
    /// It is longer than wanted.
    Limit,
    /// The connection ended before the body did.
    Broken,
    /// The time is over, and the body has not ended.
    Time,
}

/// An answer that is being read.
pub(super) struct HttpAnswer<S> {
    stream: BufReader<S>,
}

/// A line, and whether its end was there.
struct HeadLine {
    bytes: Vec<u8>,
    complete: bool,
}

impl<S: AsyncRead + Unpin> HttpAnswer<S> {
    pub(super) fn from(stream: S) -> Self {
        Self {
            stream: BufReader::with_capacity(BUFFER, stream),
        }
    }

    /// Reads up to the body. Interim answers such as `103 Early Hints` and empty lines before an answer are passed over.
    pub(super) async fn opening(&mut self) -> Result<Opening, ProbeError> {
        let mut room = HEAD_LIMIT;
        loop {
            let line = self.first_line(&mut room).await?;
            let Some(status) = status_of(&line.bytes) else {
                return Ok(Opening::Bare(line.bytes));
            };
            let head = ResponseHead::of(status, &self.header_lines(&mut room).await?);
            if !matches!(status, 100 | 102..=199) {
                return Ok(Opening::Head(head));
            }
        }
    }

    async fn first_line(&mut self, room: &mut usize) -> Result<HeadLine, ProbeError> {
        loop {
            let line = self.line(room).await.map_err(ProbeError::of_connection)?;
            if line.bytes.is_empty() && !line.complete {
                return Err(ProbeError::Closed);
            }
            if !without_end(&line.bytes).is_empty() {
                return Ok(line);
            }
        }
    }

    /// The lines up to the empty one. The end of the connection ends them too.
    async fn header_lines(&mut self, room: &mut usize) -> Result<Vec<Vec<u8>>, ProbeError> {
        let mut lines = Vec::new();
        loop {
            let line = self.line(room).await.map_err(ProbeError::of_connection)?;
            if *room == 0 {
                return Err(ProbeError::HeadTooLarge(HEAD_LIMIT));
            }
            let text = without_end(&line.bytes);
            if text.is_empty() || !line.complete {
                return Ok(lines);
            }
            if lines.len() == LINES_LIMIT {
                return Err(ProbeError::TooManyHeaders(LINES_LIMIT));
            }
            lines.push(text.to_vec());
        }
    }

    /// Reads a line and counts its bytes off `room`; without room it is what fits.
    async fn line(&mut self, room: &mut usize) -> io::Result<HeadLine> {
        let mut bytes = Vec::new();
        while *room > 0 {
            let available = self.stream.fill_buf().await?;
            if available.is_empty() {
                break;
            }
            let available = &available[..available.len().min(*room)];
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            bytes.extend_from_slice(&available[..taken]);
            self.stream.consume(taken);
            *room -= taken;
            if end.is_some() {
                let complete = true;
                return Ok(HeadLine { bytes, complete });
            }
        }
        let complete = false;
        Ok(HeadLine { bytes, complete })
    }

    /// Reads a body up to `limit` bytes. At `deadline` it is what has come by then.
    pub(super) async fn body(
        &mut self,
        framing: Framing,
        limit: usize,
        deadline: Option<Instant>,
    ) -> Result<Body, ProbeError> {
        let mut body = Body::default();
        self.body_behind(&mut body, framing, limit, deadline)
            .await?;
        Ok(body)
    }

    /// Reads the body of an answer without a status line, which begins with `start`.
    pub(super) async fn bare_body(
        &mut self,
        start: Vec<u8>,
        limit: usize,
        deadline: Option<Instant>,
    ) -> Result<Body, ProbeError> {
        let mut body = Body {
            bytes: start,
            end: End::Complete,
        };
        body.bytes.truncate(limit);
        self.body_behind(&mut body, Framing::UntilClose, limit, deadline)
            .await?;
        Ok(body)
    }

    async fn body_behind(
        &mut self,
        body: &mut Body,
        framing: Framing,
        limit: usize,
        deadline: Option<Instant>,
    ) -> Result<(), ProbeError> {
        let reading = async {
            match framing {
                Framing::Length(length) => self.counted(body, length, limit).await,
                Framing::Chunked => self.chunks(body, limit).await,
                Framing::UntilClose => self.until_close(body, limit).await,
            }
        };
        let end = match deadline {
            Some(deadline) => timeout_at(deadline, reading).await.unwrap_or(Ok(End::Time)),
            None => reading.await,
        };
        body.end = match end {
            Ok(end) => end,
            Err(error) if is_end(&error) && framing == Framing::UntilClose => End::Complete,
            Err(error) if is_end(&error) => End::Broken,
            Err(error) => return Err(ProbeError::of_connection(error)),
        };
        Ok(())
    }

    async fn until_close(&mut self, body: &mut Body, limit: usize) -> io::Result<End> {
        match self.counted(body, u64::MAX, limit).await? {
            End::Broken => Ok(End::Complete),
            end => Ok(end),
        }
    }

    /// Reads `length` bytes of the body, or as many as there is room for.
    async fn counted(&mut self, body: &mut Body, mut length: u64, limit: usize) -> io::Result<End> {
        while length > 0 {
            let available = self.stream.fill_buf().await?;
            if available.is_empty() {
                return Ok(End::Broken);
            }
            let room = limit - body.bytes.len();
            if room == 0 {
                return Ok(End::Limit);
            }
            let wanted = usize::try_from(length).unwrap_or(usize::MAX).min(room);
            let taken = available.len().min(wanted);
            body.bytes.extend_from_slice(&available[..taken]);
            self.stream.consume(taken);
            length -= taken as u64;
        }
        Ok(End::Complete)
    }

    /// Reads chunks up to the last one (RFC 9112, 7.1); what follows it is not looked at.
    async fn chunks(&mut self, body: &mut Body, limit: usize) -> io::Result<End> {
        loop {
            let Some(length) = self.chunk_length().await? else {
                return Ok(End::Broken);
            };
            if length == 0 {
                return Ok(End::Complete);
            }
            match self.counted(body, length, limit).await? {
                End::Complete => {}
                end => return Ok(end),
            }
            // The line end behind a chunk.
            let mut room = CHUNK_LINE_LIMIT;
            self.line(&mut room).await?;
        }
    }

    /// The length that the line before a chunk gives; nothing where there is none.
    async fn chunk_length(&mut self) -> io::Result<Option<u64>> {
        let mut room = CHUNK_LINE_LIMIT;
        let line = self.line(&mut room).await?;
        let digits = line
            .bytes
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit());
        let digits: Vec<u8> = digits.copied().collect();
        let text = std::str::from_utf8(&digits).unwrap_or_default();
        let length = u64::from_str_radix(text, 16);
        // A length that no number holds is longer than all that will come.
        Ok((!text.is_empty()).then(|| length.unwrap_or(u64::MAX)))
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether an error says that the server has ended the connection.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
    )
}
