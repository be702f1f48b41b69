//! Makes single changes, finds them, and undoes them.

use std::cell::OnceCell;
use std::net::IpAddr;

use director_core::model::{HostChange, SyncDaemon, single_address_prefix};

use super::MachineError;
use super::ipv6_routes;
use super::journal::{Entry, Journal};
use super::mss_clamp;
use super::settings::Settings;
use super::side_effects::side_effects;
use super::sync_daemons::SyncDaemons;
use super::timeouts::ConnectionTimeouts;
use super::vips::{self, Vips};
use crate::net::{NetError, Network, NewAddress, fou};

/// This machine, with what it is changed by.
#[derive(Debug, Default)]
pub(super) struct Machine {
    settings: Settings,
    timeouts: ConnectionTimeouts,
    sync_daemons: SyncDaemons,
    network: OnceCell<Network>,
}

/// What applying a change came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Applied {
    /// It was so already.
    Already,
    /// It was made; the value before, of a setting or timeout.
    Made(Option<String>),
}

impl Machine {
    /// A machine whose settings are files below this directory.
    #[cfg(test)]
    pub(super) fn with_settings(root: &std::path::Path) -> Self {
        Self {
            settings: Settings::below(root),
            ..Self::default()
        }
    }

    /// A machine with these sync daemons.
    #[cfg(test)]
    pub(super) fn with_sync_daemons(sync_daemons: SyncDaemons) -> Self {
        Self {
            sync_daemons,
            ..Self::default()
        }
    }

    /// Whether a change is made just now, by us or another program.
    pub(super) fn is_present(&mut self, change: &HostChange) -> Result<bool, MachineError> {
        Ok(match change {
            HostChange::Setting { name, .. } => self.settings.meets(change, name)?,
            HostChange::Timeout { of, seconds } => self.timeouts.read(*of)? == *seconds,
            HostChange::Tunnel(tunnel) => match self.network()?.interface(&tunnel.name) {
                Ok(found) => found.up && found.kind.as_deref() == Some(tunnel.kind.name()),
                Err(NetError::NoInterface(_)) => false,
                Err(error) => return Err(error.into()),
            },
            HostChange::GuePort(gue) => fou::is_open(*gue)?,
            HostChange::MssClamp { vip, mss } => mss_clamp::is_present(*vip, *mss),
            HostChange::Address { address, interface } => {
                vips::find(self.network()?, *address, interface)?.is_some()
            }
            HostChange::Vip(vip) => Vips::of(self.network()?).has(vip)?,
            HostChange::SyncDaemon(daemon) => self.sync_daemons.is_running(daemon)?,
            // Made of other changes, see `resolve`.
            HostChange::VipReplies { .. } | HostChange::SyncFollower(_) => true,
        })
    }

    /// The value of a setting or timeout just now.
    pub(super) fn value(&mut self, change: &HostChange) -> Result<Option<String>, MachineError> {
        Ok(match change {
            HostChange::Setting { name, .. } => self.settings.read(name)?,
            HostChange::Timeout { of, .. } => Some(self.timeouts.read(*of)?.to_string()),
            _ => None,
        })
    }

    /// Makes a change unless it is there, and records it before. A director's VIPs are added by `new_vips`.
    pub(super) fn apply(
        &mut self,
        change: &HostChange,
        journal: &mut Journal,
    ) -> Result<Applied, MachineError> {
        if self.is_present(change)? && !self.is_deaf(change, journal)? {
            return Ok(Applied::Already);
        }
        self.refuse_harm(change)?;
        let former = match change {
            HostChange::SyncDaemon(daemon) => self.sync_daemons.make_room(daemon, journal)?,
            _ => self.value(change)?,
        };
        let before = journal.about(change).cloned();
        journal.note(self.entry(change, former.clone())?)?;
        if let Err(error) = self.make(change) {
            if let HostChange::Tunnel(tunnel) = change {
                // It may have been made and not come up.
                self.network()?.remove_interface(&tunnel.name)?;
            }
            journal.restore(change, before)?;
            return Err(error);
        }
        Ok(Applied::Made(former))
    }

    /// Puts back what was there before. What is gone already, or was changed by another program since, stays as it is.
    pub(super) fn undo(&mut self, entry: &Entry) -> Result<(), MachineError> {
        let former = entry.former.as_deref();
        match &entry.change {
            HostChange::Setting { name, value, .. } => {
                self.settings
                    .put_back(name, value, former, &entry.side_effects)?;
            }
            HostChange::Timeout { of, seconds } => self.timeouts.put_back(*of, *seconds, former)?,
            HostChange::Tunnel(tunnel) => self.network()?.remove_interface(&tunnel.name)?,
            HostChange::GuePort(gue) => fou::close(*gue)?,
            HostChange::MssClamp { vip, mss } => mss_clamp::remove(*vip, *mss)?,
            HostChange::Address { address, interface } => {
                let network = self.network()?;
                if let Some(found) = vips::find(network, *address, interface)? {
                    let prefix = single_address_prefix(*address);
                    network.remove_address(found.interface, *address, prefix)?;
                }
            }
            HostChange::Vip(vip) => Vips::of(self.network()?).remove(vip, entry.marked)?,
            HostChange::SyncDaemon(daemon) => self.sync_daemons.stop(daemon)?,
            HostChange::VipReplies { .. } | HostChange::SyncFollower(_) => {}
        }
        Ok(())
    }

    /// Whether undoing this would change anything; also when that cannot be told of an address.
    pub(super) fn can_undo(&mut self, entry: &Entry) -> bool {
        match &entry.change {
            HostChange::Setting { value, .. } => {
                let found = self.value(&entry.change);
                found.is_ok_and(|found| found.as_ref() == Some(value))
            }
            HostChange::Vip(vip) => {
                let network = self.network();
                let found = network.and_then(|all| Vips::of(all).removable(vip, entry.marked));
                !matches!(found, Ok(None))
            }
            change => self.is_present(change).unwrap_or(false),
        }
    }

    /// The network, which is opened when it is first needed.
    pub(super) fn network(&self) -> Result<&Network, MachineError> {
        if let Some(network) = self.network.get() {
            return Ok(network);
        }
        let opened = Network::open()?;
        Ok(self.network.get_or_init(|| opened))
    }

    /// Refuses what would do harm here.
    fn refuse_harm(&self, change: &HostChange) -> Result<(), MachineError> {
        match change {
            HostChange::Setting { name, value, .. } if ipv6_routes::makes_a_router(name, value) => {
                ipv6_routes::refuse_loss(self.network()?)
            }
            HostChange::Address { address, interface } => {
                self.refuse_answering(*address, interface)
            }
            HostChange::SyncDaemon(daemon) => self.refuse_silence(daemon),
            _ => Ok(()),
        }
    }

    /// Whether a sync daemon of ours uses an interface that is gone, also where there is a new one of that name: the kernel
    /// lets it run, and it hears and says nothing.
    fn is_deaf(&self, change: &HostChange, journal: &Journal) -> Result<bool, MachineError> {
        let HostChange::SyncDaemon(daemon) = change else {
            return Ok(false);
        };
        let started_on = journal.about(change).and_then(|entry| entry.interface);
        let Some(started_on) = started_on else {
            return Ok(false);
        };
        Ok(self.network()?.interface(&daemon.interface)?.index != started_on)
    }

    /// The kernel would take an interface that is down, and send nothing.
    fn refuse_silence(&self, daemon: &SyncDaemon) -> Result<(), MachineError> {
        let found = self.network()?.interface(&daemon.interface)?;
        match found.up {
            true => Ok(()),
            false => Err(MachineError::SyncInterfaceDown(found.name)),
        }
    }

    /// A VIP on an interface that answers for it belongs to a director.
    fn refuse_answering(&self, vip: IpAddr, interface: &str) -> Result<(), MachineError> {
        let network = self.network()?;
        let wanted = network.interface(interface)?.index;
        let interfaces = network.interfaces()?;
        let elsewhere = network.addresses()?.into_iter().find_map(|known| {
            let interface = interfaces
                .iter()
                .find(|one| one.index == known.interface && one.index != wanted)?;
            (known.address == vip && interface.answers()).then(|| MachineError::AnsweredHere {
                vip,
                prefix: known.prefix,
                interface: interface.name.clone(),
            })
        });
        elsewhere.map_or(Ok(()), Err)
    }

    /// What is recorded of a change that is about to be made.
    fn entry(&self, change: &HostChange, former: Option<String>) -> Result<Entry, MachineError> {
        let mut entry = Entry::new(change);
        match change {
            HostChange::SyncDaemon(daemon) => {
                entry.interface = Some(self.network()?.interface(&daemon.interface)?.index);
            }
            _ => entry.former = former,
        }
        if let HostChange::Setting { name, value, .. } = change {
            if entry.former.is_none() {
                return Err(MachineError::NoSetting(name.clone()));
            }
            entry.side_effects = side_effects(&self.settings, name, value);
        }
        Ok(entry)
    }

    pub(super) fn make(&mut self, change: &HostChange) -> Result<(), MachineError> {
        match change {
            HostChange::Setting { name, value, .. } => self.settings.write(name, value)?,
            HostChange::Timeout { of, seconds } => self.timeouts.write(*of, *seconds)?,
            HostChange::Tunnel(tunnel) => {
                let network = self.network()?;
                // One of our name that is down or of another kind is in the way.
                network.remove_interface(&tunnel.name)?;
                network.add_tunnel(tunnel)?;
            }
            HostChange::GuePort(gue) => fou::open(*gue)?,
            HostChange::MssClamp { vip, mss } => mss_clamp::add(*vip, *mss)?,
            HostChange::Address { address, interface } => {
                let network = self.network()?;
                let new = NewAddress {
                    address: *address,
                    prefix: single_address_prefix(*address),
                    ours: false,
                };
                network.add_address(network.interface(interface)?.index, new)?;
            }
            HostChange::Vip(vip) => Vips::of(self.network()?).add(vip)?,
            HostChange::SyncDaemon(daemon) => self.sync_daemons.start(daemon)?,
            HostChange::VipReplies { .. } | HostChange::SyncFollower(_) => {}
        }
        Ok(())
    }
}
