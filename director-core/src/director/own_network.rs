//! Whether this director's own network works while no server is heard. A service that something can replace waits for no server:
//! only a director that reaches neither its gateways nor a fallback server has reason to hold it, too.
//!
//! ```text
//!            all fell silent             reached, or nothing to reach
//!   Unknown ─────────────────▶ Checking ──────────────────────────────▶ Works
//!      ▲                        │    ▲
//!      │ a server is heard      │    │ every 5 s
//!      └── from every state     └──▶ Fails   not reached: everything is frozen
//! ```

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::{Director, Effect, FreezeNotice, Notice};
use crate::health::{FreezeScope, Report};
use crate::model::{Endpoint, RealServer, VirtualService};
use crate::moment::Moment;
use crate::scope::ServiceScope;

/// How long after a check without an answer the network is checked again.
const CHECK_AGAIN: Duration = Duration::from_secs(5);

/// What is known of this director's own network while no server is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum OwnNetwork {
    /// Servers are heard, or it was not checked yet.
    #[default]
    Unknown,
    /// The check is on its way; whether the one before it reached nothing.
    Checking { failed_before: bool },
    /// Something else than the servers was reached, or there is nothing else to reach.
    Works,
    /// Nothing was reached.
    Fails { check_again: Moment },
}

/// Whether the health of any server of it follows from a probe. Nothing can freeze it otherwise.
fn is_checked(service: &VirtualService) -> bool {
    let mut servers = service.real_servers.iter().chain(&service.fallback);
    servers.any(|server| service.asks(server))
}

impl OwnNetwork {
    /// What it counts as after a freeze. Where that ended without an answer, the servers are to blame from then on.
    pub(super) fn after_freeze(without_answer: bool) -> Self {
        match without_answer {
            true => Self::Works,
            false => Self::Unknown,
        }
    }
}

impl Director {
    /// Whether a service is held while health is frozen.
    pub(crate) fn is_frozen(&self, service: &VirtualService) -> bool {
        self.frozen
            .as_ref()
            .is_some_and(|frozen| frozen.scope == FreezeScope::CutOff || !service.has_replacement())
            && is_checked(service)
    }

    /// Whether there are services with checks that something can replace, or that nothing can.
    pub(super) fn has_services(&self, with_replacement: bool) -> bool {
        let asked = |service: &VirtualService| {
            let mut servers = service.real_servers.iter();
            servers.any(|server| service.asks(server))
        };
        let mut services = self.model.services().iter();
        services.any(|service| service.has_replacement() == with_replacement && asked(service))
    }

    /// Whether clients are served without a server that this director's network does not lead to: by another server of the
    /// service, or by what replaces it, while the fault is not one of the whole network.
    pub(super) fn is_dispensable(&self, service: &VirtualService, server: &Endpoint) -> bool {
        let last_of = |server: &Endpoint| self.book.get(&(service.id, *server))?.last();
        // An answer from before the last result of this server may be older than a fault of the whole network.
        let before = last_of(server).map(|(at, _)| *at);
        let mut others = (service.real_servers.iter())
            .filter(|other| other.endpoint != *server && other.weight > 0);
        let serves = |other: &RealServer| {
            let target = (service.id, other.endpoint);
            let health = self.book.get(&target);
            self.overrides.taking_out(&target).is_none()
                && last_of(&other.endpoint).map(|(at, _)| *at) >= before
                && health.is_some_and(|health| health.answers_well() && !health.is_advised_out())
        };
        others.any(serves) || service.has_replacement() && self.reaches_anything()
    }

    /// Whether this director is known to reach anything by the network.
    fn reaches_anything(&self) -> bool {
        match self.own_network {
            OwnNetwork::Works => true,
            OwnNetwork::Unknown => self.schedule.any_answers(),
            OwnNetwork::Checking { .. } | OwnNetwork::Fails { .. } => false,
        }
    }

    /// Whether this director's network leads to no server, and whether it leads anywhere is not known.
    pub(super) fn doubts_network(&self, report: &Report) -> bool {
        report.is_network_error()
            && self.own_network == OwnNetwork::Unknown
            && self.has_services(true)
            && !self.schedule.any_answers()
    }

    /// Probes whether this director reaches its gateways or the fallback servers.
    pub(super) fn check_own_network(&mut self, effects: &mut Vec<Effect>) {
        self.own_network = OwnNetwork::Checking {
            failed_before: matches!(self.own_network, OwnNetwork::Fails { .. }),
        };
        let services = self.model.services().iter();
        let real: BTreeSet<IpAddr> = services
            .clone()
            .flat_map(|service| &service.real_servers)
            .map(|server| server.endpoint.address)
            .collect();
        let fallbacks = services
            .flat_map(|service| &service.fallback)
            .map(|server| SocketAddr::new(server.endpoint.address, server.endpoint.port))
            // A real server in the place of the fallback shows nothing that its checks do not show.
            .filter(|fallback| !real.contains(&fallback.ip()))
            .collect();
        effects.push(Effect::CheckNetwork { fallbacks });
    }

    /// The network was checked: `reached` says whether anything answered, nothing when there is nothing to ask.
    pub(super) fn network_checked(
        &mut self,
        reached: Option<bool>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        // A server was heard in the meantime, or the freeze has ended.
        let OwnNetwork::Checking { failed_before } = self.own_network else {
            return;
        };
        if reached != Some(false) {
            self.own_network = OwnNetwork::Works;
            if self.is_frozen_as_cut_off() {
                self.release_replaceable(now, effects);
            } else if reached == Some(true) && self.frozen.is_some() {
                effects.push(Effect::Tell(Notice::Freeze(FreezeNotice::GatewayAnswers)));
            }
            return;
        }
        self.own_network = OwnNetwork::Fails {
            check_again: now + CHECK_AGAIN,
        };
        if self.has_services(true) {
            if !self.is_frozen_as_cut_off() {
                self.freeze(FreezeScope::CutOff, None, now, effects);
            }
        } else if self.frozen.is_some() && !failed_before {
            effects.push(Effect::Tell(Notice::Freeze(FreezeNotice::NothingAnswers)));
        }
    }

    /// Whether also what something can replace is frozen.
    pub(super) fn is_frozen_as_cut_off(&self) -> bool {
        (self.frozen.as_ref()).is_some_and(|frozen| frozen.scope == FreezeScope::CutOff)
    }

    /// Checks the network again when it is time.
    pub(super) fn check_own_network_again(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let due = (self.next_network_check()).is_some_and(|check_again| check_again <= now);
        if due && self.loaded_at.is_some() {
            self.check_own_network(effects);
        }
    }

    /// When the network is checked again.
    pub(super) fn next_network_check(&self) -> Option<Moment> {
        match self.own_network {
            OwnNetwork::Fails { check_again } if !self.stopping => Some(check_again),
            _ => None,
        }
    }

    /// The network works and the servers are silent all the same: what something can replace waits no longer.
    fn release_replaceable(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(frozen) = &mut self.frozen else {
            return;
        };
        frozen.scope = FreezeScope::WithoutReplacement;
        let others_stay = self.has_services(false);
        if !others_stay {
            self.frozen = None;
        }
        self.unsettled = ServiceScope::All;
        self.give_all_chances(now);
        let notice = FreezeNotice::NetworkWorks { others_stay };
        effects.push(Effect::Tell(Notice::Freeze(notice)));
    }
}
