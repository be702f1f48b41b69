//! What is valid: a [`Model`] is definitions after validation, with every default resolved. Whoever holds one never
//! validates again; its parts can only be obtained from [`validate`](validate::validate).

mod addressing;
mod forwarding;
mod probe;
mod real_server;
mod scheduling;
mod secret;
mod service;
pub mod validate;

pub use addressing::{Endpoint, Family, Protocol, ServiceId};
pub use forwarding::{Forwarding, Tunnel, TunnelChecksum};
pub use probe::{
    CommandProbe, Conversation, ConversationProbe, HttpProbe, Pattern, PatternError, Probe,
    ProbeKind, Redirects, StatusRange, TlsCheck, Verification,
};
pub use real_server::RealServer;
pub use scheduling::{
    ClientMask, KNOWN_SCHEDULERS, Persistence, SchedulerFlags, Scheduling, scheduler_flag_names,
};
pub use secret::Secret;
pub use service::{CheckTiming, OnFailure, OnStop, VirtualService};

use std::time::Duration;

/// Everything the director has to do, valid and complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub(crate) services: Vec<VirtualService>,
    pub(crate) resync: Duration,
}

impl Model {
    /// A model without services, the state before the first file is read.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            services: Vec::new(),
            resync: validate::DEFAULT_RESYNC,
        }
    }

    /// The virtual services in the order of the file.
    #[must_use]
    pub fn services(&self) -> &[VirtualService] {
        &self.services
    }

    /// The virtual service with this identity.
    #[must_use]
    pub fn service(&self, id: &ServiceId) -> Option<&VirtualService> {
        self.services.iter().find(|service| service.id == *id)
    }

    /// How often the whole kernel table is read again.
    #[must_use]
    pub fn resync(&self) -> Duration {
        self.resync
    }
}
