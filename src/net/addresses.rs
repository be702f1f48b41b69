//! Addresses of interfaces: which there are, adding one, removing one.

use std::net::IpAddr;

use futures_util::TryStreamExt;
use nix::errno::Errno;
use rtnetlink::packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressProtocol,
    AddressScope, CacheInfo,
};

use super::{NetError, Network};

/// The mark that we leave on addresses of ours where the kernel keeps it (`IFA_PROTO`, Linux 5.18 and later), so that
/// they are known after a restart. A number that no other program is known to use.
const OURS: u8 = 0x76;

/// A lifetime without end (`INFINITY_LIFE_TIME` of include/net/addrconf.h).
const FOR_EVER: u32 = u32::MAX;

/// How far an address is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Global,
    /// On its link only.
    Link,
    /// On this machine only.
    Host,
}

/// One address of an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub address: IpAddr,
    /// Length of its network's prefix.
    pub prefix: u8,
    /// Number of its interface.
    pub interface: u32,
    /// How far it is valid.
    pub scope: Scope,
    /// Whether it carries our mark.
    pub ours: bool,
    /// Whether the kernel may not use it, since it found it elsewhere (IPv6).
    pub duplicate: bool,
    /// Whether the kernel still looks for it elsewhere before it uses it (IPv6).
    pub tentative: bool,
}

impl Address {
    /// Whether this other address lies in the same network.
    #[must_use]
    pub fn is_neighbour_of(&self, other: IpAddr) -> bool {
        ipnetwork::IpNetwork::new(self.address, self.prefix)
            .is_ok_and(|network| network.contains(other))
    }
}

/// An address to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAddress {
    pub address: IpAddr,
    /// Length of its network's prefix.
    pub prefix: u8,
    /// Whether it shall carry our mark.
    pub ours: bool,
}

impl Network {
    /// All addresses of all interfaces.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn addresses(&self) -> Result<Vec<Address>, NetError> {
        let messages: Vec<AddressMessage> = self.ask("list the addresses", async {
            self.handle.address().get().execute().try_collect().await
        })?;
        Ok(messages.iter().filter_map(decoded).collect())
    }

    /// Adds an address to an interface. It is usable at once: IPv6's search for duplicates is left to the caller. With IPv6 this
    /// machine begins no connection from it while it has another: the kernel would prefer a VIP to its own address towards a
    /// server whose address is like the VIP's (RFC 6724, section 5, rules 3 and 8), and a server that has the VIP too would answer
    /// itself.
    ///
    /// # Errors
    /// When the kernel refuses; one that is there already is no error.
    pub fn add_address(&self, interface: u32, new: NewAddress) -> Result<(), NetError> {
        let attempted = format!(
            "add {}/{} to interface {interface}",
            new.address, new.prefix
        );
        let mut request = self
            .handle
            .address()
            .add(interface, new.address, new.prefix);
        let message = request.message_mut();
        // An address of its own has no broadcast address.
        message
            .attributes
            .retain(|attribute| !matches!(attribute, AddressAttribute::Broadcast(_)));
        if new.address.is_ipv6() {
            message.header.flags = AddressHeaderFlags::Nodad;
            message
                .attributes
                .push(AddressAttribute::Flags(AddressFlags::Nodad));
            let mut lifetime = CacheInfo::default();
            lifetime.ifa_preferred = 0;
            lifetime.ifa_valid = FOR_EVER;
            message
                .attributes
                .push(AddressAttribute::CacheInfo(lifetime));
        }
        if new.ours {
            let mark = AddressProtocol::Other(OURS);
            message.attributes.push(AddressAttribute::Protocol(mark));
        }
        match self.ask(&attempted, request.execute()) {
            Err(error) if error.errno() == Some(Errno::EEXIST) => Ok(()),
            other => other,
        }
    }

    /// Removes an address from its interface, and no other with it.
    ///
    /// # Errors
    /// When the kernel refuses; one that is gone already is no error.
    pub fn remove_address(
        &self,
        interface: u32,
        address: IpAddr,
        prefix: u8,
    ) -> Result<(), NetError> {
        let attempted = format!("remove {address}/{prefix} from interface {interface}");
        let mut message = AddressMessage::default();
        message.header.index = interface;
        message.header.prefix_len = prefix;
        message.header.family = super::routes::family(address);
        message.attributes = vec![
            AddressAttribute::Local(address),
            AddressAttribute::Address(address),
        ];
        let removal = || {
            let request = self.handle.address().del(message);
            self.ask(&attempted, request.execute())
        };
        match self.sparing_secondaries(interface, address, removal) {
            Err(error) if matches!(error.errno(), Some(Errno::EADDRNOTAVAIL | Errno::ENODEV)) => {
                Ok(())
            }
            other => other,
        }
    }
}

fn decoded(message: &AddressMessage) -> Option<Address> {
    let (mut local, mut peer, mut ours) = (None, None, false);
    let (mut duplicate, mut tentative) = (false, false);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(*address),
            AddressAttribute::Address(address) => peer = Some(*address),
            AddressAttribute::Protocol(AddressProtocol::Other(OURS)) => ours = true,
            AddressAttribute::Flags(flags) => {
                duplicate = flags.contains(AddressFlags::Dadfailed);
                tentative = flags.contains(AddressFlags::Tentative);
            }
            _ => {}
        }
    }
    Some(Address {
        address: local.or(peer)?,
        prefix: message.header.prefix_len,
        interface: message.header.index,
        scope: match message.header.scope {
            AddressScope::Link => Scope::Link,
            AddressScope::Host | AddressScope::Nowhere => Scope::Host,
            _ => Scope::Global,
        },
        ours,
        duplicate,
        tentative,
    })
}
