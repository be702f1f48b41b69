//! Servers that are asked the same share what they are asked: request, patterns and secrets are in memory once for a check, not
//! once for a server.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{ProbeKind, RealServer, VirtualService};

/// What is asked so far, each once.
#[derive(Default)]
pub(super) struct SharedKinds {
    kinds: HashSet<Arc<ProbeKind>>,
}

impl SharedKinds {
    /// Has the servers of a service share what they are asked with each other and with those before.
    pub(super) fn share(&mut self, service: &mut VirtualService) {
        let servers = service.real_servers.iter_mut();
        for server in servers.chain(&mut service.fallback) {
            let RealServer {
                probes,
                agent,
                weight_source,
                ..
            } = server;
            let advisers = agent.iter_mut().chain(weight_source);
            let advice = advisers.map(|adviser| &mut adviser.probe);
            for probe in probes.iter_mut().chain(advice) {
                match self.kinds.get(&probe.kind) {
                    Some(known) => probe.kind = Arc::clone(known),
                    None => {
                        self.kinds.insert(Arc::clone(&probe.kind));
                    }
                }
            }
        }
    }
}
