//! Which VIPs are announced: those of services that are withdrawn with too few servers (`minimum_healthy` with
//! `below: withdraw`) are not, so that a second director or a router takes over. Leaves adding and removing to the host.
//!
//! Invariants: an address stays while one service at it is not withdrawn, whoever that service belongs to; it comes back
//! when the kernel has a server for it; an address is left as it is until it is known whether its services are
//! withdrawn, so that a director that starts draws no client to servers that are down.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Director, Finishing, HostRequest, Unwanted};
use crate::model::{HostChange, ServiceId, VirtualService};
use crate::moment::Moment;
use crate::recovery::{Pool, Shortage, census};
use crate::table::ServiceEntry;
use crate::weight::Situation;

/// Which addresses are announced.
#[derive(Debug, Clone, Default)]
pub(super) struct Announced {
    /// Whether each VIP of the definitions is to be there; one that is missing has not been decided.
    by_address: BTreeMap<IpAddr, bool>,
    /// Some of them have not been decided.
    pub(super) pending_changes: bool,
}

/// What the services at an address want of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Somebody serves there.
    Served,
    /// All of its services are withdrawn.
    Withdrawn,
    /// A service has enough servers, and the kernel has none of them in service.
    Awaited,
    /// It is not known whether a service has enough servers; the kernel has somebody in service.
    Presumed,
    /// Nor has the kernel anybody in service.
    Unknown,
}

impl Announced {
    /// These changes, without the VIPs that are not announced; those that are not decided stay as they are.
    pub(super) fn request(&self, changes: Vec<HostChange>) -> HostRequest {
        let mut request = HostRequest {
            wanted: Vec::with_capacity(changes.len()),
            kept: Vec::new(),
            withdrawn: Vec::new(),
            finishing: Finishing::default(),
            unwanted: Unwanted::Undo,
        };
        for change in changes {
            match self.decided(&change) {
                Some(true) => request.wanted.push(change),
                Some(false) => request.withdrawn.push(change),
                None => request.kept.push(change),
            }
        }
        request
    }

    /// The VIPs among these that are or may be announced.
    pub(super) fn staying(&self, mut vips: Vec<HostChange>) -> Vec<HostChange> {
        vips.retain(|change| self.decided(change) != Some(false));
        vips
    }

    /// Whether a change is to be there, as far as that is decided.
    fn decided(&self, change: &HostChange) -> Option<bool> {
        match change {
            HostChange::Vip(vip) => self.by_address.get(&vip.address).copied(),
            _ => Some(true),
        }
    }
}

impl Director {
    /// Decides again which VIPs are announced; says whether that differs from before.
    pub(super) fn announce(&mut self, now: Moment) -> bool {
        let patient = self.ready_at_last().is_some_and(|last| now < last);
        let before = &self.host.announced.by_address;
        let mut by_address = BTreeMap::new();
        let mut pending_changes = false;
        for (vip, _) in &self.model.host().vips {
            let before = before.get(&vip.address).copied();
            let decided = match self.need_of(vip.address, now) {
                Need::Served => Some(true),
                Need::Withdrawn => Some(false),
                Need::Presumed | Need::Unknown if patient => before,
                Need::Presumed => Some(true),
                Need::Unknown | Need::Awaited => Some(before.unwrap_or(false)),
            };
            pending_changes |= decided.is_none();
            by_address.extend(decided.map(|decided| (vip.address, decided)));
        }
        let changed = *before != by_address;
        self.host.announced = Announced {
            by_address,
            pending_changes,
        };
        changed
    }

    /// The VIPs that are not announced.
    pub(crate) fn withdrawn_vips(&self) -> Vec<IpAddr> {
        let decided = self.host.announced.by_address.iter();
        decided
            .filter(|(_, announced)| !**announced)
            .map(|(address, _)| *address)
            .collect()
    }

    /// Why a VIP is not announced, as its services say.
    pub(super) fn why_not_announced(&self, address: IpAddr) -> String {
        let withdrawn = self.model.services_at(address).filter_map(|service| {
            let shortage = self.recovery.pools.of(&service.id)?.shortage?;
            Some(format!("{}: {shortage}", service.name))
        });
        let reasons: Vec<String> = withdrawn.collect();
        reasons.join("; ")
    }

    fn need_of(&self, address: IpAddr, now: Moment) -> Need {
        if !self.model.may_be_withdrawn(address) {
            return Need::Served;
        }
        let Some(observed) = &self.observed else {
            return Need::Unknown;
        };
        // One of ours that is leaving gets no new clients, and must not keep them from another director.
        let is_of_others = |id: &ServiceId| {
            self.model.service(id).is_none() && !self.recovery.leaving.contains_key(id)
        };
        let mut standing = observed.services.keys();
        if standing.any(|id| id.is_at(address) && is_of_others(id)) {
            return Need::Served;
        }
        let situation = self.situation(observed, now);
        let needs = self.model.services_at(address).map(|service| {
            let entry = observed.services.get(&service.id);
            need(&situation, service, entry)
        });
        let needs: Vec<Need> = needs.collect();
        let override_ = [Need::Served, Need::Presumed, Need::Unknown, Need::Awaited];
        let first = override_.into_iter().find(|need| needs.contains(need));
        first.unwrap_or(Need::Withdrawn)
    }
}

/// What a service that may be withdrawn wants of its address, by the health at this moment.
fn need(situation: &Situation<'_>, service: &VirtualService, entry: Option<&ServiceEntry>) -> Need {
    let minimum = service.recovery.minimum.unwrap_or_default();
    let tiers = census(service, situation.book, situation.overrides);
    let former = situation.recovery.pools.of(&service.id).copied();
    let pool = former.unwrap_or_else(|| Pool::begin(0, situation.now));
    let judged: Option<Shortage> = pool.evaluate(&minimum, &tiers, situation.now).shortage;
    if judged.is_some() {
        return Need::Withdrawn;
    }
    let whole = tiers.first().map_or(0, |tier| tier.all);
    let available: usize = tiers.iter().map(|tier| tier.available).sum();
    let enough = available >= minimum.servers.at_least(whole).max(1);
    let mut servers = entry.into_iter().flat_map(|entry| entry.servers.values());
    match (enough, servers.any(|server| server.settings.weight > 0)) {
        (true, true) => Need::Served,
        (true, false) => Need::Awaited,
        (false, true) => Need::Presumed,
        (false, false) => Need::Unknown,
    }
}
