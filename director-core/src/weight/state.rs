//! The state of a service in one word, and how many of its real servers are up.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{EffectiveWeight, ServiceWeights, Situation};
use crate::health::HealthState;
use crate::model::{Endpoint, RealServer, VirtualService};

/// What a service is to its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// Checks have not decided yet, and what they will find decides the state.
    Unknown,
    /// All real servers are up.
    Up,
    /// Real servers serve, and others are down or taken out by an override.
    Degraded,
    /// The fallback serves.
    OnFallback,
    /// No server serves.
    Down,
    /// Health is frozen, so the other states are not known.
    Frozen,
}

/// The state of a service with the numbers behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceCondition {
    /// Its state.
    pub state: ServiceState,
    /// Real servers that are up and not taken out. One of which that is only assumed counts as well.
    pub up: usize,
    /// Real servers with a weight, also those whose host names have no address.
    pub all: usize,
}

impl fmt::Display for ServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::OnFallback => "on fallback",
            Self::Down => "down",
            Self::Frozen => "frozen",
        })
    }
}

impl fmt::Display for ServiceCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} of {} up", self.state, self.up, self.all)
    }
}

impl Situation<'_> {
    /// The state of a service with these weights, without the servers that the kernel refuses. Those without a good result
    /// since a freeze, `unproven`, serve and do not count as up. A freeze hides all but what it cannot change.
    #[must_use]
    pub fn condition(
        &self,
        service: &VirtualService,
        weighed: &ServiceWeights<'_>,
        refused: &[Endpoint],
        unproven: &[Endpoint],
        frozen: bool,
    ) -> ServiceCondition {
        let servers: Vec<&RealServer> = service
            .real_servers
            .iter()
            .filter(|server| server.weight > 0)
            .collect();
        let unresolved = service.unresolved.iter();
        let unresolved = unresolved.filter(|server| server.weight > 0).count();
        let count = |matches: &dyn Fn(&RealServer) -> bool| {
            servers.iter().filter(|server| matches(server)).count()
        };
        let is_refused = |server: &RealServer| refused.contains(&server.endpoint);
        let is_unproven = |server: &RealServer| unproven.contains(&server.endpoint);
        let counts = |server: &RealServer| !is_refused(server) && !is_unproven(server);
        let damped = self.is_damped(service.id, &service.real_servers);
        let up = count(&|server| self.is_up(service, server, damped) && counts(server));
        let undecided = count(&|server| self.is_undecided(service, server));
        let all = servers.len() + unresolved;
        let state = match serving(weighed, refused) {
            _ if frozen => ServiceState::Frozen,
            ServedBy::Fallback => ServiceState::OnFallback,
            ServedBy::RealServers if up + undecided < all => ServiceState::Degraded,
            // A new server that has no result yet takes nothing from the service.
            ServedBy::RealServers if up > 0 => ServiceState::Up,
            ServedBy::Nothing if undecided == 0 => ServiceState::Down,
            ServedBy::RealServers | ServedBy::Nothing => ServiceState::Unknown,
        };
        ServiceCondition { state, up, all }
    }

    fn is_up(&self, service: &VirtualService, server: &RealServer, damped: bool) -> bool {
        let target = (service.id, server.endpoint);
        let health = self.book.get(&target);
        self.overrides.taking_out(&target).is_none()
            && health.is_none_or(|health| health.may_serve(damped) && !health.is_advised_out())
    }

    /// Whether a server is only assumed to be down, until its checks have decided.
    fn is_undecided(&self, service: &VirtualService, server: &RealServer) -> bool {
        let target = (service.id, server.endpoint);
        let health = self.book.get(&target);
        self.overrides.taking_out(&target).is_none()
            && health.is_some_and(|health| {
                health.assumed && health.state == HealthState::Down && !health.cannot_be_probed()
            })
    }
}

/// Which servers of a service take connections.
enum ServedBy {
    RealServers,
    Fallback,
    Nothing,
}

fn serving(weighed: &ServiceWeights<'_>, refused: &[Endpoint]) -> ServedBy {
    if weighed.withdrawn.is_some() {
        return ServedBy::Nothing;
    }
    let departing = weighed.departing.iter();
    let mut departing = departing.map(|departing| departing.chain.weight());
    let is_serving = |weight: Option<u32>| weight.is_some_and(|weight| weight > 0);
    let serves = |weighing: &EffectiveWeight<'_>| {
        is_serving(weighing.chain.weight()) && !refused.contains(&weighing.server.endpoint)
    };
    if weighed.fallback.iter().any(serves) {
        ServedBy::Fallback
    } else if weighed.servers.iter().any(serves) || departing.any(is_serving) {
        ServedBy::RealServers
    } else {
        ServedBy::Nothing
    }
}
