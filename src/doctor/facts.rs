//! What was seen on this machine, as data for the judges.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use director_core::model::{Endpoint, Family, Forwarding, Profile, ServiceId, SyncDaemon};
use director_core::realserver::Setup;
use director_core::table::Table;
use director_core::weight::ServiceState;

use crate::machine::real_server::Standing;
use crate::net::{Address, Answer, Interface, MacAddress, Route};

/// Everything that was seen.
#[derive(Debug, Clone, Default)]
pub struct HostFacts {
    /// The kernel's table; none when the kernel has no IPVS.
    pub kernel: Option<Table>,
    /// The table that the definitions lead to when every server is up; none without definitions.
    pub defined: Option<Table>,
    /// Names of the services that are defined.
    pub names: BTreeMap<ServiceId, String>,
    /// Ports on which servers listen by the definitions, where that is not the one in the table.
    pub own_ports: BTreeMap<(ServiceId, Endpoint), u16>,
    /// The way of balancing that was asked for.
    pub profile: Option<Profile>,
    /// Whether the definitions want persistent clients to go on to servers of weight 0.
    pub persistent_clients_stay: bool,
    /// Whether the definitions want a reused client port to stay with the server of its former connection.
    pub reused_ports_stay: bool,
    /// Schedulers that services want and this kernel has not.
    pub missing_schedulers: BTreeSet<String>,
    /// Settings of the kernel by name.
    pub settings: BTreeMap<String, String>,
    /// Synchronisation daemons that run.
    pub sync_daemons: Vec<SyncDaemon>,
    /// Those that the configuration wants.
    pub wanted_sync_daemons: Vec<SyncDaemon>,
    /// Entries of the connection table.
    pub connections: usize,
    /// Buckets of the connection table; 0 when that is not known.
    pub connection_buckets: u32,
    pub interfaces: Vec<Interface>,
    /// Addresses of the interfaces.
    pub addresses: Vec<Address>,
    /// What is known about each VIP.
    pub vips: BTreeMap<IpAddr, VipFacts>,
    /// The way to each real server of each service.
    pub paths: Vec<ForwardingPath>,
    /// Packets that reverse path filters dropped while we looked.
    pub filtered: u64,
    /// Rules of the firewall that drop what connection tracking takes for invalid.
    pub invalid_drops: Vec<String>,
    /// VIPs that this machine was set up to serve, as a real server.
    pub serves: BTreeSet<Setup>,
    /// How the pieces of that stand.
    pub standing: Vec<Standing>,
    /// The services of the daemon that runs here.
    pub services: Vec<DaemonService>,
    /// What the services listen on that the daemon still has in the kernel until their connections have ended.
    pub leaving: BTreeSet<String>,
    /// VIPs that the daemon keeps off this machine, since too few servers are available.
    pub withdrawn_vips: BTreeSet<IpAddr>,
}

/// A service as the daemon that runs here reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonService {
    /// The operator's name for it.
    pub name: String,
    /// What it listens on. A service by name may listen in several places, each with a state of its own.
    pub listen: String,
    pub state: ServiceState,
    /// Real servers that are up.
    pub up: usize,
    /// Real servers with a weight.
    pub all: usize,
    /// Real servers, also those of weight 0.
    pub servers: usize,
    /// Whether a server takes connections by its weight.
    pub serves: bool,
    /// Real servers with a weight that are down and have a check that cannot run.
    pub down_unchecked: usize,
    /// Checks that cannot run, one for each reason.
    pub blocked_checks: Vec<BlockedChecks>,
}

/// Checks of a service that cannot run now for the same reason, a fault of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedChecks {
    pub reason: String,
    /// The check by its name, where its servers have several.
    pub check: Option<String>,
    /// The servers that it is to check, by address.
    pub servers: Vec<String>,
    /// For how long, in words; none when that is not known.
    pub age: Option<String>,
}

impl DaemonService {
    /// The service for people: `web (tcp 192.0.2.10:80)`.
    pub(super) fn named(&self) -> String {
        match self.name == self.listen {
            true => self.listen.clone(),
            false => format!("{} ({})", self.name, self.listen),
        }
    }
}

/// What is known about a VIP.
#[derive(Debug, Clone, Default)]
pub struct VipFacts {
    /// Whether this machine takes its packets.
    pub local: bool,
    /// Whether this director has withdrawn it with its services, for want of real servers.
    pub withdrawn: bool,
    /// The interface that it is on, or whose network it belongs to.
    pub interface: Option<String>,
    /// Other machines that say they have it.
    pub answered_by: BTreeSet<MacAddress>,
}

/// The way to one real server of one service.
#[derive(Debug, Clone)]
pub struct ForwardingPath {
    pub service: ServiceId,
    pub server: Endpoint,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// Where its packets leave; none when there is no route.
    pub route: Option<Route>,
    /// Name and largest packet of the interface that they leave by.
    pub interface: Option<(String, u32)>,
    /// The hardware addresses of the server, where it is on our network.
    pub macs: BTreeSet<MacAddress>,
    /// What it said to an echo as the routes have it, from our own address.
    pub plain: Option<Answer>,
    /// NAT: what it said to an echo from the VIP.
    pub from_vip: Option<Answer>,
    /// Direct routing and tunnels: what it said to an echo to the VIP, sent as IPVS forwards.
    pub to_vip: Option<Answer>,
    /// Tunnels: the largest packet that reached it, when the largest that leaves here did not.
    pub passes: Option<u32>,
}

impl ForwardingPath {
    /// The VIP, where the service has one.
    pub(super) fn vip(&self) -> Option<IpAddr> {
        vip_of(&self.service)
    }
}

/// The VIP of a service, where it has one.
pub(super) fn vip_of(service: &ServiceId) -> Option<IpAddr> {
    match service {
        ServiceId::Address { vip, .. } => Some(*vip),
        ServiceId::Mark { .. } => None,
    }
}

impl HostFacts {
    /// Whether a service of the kernel is no longer defined and finishes its connections.
    pub(super) fn is_leaving(&self, service: &ServiceId) -> bool {
        self.leaving.contains(&service.to_string())
    }

    /// A setting of the kernel as a number.
    pub(super) fn setting(&self, name: &str) -> Option<i64> {
        self.settings.get(name)?.parse().ok()
    }

    /// The name of a service, for people.
    pub(super) fn name(&self, service: &ServiceId) -> String {
        match self.names.get(service) {
            Some(name) if *name != service.to_string() => format!("{name} ({service})"),
            _ => service.to_string(),
        }
    }

    /// Whether any server of this family is reached in this way.
    pub(super) fn any(&self, family: Family, wanted: impl Fn(Forwarding) -> bool) -> bool {
        self.paths
            .iter()
            .any(|path| path.service.family() == family && wanted(path.forwarding))
    }

    /// Whether clients reach a VIP here: it is on an interface on which this machine answers for it.
    #[must_use]
    pub fn has_clients(&self) -> bool {
        let mut vips = self
            .addresses
            .iter()
            .filter(|own| self.vips.contains_key(&own.address));
        vips.any(|own| {
            let mut interfaces = self.interfaces.iter();
            interfaces.any(|one| one.index == own.interface && one.answers())
        })
    }

    /// Whether this machine balances, or is to.
    #[must_use]
    pub fn is_director(&self) -> bool {
        let busy = |table: &Option<Table>| {
            table
                .as_ref()
                .is_some_and(|table| !table.services.is_empty())
        };
        busy(&self.kernel) || self.defined.is_some()
    }

    /// Whether this machine serves a VIP as a real server.
    #[must_use]
    pub fn is_real_server(&self) -> bool {
        !self.serves.is_empty() || (!self.is_director() && self.quiet_vips().next().is_some())
    }

    /// Addresses that stand where nobody asks for them: on the loopback or a tunnel, alone in their network.
    pub(super) fn quiet_vips(&self) -> impl Iterator<Item = (&Address, &Interface)> {
        self.addresses.iter().filter_map(|address| {
            let place = self
                .interfaces
                .iter()
                .find(|one| one.index == address.interface)?;
            let alone = address.prefix == if address.address.is_ipv4() { 32 } else { 128 };
            let quiet = place.loopback || !place.resolves;
            (alone && quiet && !address.address.is_loopback()).then_some((address, place))
        })
    }
}
