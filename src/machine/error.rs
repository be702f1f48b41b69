//! What can keep a change from being made or undone.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use director_core::director::HostResult;
use director_core::model::SyncDaemon;
use director_core::realserver::SetupFault;
use thiserror::Error;

use crate::ipvs::KernelError;
use crate::net::{MacAddress, NetError, SourceAddressError};

/// What can keep a change from being made or undone.
#[derive(Debug, Error)]
pub enum MachineError {
    /// A real server cannot be set up like this.
    #[error(transparent)]
    Setup(#[from] SetupFault),
    /// The kernel or the system refused.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The kernel's IPVS refused.
    #[error(transparent)]
    Ipvs(#[from] KernelError),
    /// There is no way to the real server of a path check.
    #[error(transparent)]
    NoWay(#[from] SourceAddressError),
    /// The kernel has no such setting.
    #[error("this kernel has no setting {0}")]
    NoSetting(String),
    /// A VIP has to wait until its interface is up: only then other machines can be asked whether they have the address, and
    /// once added it would be there, unasked, as soon as the interface comes up.
    #[error(
        "not added yet: {interface} is down, so a conflict for {address} cannot be detected; bring it up (ip link \
         set {interface} up)"
    )]
    InterfaceDown {
        /// The interface.
        interface: String,
        /// The VIP.
        address: IpAddr,
    },
    /// This machine has the VIP on another interface.
    #[error(
        "not added: this machine has {address} on {interface}; remove it there (ip address del {address}/{prefix} dev {interface}), or name {interface} in the configuration"
    )]
    OnAnotherInterface {
        /// The VIP.
        address: IpAddr,
        /// Its prefix there.
        prefix: u8,
        /// The other interface.
        interface: String,
    },
    /// Another machine has the VIP.
    #[error(
        "not added: {owner} answers for {address} on {interface}; two machines with one address would share its \
         clients"
    )]
    AnsweredElsewhere {
        /// Hardware address of the other machine.
        owner: MacAddress,
        /// The VIP.
        address: IpAddr,
        /// Where it answers.
        interface: String,
    },
    /// A router drops the routes that it has from router advertisements.
    #[error(
        "not set: the kernel would drop the IPv6 routes from router advertisements on {interface}; keep them first \
         (sysctl -w {setting}=2)"
    )]
    LosesRoutes {
        /// The interface.
        interface: String,
        /// The setting that keeps them.
        setting: String,
    },
    /// The VIP of a real server is where this machine answers for it.
    #[error(
        "{vip} is on {interface} of this machine, which answers for it there; is this the director? If not, remove the address: ip address del {vip}/{prefix} dev {interface}"
    )]
    AnsweredHere {
        /// The VIP.
        vip: IpAddr,
        /// Its prefix there.
        prefix: u8,
        /// The interface.
        interface: String,
    },
    /// The interface of a sync daemon is down.
    #[error("not started yet: {0} is down; bring it up (ip link set {0} up)")]
    SyncInterfaceDown(String),
    /// Another program runs a sync daemon of this role.
    #[error(
        "not started: another program runs the {found}; end that one first (ipvsadm --stop-daemon {})",
        found.role.name()
    )]
    OtherSyncDaemon {
        /// The one that runs.
        found: SyncDaemon,
    },
    /// The journal cannot be used.
    #[error("cannot {attempted} {}, the journal of what was there before: {source}", path.display())]
    Journal {
        /// `read` or `write`.
        attempted: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl MachineError {
    /// What becomes of a change: a failure, or a wait for what may come by itself.
    pub(super) fn result(&self) -> HostResult {
        if self.is_temporary() {
            HostResult::Waits(self.to_string())
        } else {
            HostResult::Failed(self.to_string())
        }
    }

    /// Whether the cause may go away by itself, as at the start of a machine: an interface or a route that is not there yet.
    #[must_use]
    fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::InterfaceDown { .. }
                | Self::SyncInterfaceDown(_)
                | Self::Net(NetError::NoInterface(_))
                | Self::NoWay(_)
        )
    }
}
