//! A server behind NAT whose replies do not come back by the director.

use director_core::model::Forwarding;

use crate::doctor::{Finding, HostFacts};
use crate::net::Answer;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let masqueraded = facts
        .paths
        .iter()
        .filter(|path| path.forwarding == Forwarding::Masq);
    masqueraded
        .filter(|path| path.plain == Some(Answer::Echo))
        .filter(|path| path.from_vip.as_ref().is_some_and(|answer| *answer != Answer::Echo))
        .filter_map(|path| {
            let (vip, server) = (path.vip()?, path.server.address);
            let own = path.route.as_ref()?.source?;
            let place = &path.interface.as_ref()?.0;
            Some(Finding {
                fault: "nat-reply-path",
                subject: format!("{} at {server}", facts.name(&path.service)),
                observed: format!(
                    "{server} answers a ping from {own}, but no reply to a ping from {vip} returns on {place}"
                ),
                why: "replies to clients must return through this machine, which rewrites them; clients drop \
                    replies that take another gateway".to_owned(),
                fix: format!(
                    "on {server}: ip {}route replace default via {own}",
                    if own.is_ipv4() { "" } else { "-6 " }
                ),
            })
        })
        .collect()
}
