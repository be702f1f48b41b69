//! A path check: its sockets carry the mark of its probe service and leave from an address of the director, so that the
//! answer of the VIP comes back here.
//!
//! Source ports are chosen when the connection is made, one after the other for each VIP: an entry that the kernel keeps
//! of a former probe from the same port would lead to that probe's server.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use director_core::model::sysctl::{accepts_local_sources, reverse_path_is_loose};
use director_core::model::{Family, PathCheck, Probe};
use socket2::Socket;

use super::error::ProbeError;
use super::origin::bind;
use super::settings::ProbeSettings;
use crate::net::{Sysctl, source_address};

/// The path of one probe through a VIP.
#[derive(Debug)]
pub(super) struct VipPath {
    road: PathCheck,
    vip: IpAddr,
    /// The director's own address.
    source: IpAddr,
    connected: AtomicBool,
}

impl VipPath {
    /// Whether packets to this peer take the path; a redirect may lead elsewhere.
    pub(super) fn leads_to(&self, peer: IpAddr) -> bool {
        self.vip == peer
    }

    /// Makes a socket send through the VIP.
    fn take(&self, socket: &Socket) -> io::Result<()> {
        socket.set_mark(self.road.mark)?;
        bind(socket, self.source)
    }

    /// Notes that the other end has been heard of.
    pub(super) fn heard(&self) {
        self.connected.store(true, Ordering::Relaxed);
    }

    /// Whether the question is to fill a packet.
    pub(super) fn full_size(&self) -> bool {
        self.road.full_size
    }

    fn silence(&self, probe: &Probe) -> ProbeError {
        let (vip, toward, limit) = (self.vip, self.road.toward, probe.timeout);
        if self.road.full_size && self.connected.load(Ordering::Relaxed) {
            ProbeError::Swallowed { toward, limit }
        } else {
            ProbeError::SilentVipPath { vip, toward, limit }
        }
    }
}

/// Makes a socket send to this peer as its probe has to: through the VIP, or from the address that it has to leave from.
pub(super) fn prepare(
    socket: &Socket,
    peer: IpAddr,
    settings: &ProbeSettings,
) -> Result<(), ProbeError> {
    match settings.vip_path_to(peer) {
        Some(path) => path.take(socket).map_err(ProbeError::CannotAsk),
        None => bind_source(socket, peer, settings),
    }
}

/// The same, but for the choice of an address that is no VIP; says whether there is none to be made.
pub(super) fn prepare_path(
    socket: &Socket,
    peer: IpAddr,
    settings: &ProbeSettings,
) -> Result<bool, ProbeError> {
    match settings.vip_path_to(peer) {
        Some(path) => path
            .take(socket)
            .map(|()| true)
            .map_err(ProbeError::CannotAsk),
        None => settings.origin().bind(socket, peer),
    }
}

/// Has a socket send from the source address of the check, or from an address that is no VIP: a real server that has the VIP
/// would answer itself.
pub(super) fn bind_source(
    socket: &Socket,
    peer: IpAddr,
    settings: &ProbeSettings,
) -> Result<(), ProbeError> {
    if settings.origin().bind(socket, peer)? {
        return Ok(());
    }
    match settings.source_beside_vips(peer)? {
        Some(source) => bind(socket, source).map_err(ProbeError::CannotAsk),
        None => Ok(()),
    }
}

/// The settings for one probe, with its path through the VIP where it has one.
pub(super) fn settings_for(
    probe: &Probe,
    settings: &ProbeSettings,
) -> Result<ProbeSettings, ProbeError> {
    let Some(road) = probe.vip_path else {
        return Ok(settings.clone());
    };
    let family = Family::of(probe.address);
    let mut vips = BTreeSet::clone(&settings.vips());
    vips.insert(probe.address);
    let source = source_address(road.toward, family, &vips)?;
    if family == Family::Ipv4 && !takes_vip_replies(&source.interface) {
        return Err(ProbeError::RepliesDropped {
            interface: source.interface,
        });
    }
    Ok(settings.through_vip(VipPath {
        road,
        vip: probe.address,
        source: source.address,
        connected: AtomicBool::new(false),
    }))
}

/// Whether packets may come in by this interface whose source is a VIP of this machine. IPv6 has no rule against them, nor
/// has the loopback; the settings are made before the first of these probes, and another program may change them.
fn takes_vip_replies(interface: &str) -> bool {
    let value = |interface: &str, name: &str| {
        let setting = Sysctl::of_interface("ipv4", interface, name);
        setting.number().unwrap_or(0)
    };
    let (own, all) = (|name| value(interface, name), |name| value("all", name));
    interface == "lo"
        || accepts_local_sources(own("accept_local"), all("accept_local"))
            && reverse_path_is_loose(own("rp_filter"), all("rp_filter"))
}

/// What it means that no answer came in time.
pub(super) fn silence(probe: &Probe, settings: &ProbeSettings) -> ProbeError {
    match settings.vip_path_to(probe.address) {
        Some(road) => road.silence(probe),
        None => ProbeError::Silent(probe.timeout),
    }
}
