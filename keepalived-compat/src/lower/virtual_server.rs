//! A virtual server as written: its lines in their order, since a line holds for what follows it.

use std::net::IpAddr;

use director_core::definitions::{ForwardingDefinition, Placed};
use director_core::diagnostic::Place;
use director_core::model::{Family, Protocol};

use super::listen::{VirtualAddress, listen};
use super::server::{ServerBlock, endpoint, forwarding, is_tunnel, server};
use super::timing::Timing;
use super::values;
use crate::findings::Findings;
use crate::tree::Entry;

/// The schedulers that keepalived knows.
const SCHEDULERS: [&str; 14] = [
    "rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos",
];
/// Seconds that a client keeps its server where no number is written.
const USUAL_PERSISTENCE: u64 = 360;
/// keepalived's limit for it: 31 days.
const LONGEST_PERSISTENCE: u64 = 31 * 24 * 3600;

/// A virtual server.
#[derive(Debug)]
pub(super) struct VirtualServer<'e> {
    pub(super) listen: VirtualAddress,
    pub(super) place: Place,
    pub(super) family: Option<Family>,
    pub(super) protocol: Option<Placed<Protocol>>,
    pub(super) scheduler: Option<Placed<String>>,
    pub(super) flags: Vec<Placed<String>>,
    pub(super) one_packet: Option<Place>,
    pub(super) persistence: Option<Placed<u64>>,
    pub(super) mask: Option<Placed<String>>,
    pub(super) persistence_engine: Option<Placed<String>>,
    pub(super) forwarding: Option<Placed<ForwardingDefinition>>,
    pub(super) weight: Option<Placed<u64>>,
    pub(super) quorum: Option<Placed<u64>>,
    pub(super) hysteresis: Option<Placed<u64>>,
    pub(super) inhibit: Option<Place>,
    pub(super) smtp_alert: Option<Placed<bool>>,
    pub(super) virtual_host: Option<Placed<String>>,
    pub(super) timing: Timing,
    pub(super) sorry: Option<Sorry>,
    pub(super) servers: Vec<ServerBlock<'e>>,
}

/// The sorry server.
#[derive(Debug, Clone)]
pub(super) struct Sorry {
    pub(super) address: Placed<IpAddr>,
    pub(super) port: Option<Placed<u16>>,
    pub(super) forwarding: Option<Placed<ForwardingDefinition>>,
    pub(super) place: Place,
}

/// Reads a virtual server. One that keepalived ignores is none.
pub(super) fn virtual_server<'e>(
    entry: &'e Entry,
    findings: &mut Findings,
) -> Option<VirtualServer<'e>> {
    let listen = match listen(entry) {
        Ok(listen) => listen,
        Err((message, hint)) => {
            let message = format!("{message}; keepalived ignores this virtual_server");
            findings.faulty(&entry.place, message, hint);
            return None;
        }
    };
    let mut service = VirtualServer::new(listen, entry);
    for line in &entry.entries {
        service.take(line, findings);
    }
    if service.servers.is_empty() {
        let message = "this virtual_server has no usable real server, and keepalived ignores it";
        findings.faulty(&entry.place, message, "add a real_server, or remove it");
        return None;
    }
    Some(service)
}

impl<'e> VirtualServer<'e> {
    fn new(listen: VirtualAddress, entry: &Entry) -> Self {
        let family = match listen {
            VirtualAddress::Address { address, .. } => Some(Family::of(address)),
            VirtualAddress::Mark(_) | VirtualAddress::Group(_) => None,
        };
        Self {
            listen,
            place: entry.place.clone(),
            family,
            protocol: None,
            scheduler: None,
            flags: Vec::new(),
            one_packet: None,
            persistence: None,
            mask: None,
            persistence_engine: None,
            forwarding: None,
            weight: None,
            quorum: None,
            hysteresis: None,
            inhibit: None,
            smtp_alert: None,
            virtual_host: None,
            timing: Timing::default(),
            sorry: None,
            servers: Vec::new(),
        }
    }

    fn take(&mut self, entry: &'e Entry, findings: &mut Findings) {
        if self.timing.take(entry, 1, findings) {
            return;
        }
        let count = 1..=u64::from(u32::MAX);
        match entry.name.as_str() {
            "ip_family" => self.ip_family(entry, findings),
            "lb_algo" | "lvs_sched" => self.set_scheduler(entry, findings),
            "sh-port" | "sh-fallback" | "mh-port" | "mh-fallback" => {
                self.hash_flag(entry, findings)
            }
            "flag-1" | "flag-2" | "flag-3" => self.set_flag(&entry.name, &entry.place),
            "ops" => self.one_packet = Some(entry.place.clone()),
            "lb_kind" | "lvs_method" => {
                self.forwarding = forwarding(entry, findings).or_else(|| self.forwarding.take());
            }
            "persistence_engine" => self.persistence_engine = values::text(entry, findings),
            "persistence_timeout" => self.persistence_timeout(entry, findings),
            "persistence_granularity" => self.granularity(entry, findings),
            "protocol" => self.set_protocol(entry, findings),
            "smtp_alert" => self.smtp_alert = values::switch(entry, findings),
            "virtualhost" => self.virtual_host = values::text(entry, findings),
            "quorum" => self.quorum = values::number(entry, count, findings),
            "hysteresis" => {
                self.hysteresis = values::number(entry, 0..=u64::from(u32::MAX), findings)
            }
            "weight" => self.weight = values::number(entry, 1..=65_535, findings),
            "inhibit_on_failure" => self.inhibit = Some(entry.place.clone()),
            "sorry_server" => self.sorry_server(entry, findings),
            "sorry_server_lvs_method" => self.sorry_forwarding(entry, findings),
            "real_server" => self.real_server(entry, findings),
            name => without_place(name, entry, findings),
        }
    }

    fn ip_family(&mut self, entry: &Entry, findings: &mut Findings) {
        let Some(word) = entry.value() else {
            return;
        };
        let family = match word.text.as_str() {
            "inet" => Family::Ipv4,
            "inet6" => Family::Ipv6,
            _ => return values::ignored(entry, word, "write inet or inet6", findings),
        };
        match self.family {
            Some(known) if known != family => {
                let message =
                    format!("this virtual_server is {known} already; keepalived ignores the line");
                findings.faulty(&word.place, message, "remove the line");
            }
            _ => self.family = Some(family),
        }
    }

    fn set_scheduler(&mut self, entry: &Entry, findings: &mut Findings) {
        let Some(name) = values::text(entry, findings) else {
            return;
        };
        if SCHEDULERS.contains(&name.value.as_str()) {
            self.scheduler = Some(name);
        } else if let Some(word) = entry.value() {
            values::ignored(
                entry,
                word,
                format!("write one of {}", SCHEDULERS.join(", ")),
                findings,
            );
        }
    }

    /// `sh-port` and its like count only below the line of their scheduler.
    fn hash_flag(&mut self, entry: &Entry, findings: &mut Findings) {
        let scheduler = self
            .scheduler
            .as_ref()
            .map_or("", |name| name.value.as_str());
        if entry.name.split('-').next() == Some(scheduler) {
            self.set_flag(&entry.name, &entry.place);
        } else {
            let message = format!(
                "{} belongs below lb_algo {}; keepalived ignores the line",
                entry.name,
                &entry.name[..2]
            );
            findings.faulty(
                &entry.place,
                message,
                "move it below the scheduler, or remove it",
            );
        }
    }

    fn set_flag(&mut self, name: &str, place: &Place) {
        if self.flags.iter().all(|known| known.value != name) {
            self.flags.push(Placed::new(name.to_owned(), place.clone()));
        }
    }

    fn persistence_timeout(&mut self, entry: &Entry, findings: &mut Findings) {
        self.persistence = match entry.value() {
            None => Some(Placed::new(USUAL_PERSISTENCE, entry.place.clone())),
            Some(_) => values::exact_number(entry, 1..=LONGEST_PERSISTENCE, findings)
                .or(self.persistence.take()),
        };
    }

    /// A mask for IPv4, a prefix length for IPv6. It brings persistence with it.
    fn granularity(&mut self, entry: &Entry, findings: &mut Findings) {
        let Some(text) = values::text(entry, findings) else {
            return;
        };
        let is_mask = text.value.contains('.');
        let family = self
            .family
            .unwrap_or(if is_mask { Family::Ipv4 } else { Family::Ipv6 });
        let good = match family {
            Family::Ipv4 => text.value.parse::<std::net::Ipv4Addr>().is_ok(),
            Family::Ipv6 => text
                .value
                .parse::<u8>()
                .is_ok_and(|length| (1..=128).contains(&length)),
        };
        if !good && let Some(word) = entry.value() {
            let hint = match family {
                Family::Ipv4 => "write a mask such as 255.255.255.0",
                Family::Ipv6 => "write a prefix length from 1 to 128",
            };
            return values::ignored(entry, word, hint, findings);
        }
        self.family = Some(family);
        if self.persistence.is_none() {
            self.persistence = Some(Placed::new(USUAL_PERSISTENCE, entry.place.clone()));
        }
        self.mask = Some(text);
    }

    fn set_protocol(&mut self, entry: &Entry, findings: &mut Findings) {
        let Some(word) = entry.value() else {
            return;
        };
        let protocol = match word.text.to_ascii_uppercase().as_str() {
            "TCP" => Protocol::Tcp,
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            _ => return values::ignored(entry, word, "write TCP, UDP or SCTP", findings),
        };
        self.protocol = Some(Placed::new(protocol, word.place.clone()));
    }

    fn sorry_server(&mut self, entry: &Entry, findings: &mut Findings) {
        if let Some((address, port)) = endpoint(entry, findings) {
            self.sorry = Some(Sorry {
                address,
                port,
                forwarding: self.forwarding.clone(),
                place: entry.place.clone(),
            });
        }
    }

    fn sorry_forwarding(&mut self, entry: &Entry, findings: &mut Findings) {
        match &mut self.sorry {
            Some(sorry) => {
                if let Some(method) = forwarding(entry, findings) {
                    sorry.forwarding = Some(method);
                }
            }
            None => {
                let message =
                    "sorry_server_lvs_method stands before sorry_server; keepalived ignores it";
                findings.faulty(&entry.place, message, "move it below sorry_server");
            }
        }
    }

    /// A server of another family than the virtual server is none, except behind a tunnel.
    fn real_server(&mut self, entry: &'e Entry, findings: &mut Findings) {
        let Some(server) = server(entry, self.forwarding.as_ref(), findings) else {
            return;
        };
        if !server.is_tunnelled() {
            let family = *self.family.get_or_insert(server.family());
            if family != server.family() {
                let message = format!(
                    "{} is {} and the virtual server is {family}; keepalived ignores this real_server",
                    server.address.value,
                    server.family()
                );
                findings.faulty(
                    &entry.place,
                    message,
                    "write an address of the same family, or use TUN",
                );
                return;
            }
        }
        self.servers.push(server);
    }

    /// The family of a mark: as written, or that of its servers.
    pub(super) fn family_of_mark(&self) -> Family {
        if let Some(family) = self.family {
            return family;
        }
        let sorry = self
            .sorry
            .as_ref()
            .map(|sorry| Family::of(sorry.address.value));
        let mut families = self.servers.iter().map(ServerBlock::family).chain(sorry);
        match families.next() {
            Some(first) if families.all(|other| other == first) => first,
            _ => Family::Ipv4,
        }
    }

    /// Whether a sorry server serves for this family.
    pub(super) fn sorry_of(&self, family: Family) -> Option<&Sorry> {
        let fits = |sorry: &&Sorry| {
            Family::of(sorry.address.value) == family || is_tunnel(sorry.forwarding.as_ref())
        };
        self.sorry.as_ref().filter(fits)
    }
}

fn without_place(name: &str, entry: &Entry, findings: &mut Findings) {
    let (message, hint) = match name {
        "ha_suspend" => (
            "ha_suspend is not followed: ipvsd checks the servers wherever the VIP is",
            "remove it; more probes do no harm",
        ),
        "quorum_up" | "quorum_down" => (
            "the commands of quorum_up and quorum_down are not run",
            "write in YAML: vip and minimum_healthy: {below: withdraw} for an address, publish or notify for all else",
        ),
        "omega" => (
            "omega has no effect: ipvsd runs no command when it stops",
            "remove it",
        ),
        "sorry_server_inhibit" => (
            "ipvsd removes a fallback that is no longer needed once its connections have ended",
            "remove it",
        ),
        // A flag that the kernel sets itself, and the agent for SNMP.
        _ => return,
    };
    findings.differs(&entry.place, message, hint);
}
