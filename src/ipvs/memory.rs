//! A [`Kernel`] in memory with the rules and errors of the real one, for plans without root and for tests. It has no
//! traffic: counters stay at zero.
//!
//! The order in which it checks is the kernel's (net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_genl_set_cmd, ip_vs_add_service,
//! ip_vs_add_dest), so that a request with two faults gets the same error from both. `tests/kernel` compares the two.

use std::collections::BTreeSet;

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, KNOWN_SCHEDULERS, Scheduling, ServiceId, SyncDaemon,
    Tunnel,
};
use director_core::plan::{Op, Plan};
use director_core::table::{ServerSettings, ServiceEntry, Table};
use nix::errno::Errno;

use super::error::RefusedOperation;
use super::explain::{LARGEST_NUMBER, LONGEST_ENGINE_NAME, LONGEST_SCHEDULER_NAME, is_unicast};
use super::{Applied, Info, Kernel, KernelError, ReadScope, staged};

/// An IPVS table in memory.
#[derive(Debug, Clone)]
pub struct MemoryKernel {
    table: Table,
    /// Those that run, as the kernel tells of them.
    pub(super) sync_daemons: Vec<SyncDaemon>,
    /// Names that no interface has.
    pub(super) missing_interfaces: BTreeSet<String>,
    schedulers: BTreeSet<String>,
    engines: BTreeSet<String>,
}

impl Default for MemoryKernel {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryKernel {
    /// An empty table in a kernel that has every known scheduler and the engine `sip`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: Table::default(),
            sync_daemons: Vec::new(),
            missing_interfaces: BTreeSet::new(),
            schedulers: KNOWN_SCHEDULERS
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            engines: BTreeSet::from(["sip".to_owned()]),
        }
    }

    /// The same kernel holding this table.
    #[must_use]
    pub fn with_table(mut self, table: Table) -> Self {
        self.table = table;
        self
    }

    /// The same kernel without the module of one scheduler.
    #[must_use]
    pub fn without_scheduler(mut self, name: &str) -> Self {
        self.schedulers.remove(name);
        self
    }

    /// The table as it is.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The table, to be changed as somebody else would change it.
    pub fn table_mut(&mut self) -> &mut Table {
        &mut self.table
    }

    fn execute(&mut self, op: &Op) -> Result<(), Errno> {
        match op {
            Op::AddService {
                service,
                scheduling,
            } => {
                self.check_names(scheduling)?;
                if self.table.services.contains_key(service) {
                    return Err(Errno::EEXIST);
                }
                self.check_scheduling(service, scheduling)?;
            }
            Op::EditService { service, to, .. } => {
                self.check_names(to)?;
                self.find(service)?;
                self.check_scheduling(service, to)?;
            }
            Op::DeleteService { service } => {
                self.find(service)?;
            }
            Op::AddServer {
                service,
                server,
                settings,
            } => {
                let entry = self.find(service)?;
                check_settings(service, server, settings)?;
                self.check_families(service, server)?;
                if entry.servers.contains_key(server) {
                    return Err(Errno::EEXIST);
                }
                check_address(server)?;
            }
            Op::EditServer {
                service,
                server,
                to,
                ..
            } => {
                let entry = self.find(service)?;
                check_settings(service, server, to)?;
                check_present(entry, server)?;
            }
            Op::DeleteServer {
                service, server, ..
            } => check_present(self.find(service)?, server)?,
        }
        op.apply_to(&mut self.table);
        Ok(())
    }

    fn find(&self, service: &ServiceId) -> Result<&ServiceEntry, Errno> {
        self.table.services.get(service).ok_or(Errno::ESRCH)
    }

    /// What the kernel checks while it takes a request apart.
    fn check_names(&self, scheduling: &Scheduling) -> Result<(), Errno> {
        let engine = engine(scheduling).unwrap_or_default();
        if scheduling.scheduler.len() > LONGEST_SCHEDULER_NAME || engine.len() > LONGEST_ENGINE_NAME
        {
            return Err(Errno::EINVAL);
        }
        Ok(())
    }

    fn check_scheduling(&self, service: &ServiceId, scheduling: &Scheduling) -> Result<(), Errno> {
        if !self.schedulers.contains(&scheduling.scheduler) {
            return Err(Errno::ENOENT);
        }
        if engine(scheduling).is_some_and(|engine| !self.engines.contains(engine)) {
            return Err(Errno::ENOENT);
        }
        match (service.family(), scheduling.mask) {
            (Family::Ipv4, ClientMask::V4(_)) | (Family::Ipv6, ClientMask::V6(1..=128)) => Ok(()),
            _ => Err(Errno::EINVAL),
        }
    }
}

impl Kernel for MemoryKernel {
    fn read_table(&mut self, scope: ReadScope<'_>) -> Result<Table, KernelError> {
        let mut table = self.table.clone();
        if let ReadScope::Services(ids) = scope {
            table.services.retain(|id, _| ids.contains(id));
        }
        Ok(table)
    }

    fn apply(&mut self, plan: &Plan) -> Applied {
        staged::carry_out(plan, |ops| {
            let refused = ops.iter().enumerate().filter_map(|(index, op)| {
                let errno = self.execute(op).err()?;
                Some((index, RefusedOperation::silent(errno)))
            });
            Ok(refused.collect())
        })
    }

    fn info(&mut self) -> Result<Info, KernelError> {
        Ok(Info {
            version: [1, 2, 1],
            connection_table_size: 4096,
        })
    }
}

fn engine(scheduling: &Scheduling) -> Option<&str> {
    scheduling
        .persistence
        .as_ref()
        .and_then(|persistence| persistence.engine.as_deref())
}

fn check_settings(
    service: &ServiceId,
    server: &Endpoint,
    settings: &ServerSettings,
) -> Result<(), Errno> {
    let mixed = service.family() != Family::of(server.address);
    if mixed && !matches!(settings.forwarding, Forwarding::Tunnel(_)) {
        return Err(Errno::EINVAL);
    }
    if settings.weight > LARGEST_NUMBER || settings.lower_threshold > settings.upper_threshold {
        return Err(Errno::ERANGE);
    }
    // Linux 6.1 still takes it; later ones do not.
    if settings.upper_threshold > LARGEST_NUMBER {
        return Err(Errno::EINVAL);
    }
    if let Forwarding::Tunnel(Tunnel::Gue { port: 0, .. }) = settings.forwarding {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

fn check_address(server: &Endpoint) -> Result<(), Errno> {
    if is_unicast(server.address) {
        Ok(())
    } else {
        Err(Errno::EINVAL)
    }
}

fn check_present(entry: &ServiceEntry, server: &Endpoint) -> Result<(), Errno> {
    if entry.servers.contains_key(server) {
        Ok(())
    } else {
        Err(Errno::ENOENT)
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
