//! Speaks on a network segment below IP: asks who has an address, says who has it from now on. Needs `CAP_NET_RAW`.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{LinkAddr, MsgFlags, bind, recv};
use socket2::{Domain, Protocol, Socket, Type};

use super::NetError;
use super::frames::{self, MacAddress};
use super::links::Interface;

/// Protocols, in the byte order that the system wants.
const EVERYTHING: i32 = (0x0003_u16).to_be() as i32;
const ARP: i32 = (0x0806_u16).to_be() as i32;
const IPV6: i32 = (0x86dd_u16).to_be() as i32;
/// Times that a question is repeated: one may be lost.
const ROUNDS: u32 = 3;
/// Frames that are taken before something else is done: on a busy network there is always another.
const FRAMES_AT_ONCE: usize = 4096;
/// The largest frame that is of interest.
const FRAME: usize = 2048;

/// An open ear and mouth on one interface.
#[derive(Debug)]
pub struct Segment {
    socket: Socket,
    mac: MacAddress,
    name: String,
    index: u32,
}

impl Segment {
    /// Opens it.
    ///
    /// # Errors
    /// When the interface has no Ethernet address, or this program may not.
    pub fn open(interface: &Interface) -> Result<Self, NetError> {
        Self::hearing(interface, EVERYTHING)
    }

    /// Opens it for what is said about addresses of one family.
    pub(super) fn of_family(interface: &Interface, ipv4: bool) -> Result<Self, NetError> {
        Self::hearing(interface, if ipv4 { ARP } else { IPV6 })
    }

    fn hearing(interface: &Interface, protocol: i32) -> Result<Self, NetError> {
        let attempted = || format!("open a packet socket on {}", interface.name);
        let Some(mac) = interface.mac.filter(|_| !interface.loopback) else {
            return Err(NetError::Missing {
                attempted: attempted(),
                what: format!("Ethernet address on {}", interface.name),
                hint: "use an Ethernet interface".to_owned(),
            });
        };
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(Protocol::from(protocol)))
            .map_err(|error| NetError::system(attempted(), error))?;
        let address =
            link_address(&interface.name).map_err(|error| NetError::system(attempted(), error))?;
        bind(socket.as_raw_fd(), &address).map_err(|error| NetError::system(attempted(), error))?;
        Ok(Self {
            socket,
            mac,
            name: interface.name.clone(),
            index: interface.index,
        })
    }

    /// The number of its interface.
    pub(super) fn index(&self) -> u32 {
        self.index
    }

    /// Hands over every frame that has arrived, without waiting. What cannot be read is as good as lost.
    pub(super) fn take_frames(&self, mut look: impl FnMut(&[u8])) {
        let mut buffer = [0; FRAME];
        for _ in 0..FRAMES_AT_ONCE {
            let Ok(length) = recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT)
            else {
                return;
            };
            look(&buffer[..length]);
        }
    }

    /// The hardware address of this machine here.
    #[must_use]
    pub fn mac(&self) -> MacAddress {
        self.mac
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// When the interface does not take it, for example because it is down.
    pub fn send(&self, frame: &[u8]) -> Result<(), NetError> {
        match self.socket.send(frame) {
            Ok(_) => Ok(()),
            Err(error) => Err(NetError::system(format!("send on {}", self.name), error)),
        }
    }

    /// Hands every frame to `look` until the deadline, or until it says that this was the one.
    fn listen(
        &mut self,
        until: Instant,
        mut look: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), NetError> {
        let mut buffer = [0; FRAME];
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if left.is_zero() {
                break;
            }
            let failed = |error| NetError::system(format!("listen on {}", self.name), error);
            self.socket
                .set_read_timeout(Some(left))
                .map_err(|error| NetError::system("set a time limit", error))?;
            match self.socket.read(&mut buffer) {
                Ok(length) => {
                    if look(&buffer[..length]) {
                        break;
                    }
                }
                Err(error) if is_over(&error) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }
}

impl AsFd for Segment {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Asks who has an address and gathers everybody who says so. Our own addresses do not answer.
///
/// # Errors
/// When the interface cannot be spoken on.
pub fn who_has(
    interface: &Interface,
    address: IpAddr,
    wait: Duration,
) -> Result<BTreeSet<MacAddress>, NetError> {
    let mut segment = Segment::open(interface)?;
    let mut owners = BTreeSet::new();
    for _ in 0..ROUNDS {
        segment.send(&frames::question(segment.mac, address))?;
        let until = Instant::now() + wait / ROUNDS;
        let own = segment.mac;
        segment.listen(until, |frame| {
            let answer = frames::answer(frame, address).filter(|owner| *owner != own);
            owners.extend(answer);
            false
        })?;
    }
    Ok(owners)
}

/// Says once to all on the segment that these addresses are here now.
///
/// # Errors
/// When the interface cannot be spoken on.
pub fn announce(interface: &Interface, addresses: &[IpAddr]) -> Result<(), NetError> {
    let segment = Segment::of_family(interface, true)?;
    for address in addresses {
        for frame in frames::announcements(segment.mac, *address) {
            segment.send(&frame)?;
        }
    }
    Ok(())
}

/// The address by which a socket is bound to an interface.
pub(super) fn link_address(interface: &str) -> io::Result<LinkAddr> {
    getifaddrs()?
        .filter(|entry| entry.interface_name == interface)
        .find_map(|entry| entry.address?.as_link_addr().copied())
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}

/// Whether a time limit ended the wait.
pub(super) fn is_over(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}
