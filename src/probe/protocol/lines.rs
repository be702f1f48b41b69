//! Protocols in lines: one side says a line, the other answers in one or more. Lines and answers are bounded, so that a
//! server that never ends one costs no memory.

use director_core::model::TlsCheck;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::{Peer, ProtocolError};
use crate::probe::error::ProbeError;
use crate::probe::stream::{self, Stream};

/// Bytes of a line at most.
const LINE_LIMIT: usize = 256 * 1024;

/// Bytes of a reply, or of several lines that are kept together, at most; FTP servers greet with whole pages.
pub(super) const REPLY_LIMIT: usize = 256 * 1024;

/// Lines of one connection at most. Each costs a search, however short it is.
const LINES: usize = 10_000;

/// Lines without digits that are passed over before a reply at most.
const BANNER_LINES: usize = 100;

/// A connection on which lines are said.
pub(super) struct LineConnection {
    stream: BufReader<Stream>,
    /// Lines that have been read.
    lines: usize,
}

impl LineConnection {
    /// Opens the connection.
    pub(super) async fn open(peer: Peer<'_>, tls: Option<&TlsCheck>) -> Result<Self, ProbeError> {
        Ok(Self {
            stream: BufReader::new(peer.connect(tls).await?),
            lines: 0,
        })
    }

    /// Changes to TLS after the server has agreed. What it has sent behind its agreement came from the network without
    /// protection, so it is thrown away (CVE-2011-0411).
    pub(super) async fn secure(self, peer: Peer<'_>, tls: &TlsCheck) -> Result<Self, ProbeError> {
        let plain = self.stream.into_inner();
        let stream = stream::upgrade(plain, &peer.tls_wish(tls), peer.settings).await?;
        Ok(Self {
            stream: BufReader::new(stream),
            lines: self.lines,
        })
    }

    /// Reads a line, without its end. `what` names it in a reason.
    pub(super) async fn line(&mut self, what: &'static str) -> Result<String, ProbeError> {
        let bytes = self.raw_line(what).await?;
        if bytes.is_empty() {
            return Err(ProtocolError::Closed(what).into());
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Looks at what has come, up to the first line's end. Nothing is taken.
    pub(super) async fn start(&mut self, what: &'static str) -> Result<String, ProbeError> {
        let bytes = (self.stream.fill_buf().await).map_err(ProbeError::of_connection)?;
        if bytes.is_empty() {
            return Err(ProtocolError::Closed(what).into());
        }
        let text = String::from_utf8_lossy(bytes);
        let first = text.lines().next().unwrap_or_default();
        Ok(first.trim_end().to_owned())
    }

    /// Reads a line as it comes, its end included; nothing when the server has closed.
    pub(super) async fn raw_line(&mut self, what: &'static str) -> Result<Vec<u8>, ProbeError> {
        // A server that never ends to send lines must not keep its thread from other probes and from the time limit.
        tokio::task::consume_budget().await;
        if self.lines == LINES {
            return Err(ProtocolError::TooManyLines(LINES).into());
        }
        self.lines += 1;
        let mut line = Vec::new();
        let limit = u64::try_from(LINE_LIMIT).unwrap_or(u64::MAX);
        (&mut self.stream)
            .take(limit)
            .read_until(b'\n', &mut line)
            .await
            .map_err(ProbeError::of_connection)?;
        if line.len() == LINE_LIMIT && !line.ends_with(b"\n") {
            return Err(ProtocolError::TooLong {
                what,
                limit: LINE_LIMIT,
            }
            .into());
        }
        Ok(line)
    }

    /// Reads a reply of SMTP's kind: three digits and a text, or several lines of which the last begins with three digits
    /// and a blank. The last one's are those of the reply.
    pub(super) async fn reply(&mut self, what: &'static str) -> Result<Reply, ProbeError> {
        let first = self.line(what).await?;
        self.reply_after(first, what, None).await
    }

    /// Reads a reply of FTP's kind: as of SMTP's, but lines in between may begin with other digits (RFC 959, 4.2). Lines
    /// without digits before it, such as a banner, are passed over.
    pub(super) async fn ftp_reply(&mut self, what: &'static str) -> Result<Reply, ProbeError> {
        let mut first = self.line(what).await?;
        let mut passed = 0;
        while code_of(&first).is_none() && passed < BANNER_LINES {
            passed += 1;
            match self.line(what).await {
                Ok(line) => first = line,
                // What the server said is the better reason.
                Err(ProbeError::Protocol(ProtocolError::Closed(_))) => break,
                Err(error) => return Err(error),
            }
        }
        let digits = first.get(..3).unwrap_or_default().to_owned();
        self.reply_after(first, what, Some(&digits)).await
    }

    /// Reads the rest of a reply whose first line this is, up to the line that begins with `digits`, or with any.
    async fn reply_after(
        &mut self,
        first: String,
        what: &'static str,
        digits: Option<&str>,
    ) -> Result<Reply, ProbeError> {
        let Some(mut code) = code_of(&first) else {
            return Err(ProtocolError::Unexpected {
                what,
                said: first,
                expected: "three digits and a text",
            }
            .into());
        };
        let mut text = first.clone();
        if first.as_bytes().get(3) == Some(&b'-') {
            code = self.rest_of_reply(what, digits, &mut text).await?;
        }
        Ok(Reply { what, code, text })
    }

    async fn rest_of_reply(
        &mut self,
        what: &'static str,
        digits: Option<&str>,
        text: &mut String,
    ) -> Result<u16, ProbeError> {
        while text.len() <= REPLY_LIMIT {
            let line = self.line(what).await?;
            text.push('\n');
            text.push_str(&line);
            let is_last = matches!(line.as_bytes().get(3), None | Some(b' '))
                && digits.is_none_or(|digits| line.starts_with(digits));
            if let (true, Some(code)) = (is_last, code_of(&line)) {
                return Ok(code);
            }
        }
        let limit = text.len();
        Err(ProtocolError::TooLong { what, limit }.into())
    }

    /// Says a line.
    pub(super) async fn say(&mut self, line: &str) -> Result<(), ProbeError> {
        self.send(format!("{line}\r\n").as_bytes()).await
    }

    /// Says a command with an argument that comes from the definition.
    pub(super) async fn say_with(
        &mut self,
        command: &str,
        argument: &str,
        name: &'static str,
    ) -> Result<(), ProbeError> {
        one_line(argument, name)?;
        self.say(&format!("{command} {argument}")).await
    }

    /// Sends bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        self.stream
            .write_all(bytes)
            .await
            .map_err(ProbeError::of_connection)?;
        self.stream.flush().await.map_err(ProbeError::of_connection)
    }

    /// Ends the sending side; the server may go on.
    pub(super) async fn end_sending(&mut self) -> Result<(), ProbeError> {
        self.stream
            .shutdown()
            .await
            .map_err(ProbeError::of_connection)
    }

    /// Says goodbye and leaves. The verdict stands already, so nothing that happens here matters.
    pub(super) async fn leave(mut self, goodbye: &str) {
        if self.say(goodbye).await.is_ok() {
            let _ = self.end_sending().await;
        }
    }

    /// The connection below, for what it knows of its ends.
    pub(super) fn stream(&self) -> &Stream {
        self.stream.get_ref()
    }
}

/// A numbered reply.
#[derive(Debug)]
pub(super) struct Reply {
    what: &'static str,
    /// Its three digits.
    pub(super) code: u16,
    /// All of its lines.
    pub(super) text: String,
}

impl Reply {
    /// The first of the three digits, which says how things stand.
    pub(super) fn class(&self) -> u16 {
        self.code / 100
    }

    /// Fails unless the reply is of `class`, which `expected` puts into words.
    pub(super) fn expect(&self, class: u16, expected: &'static str) -> Result<(), ProbeError> {
        if self.class() == class {
            return Ok(());
        }
        Err(ProtocolError::Unexpected {
            what: self.what,
            said: self.first_line().to_owned(),
            expected,
        }
        .into())
    }

    /// Its first line.
    pub(super) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

fn code_of(line: &str) -> Option<u16> {
    let digits = line.get(..3)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Fails when a text of the definition would end the line that it is put into. `name` says which one it is.
pub(super) fn one_line(text: &str, name: &'static str) -> Result<(), ProtocolError> {
    if text.contains(['\r', '\n']) {
        return Err(ProtocolError::LineBreak(name));
    }
    Ok(())
}
