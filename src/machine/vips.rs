//! A director's VIPs on interfaces: whether one is there, whether another machine has it, adding with its announcement,
//! removing.

use std::net::IpAddr;
use std::time::Duration;

use director_core::model::Vip;

use super::MachineError;
use crate::net::{Address, Interface, NetError, Network, NewAddress, announce, who_has};

/// How long other machines may take to say that they have an address (RFC 5227 waits longer; they are asked three times).
const CONFLICT_WAIT: Duration = Duration::from_millis(900);

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

    /// Whether it is there with the mark that we leave.
    pub(super) fn is_marked(self, vip: &Vip) -> Result<bool, MachineError> {
        Ok(self.find(vip)?.is_some_and(|address| address.ours))
    }

    /// Refuses to add it: its interface is not there or down, or another interface or machine has it.
    pub(super) fn refuse_conflicts(self, vip: &Vip) -> Result<(), MachineError> {
        let interface = self.network.interface(&vip.interface)?;
        if !interface.up && has_neighbours(&interface) {
            return Err(MachineError::InterfaceDown {
                interface: vip.interface.clone(),
                address: vip.address,
            });
        }
        let interfaces = self.network.interfaces()?;
        let addresses = self.network.addresses()?;
        let other = addresses.iter().find(|own| own.address == vip.address);
        if let Some(other) = other {
            let mut named = interfaces.iter();
            let named = named.find(|one| one.index == other.interface);
            return Err(MachineError::OnAnotherInterface {
                address: vip.address,
                prefix: other.prefix,
                interface: named
                    .map_or("another interface", |one| &one.name)
                    .to_owned(),
            });
        }
        if !can_be_asked(&interface) {
            return Ok(());
        }
        let owners = who_has(&interface, vip.address, CONFLICT_WAIT)?;
        match owners.first() {
            None => Ok(()),
            Some(owner) => Err(MachineError::AnsweredElsewhere {
                owner: *owner,
                address: vip.address,
                interface: vip.interface.clone(),
            }),
        }
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

    /// Tells the neighbours; on an interface without any that is nothing.
    pub(super) fn announce(self, vip: &Vip) -> Result<(), MachineError> {
        let interface = self.network.interface(&vip.interface)?;
        if can_be_asked(&interface) {
            announce(&interface, vip.address)?;
        }
        Ok(())
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

/// Whether an interface has neighbours that can be asked now.
fn can_be_asked(interface: &Interface) -> bool {
    interface.up && has_neighbours(interface)
}

/// Whether an interface has neighbours that may have an address too.
fn has_neighbours(interface: &Interface) -> bool {
    interface.resolves && !interface.loopback && interface.mac.is_some()
}
