//! Servers that the kernel has and that are not defined: when they leave, and what they do until then.

use super::{Chain, Link, Situation, WeightReason};
use crate::model::{DrainRule, Endpoint, ServiceId, VirtualService};
use crate::overrides::{OverrideKind, Target};
use crate::table::{ServerEntry, ServiceEntry};

/// A server that is no longer defined and stays for a while.
#[derive(Debug, Clone)]
pub struct Departing<'a> {
    /// Its identity.
    pub endpoint: Endpoint,
    /// What the kernel holds of it.
    pub known: &'a ServerEntry,
    /// Its weight and why.
    pub chain: Chain<'a>,
    /// How it is leaving the table, when it is.
    pub drain: Option<DrainRule>,
}

impl<'a> Situation<'a> {
    /// Whether the server is one of the kernel's that may have one of the host names without an address.
    fn is_perhaps_named(&self, service: &VirtualService, server: &Endpoint) -> bool {
        let target = (service.id, *server);
        !service.unresolved.is_empty() && self.recovery.perhaps_named.contains(&target)
    }

    pub(super) fn any_perhaps_named(
        &self,
        service: &VirtualService,
        observed: Option<&ServiceEntry>,
    ) -> bool {
        any_serves(observed, |server| self.is_perhaps_named(service, server))
    }

    /// Whether an operator wants the server removed at once.
    fn is_disabled(&self, target: &Target) -> bool {
        let override_ = self.overrides.taking_out(target);
        override_.is_some_and(|one| one.kind == OverrideKind::Disable)
    }

    /// Whether the kernel has a server in service that is not defined.
    pub(super) fn any_predecessor_serves(
        &self,
        service: &VirtualService,
        observed: Option<&ServiceEntry>,
    ) -> bool {
        any_serves(observed, |server| {
            let mut defined = service.real_servers.iter().chain(&service.fallback);
            defined.all(|defined| defined.endpoint != *server)
        })
    }

    /// Servers of the kernel that are not defined: they serve until their successors have been probed, and then leave.
    pub(super) fn departing(
        &self,
        service: &VirtualService,
        observed: Option<&'a ServiceEntry>,
        decided: bool,
    ) -> Vec<Departing<'a>> {
        let undefined = |server: &Endpoint| {
            let mut defined = service.real_servers.iter();
            let fallback = decided
                && service
                    .fallback
                    .iter()
                    .any(|known| known.endpoint == *server);
            defined.all(|known| known.endpoint != *server) && !fallback
        };
        let before = observed.into_iter().flat_map(|observed| &observed.servers);
        let departing = |(server, known): (&Endpoint, &'a ServerEntry)| {
            let serves_on = !decided && known.settings.weight > 0;
            if self.is_perhaps_named(service, server) {
                return Departing {
                    endpoint: *server,
                    known,
                    chain: Chain::of(Link {
                        weight: Some(known.settings.weight),
                        since: None,
                        reason: WeightReason::PerhapsNamed,
                    }),
                    drain: None,
                };
            }
            Departing {
                endpoint: *server,
                known,
                chain: Chain::of(Link {
                    weight: serves_on.then_some(known.settings.weight),
                    since: None,
                    reason: match (
                        serves_on,
                        self.recovery.found.contains(&(service.id, *server)),
                    ) {
                        (true, false) => WeightReason::SuccessorsUnknown,
                        (false, false) => WeightReason::NoLongerDefined,
                        (true, true) => WeightReason::FoundServing,
                        (false, true) => WeightReason::FoundInKernel,
                    },
                }),
                drain: service
                    .recovery
                    .leaving
                    .filter(|_| !serves_on && !self.is_disabled(&(service.id, *server))),
            }
        };
        before
            .filter(|(server, _)| undefined(server))
            .map(departing)
            .collect()
    }

    /// Weighs the servers of a service that is no longer defined and leaves by a drain.
    #[must_use]
    pub fn departing_weights(&self, service: &ServiceId, rule: DrainRule) -> Vec<Departing<'a>> {
        let observed = self.observed.services.get(service);
        let servers = observed.into_iter().flat_map(|observed| &observed.servers);
        let departing = |(server, known): (&Endpoint, &'a ServerEntry)| {
            let mut chain = Chain::of(Link {
                weight: None,
                since: None,
                reason: WeightReason::NoLongerDefined,
            });
            let rule = Some(rule).filter(|_| !self.is_disabled(&(*service, *server)));
            self.drain(service, server, Some(known), rule, false, &mut chain);
            Departing {
                endpoint: *server,
                known,
                chain,
                drain: rule,
            }
        };
        servers.map(departing).collect()
    }
}

/// Whether the kernel has one of these servers in service.
fn any_serves(observed: Option<&ServiceEntry>, is_meant: impl Fn(&Endpoint) -> bool) -> bool {
    let mut known = observed.into_iter().flat_map(|entry| &entry.servers);
    known.any(|(server, known)| known.settings.weight > 0 && is_meant(server))
}
