//! Asks the network: who has the VIPs, and how each real server answers along each path. All at once, since silence takes
//! its time. What cannot be asked stays unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use director_core::model::{Forwarding, Tunnel, TunnelChecksum};

use crate::doctor::HostFacts;
use crate::doctor::facts::ForwardingPath;
use crate::net::{
    Address, Answer, Coat, Echo, Interface, MacAddress, Scope, Wrapping, echo, who_has,
};

/// Servers and VIPs asked at the same time.
const TOGETHER: usize = 32;
/// The size of an echo that tells nothing of sizes.
const SMALL: usize = 84;
/// What every path of the family must take in one piece; less is not looked for.
const LEAST_OF_IPV4: u32 = 576;
const LEAST_OF_IPV6: u32 = 1280;

pub(super) fn ask(facts: &mut HostFacts, wait: Duration) {
    let interfaces = facts.interfaces.clone();
    let find = |name: &str| interfaces.iter().find(|one| one.name == name);
    let mut vips: Vec<_> = facts.vips.iter_mut().collect();
    for some in vips.chunks_mut(TOGETHER) {
        std::thread::scope(|scope| {
            for (vip, known) in some {
                let Some(place) = known.interface.as_deref().and_then(find) else {
                    continue;
                };
                let own: BTreeSet<MacAddress> =
                    interfaces.iter().filter_map(|one| one.mac).collect();
                scope.spawn(move || {
                    let owners = who_has(place, **vip, wait).unwrap_or_default();
                    known.answered_by = owners.difference(&own).copied().collect();
                });
            }
        });
    }
    let vips: BTreeSet<IpAddr> = facts.vips.keys().copied().collect();
    let own = OwnAddresses {
        addresses: &facts.addresses,
        vips: &vips,
    };
    ask_servers(&mut facts.paths, &find, own, wait);
}

/// The addresses of this machine.
#[derive(Clone, Copy)]
struct OwnAddresses<'a> {
    addresses: &'a [Address],
    vips: &'a BTreeSet<IpAddr>,
}

impl OwnAddresses<'_> {
    /// One from which something of this family can be asked, on this interface if it has one.
    fn of_family(self, like: IpAddr, place: &Interface) -> Option<IpAddr> {
        let fits = |known: &&Address| {
            known.address.is_ipv4() == like.is_ipv4()
                && known.scope == Scope::Global
                && !self.vips.contains(&known.address)
        };
        let mut all = self.addresses.iter().filter(fits);
        let here = all.clone().find(|known| known.interface == place.index);
        here.or_else(|| all.next()).map(|known| known.address)
    }
}

/// Asks each server once for its hardware address, and then along each of its paths.
fn ask_servers<'a>(
    paths: &mut [ForwardingPath],
    find: &(impl Fn(&str) -> Option<&'a Interface> + Sync),
    own: OwnAddresses<'_>,
    wait: Duration,
) {
    let mut macs: BTreeMap<IpAddr, BTreeSet<MacAddress>> = BTreeMap::new();
    let places: BTreeMap<IpAddr, &Interface> = paths
        .iter()
        .filter(|path| is_neighbour(path))
        .filter_map(|path| {
            let place = find(&path.interface.as_ref()?.0)?;
            Some((path.server.address, place))
        })
        .collect();
    let all: Vec<_> = places.into_iter().collect();
    for some in all.chunks(TOGETHER) {
        std::thread::scope(|scope| {
            let asked: Vec<_> = some
                .iter()
                .map(|(server, place)| {
                    let asking = scope.spawn(|| who_has(place, *server, wait));
                    (*server, asking)
                })
                .collect();
            for (server, asking) in asked {
                if let Ok(Ok(found)) = asking.join() {
                    macs.insert(server, found);
                }
            }
        });
    }
    for path in paths.iter_mut() {
        path.macs = macs.get(&path.server.address).cloned().unwrap_or_default();
    }
    for some in paths.chunks_mut(TOGETHER) {
        std::thread::scope(|scope| {
            for path in some {
                let place = path.interface.as_ref().and_then(|(name, _)| find(name));
                if let Some(place) = place {
                    scope.spawn(move || walk(path, place, own, wait));
                }
            }
        });
    }
}

/// On a network of ours, and not this machine itself.
fn is_neighbour(path: &ForwardingPath) -> bool {
    path.route
        .as_ref()
        .is_some_and(|route| route.gateway.is_none() && !route.local)
}

/// Sends echoes to one server along one path.
fn walk(path: &mut ForwardingPath, place: &Interface, own: OwnAddresses<'_>, wait: Duration) {
    let Some(route) = path.route.clone().filter(|route| !route.local) else {
        return;
    };
    let server = path.server.address;
    // A VIP may be what the routes choose; to it no real server answers.
    let usual = route.source.filter(|source| !own.vips.contains(source));
    let Some(source) = usual
        .or_else(|| own.of_family(server, place))
        .or(route.source)
    else {
        return;
    };
    let plain = Echo {
        from: source,
        to: server,
        wrapping: Wrapping::Plain,
        size: SMALL,
        heard_on: Some(place),
        // Nothing is waited for once the answer is there.
        wait: wait * 2,
    };
    path.plain = echo(&plain).ok();
    if path.plain != Some(Answer::Echo) {
        return;
    }
    let vip = path.vip();
    match path.forwarding {
        Forwarding::Masq => {
            path.from_vip = vip.and_then(|vip| echo(&Echo { from: vip, ..plain }).ok());
        }
        Forwarding::Direct => {
            let frame = path.macs.first().map(|mac| Wrapping::Frame {
                interface: place,
                to: *mac,
            });
            path.to_vip = frame.and_then(|frame| to_vip(plain, vip, frame));
        }
        Forwarding::Tunnel(tunnel) => {
            // Inside another family, from an address of the inner one.
            let asker = vip.and_then(|vip| {
                if vip.is_ipv4() == server.is_ipv4() {
                    Some(source)
                } else {
                    own.of_family(vip, place)
                }
            });
            let wrapping = Wrapping::Tunnel {
                from: source,
                to: server,
                coat: coat(tunnel),
            };
            path.to_vip = asker.and_then(|from| to_vip(Echo { from, ..plain }, vip, wrapping));
            let mtu = route.mtu.unwrap_or(place.mtu);
            path.passes = largest(&plain, mtu);
        }
        Forwarding::Local | Forwarding::Bypass => {}
    }
}

fn to_vip(plain: Echo<'_>, vip: Option<IpAddr>, wrapping: Wrapping<'_>) -> Option<Answer> {
    let vip = vip.filter(|vip| *vip != plain.from)?;
    let asked = Echo {
        to: vip,
        wrapping,
        // The answer may take any way that leads here.
        heard_on: None,
        ..plain
    };
    echo(&asked).ok()
}

fn coat(tunnel: Tunnel) -> Coat {
    match tunnel {
        Tunnel::Ipip => Coat::Ipip,
        Tunnel::Gre { checksum } => Coat::Gre {
            checksum: checksum != TunnelChecksum::Off,
        },
        Tunnel::Gue { port, .. } => Coat::Gue { port },
    }
}

/// The largest packet that reaches the server, when the largest that leaves here does not.
fn largest(plain: &Echo<'_>, mtu: u32) -> Option<u32> {
    let passes = |size: u32| {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        echo(&Echo { size, ..*plain }).is_ok_and(|answer| answer == Answer::Echo)
    };
    let least = if plain.to.is_ipv4() {
        LEAST_OF_IPV4
    } else {
        LEAST_OF_IPV6
    };
    // Beyond the largest packets of an Ethernet there is nothing to ask, as on a loopback.
    if !(least..=9216).contains(&mtu) || passes(mtu) {
        return None;
    }
    let (mut good, mut bad) = (least, mtu);
    if !passes(good) {
        return None;
    }
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if passes(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Some(good)
}
