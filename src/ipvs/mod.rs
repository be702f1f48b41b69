//! The kernel's IPVS tables over generic netlink, and the same rules in memory: [`Kernel`] reads a table and carries
//! out a plan. What should change is decided in `director-core`; nothing here retries, compares or chooses.
//!
//! Invariant: what was just applied reads back as the same settings, so that planning again gives nothing.

mod attributes;
mod decode;
mod encode;
mod error;
mod explain;
mod memory;
mod memory_sync;
mod modules;
mod netlink;
mod observed;
#[cfg(test)]
mod samples;
mod socket;
mod staged;
mod wire;

pub use decode::DecodeError;
pub use error::KernelError;
pub use memory::MemoryKernel;
pub use modules::{is_director, missing_modules};
pub use netlink::NetlinkKernel;
pub use observed::ObservedKernel;

use director_core::model::{Endpoint, ServiceId, SyncDaemon, SyncRole};
use director_core::plan::{Op, OpFailure, Plan};
use director_core::table::Table;
use serde::Serialize;

/// Something that holds an IPVS table: the kernel itself, or its rules in memory.
pub trait Kernel: Send {
    /// The table as it is now. Services of `scope` that do not exist are left out.
    ///
    /// # Errors
    /// When the kernel cannot be asked or its answer is not understood.
    fn read_table(&mut self, scope: ReadScope<'_>) -> Result<Table, KernelError>;

    /// Carries out the plan stage by stage. Operations are independent: one that fails stops only the later stages of
    /// its own service. What the table is afterwards is known by reading it again, not from the outcome.
    fn apply(&mut self, plan: &Plan) -> Applied;

    /// What the kernel says of itself; also the cheapest way to find out whether it can be used at all.
    ///
    /// # Errors
    /// When the kernel cannot be asked or its answer is not understood.
    fn info(&mut self) -> Result<Info, KernelError>;
}

/// Something that runs synchronisation daemons, at most one of each role.
pub trait SyncKernel: Send {
    /// Those that run, master first.
    ///
    /// # Errors
    /// When the kernel cannot be asked or its answer is not understood.
    fn sync_daemons(&mut self) -> Result<Vec<SyncDaemon>, KernelError>;

    /// Starts one.
    ///
    /// # Errors
    /// When the kernel cannot be asked or refuses, such as when one of this role runs or there is no such interface.
    fn start_sync_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), KernelError>;

    /// Ends the one of this role. It is no error when none runs.
    ///
    /// # Errors
    /// When the kernel cannot be asked or refuses.
    fn stop_sync_daemon(&mut self, role: SyncRole) -> Result<(), KernelError>;
}

/// The services and their real servers in the order in which the kernel lists them.
pub type TableOrder = Vec<(ServiceId, Vec<Endpoint>)>;

/// Which services are read.
#[derive(Debug, Clone, Copy)]
pub enum ReadScope<'a> {
    /// All of the network namespace.
    All,
    Services(&'a [ServiceId]),
}

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// Operations that the kernel refused.
    pub failures: Vec<OpFailure>,
    /// Operations left out since an earlier stage of the same service had failed.
    pub skipped: Vec<Op>,
    /// Why the plan was not carried out to its end. What was in flight then may or may not have been done.
    pub interrupted: Option<KernelError>,
}

impl Applied {
    /// Whether every operation was carried out.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && self.skipped.is_empty() && self.interrupted.is_none()
    }
}

/// What the kernel says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Info {
    /// IPVS version: major, minor, patch.
    pub version: [u8; 3],
    /// Buckets of the connection table; 0 is normal from Linux 7 on while there is no service.
    pub connection_table_size: u32,
}

/// Timeouts of the connection table, seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timeouts {
    pub tcp: u32,
    /// TCP after a FIN.
    pub tcp_fin: u32,
    pub udp: u32,
}
