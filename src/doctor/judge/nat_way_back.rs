//! A server behind NAT whose replies do not come back by the director.

use director_core::model::Forwarding;

use crate::doctor::{Facts, Finding};
use crate::net::Answer;

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let masqueraded = facts
        .roads
        .iter()
        .filter(|road| road.forwarding == Forwarding::Masq);
    masqueraded
        .filter(|road| road.plain == Some(Answer::Echo))
        .filter(|road| road.from_vip.as_ref().is_some_and(|answer| *answer != Answer::Echo))
        .filter_map(|road| {
            let (vip, server) = (road.vip()?, road.server.address);
            let own = road.route.as_ref()?.source?;
            let place = &road.interface.as_ref()?.0;
            Some(Finding {
                fault: "nat-way-back",
                subject: format!("{} at {server}", facts.name(&road.service)),
                observed: format!(
                    "{server} answers an echo from {own}, but no answer to one from {vip} comes back on {place}"
                ),
                why: "replies to clients must pass through this machine to be rewritten; by another gateway they reach nobody who waits for them".to_owned(),
                fix: format!(
                    "on {server}: ip {}route replace default via {own}",
                    if own.is_ipv4() { "" } else { "-6 " }
                ),
            })
        })
        .collect()
}
