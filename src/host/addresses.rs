//! VIPs on interfaces: whether one is there, whether another machine has it, adding with its announcement, removing.

use std::time::Duration;

use director_core::model::Vip;

use crate::net::{Address, Interface, NetError, Network, NewAddress, announce, who_has};

/// How long other machines may take to say that they have an address (RFC 5227 waits longer; they are asked three times).
const CONFLICT_WAIT: Duration = Duration::from_millis(900);

/// The addresses of this machine.
pub(super) struct Addresses {
    network: Network,
}

impl Addresses {
    pub(super) fn open() -> Result<Self, String> {
        let network = Network::open().map_err(words)?;
        Ok(Self { network })
    }

    pub(super) fn has(&self, vip: &Vip) -> Result<bool, String> {
        Ok(self.find(vip)?.is_some())
    }

    /// Whether it is there with the mark that we leave.
    pub(super) fn is_marked(&self, vip: &Vip) -> Result<bool, String> {
        Ok(self.find(vip)?.is_some_and(|address| address.ours))
    }

    /// Why it cannot be added yet: its interface is not there, or is down, so that nobody there can be asked whether they
    /// have it. Once added it would be there as soon as the interface is up, and nobody would be asked any more.
    pub(super) fn awaits(&self, vip: &Vip) -> Result<Option<String>, String> {
        match self.network.interface(&vip.interface) {
            Ok(place) if !place.up && has_neighbours(&place) => Ok(Some(format!(
                "not added yet: {0} is down, and nobody there can be asked whether they have {1}; bring it up (ip link set {0} up)",
                vip.interface, vip.address
            ))),
            Ok(_) => Ok(None),
            Err(missing @ NetError::NoInterface(_)) => Ok(Some(missing.to_string())),
            Err(error) => Err(words(error)),
        }
    }

    /// Whoever has it already, on another interface of this machine or elsewhere.
    pub(super) fn refuse_conflicts(&self, vip: &Vip) -> Result<(), String> {
        let place = self.place(vip)?;
        let interfaces = self.network.interfaces().map_err(words)?;
        let other = self
            .all()?
            .into_iter()
            .find(|own| own.address == vip.address);
        if let Some(other) = other {
            let name = interfaces
                .iter()
                .find(|one| one.index == other.interface)
                .map_or("another interface", |one| one.name.as_str());
            return Err(format!(
                "not added: this machine has {} on {name}; remove it there (ip address del {}/{} dev {name}), or name {name} in the definitions",
                vip.address, vip.address, other.prefix
            ));
        }
        if !speaks(&place) {
            return Ok(());
        }
        let owners = who_has(&place, vip.address, CONFLICT_WAIT).map_err(words)?;
        match owners.first() {
            None => Ok(()),
            Some(owner) => Err(format!(
                "not added: {owner} answers for {} on {}; while another machine has it, both would get its clients in turn",
                vip.address, vip.interface
            )),
        }
    }

    pub(super) fn add(&self, vip: &Vip) -> Result<(), String> {
        let place = self.place(vip)?;
        let new = NewAddress {
            address: vip.address,
            prefix: vip.prefix,
            ours: true,
        };
        self.network.add_address(place.index, new).map_err(words)
    }

    /// Tells the neighbours; on an interface without any that is nothing.
    pub(super) fn announce(&self, vip: &Vip) -> Result<(), String> {
        let place = self.place(vip)?;
        match speaks(&place) {
            true => announce(&place, vip.address).map_err(words),
            false => Ok(()),
        }
    }

    /// Removes it, unless it was replaced by somebody else's since: one without the mark that ours had.
    pub(super) fn remove(&self, vip: &Vip, marked: bool) -> Result<(), String> {
        let Some(found) = self.removable(vip, marked)? else {
            return Ok(());
        };
        self.network
            .remove_address(found.interface, vip.address, found.prefix)
            .map_err(words)
    }

    /// The address, as far as it is there and ours to remove.
    pub(super) fn removable(&self, vip: &Vip, marked: bool) -> Result<Option<Address>, String> {
        let found = self.find(vip)?;
        Ok(found.filter(|found| found.ours || !marked))
    }

    fn find(&self, vip: &Vip) -> Result<Option<Address>, String> {
        let interfaces = self.network.interfaces().map_err(words)?;
        let place = interfaces.iter().find(|one| one.name == vip.interface);
        let Some(place) = place else {
            return Ok(None);
        };
        let index = place.index;
        let found = self
            .all()?
            .into_iter()
            .find(|own| own.interface == index && own.address == vip.address);
        Ok(found)
    }

    fn all(&self) -> Result<Vec<Address>, String> {
        self.network.addresses().map_err(words)
    }

    fn place(&self, vip: &Vip) -> Result<Interface, String> {
        self.network.interface(&vip.interface).map_err(words)
    }
}

/// Whether an interface has neighbours that can be asked now.
fn speaks(place: &Interface) -> bool {
    place.up && has_neighbours(place)
}

/// Whether an interface has neighbours that may have an address too.
fn has_neighbours(place: &Interface) -> bool {
    place.resolves && !place.loopback && place.mac.is_some()
}

fn words(error: NetError) -> String {
    error.to_string()
}
