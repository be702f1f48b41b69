//! The synchronisation daemons of the kernel in memory, with the rules of the real one (net/netfilter/ipvs/ip_vs_ctl.c,
//! ip_vs_genl_new_daemon and ip_vs_genl_del_daemon; net/netfilter/ipvs/ip_vs_sync.c, start_sync_thread). Nothing is sent.

use director_core::model::{
    Endpoint, Family, SHORTEST_SYNC_MESSAGE, ServiceId, SyncDaemon, SyncRole,
};
use nix::errno::Errno;

use super::netlink::start_attempt;
use super::{KernelError, MemoryKernel, SyncKernel};

/// Bytes of a message that fit an Ethernet frame to an IPv4 group.
const USUAL_LENGTH: u16 = 1472;

impl MemoryKernel {
    /// The same kernel without an interface of this name.
    #[must_use]
    pub fn without_interface(mut self, name: &str) -> Self {
        self.missing_interfaces.insert(name.to_owned());
        self
    }

    /// Messages have no room for servers of the other family.
    pub(super) fn check_families(
        &self,
        service: &ServiceId,
        server: &Endpoint,
    ) -> Result<(), Errno> {
        let mixed = service.family() != Family::of(server.address);
        match mixed && !self.sync_daemons.is_empty() {
            true => Err(Errno::EINVAL),
            false => Ok(()),
        }
    }

    fn has_mixed_families(&self) -> bool {
        let mut services = self.table().services.iter();
        services.any(|(id, entry)| {
            let mut servers = entry.servers.keys();
            servers.any(|server| Family::of(server.address) != id.family())
        })
    }

    fn start(&mut self, daemon: &SyncDaemon) -> Result<(), Errno> {
        let is_group = daemon.group.is_none_or(|group| group.is_multicast());
        if !is_group || self.has_mixed_families() {
            return Err(Errno::EINVAL);
        }
        if self.missing_interfaces.contains(&daemon.interface) {
            return Err(Errno::ENODEV);
        }
        let mut running = self.sync_daemons.iter();
        if running.any(|one| one.role == daemon.role) {
            return Err(Errno::EEXIST);
        }
        let mut daemon = daemon.clone();
        daemon.max_length = match (daemon.max_length, daemon.role) {
            (0, _) => USUAL_LENGTH,
            (wanted, SyncRole::Master) => wanted,
            (wanted, SyncRole::Backup) => wanted.max(SHORTEST_SYNC_MESSAGE),
        };
        self.sync_daemons.push(daemon);
        self.sync_daemons.sort_by_key(|daemon| daemon.role);
        Ok(())
    }
}

impl SyncKernel for MemoryKernel {
    fn sync_daemons(&mut self) -> Result<Vec<SyncDaemon>, KernelError> {
        Ok(self.sync_daemons.clone())
    }

    fn start_sync_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), KernelError> {
        self.start(daemon).map_err(|errno| KernelError::Refused {
            attempted: start_attempt(daemon.role),
            errno: errno as i32,
            text: None,
        })
    }

    fn stop_sync_daemon(&mut self, role: SyncRole) -> Result<(), KernelError> {
        self.sync_daemons.retain(|daemon| daemon.role != role);
        Ok(())
    }
}
