//! A real server on which something is missing that was set up.

use director_core::model::HostChange;

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let missing = facts.standing.iter().filter(|standing| !standing.present);
    missing
        .map(|standing| {
            let (fault, why) = match &standing.change {
                HostChange::Setting { name, .. } if name.ends_with("rp_filter") => (
                    "reverse-path-strict",
                    "clients come out of the tunnel and are answered elsewhere; a strict filter drops all of them",
                ),
                HostChange::Setting { .. } => (
                    "arp-answers",
                    "this machine tells clients that it has the VIP, and they come past the director",
                ),
                HostChange::Tunnel(_) | HostChange::GuePort(_) => (
                    "tunnel-not-unwrapped",
                    "packets that the director sends through the tunnel are refused",
                ),
                // The other ones are a director's.
                HostChange::Address { .. }
                | HostChange::Vip(_)
                | HostChange::VipReplies { .. }
                | HostChange::Timeout { .. } => (
                    "vip-not-served",
                    "packets for the VIP are taken for those of another machine",
                ),
                HostChange::MssClamp { .. } => (
                    "segments-too-large",
                    "what clients send may not fit into the tunnel, and hang",
                ),
            };
            Finding {
                fault,
                subject: standing.change.to_string(),
                observed: "it was set up here and is not so any more".to_owned(),
                why: why.to_owned(),
                fix: format!("ipvsctl realserver up {}", again(facts, &standing.change)),
            }
        })
        .collect()
}

/// The arguments that set up again what needs this change.
fn again(facts: &HostFacts, change: &HostChange) -> String {
    let setup = facts
        .serves
        .iter()
        .find(|setup| setup.changes().contains(change));
    setup.map_or_else(String::new, director_core::realserver::arguments)
}
