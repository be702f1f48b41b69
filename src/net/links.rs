//! Interfaces: which there are, and tunnels that only take packets in.

use std::net::IpAddr;

use director_core::model::{TunnelInterface, TunnelKind};
use futures_util::TryStreamExt;
use nix::errno::Errno;
use rtnetlink::packet_route::link::{GreIOFlags, LinkAttribute, LinkFlags, LinkInfo, LinkMessage};
use rtnetlink::{LinkGre, LinkGre6, LinkIp6Tnl, LinkIpIp, LinkSit, LinkUnspec};

use super::frames::MacAddress;
use super::{NetError, Network};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    pub index: u32,
    pub name: String,
    /// Its hardware address, where it has one of six bytes.
    pub mac: Option<MacAddress>,
    /// Largest packet, bytes.
    pub mtu: u32,
    /// Whether it is up.
    pub up: bool,
    /// Whether it is the loopback.
    pub loopback: bool,
    /// Whether it asks and answers who has an address.
    pub resolves: bool,
    /// Whether it sends to groups.
    pub multicast: bool,
    /// What it is, when it is made by software: `ipip`, `veth`, `bridge`.
    pub kind: Option<String>,
}

impl Interface {
    /// Whether this machine answers here for whatever addresses it has.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.resolves && !self.loopback
    }
}

impl Network {
    /// All interfaces.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn interfaces(&self) -> Result<Vec<Interface>, NetError> {
        let messages: Vec<LinkMessage> = self.ask("list the interfaces", async {
            self.handle.link().get().execute().try_collect().await
        })?;
        Ok(messages.iter().map(decoded).collect())
    }

    /// The interface with this name.
    ///
    /// # Errors
    /// When there is none, or the kernel cannot be asked.
    pub fn interface(&self, name: &str) -> Result<Interface, NetError> {
        let all = self.interfaces()?;
        all.into_iter()
            .find(|interface| interface.name == name)
            .ok_or_else(|| NetError::NoInterface(name.to_owned()))
    }

    /// Makes a tunnel and brings it up. Without an outer address of its own it takes what no other tunnel does, of which
    /// there is one of each kind.
    ///
    /// # Errors
    /// When the kernel refuses or lacks the module.
    pub fn add_tunnel(&self, tunnel: &TunnelInterface) -> Result<(), NetError> {
        let name = tunnel.kind.name();
        let attempted = format!("create the {name} tunnel {}", tunnel.name);
        let message = tunnel_message(tunnel);
        let made = self.ask(&attempted, self.handle.link().add(message).execute());
        match made {
            Err(error) if error.errno() == Some(Errno::EOPNOTSUPP) => {
                return Err(NetError::Missing {
                    attempted,
                    what: format!("{name} tunnels"),
                    hint: format!("load its module (modprobe {})", tunnel.kind.module()),
                });
            }
            Err(error) if error.errno() == Some(Errno::EEXIST) => {
                return Err(NetError::Missing {
                    attempted,
                    what: format!("room for another {name} tunnel with the same addresses"),
                    hint: "set an outer address on this one (--local RIP), or remove the other one (ip tunnel)".to_owned(),
                });
            }
            other => other?,
        }
        let up = LinkUnspec::new_with_name(&tunnel.name).up().build();
        let attempted = format!("bring {} up", tunnel.name);
        self.ask(&attempted, self.handle.link().change(up).execute())
    }

    /// Removes an interface.
    ///
    /// # Errors
    /// When the kernel refuses; one that is gone already is no error.
    pub fn remove_interface(&self, name: &str) -> Result<(), NetError> {
        let index = match self.interface(name) {
            Ok(interface) => interface.index,
            Err(NetError::NoInterface(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let attempted = format!("remove the interface {name}");
        self.ask(&attempted, self.handle.link().del(index).execute())
    }
}

fn tunnel_message(tunnel: &TunnelInterface) -> LinkMessage {
    let name = &tunnel.name;
    let (v4, v6) = match tunnel.local {
        Some(IpAddr::V4(address)) => (Some(address), None),
        Some(IpAddr::V6(address)) => (None, Some(address)),
        None => (None, None),
    };
    match tunnel.kind {
        TunnelKind::Ipip => match v4 {
            Some(local) => LinkIpIp::new(name).local(local).build(),
            None => LinkIpIp::new(name).collect_metadata(true).build(),
        },
        TunnelKind::Sit => match v4 {
            Some(local) => LinkSit::new(name).local(local).build(),
            None => LinkSit::new(name).collect_metadata(true).build(),
        },
        TunnelKind::Ip6tnl => match v6 {
            Some(local) => LinkIp6Tnl::new(name).local(local).build(),
            None => LinkIp6Tnl::new(name).collect_metadata(true).build(),
        },
        TunnelKind::Gre { checksum } => {
            let builder = LinkGre::new(name).iflags(gre_flags(checksum));
            match v4 {
                Some(local) => builder.local(local).build(),
                None => builder.collect_metadata(true).build(),
            }
        }
        TunnelKind::Ip6gre { checksum } => {
            let builder = LinkGre6::new(name).iflags(gre_flags(checksum));
            match v6 {
                Some(local) => builder.local(local).build(),
                None => builder.collect_metadata(true).build(),
            }
        }
    }
}

fn gre_flags(checksum: bool) -> GreIOFlags {
    if checksum {
        GreIOFlags::Checksum
    } else {
        GreIOFlags::empty()
    }
}

fn decoded(message: &LinkMessage) -> Interface {
    let mut interface = Interface {
        index: message.header.index,
        name: String::new(),
        mac: None,
        mtu: 0,
        up: message.header.flags.contains(LinkFlags::Up),
        loopback: message.header.flags.contains(LinkFlags::Loopback),
        multicast: message.header.flags.contains(LinkFlags::Multicast),
        resolves: !message.header.flags.contains(LinkFlags::Noarp),
        kind: None,
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => interface.name.clone_from(name),
            LinkAttribute::Mtu(mtu) => interface.mtu = *mtu,
            LinkAttribute::Address(bytes) => {
                interface.mac = <[u8; 6]>::try_from(bytes.as_slice()).ok().map(MacAddress);
            }
            LinkAttribute::LinkInfo(infos) => {
                interface.kind = infos.iter().find_map(|info| match info {
                    LinkInfo::Kind(kind) => Some(kind.to_string()),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    interface
}
