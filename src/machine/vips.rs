//! A director's VIPs on interfaces: whether one is there, adding, removing.

use std::net::IpAddr;

use director_core::model::Vip;

use super::MachineError;
use crate::net::{Address, NetError, Network, NewAddress};

/// The VIPs of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vips<'a> {
    network: &'a Network,
}

impl<'a> Vips<'a> {
    pub(super) fn of(network: &'a Network) -> Self {
        Self { network }
    }

    pub(super) fn has(self, vip: &Vip) -> Result<bool, MachineError> {
        Ok(self.find(vip)?.is_some())
    }

    pub(super) fn add(self, vip: &Vip) -> Result<(), MachineError> {
        let interface = self.network.interface(&vip.interface)?;
        let new = NewAddress {
            address: vip.address,
            prefix: vip.prefix,
            ours: true,
        };
        Ok(self.network.add_address(interface.index, new)?)
    }

    /// Removes it, unless another program has replaced it since: by one without the mark that ours had.
    pub(super) fn remove(self, vip: &Vip, marked: bool) -> Result<(), MachineError> {
        if let Some(found) = self.removable(vip, marked)? {
            self.network
                .remove_address(found.interface, vip.address, found.prefix)?;
        }
        Ok(())
    }

    /// The address, as far as it is there and ours to remove.
    pub(super) fn removable(
        self,
        vip: &Vip,
        marked: bool,
    ) -> Result<Option<Address>, MachineError> {
        let found = self.find(vip)?;
        Ok(found.filter(|found| found.ours || !marked))
    }

    fn find(self, vip: &Vip) -> Result<Option<Address>, MachineError> {
        find(self.network, vip.address, &vip.interface)
    }
}

/// An address on an interface, where both are there.
pub(super) fn find(
    network: &Network,
    address: IpAddr,
    interface: &str,
) -> Result<Option<Address>, MachineError> {
    let index = match network.interface(interface) {
        Ok(interface) => interface.index,
        Err(NetError::NoInterface(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut all = network.addresses()?.into_iter();
    Ok(all.find(|own| own.interface == index && own.address == address))
}
