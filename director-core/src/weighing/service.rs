//! All servers of one service weighed together: what depends on the others is decided here.

use super::{Because, Chain, Facts, Link, Situation, chain};
use crate::model::{Endpoint, RealServer, VirtualService};
use crate::table::{ServerEntry, ServiceEntry};

/// The servers of one service with their chains.
#[derive(Debug, Clone)]
pub struct Weighed<'a> {
    /// Its real servers in the order of the file.
    pub servers: Vec<(&'a RealServer, Chain<'a>)>,
    /// Its fallback.
    pub fallback: Option<(&'a RealServer, Chain<'a>)>,
    /// Servers that are no longer defined and stay for a while.
    pub guests: Vec<Guest<'a>>,
}

/// A server that is no longer defined and stays for a while.
#[derive(Debug, Clone)]
pub struct Guest<'a> {
    /// Its identity.
    pub endpoint: Endpoint,
    /// What the kernel holds of it.
    pub known: &'a ServerEntry,
    /// Its weight and why.
    pub chain: Chain<'a>,
}

impl<'a> Situation<'a> {
    /// Weighs the servers of a service.
    #[must_use]
    pub fn weigh(&self, service: &'a VirtualService) -> Weighed<'a> {
        let observed = self.observed.services.get(&service.id);
        let mut all_asked = true;
        let mut servers = Vec::with_capacity(service.real_servers.len());
        for server in &service.real_servers {
            let facts = self.facts(service, server, observed);
            if facts.order.is_none() {
                all_asked &= facts.health.is_none_or(|health| !health.presumed);
            }
            servers.push((server, chain(&facts)));
        }
        let serves = servers
            .iter()
            .any(|(_, chain)| chain.weight().is_some_and(|weight| weight > 0));
        let stands_in = !serves && all_asked;
        let guests = if serves || all_asked {
            Vec::new()
        } else {
            guests(service, observed)
        };
        Weighed {
            servers,
            fallback: service
                .fallback
                .as_ref()
                .map(|fallback| (fallback, fallback_chain(fallback, stands_in))),
            guests,
        }
    }

    fn facts(
        &self,
        service: &'a VirtualService,
        server: &'a RealServer,
        observed: Option<&'a ServiceEntry>,
    ) -> Facts<'a> {
        let target = (service.id, server.endpoint);
        Facts {
            service,
            server,
            health: self.book.get(&target),
            order: self.orders.taking_out(&target),
            known: observed.and_then(|observed| observed.servers.get(&server.endpoint)),
        }
    }
}

fn fallback_chain(fallback: &RealServer, stands_in: bool) -> Chain<'_> {
    let mut chain = Chain::of(Link {
        weight: Some(fallback.weight),
        since: None,
        because: Because::Defined,
    });
    chain.push(Link {
        weight: stands_in.then_some(fallback.weight),
        since: None,
        because: if stands_in {
            Because::FallbackServes
        } else {
            Because::FallbackWaits
        },
    });
    chain
}

/// A server that was defined until now serves on until its successors have been asked.
fn guests<'a>(service: &VirtualService, observed: Option<&'a ServiceEntry>) -> Vec<Guest<'a>> {
    let undefined = |server: &Endpoint| {
        service
            .real_servers
            .iter()
            .all(|known| known.endpoint != *server)
    };
    let before = observed
        .into_iter()
        .flat_map(|observed| &observed.servers)
        .filter(|(server, known)| known.settings.weight > 0 && undefined(server));
    before
        .map(|(server, known)| Guest {
            endpoint: *server,
            known,
            chain: Chain::of(Link {
                weight: Some(known.settings.weight),
                since: None,
                because: Because::SuccessorsUnknown,
            }),
        })
        .collect()
}
