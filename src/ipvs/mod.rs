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

use std::net::IpAddr;

use director_core::model::{Endpoint, ServiceId};
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

/// One synchronisation daemon of the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncDaemon {
    pub role: SyncRole,
    /// Interface of the multicast.
    pub interface: String,
    /// Only messages with the same number are taken.
    pub sync_id: u32,
    /// Longest message, bytes.
    pub max_length: u16,
    /// Multicast group; none on kernels before 4.3.
    pub group: Option<IpAddr>,
    /// UDP port.
    pub port: u16,
    /// Time to live of the multicast.
    pub ttl: u8,
}

/// What a synchronisation daemon does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncRole {
    /// Tells others of its connections.
    Master,
    /// Takes over what others tell.
    Backup,
}
