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
use crate::health::FreezeScope;
use crate::model::VirtualService;
use crate::moment::Moment;

/// How long after a check without an answer the network is checked again.
const CHECK_AGAIN: Duration = Duration::from_secs(5);

/// What is known of this director's own network while no server is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum OwnNetwork {
    /// Servers are heard, or it was not checked yet.
    #[default]
    Unknown,
    /// The check is on its way.
    Checking,
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

    /// Probes whether this director reaches its gateways or the fallback servers.
    pub(super) fn check_own_network(&mut self, effects: &mut Vec<Effect>) {
        self.own_network = OwnNetwork::Checking;
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
        if self.own_network != OwnNetwork::Checking {
            return;
        }
        if reached != Some(false) {
            self.own_network = OwnNetwork::Works;
            self.release_replaceable(now, effects);
            return;
        }
        self.own_network = OwnNetwork::Fails {
            check_again: now + CHECK_AGAIN,
        };
        let is_cut_off =
            (self.frozen.as_ref()).is_some_and(|frozen| frozen.scope == FreezeScope::CutOff);
        if !is_cut_off {
            self.freeze(FreezeScope::CutOff, None, now, effects);
        }
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
        let Some(frozen) =
            (self.frozen.as_mut()).filter(|frozen| frozen.scope == FreezeScope::CutOff)
        else {
            return;
        };
        frozen.scope = FreezeScope::WithoutReplacement;
        let others_stay = self.has_services(false);
        if !others_stay {
            self.frozen = None;
        }
        self.give_all_chances(now);
        let notice = FreezeNotice::NetworkWorks { others_stay };
        effects.push(Effect::Tell(Notice::Freeze(notice)));
    }
}
