//! The addresses of this machine as a whole, and a watch that reports them again when they have changed.
//!
//! The kernel announces each change (rtnetlink(7), `RTM_NEWADDR` and `RTM_DELADDR`). An announcement only makes the watch
//! read all addresses, so that a lost one does no harm: the socket may overrun, and then the kernel says `ENOBUFS`.
//!
//! Invariant: what is reported was read after the last announcement that was seen.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{Address, NetError, Network};

/// The groups of announcements (include/uapi/linux/rtnetlink.h, `RTNLGRP_IPV4_IFADDR` and `RTNLGRP_IPV6_IFADDR`).
const GROUPS: [u32; 2] = [5, 9];
/// How often all addresses are read without an announcement.
const RESYNC: Duration = Duration::from_secs(10);

/// The addresses of this machine, on whatever interface.
pub type LocalAddresses = BTreeSet<IpAddr>;

/// The addresses of this machine at this moment, in the network namespace of the calling thread.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn local_addresses() -> Result<LocalAddresses, NetError> {
    Ok(usable(&Network::open()?.addresses()?))
}

/// Reports the addresses of this machine, at once and whenever they have changed, until `report` returns false. The network
/// namespace is that of the calling thread.
///
/// # Errors
/// When there is no socket or no thread for it.
pub fn watch_local_addresses(
    report: impl FnMut(LocalAddresses) -> bool + Send + 'static,
) -> Result<(), NetError> {
    let announcements = Announcements::open()?;
    let network = Network::open()?;
    std::thread::Builder::new()
        .name("addresses".to_owned())
        .spawn(move || follow(&announcements, &network, report))
        .map(drop)
        .map_err(|error| NetError::system("start the thread that watches addresses", error))
}

fn follow(
    announcements: &Announcements,
    network: &Network,
    mut report: impl FnMut(LocalAddresses) -> bool,
) {
    let mut known = None;
    loop {
        match network.addresses() {
            Ok(addresses) => {
                let addresses = usable(&addresses);
                if known.as_ref() != Some(&addresses) {
                    known = Some(addresses.clone());
                    if !report(addresses) {
                        return;
                    }
                }
            }
            // What is not known changes nothing; they are read again soon.
            Err(error) => tracing::warn!("{error}"),
        }
        announcements.wait(RESYNC);
    }
}

/// Those that the kernel uses: an IPv6 address that it still looks for elsewhere, or has found there, is not yet ours.
fn usable(addresses: &[Address]) -> LocalAddresses {
    addresses
        .iter()
        .filter(|address| !address.tentative && !address.duplicate)
        .map(|address| address.address)
        .collect()
}

/// A socket that receives what the kernel announces of addresses.
struct Announcements(Socket);

impl Announcements {
    fn open() -> Result<Self, NetError> {
        let failed = |error| NetError::system("open a socket for changes of addresses", error);
        let mut socket = Socket::new(NETLINK_ROUTE).map_err(failed)?;
        socket.set_non_blocking(true).map_err(failed)?;
        socket.bind(&SocketAddr::new(0, 0)).map_err(failed)?;
        for group in GROUPS {
            socket.add_membership(group).map_err(failed)?;
        }
        Ok(Self(socket))
    }

    /// Waits for an announcement, for this long at most, and takes all that have come.
    fn wait(&self, longest: Duration) {
        let timeout = PollTimeout::try_from(longest).unwrap_or(PollTimeout::MAX);
        let mut descriptors = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        if let Err(error) = poll(&mut descriptors, timeout)
            && error != Errno::EINTR
        {
            // Reading without a pause would be worse than reading late.
            std::thread::sleep(longest);
        }
        loop {
            match self.0.recv_from_full() {
                Ok(_) => {}
                // An overrun is said once; what was lost is read with the rest.
                Err(error) if error.raw_os_error() == Some(Errno::ENOBUFS as i32) => {}
                Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Scope;

    fn address(text: &str) -> Address {
        Address {
            address: text.parse().expect("a fixed address"),
            prefix: 32,
            interface: 1,
            scope: Scope::Global,
            ours: false,
            duplicate: false,
            tentative: false,
        }
    }

    #[test]
    fn addresses_that_the_kernel_does_not_use_are_not_local() {
        let mut tentative = address("2001:db8::1");
        tentative.tentative = true;
        let mut duplicate = address("2001:db8::2");
        duplicate.duplicate = true;
        let used = address("2001:db8::3");
        let local = usable(&[tentative, duplicate, used.clone(), address("192.0.2.1")]);
        assert_eq!(
            local,
            LocalAddresses::from([used.address, "192.0.2.1".parse().expect("a fixed address")])
        );
    }

    #[test]
    fn the_watch_begins_with_the_addresses_of_this_machine() {
        let (sender, receiver) = std::sync::mpsc::channel();
        watch_local_addresses(move |addresses| sender.send(addresses).is_ok())
            .expect("routing sockets need no privilege");
        let first = receiver.recv_timeout(Duration::from_secs(5));
        assert_eq!(
            first.expect("a first report"),
            local_addresses().expect("routing sockets need no privilege")
        );
    }
}
