//! What can keep a machine from being set up as a real server.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use director_core::realserver::SetupFault;
use thiserror::Error;

use crate::net::NetError;

/// What can keep a machine from being set up.
#[derive(Debug, Error)]
pub enum RealServerError {
    /// It cannot be in this way.
    #[error(transparent)]
    Fault(#[from] SetupFault),
    /// The kernel or the system refused.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The VIP stands where others would be answered for it.
    #[error(
        "{vip} is on {interface} of this machine, where it answers for it to everybody; is this the director? If not, remove it: ip address del {vip}/{prefix} dev {interface}"
    )]
    Elsewhere {
        /// The VIP.
        vip: IpAddr,
        /// Its prefix there.
        prefix: u8,
        /// The interface.
        interface: String,
    },
    /// The memory of what was made cannot be used.
    #[error("cannot {attempted} {}, the memory of what was set up: {source}", path.display())]
    Memory {
        /// `read` or `write`.
        attempted: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
