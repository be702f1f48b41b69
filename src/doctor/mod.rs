//! Looks at this machine, a director or a real server, and finds the faults that LVS users lose their days with: each with
//! what was seen, why it matters, and the command that mends it. [`gather`] asks the kernel and the network; [`judge`]
//! only thinks. Nothing is changed; but the first question about IPVS makes the kernel load its module, where there is one.

mod facts;
mod gather;
mod judge;

pub use facts::{BlockedChecks, DaemonService, ForwardingPath, HostFacts, VipFacts};
pub use gather::{DoctorOptions, GatherError, gather};
pub use judge::judge;

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, the same for every fault of its kind.
    pub fault: &'static str,
    /// What it is subject: a service, a server, a setting.
    pub subject: String,
    pub observed: String,
    pub why: String,
    /// The command that mends it, and where to give it when that is not here.
    pub fix: String,
}
