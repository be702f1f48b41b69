//! Layout of netlink messages: headers, attributes, padding, error replies. Knows nothing of what they mean for IPVS.
//!
//! Invariant: reading never panics and never reads beyond what was received, whatever the bytes are.

use super::attributes::nl;

/// Length of a netlink header followed by a generic netlink header.
const HEADERS: usize = NETLINK_HEADER + GENERIC_HEADER;
const NETLINK_HEADER: usize = 16;
const GENERIC_HEADER: usize = 4;
const ATTRIBUTE_HEADER: usize = 4;

/// A request under construction. Type, sequence number and length are set when it is sent.
#[derive(Debug, Clone)]
pub(super) struct NetlinkRequest {
    bytes: Vec<u8>,
}

impl NetlinkRequest {
    /// A request for a command of a generic netlink family, with all families at version 1.
    pub(super) fn new(command: u8) -> Self {
        let mut bytes = Vec::with_capacity(192);
        bytes.resize(NETLINK_HEADER, 0);
        bytes.extend_from_slice(&[command, 1, 0, 0]);
        Self { bytes }
    }

    pub(super) fn put(&mut self, kind: u16, payload: &[u8]) -> &mut Self {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(payload);
        self.close(start);
        self
    }

    /// Appends a text with its closing NUL.
    pub(super) fn put_text(&mut self, kind: u16, text: &str) -> &mut Self {
        let mut payload = text.as_bytes().to_vec();
        payload.push(0);
        self.put(kind, &payload)
    }

    /// Appends an attribute that holds others.
    pub(super) fn nest(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        fill(self);
        self.close(start);
        self
    }

    /// Sets the length of the attribute that began at `start` and pads to a multiple of four.
    fn close(&mut self, start: usize) {
        let length = u16::try_from(self.bytes.len() - start).unwrap_or(u16::MAX);
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// Length on the wire.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the finished request to what will be sent.
    pub(super) fn append_to(&self, out: &mut Vec<u8>, kind: u16, flags: u16, sequence: u32) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_ne_bytes());
        out[start + 4..start + 6].copy_from_slice(&kind.to_ne_bytes());
        out[start + 6..start + 8].copy_from_slice(&(nl::F_REQUEST | flags).to_ne_bytes());
        out[start + 8..start + 12].copy_from_slice(&sequence.to_ne_bytes());
    }
}

/// One message of a datagram.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetlinkMessage<'a> {
    /// Type: error, done, or the family that answers.
    pub(super) kind: u16,
    /// Netlink flags.
    pub(super) flags: u16,
    /// The sequence number of the request.
    pub(super) sequence: u32,
    bytes: &'a [u8],
}

impl<'a> NetlinkMessage<'a> {
    /// The attributes of an answer of a generic netlink family.
    pub(super) fn attributes(&self) -> Attributes<'a> {
        Attributes(self.bytes.get(HEADERS..).unwrap_or_default())
    }

    /// The error number of an error reply or of the end of a dump, positive; 0 = success.
    pub(super) fn errno(&self) -> Option<i32> {
        let number = self.bytes.get(NETLINK_HEADER..NETLINK_HEADER + 4)?;
        Some(i32::from_ne_bytes(number.try_into().ok()?).wrapping_neg())
    }

    /// The kernel's own words in an error reply; it rarely has any.
    pub(super) fn error_text(&self) -> Option<String> {
        if self.flags & nl::F_ACK_TLVS == 0 {
            return None;
        }
        let request = NETLINK_HEADER + 4;
        let cut = self.flags & nl::F_CAPPED != 0;
        let request_length = if cut {
            NETLINK_HEADER
        } else {
            usize::try_from(word(self.bytes, request)?).ok()?
        };
        let attributes = request.checked_add(request_length.checked_next_multiple_of(4)?)?;
        let text = Attributes(self.bytes.get(attributes..)?).get(nl::ERROR_TEXT)?;
        Some(text_of(text))
    }
}

/// The messages of one datagram; ends at the first one that is cut short.
#[derive(Debug)]
pub(super) struct Messages<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = NetlinkMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::try_from(word(self.0, 0)?).ok()?;
        if length < NETLINK_HEADER {
            return None;
        }
        let bytes = self.0.get(..length)?;
        let message = NetlinkMessage {
            kind: half(bytes, 4)?,
            flags: half(bytes, 6)?,
            sequence: word(bytes, 8)?,
            bytes,
        };
        let next = length.checked_next_multiple_of(4)?.min(self.0.len());
        self.0 = &self.0[next..];
        Some(message)
    }
}

/// The attributes of a message or of a nested attribute; ends at the first one that is cut short.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes<'a>(pub(super) &'a [u8]);

impl<'a> Attributes<'a> {
    /// The payload of the first attribute of this type.
    pub(super) fn get(self, kind: u16) -> Option<&'a [u8]> {
        self.into_iter()
            .find(|(found, _)| *found == kind)
            .map(|(_, payload)| payload)
    }

    /// The attributes inside the first attribute of this type.
    pub(super) fn nested(self, kind: u16) -> Option<Attributes<'a>> {
        self.get(kind).map(Attributes)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(half(self.0, 0)?);
        let kind = half(self.0, 2)? & nl::ATTRIBUTE_MASK;
        let payload = self.0.get(ATTRIBUTE_HEADER..length)?;
        let next = length.next_multiple_of(4).min(self.0.len());
        self.0 = &self.0[next..];
        Some((kind, payload))
    }
}

/// A text up to its NUL, or to its end when it has none.
pub(super) fn text_of(payload: &[u8]) -> String {
    let end = payload
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(payload.len());
    String::from_utf8_lossy(&payload[..end]).into_owned()
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}
