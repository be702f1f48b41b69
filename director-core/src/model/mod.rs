//! What is valid: a [`Model`] is definitions after validation, with every default resolved. Whoever holds one never
//! validates again; its parts can only be obtained from [`validate`](validate::validate).

mod addressing;
mod forwarding;
mod freeze;
mod hook;
mod host;
mod host_change;
mod limits;
mod pattern;
mod probe;
mod protocol;
pub mod raw_bytes;
mod real_server;
mod recovery;
mod request;
mod request_target;
mod scheduling;
mod secret;
mod service;
mod source_lines;
mod sync_daemon;
pub mod sysctl;
mod tls;
mod tuning;
mod tunnel_interface;
pub mod validate;
mod vip_path;

pub use addressing::{Endpoint, Family, Protocol, ServiceId};
pub use forwarding::{Forwarding, Tunnel, TunnelChecksum};
pub use hook::{Hook, HookWay, Topic};
pub use host::{HostConfig, LONGEST_TIMEOUT};
pub use host_change::{HostChange, TimeoutKind, Vip, single_address_prefix};
pub use limits::{
    LARGEST_THRESHOLD, LARGEST_WEIGHT, LONGEST_PERSISTENCE_SECONDS, MOST_TIMES_CONFIGURED,
    largest_advised, no_real_server, no_vip,
};
pub use pattern::{Effort, Pattern, PatternError, Unfinished};
pub use probe::{
    AdviceSource, CommandProbe, HttpProbe, HttpVersion, Probe, ProbeKind, Redirects, StatusRange,
};
pub use protocol::{
    CheckProtocol, Credentials, DatagramCheck, ExchangeCheck, FtpCheck, GreetingCheck, GrpcCheck,
    LdapCheck, MailboxCheck, OracleCheck, PROTOCOLS, ProtocolCheck, ProtocolForm, ProtocolRow,
    ProtocolSettings, RadiusCheck, Setting, SipCheck, SqlCheck, protocol_form, protocol_forms,
};
pub use real_server::{RealServer, UnresolvedServer};
pub use recovery::{
    BelowMinimum, DEFAULT_DRAIN, DrainRule, FIRST_TIER, Guard, Minimum, Quantity, Recovery,
    SlowStart, Then,
};
pub use request::{
    Authorization, ProxyHeader, RequestContent, RequestHeader, carries_credentials, refused_header,
};
pub(crate) use request_target::with_password;
pub use request_target::{RequestTarget, without_password};
pub use scheduling::{
    ClientMask, KNOWN_SCHEDULERS, Persistence, SchedulerFlags, Scheduling, scheduler_by_other_name,
    scheduler_flag_names,
};
pub(crate) use secret::HIDDEN;
pub use secret::{Secret, SecretSource};
pub use service::{
    Check, CheckTiming, Combine, ConnectsBetween, Damping, InitialHealth, OnFailure, OnStop,
    Publish, VirtualService, Window,
};
pub use source_lines::lines_in_stars;
pub use sync_daemon::{
    SHORTEST_SYNC_MESSAGE, SyncDaemon, SyncFollower, SyncRole, longest_sync_message,
};
pub use tls::{PemFile, TlsCheck, TlsIdentity, TlsMode, TlsStart, Verification};
pub use tuning::{KernelTimeouts, Profile, Tuned};
pub use tunnel_interface::{GuePort, TunnelInterface, TunnelKind};
pub use vip_path::{MarkRange, PathCheck, ProbeService, is_probe_service};

pub use freeze::{Adviser, Freeze};

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::definitions::Definitions;

/// Everything the director has to do, valid and complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What it was made from.
    definitions: Arc<Definitions>,
    services: Vec<VirtualService>,
    places: BTreeMap<ServiceId, usize>,
    resync: Duration,
    probe_marks: Option<MarkRange>,
    probe_services: BTreeMap<ServiceId, ProbeService>,
    guard: Option<Guard>,
    hooks: Vec<Hook>,
    freeze: Option<Freeze>,
    host: HostConfig,
    waiting: Vec<WaitingService>,
    held: HeldServices,
}

/// A service whose VIP is a host name that has no address yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingService {
    /// The operator's name for it; the host name when none was given.
    pub name: String,
    /// The host name.
    pub host: String,
}

/// Services that stay in the kernel as they are though the model lacks them, because it is not known what is wanted of
/// them: their definition is broken, or their VIP is a host name without an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldServices {
    /// Those with these identities; none when nothing is unknown.
    These(BTreeSet<ServiceId>),
    /// Any that the model lacks: nothing tells which ones are meant.
    All,
}

impl Model {
    /// A model without services, the state before the first file is read.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(
            Arc::new(Definitions::empty()),
            Vec::new(),
            validate::DEFAULT_RESYNC,
            None,
            None,
            Vec::new(),
            HostConfig::default(),
        )
    }

    /// A model of services with different identities.
    fn new(
        definitions: Arc<Definitions>,
        services: Vec<VirtualService>,
        resync: Duration,
        probe_marks: Option<MarkRange>,
        guard: Option<Guard>,
        hooks: Vec<Hook>,
        host: HostConfig,
    ) -> Self {
        let places = services
            .iter()
            .enumerate()
            .map(|(place, service)| (service.id, place))
            .collect();
        Self {
            definitions,
            probe_services: vip_path::probe_services(&services),
            host: HostConfig {
                path_servers: host::path_servers(&services),
                ..host
            },
            services,
            places,
            resync,
            probe_marks,
            guard,
            hooks,
            freeze: None,
            waiting: Vec::new(),
            held: HeldServices::These(BTreeSet::new()),
        }
    }

    /// The same model with services of which something is not known.
    fn with_unknown(self, waiting: Vec<WaitingService>, held: HeldServices) -> Self {
        Self {
            waiting,
            held,
            ..self
        }
    }

    /// Services whose VIPs are host names without an address.
    #[must_use]
    pub fn waiting(&self) -> &[WaitingService] {
        &self.waiting
    }

    /// Whether this service stays in the kernel as it is, though the model lacks it.
    #[must_use]
    pub fn holds(&self, id: &ServiceId) -> bool {
        self.service(id).is_none()
            && match &self.held {
                HeldServices::These(held) => held.contains(id),
                HeldServices::All => !self.probe_marks.is_some_and(
                    |marks| matches!(id, ServiceId::Mark { mark, .. } if marks.contains(*mark)),
                ),
            }
    }

    /// The same model with a freeze, or without one.
    fn with_freeze(self, freeze: Option<Freeze>) -> Self {
        Self { freeze, ..self }
    }

    /// When all health is frozen; never when there is none.
    #[must_use]
    pub fn freeze(&self) -> Option<Freeze> {
        self.freeze
    }

    /// The definitions that the model was made from.
    #[must_use]
    pub fn definitions(&self) -> &Arc<Definitions> {
        &self.definitions
    }

    /// The virtual services in the order of the file.
    #[must_use]
    pub fn services(&self) -> &[VirtualService] {
        &self.services
    }

    /// The virtual service with this identity.
    #[must_use]
    pub fn service(&self, id: &ServiceId) -> Option<&VirtualService> {
        self.places.get(id).map(|place| &self.services[*place])
    }

    /// The helper services of all probes that go to the VIP, by identity.
    #[must_use]
    pub fn probe_services(&self) -> &BTreeMap<ServiceId, ProbeService> {
        &self.probe_services
    }

    /// The firewall marks that belong to helpers; none when nothing in the kernel's table is one of ours.
    #[must_use]
    pub fn probe_marks(&self) -> Option<MarkRange> {
        self.probe_marks
    }

    /// What one change may take out at most; none when every change is let through.
    #[must_use]
    pub fn guard(&self) -> Option<&Guard> {
        self.guard.as_ref()
    }

    /// The receivers of notifications.
    #[must_use]
    pub fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    /// What is wanted of this machine other than its table.
    #[must_use]
    pub fn host(&self) -> &HostConfig {
        &self.host
    }

    /// The VIPs of all services, and those that checks of firewall marks name.
    #[must_use]
    pub fn vips(&self) -> BTreeSet<IpAddr> {
        let services = self.services().iter();
        let own = services.clone().filter_map(|service| match service.id {
            ServiceId::Address { vip, .. } => Some(vip),
            ServiceId::Mark { .. } => None,
        });
        let servers = services.flat_map(|service| &service.real_servers);
        let probes = servers.flat_map(|server| &server.probes);
        let by_path = probes.filter(|probe| probe.vip_path.is_some());
        own.chain(by_path.map(|probe| probe.address)).collect()
    }

    /// The services at this VIP.
    pub fn services_at(&self, vip: IpAddr) -> impl Iterator<Item = &VirtualService> {
        let services = self.services().iter();
        services.filter(move |service| service.id.is_at(vip))
    }

    /// Whether every service at this VIP is withdrawn when too few of its real servers are left, and the VIP with them.
    #[must_use]
    pub fn may_be_withdrawn(&self, vip: IpAddr) -> bool {
        self.services_at(vip).all(|service| {
            let minimum = service.recovery.minimum;
            minimum.is_some_and(|minimum| minimum.below == BelowMinimum::Withdraw)
        })
    }

    /// How often the whole kernel table is read again.
    #[must_use]
    pub fn resync(&self) -> Duration {
        self.resync
    }
}
