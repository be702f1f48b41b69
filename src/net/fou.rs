//! Ports on which this machine takes packets of GUE (generic UDP encapsulation) and unwraps them, by the kernel's family
//! `fou` (include/uapi/linux/fou.h). What is inside goes to the tunnels of its kind.

use std::io;
use std::process::Command;
use std::time::Duration;

use director_core::model::GuePort;
use netlink_sys::protocols::NETLINK_GENERIC;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::{TimeVal, TimeValLike};

use super::NetError;
use super::sysctl::Sysctl;

const CONTROLLER: u16 = 16;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;
const ADD: u8 = 1;
const DELETE: u8 = 2;
const GET: u8 = 3;
const PORT: u16 = 1;
const ADDRESS_FAMILY: u16 = 2;
const TYPE: u16 = 4;
const TYPE_GUE: u8 = 2;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const REQUEST_WITH_ANSWER: u16 = 1 | 4;
const ERROR: u16 = 2;
/// The kernel answers at once.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether the kernel takes packets of GUE on this port.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn is_open(gue: GuePort) -> Result<bool, NetError> {
    let Some(mut fou) = GenlFamily::find()? else {
        return Ok(false);
    };
    match fou.ask(GET, &attributes(gue)) {
        Ok(_) => Ok(true),
        Err(error) if errno(&error) == Some(Errno::ESRCH) => Ok(false),
        // This kernel does not say; opening it again tells.
        Err(error) if errno(&error) == Some(Errno::EOPNOTSUPP) => Ok(false),
        Err(error) => Err(NetError::system(
            format!("look up GUE port {}", gue.port),
            error,
        )),
    }
}

/// Has the kernel take packets of GUE on this port.
///
/// # Errors
/// When the kernel refuses, for example since a program uses the port, or lacks the module.
pub fn open(gue: GuePort) -> Result<(), NetError> {
    let attempted = || format!("open UDP port {} for GUE", gue.port);
    // Nothing makes the kernel load these by itself.
    if gue.ipv6 {
        load_module("fou6");
    }
    let mut family = GenlFamily::find()?;
    if family.is_none() {
        load_module("fou");
        family = GenlFamily::find()?;
    }
    let Some(mut fou) = family else {
        return Err(NetError::Missing {
            attempted: attempted(),
            what: "module fou".to_owned(),
            hint: "load it (modprobe fou)".to_owned(),
        });
    };
    match fou.ask(ADD, &attributes(gue)) {
        Err(error) if errno(&error) == Some(Errno::EALREADY) => Ok(()),
        Err(error) => Err(NetError::system(attempted(), error)),
        Ok(_) => Ok(()),
    }
}

/// Has the kernel take no packets of GUE on this port any more.
///
/// # Errors
/// When the kernel refuses; a port that is closed already is no error.
pub fn close(gue: GuePort) -> Result<(), NetError> {
    let Some(mut fou) = GenlFamily::find()? else {
        return Ok(());
    };
    match fou.ask(DELETE, &attributes(gue)) {
        Ok(_) => Ok(()),
        Err(error) if matches!(errno(&error), Some(Errno::EINVAL | Errno::ESRCH)) => Ok(()),
        Err(error) => Err(NetError::system(
            format!("close GUE port {}", gue.port),
            error,
        )),
    }
}

fn attributes(gue: GuePort) -> Vec<u8> {
    let family = if gue.ipv6 { AF_INET6 } else { AF_INET };
    let mut bytes = attribute(PORT, &gue.port.to_be_bytes());
    bytes.extend(attribute(ADDRESS_FAMILY, &[family]));
    bytes.extend(attribute(TYPE, &[TYPE_GUE]));
    bytes
}

/// Has the kernel's own loader of modules load one; whether that worked is seen by what is there afterwards.
fn load_module(name: &str) {
    let loader = Sysctl::new("kernel.modprobe").read().ok().flatten();
    let loader = loader.filter(|path| !path.is_empty());
    let loader = loader.unwrap_or_else(|| "/sbin/modprobe".to_owned());
    let _ = Command::new(loader).args(["-q", "--", name]).status();
}

/// A generic netlink family and the socket to it.
struct GenlFamily {
    socket: Socket,
    id: u16,
    sequence: u32,
}

impl GenlFamily {
    /// The family `fou`; none when the kernel has none.
    fn find() -> Result<Option<Self>, NetError> {
        let open = || -> io::Result<Option<Self>> {
            let mut socket = Socket::new(NETLINK_GENERIC)?;
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            let limit = i64::try_from(ANSWER_TIMEOUT.as_secs()).unwrap_or(10);
            setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::seconds(limit))?;
            let mut family = Self {
                socket,
                id: CONTROLLER,
                sequence: 0,
            };
            match family.ask(GET_FAMILY, &attribute(FAMILY_NAME, b"fou\0")) {
                Ok(answer) => {
                    let id = find(&answer, FAMILY_ID)
                        .and_then(|bytes| bytes.try_into().ok())
                        .map(u16::from_ne_bytes);
                    family.id = id.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
                    Ok(Some(family))
                }
                Err(error) if errno(&error) == Some(Errno::ENOENT) => Ok(None),
                Err(error) => Err(error),
            }
        };
        open().map_err(|error| NetError::system("find the netlink family fou", error))
    }

    /// Sends a command and waits for its answer: the attributes of it, none when it is a mere acknowledgement.
    fn ask(&mut self, command: u8, attributes: &[u8]) -> io::Result<Vec<u8>> {
        self.sequence += 1;
        let length = u32::try_from(20 + attributes.len()).unwrap_or(u32::MAX);
        let mut message = length.to_ne_bytes().to_vec();
        message.extend_from_slice(&self.id.to_ne_bytes());
        message.extend_from_slice(&REQUEST_WITH_ANSWER.to_ne_bytes());
        message.extend_from_slice(&self.sequence.to_ne_bytes());
        message.extend_from_slice(&[0, 0, 0, 0, command, 1, 0, 0]);
        message.extend_from_slice(attributes);
        self.socket.send(&message, 0)?;
        let mut found = Vec::new();
        loop {
            let (datagram, _) = self.socket.recv_from_full()?;
            let mut rest = datagram.as_slice();
            while let Some(length) = rest.get(..4).and_then(|bytes| bytes.try_into().ok()) {
                let length = usize::try_from(u32::from_ne_bytes(length)).unwrap_or(0);
                if length < 16 || length > rest.len() {
                    break;
                }
                let (message, others) = rest.split_at(length);
                rest = others
                    .get(length.next_multiple_of(4) - length..)
                    .unwrap_or_default();
                if u16::from_ne_bytes([message[4], message[5]]) != ERROR {
                    found = message.get(20..).unwrap_or_default().to_vec();
                    continue;
                }
                let number = message.get(16..20).and_then(|bytes| bytes.try_into().ok());
                return match number.map(i32::from_ne_bytes) {
                    Some(0) => Ok(found),
                    Some(number) => Err(io::Error::from_raw_os_error(-number)),
                    None => Err(io::Error::from(io::ErrorKind::InvalidData)),
                };
            }
        }
    }
}

fn errno(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw)
}

fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + payload.len()).unwrap_or(u16::MAX);
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The payload of the first attribute of this kind.
fn find(mut attributes: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16::from_ne_bytes(attributes.get(..2)?.try_into().ok()?));
        let found = u16::from_ne_bytes(attributes.get(2..4)?.try_into().ok()?);
        let payload = attributes.get(4..length)?;
        if found == kind {
            return Some(payload);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_behind_others() {
        let mut bytes = attribute(FAMILY_NAME, b"fou\0");
        bytes.extend(attribute(FAMILY_ID, &33_u16.to_ne_bytes()));
        assert_eq!(find(&bytes, FAMILY_ID), Some(&33_u16.to_ne_bytes()[..]));
        assert_eq!(find(&bytes, 9), None);
        for length in 0..bytes.len() {
            assert_eq!(find(&bytes[..length], FAMILY_ID).is_some(), length >= 14);
        }
    }

    #[test]
    fn a_port_is_told_by_number_family_and_type() {
        let port = GuePort {
            port: 6080,
            ipv6: false,
        };
        let bytes = attributes(port);
        assert_eq!(find(&bytes, PORT), Some(&[0x17, 0xc0][..]));
        assert_eq!(find(&bytes, ADDRESS_FAMILY), Some(&[2][..]));
        assert_eq!(find(&bytes, TYPE), Some(&[2][..]));
    }
}
