//! The director's side of the road to a VIP: which of its addresses asks, and whether the interface there takes answers
//! whose source is our own VIP. The kernel drops those as martians unless `accept_local` is set, or `rp_filter` demands
//! that they come by the loopback device (net/ipv4/fib_frontend.c); IPv6 has no such rule.
//!
//! **Invariant:** a setting of an interface is changed only while probes go by such roads there, written down before it is
//! changed, and put back unless somebody else has changed it since; what a killed director left is put back by the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use director_core::model::Family;
use nix::ifaddrs::getifaddrs;

/// Where the kernel has the settings of interfaces.
const INTERFACES: &str = "/proc/sys/net/ipv4/conf";

/// Why no probe can set out.
#[derive(Debug, thiserror::Error)]
pub(super) enum GroundError {
    /// There is no way to the server.
    #[error("cannot ask: no route to {toward}: {source}")]
    NoRoute {
        /// The real server.
        toward: IpAddr,
        /// The kernel's words.
        source: io::Error,
    },
    /// The interfaces cannot be listed.
    #[error("cannot ask: listing the addresses of this host: {0}")]
    Addresses(#[source] nix::errno::Errno),
    /// Only the VIP itself, or the other family, is there.
    #[error(
        "cannot ask: the director has no {family} address of its own towards {toward} beside the VIP; give the interface one"
    )]
    NoAddress {
        /// The real server.
        toward: IpAddr,
        /// The family of the VIP.
        family: Family,
    },
    /// A setting cannot be read or written.
    #[error("cannot ask: {path}: {source}", path = .path.display())]
    Setting {
        /// Its file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The director is about to end.
    #[error("cannot ask: no probe goes this way any more")]
    Closed,
}

/// All that this host does for roads.
#[derive(Debug)]
pub(super) struct Ground {
    interfaces: PathBuf,
    state: Mutex<State>,
}

/// Which probes go by the clients' road.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roads {
    /// The VIPs of all services, which real servers have too; empty when no probe goes by a road.
    pub vips: BTreeSet<IpAddr>,
    /// Each server that is asked so, and the VIP that it is asked for.
    pub asked: BTreeSet<(IpAddr, IpAddr)>,
}

#[derive(Debug, Default)]
struct State {
    /// Which probes may set out; all of them when nobody has said so.
    roads: Option<Roads>,
    /// The interface by which each server and its VIP are asked.
    uses: BTreeMap<(IpAddr, IpAddr), String>,
    /// Where changes are written down.
    record: Option<PathBuf>,
    /// By file.
    changes: BTreeMap<PathBuf, Change>,
}

/// A setting that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    former: String,
    ours: String,
}

impl Default for Ground {
    fn default() -> Self {
        Self {
            interfaces: INTERFACES.into(),
            state: Mutex::default(),
        }
    }
}

impl Ground {
    /// Takes over the changes that a former director has written down in `record`, and writes its own there.
    pub(super) fn record_in(&self, record: PathBuf) {
        let mut state = self.state();
        let text = fs::read_to_string(&record).unwrap_or_default();
        state.changes = text.lines().filter_map(read_change).collect();
        state.record = Some(record);
    }

    /// Lets these probes set out and no others, and puts back what was changed for none of them.
    pub(super) fn open(&self, roads: Roads) {
        let mut state = self.state();
        state.uses.retain(|way, _| roads.asked.contains(way));
        state.roads = Some(roads);
        state.put_back_unused();
    }

    /// The address that asks `vip` by the road to the server `toward`; its interface takes the answers from now on.
    pub(super) fn source(&self, toward: IpAddr, vip: IpAddr) -> Result<IpAddr, GroundError> {
        let preferred =
            preferred_source(toward).map_err(|source| GroundError::NoRoute { toward, source })?;
        let addresses = own_addresses().map_err(GroundError::Addresses)?;
        let family = Family::of(vip);
        let roads = self.state().roads.clone();
        let mut vips = roads.unwrap_or_default().vips;
        vips.insert(vip);
        let (address, interface) = choose(&addresses, preferred, family, &vips)
            .ok_or(GroundError::NoAddress { toward, family })?;
        if family == Family::Ipv4 && interface != "lo" {
            self.take_answers((toward, vip), interface)?;
        }
        Ok(address)
    }

    fn take_answers(&self, way: (IpAddr, IpAddr), interface: &str) -> Result<(), GroundError> {
        let mut state = self.state();
        let may_probe = |roads: &Roads| roads.asked.contains(&way);
        if !state.roads.as_ref().is_none_or(may_probe) {
            return Err(GroundError::Closed);
        }
        let former = state.uses.insert(way, interface.to_owned());
        if former.is_some_and(|former| former != interface) {
            state.put_back_unused();
        }
        let of_all = |name: &str| number(&self.interfaces.join("all").join(name));
        let own = |name: &str| self.interfaces.join(interface).join(name);
        let accepts = own("accept_local");
        if of_all("accept_local")? == 0 && number(&accepts)? == 0 {
            state.change(accepts, "1")?;
        }
        let filter = own("rp_filter");
        if of_all("rp_filter")?.max(number(&filter)?) == 1 {
            state.change(filter, "2")?;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn change(&mut self, path: PathBuf, ours: &str) -> Result<(), GroundError> {
        let failed = |source| GroundError::Setting {
            path: path.clone(),
            source,
        };
        let former = fs::read_to_string(&path).map_err(failed)?.trim().to_owned();
        let change = Change {
            former,
            ours: ours.to_owned(),
        };
        // What was there before our first change counts, also when somebody has undone that in between.
        self.changes.entry(path.clone()).or_insert(change);
        self.write_down();
        fs::write(&path, ours).map_err(failed)
    }

    /// Puts back what was changed at interfaces by which nobody is asked any more.
    fn put_back_unused(&mut self) {
        let used = |path: &PathBuf| {
            let interface = path.parent().and_then(Path::file_name);
            self.uses
                .values()
                .any(|used| interface.is_some_and(|name| name == used.as_str()))
        };
        let changes = std::mem::take(&mut self.changes).into_iter();
        let (kept, unused): (BTreeMap<_, _>, BTreeMap<_, _>) =
            changes.partition(|(path, _)| used(path));
        self.changes = kept;
        for (path, change) in unused {
            let found = fs::read_to_string(&path).unwrap_or_default();
            if found.trim() != change.ours {
                continue;
            }
            if let Err(error) = fs::write(&path, &change.former) {
                tracing::warn!(path = %path.display(), %error, "cannot be put back to {}", change.former);
            }
        }
        self.write_down();
    }

    /// A record that cannot be written only matters to a director that is killed, so it stops nothing.
    fn write_down(&self) {
        let Some(record) = &self.record else { return };
        let lines = self.changes.iter().map(|(path, change)| {
            format!("{} {} {}\n", path.display(), change.former, change.ours)
        });
        let text: String = lines.collect();
        let written = if text.is_empty() {
            match fs::remove_file(record) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        } else {
            let new = record.with_extension("new");
            fs::write(&new, text).and_then(|()| fs::rename(&new, record))
        };
        if let Err(error) = written {
            tracing::warn!(record = %record.display(), %error, "changed settings cannot be written down");
        }
    }
}

fn read_change(line: &str) -> Option<(PathBuf, Change)> {
    let mut words = line.split(' ');
    let (path, former, ours) = (words.next()?, words.next()?, words.next()?);
    let change = Change {
        former: former.to_owned(),
        ours: ours.to_owned(),
    };
    path.starts_with('/').then(|| (path.into(), change))
}

fn number(path: &Path) -> Result<u32, GroundError> {
    let failed = |source| GroundError::Setting {
        path: path.to_owned(),
        source,
    };
    let text = fs::read_to_string(path).map_err(failed)?;
    text.trim()
        .parse()
        .map_err(|_| failed(io::Error::from(io::ErrorKind::InvalidData)))
}

/// The address that the kernel would send from to this one. Nothing is sent.
fn preferred_source(toward: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match toward {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    // Any port will do.
    socket.connect(SocketAddr::new(toward, 9))?;
    Ok(socket.local_addr()?.ip())
}

/// An address of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Own {
    interface: String,
    address: IpAddr,
    /// Whether its network is the address alone, as that of most VIPs is.
    alone: bool,
}

fn own_addresses() -> Result<Vec<Own>, nix::errno::Errno> {
    let found = getifaddrs()?.filter_map(|entry| {
        let address = entry.address?;
        let mask = entry.netmask;
        let (address, alone) = if let Some(v4) = address.as_sockaddr_in() {
            let mask = mask
                .as_ref()
                .and_then(|mask| Some(mask.as_sockaddr_in()?.ip()));
            (v4.ip().into(), mask == Some(Ipv4Addr::BROADCAST))
        } else {
            let mask = mask
                .as_ref()
                .and_then(|mask| Some(mask.as_sockaddr_in6()?.ip()));
            let ones = Some(Ipv6Addr::from_bits(u128::MAX));
            (address.as_sockaddr_in6()?.ip().into(), mask == ones)
        };
        Some(Own {
            interface: entry.interface_name,
            address,
            alone,
        })
    });
    Ok(found.collect())
}

/// The address that asks, and its interface: the kernel's choice, unless that is of the other family or a VIP, which the
/// real server would answer to itself. Addresses that are alone in their network are mostly VIPs, though not of ours.
fn choose<'a>(
    addresses: &'a [Own],
    preferred: IpAddr,
    family: Family,
    vips: &BTreeSet<IpAddr>,
) -> Option<(IpAddr, &'a str)> {
    let first = addresses.iter().find(|own| own.address == preferred)?;
    let usable = |own: &&Own| {
        let link_local =
            matches!(own.address, IpAddr::V6(address) if address.is_unicast_link_local());
        let can_answer = Family::of(own.address) == family && !link_local;
        own.interface == first.interface && can_answer && !vips.contains(&own.address)
    };
    let mut candidates: Vec<&Own> = addresses.iter().filter(usable).collect();
    candidates.sort_by_key(|own| (own.alone, own.address != preferred));
    let chosen = candidates.first()?;
    Some((chosen.address, &chosen.interface))
}

#[cfg(test)]
#[path = "ground_tests.rs"]
mod tests;
