//! The network of this machine, apart from IPVS: interfaces, addresses, routes, tunnels, who answers for an address, and
//! kernel settings. It says what is and does what it is told; what should be is decided elsewhere.
//!
//! Invariants: no type of a netlink library leaves this module; all of it belongs to the network namespace of the thread
//! that asks; every error names what was attempted.

mod addresses;
mod duplicates;
mod error;
pub mod fou;
mod frames;
mod links;
mod local_addresses;
mod neighbours;
mod packets;
mod routes;
mod secondaries;
mod segment;
mod source_address;
mod sysctl;
mod wrapping;

pub use addresses::{Address, NewAddress, Scope};
pub use duplicates::DuplicateSearch;
pub use error::NetError;
pub use frames::MacAddress;
pub use links::Interface;
pub use local_addresses::{LocalAddresses, local_addresses, watch_local_addresses};
pub use packets::{Answer, Coat, Echo, Wrapping, echo};
pub use routes::{Gateway, Route};
pub use segment::{Segment, announce, who_has};
pub use source_address::{
    SourceAddress, SourceAddressError, interface_toward, source_address, source_beside,
};
pub use sysctl::Sysctl;

use std::future::Future;

use rtnetlink::Handle;
use tokio::runtime::Runtime;

/// A conversation with the kernel's routing netlink, one question at a time.
pub struct Network {
    runtime: Runtime,
    handle: Handle,
}

impl Network {
    /// Opens the conversation, in the network namespace of the calling thread.
    ///
    /// # Errors
    /// When there is no socket to be had.
    pub fn open() -> Result<Self, NetError> {
        let failed = |source| NetError::System {
            attempted: "open a routing socket".to_owned(),
            source,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let (connection, handle, _) = {
            let _guard = runtime.enter();
            rtnetlink::new_connection().map_err(failed)?
        };
        runtime.spawn(connection);
        Ok(Self { runtime, handle })
    }

    /// Waits for an answer of the kernel, which always comes.
    fn ask<T>(
        &self,
        attempted: &str,
        question: impl Future<Output = Result<T, rtnetlink::Error>>,
    ) -> Result<T, NetError> {
        self.runtime
            .block_on(question)
            .map_err(|error| error::refused(attempted, error))
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Network")
    }
}
