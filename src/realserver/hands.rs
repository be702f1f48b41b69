//! Makes, finds and undoes single pieces of a setting.

use std::net::IpAddr;

use director_core::realserver::{Done, Piece};

use super::{RealServerError, clamp};
use crate::net::{NetError, Network, NewAddress, Sysctl, fou};

/// What does the work.
pub(super) struct Hands {
    network: Network,
}

impl Hands {
    pub(super) fn new() -> Result<Self, RealServerError> {
        Ok(Self {
            network: Network::open()?,
        })
    }

    /// Whether a piece is as it shall be.
    pub(super) fn is_present(&self, piece: &Piece) -> Result<bool, RealServerError> {
        Ok(match piece {
            Piece::Sysctl { name, .. } => Sysctl::new(name)
                .number()
                .is_some_and(|found| piece.takes(found)),
            Piece::Tunnel(tunnel) => match self.network.interface(&tunnel.name) {
                Ok(found) => found.up && found.kind.as_deref() == Some(tunnel.kind.name()),
                Err(NetError::NoInterface(_)) => false,
                Err(error) => return Err(error.into()),
            },
            Piece::GuePort(gue) => fou::is_open(*gue)?,
            Piece::Address { address, interface } => match self.network.interface(interface) {
                Ok(place) => self
                    .network
                    .addresses()?
                    .iter()
                    .any(|known| known.interface == place.index && known.address == *address),
                Err(NetError::NoInterface(_)) => false,
                Err(error) => return Err(error.into()),
            },
            Piece::Clamp { vip, mss } => clamp::is_present(*vip, *mss),
        })
    }

    /// Makes a piece; gives the former value of a setting.
    pub(super) fn make(&self, piece: &Piece) -> Result<Option<String>, RealServerError> {
        match piece {
            Piece::Sysctl { name, value, .. } => {
                let setting = Sysctl::new(name);
                let former = setting.read()?;
                setting.write(&value.to_string())?;
                return Ok(former);
            }
            Piece::Tunnel(tunnel) => {
                // One of our name that is down or of another kind is in the way.
                self.network.remove_interface(&tunnel.name)?;
                self.network.add_tunnel(tunnel)?;
            }
            Piece::GuePort(gue) => fou::open(*gue)?,
            Piece::Address { address, interface } => {
                let place = self.network.interface(interface)?;
                self.refuse_elsewhere(*address, place.index)?;
                let new = NewAddress {
                    address: *address,
                    prefix: alone(*address),
                    ours: false,
                };
                self.network.add_address(place.index, new)?;
            }
            Piece::Clamp { vip, mss } => clamp::add(*vip, *mss)?,
        }
        Ok(None)
    }

    /// Puts back what was there before. What is gone already, or was changed by others since, is left as it is.
    pub(super) fn undo(&self, done: &Done) -> Result<(), RealServerError> {
        match &done.piece {
            Piece::Sysctl { name, value, .. } => {
                let setting = Sysctl::new(name);
                if let (Some(former), Some(found)) = (&done.former, setting.number())
                    && found == *value
                {
                    setting.write(former)?;
                }
            }
            Piece::Tunnel(tunnel) => self.network.remove_interface(&tunnel.name)?,
            Piece::GuePort(gue) => fou::close(*gue)?,
            Piece::Address { address, interface } => match self.network.interface(interface) {
                Ok(place) => {
                    let index = place.index;
                    self.network
                        .remove_address(index, *address, alone(*address))?;
                }
                Err(NetError::NoInterface(_)) => {}
                Err(error) => return Err(error.into()),
            },
            Piece::Clamp { vip, mss } => clamp::remove(*vip, *mss)?,
        }
        Ok(())
    }

    /// The largest packet that every Ethernet of this machine that is up takes.
    pub(super) fn smallest_mtu(&self) -> Result<Option<u32>, RealServerError> {
        let all = self.network.interfaces()?;
        let wires = all
            .iter()
            .filter(|one| one.up && !one.loopback && one.resolves && one.mac.is_some());
        Ok(wires.map(|one| one.mtu).min())
    }

    /// A VIP on an interface that answers for it belongs to a director.
    fn refuse_elsewhere(&self, vip: IpAddr, place: u32) -> Result<(), RealServerError> {
        let interfaces = self.network.interfaces()?;
        let elsewhere = self.network.addresses()?.into_iter().find_map(|known| {
            let interface = interfaces
                .iter()
                .find(|one| one.index == known.interface && one.index != place)?;
            (known.address == vip && interface.answers()).then(|| RealServerError::Elsewhere {
                vip,
                prefix: known.prefix,
                interface: interface.name.clone(),
            })
        });
        elsewhere.map_or(Ok(()), Err)
    }
}

/// The prefix of a single address.
fn alone(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}
