//! Asks the kernel and the network for the facts. Changes nothing; sends echoes and asks who has an address, no more.

mod active;
mod firewall;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use director_core::desired::assumed;
use director_core::health::HealthState;
use director_core::model::{
    Endpoint, Model, Profile, ServiceId, SyncDaemon, SyncRole, is_probe_service,
};
use director_core::table::Table;

use super::HostFacts;
use super::facts::{DaemonService, ForwardingPath, VipFacts, vip_of};
use crate::ipvs::{Kernel, KernelError, NetlinkKernel, ReadScope, SyncKernel, missing_modules};
use crate::machine::{MachineError, real_server};
use crate::net::{Interface, NetError, Network, Sysctl};

/// What is to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct DoctorOptions<'a> {
    /// The definitions, where there are any.
    pub model: Option<&'a Model>,
    /// The way of balancing to compare with.
    pub profile: Option<Profile>,
    /// Whether persistent clients shall go on to servers of weight 0.
    pub persistent_clients_stay: bool,
    /// Whether a reused client port shall stay with the server of its former connection.
    pub reused_ports_stay: bool,
    /// The journal of what was set up here as a real server.
    pub journal: &'a Path,
    /// The services of the daemon that runs here.
    pub services: &'a [DaemonService],
    /// What services listen on that the daemon lets finish their connections.
    pub leaving: &'a BTreeSet<String>,
    /// VIPs that the daemon keeps off this machine, since too few servers are available.
    pub withdrawn_vips: &'a BTreeSet<IpAddr>,
    /// How long to wait for answers of the network; none when nothing shall be sent.
    pub wait: Option<Duration>,
}

/// Why the facts cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The kernel's tables cannot be read.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The network cannot be asked.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The journal of a real server cannot be read, or what it says cannot be looked for.
    #[error(transparent)]
    Machine(#[from] MachineError),
}

/// Gathers the facts.
///
/// # Errors
/// When this program may not, or the kernel cannot be asked. What is missing is a fact and no error.
pub fn gather(question: &DoctorOptions<'_>) -> Result<HostFacts, GatherError> {
    let network = Network::open()?;
    let mut facts = HostFacts {
        profile: question.profile,
        services: question.services.to_vec(),
        leaving: question.leaving.clone(),
        withdrawn_vips: question.withdrawn_vips.clone(),
        persistent_clients_stay: question.persistent_clients_stay,
        reused_ports_stay: question.reused_ports_stay,
        interfaces: network.interfaces()?,
        addresses: network.addresses()?,
        ..HostFacts::default()
    };
    ask_kernel(&mut facts)?;
    if let Some(model) = question.model {
        facts.defined = Some(assumed(model, HealthState::Up));
        facts.names = names(model);
        facts.wanted_sync_daemons = wanted_sync_daemons(model);
        facts.own_ports = own_ports(model);
        facts.missing_schedulers = missing_schedulers(model);
    }
    facts.settings = settings(&facts);
    facts.invalid_drops = firewall::invalid_drops();
    facts.serves = real_server::setups(question.journal)?;
    facts.standing = real_server::standing(&facts.serves)?;
    let table = together(&facts);
    facts.vips = vips(&network, &facts, &table, question.model)?;
    facts.paths = paths(&network, &facts, &table)?;
    if let Some(wait) = question.wait {
        let filtered_before = filtered();
        active::ask(&mut facts, wait);
        facts.filtered = filtered().saturating_sub(filtered_before);
    }
    Ok(facts)
}

/// One that follows the VIP counts as a master: its backup ends when this director becomes the active one.
fn wanted_sync_daemons(model: &Model) -> Vec<SyncDaemon> {
    let host = model.host();
    let follower = host.sync_follower.iter();
    let daemons = host.sync_daemons.iter().cloned();
    daemons
        .chain(follower.map(|follower| follower.daemon(SyncRole::Master)))
        .collect()
}

fn ask_kernel(facts: &mut HostFacts) -> Result<(), GatherError> {
    let mut kernel = match NetlinkKernel::open() {
        Ok(kernel) => kernel,
        Err(KernelError::NoIpvs) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    facts.kernel = Some(kernel.read_table(ReadScope::All)?);
    facts.connection_buckets = kernel.info()?.connection_table_size;
    facts.sync_daemons = kernel.sync_daemons()?;
    // The first line has the titles.
    let connections = fs::read("/proc/net/ip_vs_conn").unwrap_or_default();
    let lines = connections.iter().filter(|byte| **byte == b'\n').count();
    facts.connections = lines.saturating_sub(1);
    Ok(())
}

fn names(model: &Model) -> BTreeMap<ServiceId, String> {
    let services = model.services().iter();
    services
        .map(|service| (service.id, service.name.clone()))
        .collect()
}

fn own_ports(model: &Model) -> BTreeMap<(ServiceId, Endpoint), u16> {
    let mut ports = BTreeMap::new();
    for service in model.services() {
        for server in service.real_servers.iter().chain(&service.fallback) {
            if server.port != server.endpoint.port {
                ports.insert((service.id, server.endpoint), server.port);
            }
        }
    }
    ports
}

/// Schedulers of the definitions that this kernel certainly does not have.
fn missing_schedulers(model: &Model) -> BTreeSet<String> {
    let services = model.services().iter();
    let wanted = services.map(|service| service.scheduling.scheduler.as_str());
    let modules: BTreeMap<String, &str> = wanted
        // No scheduler at all, which needs no module.
        .filter(|name| *name != "none")
        .map(|name| (format!("ip_vs_{name}"), name))
        .collect();
    let missing = missing_modules(modules.keys().map(String::as_str));
    let names = missing.into_iter().filter_map(|module| modules.get(module));
    names.map(|name| (*name).to_owned()).collect()
}

fn settings(facts: &HostFacts) -> BTreeMap<String, String> {
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for name in ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"] {
        wanted.insert(name.to_owned());
    }
    for (_, profile) in Profile::ALL {
        wanted.extend(profile.settings().iter().map(|one| one.name.to_owned()));
    }
    for name in [
        "expire_quiescent_template",
        "backup_only",
        "conntrack",
        "run_estimation",
        "conn_max",
    ] {
        wanted.insert(format!("net.ipv4.vs.{name}"));
    }
    let places = facts.interfaces.iter().map(|one| one.name.as_str());
    for place in places.chain(["all"]) {
        for name in ["rp_filter", "arp_ignore", "arp_announce"] {
            wanted.insert(Sysctl::of_interface("ipv4", place, name).name().to_owned());
        }
    }
    wanted
        .into_iter()
        .filter_map(|name| {
            let value = Sysctl::new(&name).read().ok().flatten()?;
            Some((name, value))
        })
        .collect()
}

/// Packets that reverse path filters have dropped since the machine started.
fn filtered() -> u64 {
    let text = fs::read_to_string("/proc/net/netstat").unwrap_or_default();
    let mut lines = text.lines();
    while let (Some(titles), Some(values)) = (lines.next(), lines.next()) {
        let place = titles
            .split_whitespace()
            .position(|title| title == "IPReversePathFilter");
        if let Some(value) = place.and_then(|place| values.split_whitespace().nth(place)) {
            return value.parse().unwrap_or(0);
        }
    }
    0
}

/// The kernel's services and those of the definitions, without those of probes along the clients' path: their server is
/// one of a service already.
fn together(facts: &HostFacts) -> Table {
    let mut table = facts.defined.clone().unwrap_or_default();
    for (service, entry) in facts.kernel.iter().flat_map(|kernel| &kernel.services) {
        match table.services.get_mut(service) {
            Some(known) => known.servers.extend(&entry.servers),
            None => {
                table.services.insert(*service, entry.clone());
            }
        }
    }
    table
        .services
        .retain(|service, entry| !is_probe_service(service, &entry.scheduling));
    table
}

fn vips(
    network: &Network,
    facts: &HostFacts,
    table: &Table,
    model: Option<&Model>,
) -> Result<BTreeMap<IpAddr, VipFacts>, NetError> {
    let mut vips = BTreeMap::new();
    for vip in table.services.keys().filter_map(vip_of) {
        let route = network.route(vip)?;
        let known = VipFacts {
            local: route.is_some_and(|route| route.local),
            withdrawn: is_withdrawn(
                facts,
                vip,
                model.is_some_and(|model| model.may_be_withdrawn(vip)),
            ),
            interface: place_of(facts, vip).map(|place| place.name.clone()),
            answered_by: BTreeSet::new(),
        };
        vips.insert(vip, known);
    }
    Ok(vips)
}

/// Whether a VIP is to be off this machine now. The daemon knows; without its word, the kernel has no service at it that may go on
/// there: one that is leaving gets no new clients.
fn is_withdrawn(facts: &HostFacts, vip: IpAddr, may_be_withdrawn: bool) -> bool {
    let services = facts
        .kernel
        .iter()
        .flat_map(|kernel| kernel.services.keys());
    let mut staying = services.filter(|service| !facts.is_leaving(service));
    let is_served = staying.any(|service| vip_of(service) == Some(vip));
    facts.withdrawn_vips.contains(&vip) || (!is_served && may_be_withdrawn)
}

/// The Ethernet that a VIP is on, or whose network it belongs to.
fn place_of(facts: &HostFacts, vip: IpAddr) -> Option<&Interface> {
    let spoken = |index: u32| {
        let mut all = facts.interfaces.iter();
        all.find(|one| one.index == index && one.resolves && !one.loopback && one.up)
    };
    let own = facts.addresses.iter().filter(|own| own.address == vip);
    own.clone()
        .find_map(|own| spoken(own.interface))
        .or_else(|| {
            let mut near = facts
                .addresses
                .iter()
                .filter(|own| own.is_neighbour_of(vip));
            near.find_map(|own| spoken(own.interface))
        })
}

fn paths(
    network: &Network,
    facts: &HostFacts,
    table: &Table,
) -> Result<Vec<ForwardingPath>, NetError> {
    let mut paths = Vec::new();
    for (service, entry) in &table.services {
        for (server, settings) in &entry.servers {
            let route = network.route(server.address)?;
            let interface = route
                .as_ref()
                .and_then(|route| route.interface)
                .and_then(|index| facts.interfaces.iter().find(|one| one.index == index))
                .map(|one| (one.name.clone(), one.mtu));
            paths.push(ForwardingPath {
                service: *service,
                server: *server,
                forwarding: settings.settings.forwarding,
                route,
                interface,
                macs: BTreeSet::new(),
                plain: None,
                from_vip: None,
                to_vip: None,
                passes: None,
            });
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use director_core::model::{ClientMask, Protocol, Scheduling};
    use director_core::table::ServiceEntry;

    use super::*;

    fn service(vip: IpAddr) -> (ServiceId, ServiceEntry) {
        let id = ServiceId::Address {
            protocol: Protocol::Tcp,
            vip,
            port: 81,
        };
        let entry = ServiceEntry::new(Scheduling {
            scheduler: "rr".to_owned(),
            flags: Default::default(),
            persistence: None,
            mask: ClientMask::V4(std::net::Ipv4Addr::BROADCAST),
            one_packet: false,
        });
        (id, entry)
    }

    #[test]
    fn a_leaving_service_does_not_hide_that_its_vip_is_withdrawn() {
        let vip = IpAddr::from([192, 0, 2, 10]);
        let (id, entry) = service(vip);
        let mut facts = HostFacts {
            kernel: Some(Table {
                services: [(id, entry)].into(),
            }),
            ..HostFacts::default()
        };
        assert!(!is_withdrawn(&facts, vip, true));
        facts.leaving.insert(id.to_string());
        assert!(is_withdrawn(&facts, vip, true));
        assert!(!is_withdrawn(&facts, vip, false));
    }

    #[test]
    fn a_vip_is_withdrawn_when_the_daemon_says_so() {
        let vip = IpAddr::from([192, 0, 2, 10]);
        let facts = HostFacts {
            withdrawn_vips: BTreeSet::from([vip]),
            ..HostFacts::default()
        };
        assert!(is_withdrawn(&facts, vip, false));
        assert!(!is_withdrawn(&HostFacts::default(), vip, false));
    }
}
