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
                    "requests arrive through the tunnel and replies leave elsewhere; a strict reverse path filter \
                     drops the requests",
                ),
                HostChange::Setting { .. } => (
                    "arp-answers",
                    "this machine answers ARP requests for the VIP, so clients bypass the director",
                ),
                HostChange::Tunnel(_) | HostChange::GuePort(_) => (
                    "tunnel-not-unwrapped",
                    "this machine refuses the director's tunnel packets",
                ),
                // The other ones are a director's.
                HostChange::Address { .. }
                | HostChange::Vip(_)
                | HostChange::VipReplies { .. }
                | HostChange::SyncDaemon(_)
                | HostChange::SyncFollower(_)
                | HostChange::Timeout { .. } => (
                    "vip-not-served",
                    "this machine does not accept packets for the VIP",
                ),
                HostChange::MssClamp { .. } => (
                    "segments-too-large",
                    "large packets of clients may not fit the tunnel, so transfers hang",
                ),
            };
            Finding {
                fault,
                subject: standing.change.to_string(),
                observed: "ipvsctl realserver set it up, and it is gone".to_owned(),
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
