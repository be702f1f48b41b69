//! The path of a probe that goes where the clients' packets go: a probe to the VIP, marked, and a probe service of
//! that mark with one real server, which carries it there by the server's own forwarding method. The helpers are part of
//! the desired table like any other service; nobody defines them, and they are known by their mark and a flag.
//!
//! **Invariant:** no two VIP paths of a model have the same mark, and no mark changes while its service and server stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{
    Endpoint, Forwarding, ProbeKind, Protocol, RealServer, Scheduling, ServiceId, VirtualService,
};

/// The VIP path of one probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct PathCheck {
    /// The mark of its packets (`SO_MARK`), and of its helper service.
    pub mark: u32,
    /// The real server at its end.
    pub toward: IpAddr,
    /// Its port there, where the path may change it (NAT); 0 = the probed one.
    pub port: u16,
    /// Whether the probe fills a whole packet, so that it finds a path-MTU problem.
    pub full_size: bool,
}

/// The firewall marks that belong to helper services, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MarkRange {
    /// The lowest; never 0.
    pub first: u32,
    /// The highest.
    pub last: u32,
}

impl MarkRange {
    /// What is taken when the definitions do not say: 65,536 marks that hardly anybody writes, below 2^31, above which
    /// ipvsadm shows negative numbers.
    pub const USUAL: Self = Self {
        first: 0x4950_0000,
        last: 0x4950_ffff,
    };

    /// Whether a mark lies in the range.
    #[must_use]
    pub fn contains(self, mark: u32) -> bool {
        (self.first..=self.last).contains(&mark)
    }

    /// How many marks it holds.
    #[must_use]
    pub fn size(self) -> u64 {
        u64::from(self.last.saturating_sub(self.first)) + 1
    }

    /// Whether a service of the kernel's table is a helper of this range.
    #[must_use]
    pub fn holds_probe_service(self, id: &ServiceId, scheduling: &Scheduling) -> bool {
        is_probe_service(id, scheduling)
            && matches!(id, ServiceId::Mark { mark, .. } if self.contains(*mark))
    }
}

impl fmt::Display for MarkRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// Whether a service of the kernel's table is a helper, of whatever range: a mark with the scheduler flag that no scheduler
/// of the kernel uses (include/uapi/linux/ip_vs.h, `IP_VS_SVC_F_SCHED3`).
#[must_use]
pub fn is_probe_service(id: &ServiceId, scheduling: &Scheduling) -> bool {
    matches!(id, ServiceId::Mark { .. })
        && scheduling.scheduler == "rr"
        && scheduling.flags.third
        && scheduling.persistence.is_none()
}

/// A service of one mark with one real server, for one probe.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeService {
    /// The service whose real server is probed.
    pub of: ServiceId,
    /// That real server, under the identity that it has in its service.
    pub server: Endpoint,
    /// Where the helper sends the packets.
    pub endpoint: Endpoint,
    /// By which method.
    pub forwarding: Forwarding,
    /// The helper's own scheduling.
    pub scheduling: Scheduling,
}

/// The probe services of all probes that have a VIP path.
pub(super) fn probe_services(services: &[VirtualService]) -> BTreeMap<ServiceId, ProbeService> {
    let mut probe_services = BTreeMap::new();
    for service in services {
        for server in &service.real_servers {
            for probe in &server.probes {
                let Some(vip_path) = probe.vip_path else {
                    continue;
                };
                let id = ServiceId::Mark {
                    family: service.id.family(),
                    mark: vip_path.mark,
                };
                let by_datagram = matches!(&*probe.kind, ProbeKind::Protocol(check)
                    if check.transport() == Protocol::Udp);
                let datagrams = service.id.protocol() == Some(Protocol::Udp) || by_datagram;
                probe_services.insert(id, probe_service(service, server, vip_path, datagrams));
            }
        }
    }
    probe_services
}

fn probe_service(
    service: &VirtualService,
    server: &RealServer,
    vip_path: PathCheck,
    datagrams: bool,
) -> ProbeService {
    let mut scheduling = Scheduling::plain("rr", service.id.family());
    scheduling.flags.third = true;
    // A datagram leaves an entry of five minutes behind, by which a later one from the same port would be sent to the same
    // server. NAT needs the entry for the way back.
    scheduling.one_packet = datagrams && server.forwarding != Forwarding::Masq;
    let port = match server.forwarding {
        Forwarding::Masq => vip_path.port,
        _ => server.endpoint.port,
    };
    ProbeService {
        of: service.id,
        server: server.endpoint,
        endpoint: Endpoint {
            address: server.endpoint.address,
            port,
        },
        forwarding: server.forwarding,
        scheduling,
    }
}

/// Gives every VIP path a mark of its own: one that follows from service, server and place of the check alone, so that it stays
/// when others come and go, or the next free one. False when the range is too small.
pub(super) fn assign_marks(services: &mut [VirtualService], range: MarkRange) -> bool {
    let mut taken = BTreeSet::new();
    for service in services {
        for server in &mut service.real_servers {
            let probes = server.probes.iter_mut().enumerate();
            for (place, vip_path) in
                probes.filter_map(|(place, probe)| Some((place, probe.vip_path.as_mut()?)))
            {
                if taken.len() as u64 >= range.size() {
                    return false;
                }
                let mut offset = number_of(&service.id, &server.endpoint, place) % range.size();
                while !taken.insert(offset) {
                    offset = (offset + 1) % range.size();
                }
                vip_path.mark =
                    u32::try_from(u64::from(range.first) + offset).unwrap_or(range.last);
            }
        }
    }
    true
}

/// A number that is the same in every run (FNV-1a).
fn number_of(service: &ServiceId, server: &Endpoint, check: usize) -> u64 {
    format!("{service} {server} {check}")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}
