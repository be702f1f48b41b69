//! The kernel's synchronisation daemons: starting, ending, and telling ours from those of other programs. The kernel says of
//! none who started it, so ours are those that run as the journal has them.

use std::net::IpAddr;

use director_core::model::{HostChange, SyncDaemon, SyncRole};

use super::MachineError;
use super::journal::Journal;
use crate::ipvs::{NetlinkKernel, SyncKernel};
use crate::net::{Address, Network};

/// The sync daemons, over a connection to IPVS that is opened when it is first needed.
#[derive(Default)]
pub(super) struct SyncDaemons {
    kernel: Option<Box<dyn SyncKernel>>,
}

/// The role of a director whose clients reach this VIP, or do not. A VIP on the loopback, as a real server has it, brings none.
pub(super) fn role_at(vip: IpAddr) -> Result<SyncRole, MachineError> {
    let network = Network::open()?;
    let interfaces = network.interfaces()?;
    let answers = |own: &Address| {
        let mut all = interfaces.iter();
        all.any(|one| one.index == own.interface && one.answers())
    };
    let mut own = network.addresses()?.into_iter();
    let has =
        own.any(|own| own.address == vip && !own.tentative && !own.duplicate && answers(&own));
    Ok(match has {
        true => SyncRole::Master,
        false => SyncRole::Backup,
    })
}

impl SyncDaemons {
    #[cfg(test)]
    pub(super) fn of(kernel: Box<dyn SyncKernel>) -> Self {
        Self {
            kernel: Some(kernel),
        }
    }

    /// Whether such a daemon runs, ours or that of another program.
    pub(super) fn is_running(&mut self, wanted: &SyncDaemon) -> Result<bool, MachineError> {
        let found = self.of_same_role(wanted)?;
        Ok(found.is_some_and(|found| wanted.is_met_by(&found)))
    }

    /// Ends our daemon of this role, which has other settings or uses an interface that is gone; gives what to say about it. The journal forgets it at once: a
    /// crash before the new one starts leaves nothing that could be taken for another program's.
    pub(super) fn make_room(
        &mut self,
        wanted: &SyncDaemon,
        journal: &mut Journal,
    ) -> Result<Option<String>, MachineError> {
        let change = HostChange::SyncDaemon(wanted.clone());
        let ours = journal.about(&change).map(|entry| entry.change.clone());
        let Some(found) = self.of_same_role(wanted)? else {
            return Ok(ours.map(|_| "another program had stopped it".to_owned()));
        };
        match ours {
            Some(HostChange::SyncDaemon(ours)) if ours.is_met_by(&found) => {
                self.kernel()?.stop_sync_daemon(found.role)?;
                journal.forget(&change)?;
                Ok(Some(match ours == *wanted {
                    true => format!("there is a new interface {}", wanted.interface),
                    false => format!("it replaces the {ours}"),
                }))
            }
            _ => Err(MachineError::OtherSyncDaemon { found }),
        }
    }

    pub(super) fn start(&mut self, wanted: &SyncDaemon) -> Result<(), MachineError> {
        Ok(self.kernel()?.start_sync_daemon(wanted)?)
    }

    /// Ends ours, unless another program has replaced it since.
    pub(super) fn stop(&mut self, ours: &SyncDaemon) -> Result<(), MachineError> {
        if self.is_running(ours)? {
            self.kernel()?.stop_sync_daemon(ours.role)?;
        }
        Ok(())
    }

    fn of_same_role(&mut self, wanted: &SyncDaemon) -> Result<Option<SyncDaemon>, MachineError> {
        let running = self.kernel()?.sync_daemons()?.into_iter();
        let mut same_role = running.filter(|found| found.role == wanted.role);
        Ok(same_role.next())
    }

    fn kernel(&mut self) -> Result<&mut dyn SyncKernel, MachineError> {
        let kernel = match self.kernel.take() {
            Some(kernel) => kernel,
            None => Box::new(NetlinkKernel::open()?),
        };
        Ok(self.kernel.insert(kernel).as_mut())
    }
}

impl std::fmt::Debug for SyncDaemons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SyncDaemons")
    }
}

#[cfg(test)]
#[path = "sync_daemons_tests.rs"]
mod tests;
