//! One netlink socket to the family `IPVS`: sends requests, gathers the answers that belong to them. Leaves their
//! meaning to [`encode`](super::encode) and [`decode`](super::decode).
//!
//! Invariants: sequence numbers of a socket do not repeat, so that a late answer is never taken for another one's; an
//! error other than a refusal makes the socket unusable, since stale answers may be queued: the owner drops it.

use std::io;
use std::iter::Peekable;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike};

use super::attributes::{controller, nl};
use super::error::{KernelError, RefusedOperation};
use super::wire::{Attributes, Messages, NetlinkMessage, NetlinkRequest};
use super::{DecodeError, decode, encode};

/// The name under which the kernel registers its IPVS family.
const FAMILY_NAME: &str = "IPVS";
/// Loading a scheduler module happens inside a request and can take a second on a loaded machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Below the default send buffer (208 KiB), with room for the kernel's accounting.
const BATCH_BYTES: usize = 96 << 10;
/// Answers queue up while `send` runs: this holds the refusals of the largest batch several times over.
const RECEIVE_BUFFER: usize = 4 << 20;
/// The kernel fills datagrams up to 32 KiB; a smaller buffer would truncate them.
const DATAGRAM: usize = 64 << 10;

/// A connection to the kernel's IPVS of the network namespace in which it was opened.
pub(super) struct NetlinkConnection {
    socket: Socket,
    family: u16,
    sequence: u32,
    datagram: Vec<u8>,
}

impl NetlinkConnection {
    /// Opens a socket and finds the family, which makes the kernel load the module.
    pub(super) fn open() -> Result<Self, KernelError> {
        let socket = open_socket().map_err(|source| KernelError::Socket {
            attempted: "open",
            source,
        })?;
        let mut connection = Self {
            socket,
            family: controller::FAMILY,
            sequence: 0,
            datagram: vec![0; DATAGRAM],
        };
        connection.family = connection.find_family()?;
        Ok(connection)
    }

    /// Whether the family still has the id that was found when the socket was opened.
    pub(super) fn is_current(&mut self) -> Result<bool, KernelError> {
        let known = std::mem::replace(&mut self.family, controller::FAMILY);
        let found = self.find_family()?;
        self.family = known;
        Ok(found == known)
    }

    fn find_family(&mut self) -> Result<u16, KernelError> {
        let attempted = "find the IPVS family";
        let answer = self.question(
            &encode::find_family(FAMILY_NAME),
            attempted,
            decode::family_id,
        )?;
        answer.map_err(|refusal| match refusal.reason() {
            Errno::ENOENT => KernelError::NoIpvs,
            _ => refused_question(attempted, refusal),
        })
    }

    /// Sends requests in few batches and returns the index of each one that was refused, with the reason.
    /// The kernel carries them out in order, each on its own: a refusal does not stop the ones after it.
    pub(super) fn execute(
        &mut self,
        requests: impl Iterator<Item = NetlinkRequest>,
    ) -> Result<Vec<(usize, RefusedOperation)>, KernelError> {
        let mut requests = requests.peekable();
        let mut refused = Vec::new();
        let mut done = 0;
        let mut batch = Vec::with_capacity(BATCH_BYTES);
        while requests.peek().is_some() {
            batch.clear();
            let first = self.sequence.wrapping_add(1);
            let count = self.fill(&mut batch, &mut requests);
            self.send(&batch)?;
            self.gather_refusals(first, count, |index, refusal| {
                refused.push((done + index, refusal));
            })?;
            done += count;
        }
        refused.sort_by_key(|(index, _)| *index);
        Ok(refused)
    }

    /// Moves requests into a batch until the next one does not fit, and asks for an acknowledgement of the last. Returns
    /// how many there are.
    fn fill(
        &mut self,
        batch: &mut Vec<u8>,
        requests: &mut Peekable<impl Iterator<Item = NetlinkRequest>>,
    ) -> usize {
        let mut count = 0;
        while let Some(request) = requests.next() {
            count += 1;
            let length = batch.len() + request.len();
            let is_last = requests
                .peek()
                .is_none_or(|next| length + next.len() > BATCH_BYTES);
            let flags = if is_last { nl::F_ACK } else { 0 };
            self.append(batch, &request, flags);
            if is_last {
                break;
            }
        }
        count
    }

    /// Asks for one thing. The inner result is the kernel's refusal.
    pub(super) fn question<T>(
        &mut self,
        request: &NetlinkRequest,
        attempted: &'static str,
        decode: impl Fn(Attributes<'_>) -> Result<T, DecodeError>,
    ) -> Result<Result<T, RefusedOperation>, KernelError> {
        let sequence = self.send_one(request, 0)?;
        // Without an acknowledgement asked for there is one reply: the answer or a refusal.
        let mut reply = None;
        let reply = loop {
            self.receive(|message| {
                if message.sequence == sequence {
                    reply = Some(match message.kind {
                        nl::ERROR => Err(outcome(&message)),
                        _ => Ok(decode(message.attributes())),
                    });
                }
            })?;
            if let Some(reply) = reply {
                break reply;
            }
        };
        match reply {
            Ok(decoded) => decoded
                .map(Ok)
                .map_err(|source| KernelError::Malformed { attempted, source }),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Asks for a list and hands each entry to `each`. Returns the number of datagrams that the entries came in: a list
    /// in one of them is consistent in itself, one in several may lack or repeat entries when the table changes.
    pub(super) fn dump(
        &mut self,
        request: &NetlinkRequest,
        attempted: &'static str,
        mut each: impl FnMut(Attributes<'_>) -> Result<(), DecodeError>,
    ) -> Result<usize, KernelError> {
        let sequence = self.send_one(request, nl::F_DUMP)?;
        let mut datagrams = 0;
        let mut finished = None;
        let mut malformed = None;
        while finished.is_none() {
            let mut entries = 0;
            self.receive(|message| {
                if message.sequence != sequence {
                    return;
                }
                match message.kind {
                    nl::ERROR | nl::DONE => finished = Some(outcome(&message)),
                    _ => {
                        entries += 1;
                        malformed = malformed.or(each(message.attributes()).err());
                    }
                }
            })?;
            datagrams += usize::from(entries > 0);
        }
        if let Some(source) = malformed {
            return Err(KernelError::Malformed { attempted, source });
        }
        match finished {
            Some(refusal) if refusal.errno != 0 => Err(refused_question(attempted, refusal)),
            _ => Ok(datagrams),
        }
    }

    /// Sends one request and returns its sequence number.
    fn send_one(&mut self, request: &NetlinkRequest, flags: u16) -> Result<u32, KernelError> {
        let mut bytes = Vec::with_capacity(request.len());
        self.append(&mut bytes, request, flags);
        self.send(&bytes)?;
        Ok(self.sequence)
    }

    /// Appends a request under the next sequence number.
    fn append(&mut self, bytes: &mut Vec<u8>, request: &NetlinkRequest, flags: u16) {
        self.sequence = self.sequence.wrapping_add(1);
        request.append_to(bytes, self.family, flags, self.sequence);
    }

    fn send(&self, bytes: &[u8]) -> Result<(), KernelError> {
        loop {
            match self.socket.send(bytes, 0) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(KernelError::Socket {
                        attempted: "send to",
                        source,
                    });
                }
            }
        }
    }

    /// Reads until the acknowledgement of the last of `count` requests; what comes before it are refusals.
    fn gather_refusals(
        &mut self,
        first: u32,
        count: usize,
        mut refused: impl FnMut(usize, RefusedOperation),
    ) -> Result<(), KernelError> {
        let mut last_seen = false;
        while !last_seen {
            self.receive(|message| {
                let index = usize::try_from(message.sequence.wrapping_sub(first));
                let Some(index) = index.ok().filter(|index| *index < count) else {
                    return;
                };
                if message.kind != nl::ERROR {
                    return;
                }
                last_seen |= index + 1 == count;
                let outcome = outcome(&message);
                if outcome.errno != 0 {
                    refused(index, outcome);
                }
            })?;
        }
        Ok(())
    }

    /// Receives one datagram and hands over its messages.
    fn receive(&mut self, mut each: impl FnMut(NetlinkMessage<'_>)) -> Result<(), KernelError> {
        let length = loop {
            match self.socket.recv(&mut self.datagram.as_mut_slice(), 0) {
                Ok(length) => break length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(lost(error)),
            }
        };
        let received = self.datagram.get(..length).unwrap_or_default();
        Messages(received).for_each(&mut each);
        Ok(())
    }
}

fn open_socket() -> io::Result<Socket> {
    let mut socket = Socket::new(nl::NETLINK_GENERIC)?;
    socket.bind_auto()?;
    // Connected to the kernel, the socket takes messages from nobody else.
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.set_cap_ack(true)?;
    socket.set_ext_ack(true)?;
    // Without CAP_NET_ADMIN the kernel caps the buffer; the requests will say that the right is missing.
    if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
        setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
    }
    let timeout = TimeVal::seconds(ANSWER_TIMEOUT.as_secs().try_into().unwrap_or(i64::MAX));
    setsockopt(&socket, sockopt::ReceiveTimeout, &timeout)?;
    Ok(socket)
}

/// The error number of a reply, 0 for an acknowledgement; a reply too short to hold one counts as a protocol error.
fn outcome(message: &NetlinkMessage<'_>) -> RefusedOperation {
    RefusedOperation {
        errno: message.errno().unwrap_or(Errno::EPROTO as i32),
        text: message.error_text(),
    }
}

/// A refusal of a question as an error.
pub(super) fn refused_question(attempted: &'static str, refusal: RefusedOperation) -> KernelError {
    match refusal.reason() {
        Errno::EPERM => KernelError::NotPermitted,
        _ => KernelError::Refused {
            attempted,
            errno: refusal.errno,
            text: refusal.text,
        },
    }
}

fn lost(error: io::Error) -> KernelError {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOBUFS) => KernelError::AnswersLost,
        Some(Errno::EAGAIN) => KernelError::NoAnswer(ANSWER_TIMEOUT),
        _ => KernelError::Socket {
            attempted: "receive from",
            source: error,
        },
    }
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
