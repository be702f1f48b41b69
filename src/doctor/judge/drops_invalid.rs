//! The firewall drops what connection tracking takes for invalid, and IPVS hides its connections from tracking.

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let tracked = facts.setting("net.ipv4.vs.conntrack").unwrap_or(0) != 0;
    if tracked || !facts.is_director() {
        return Vec::new();
    }
    facts
        .invalid_drops
        .iter()
        .map(|rule| Finding {
            fault: "drops-invalid",
            subject: "firewall".to_owned(),
            observed: format!("net.ipv4.vs.conntrack=0, and the rule: {rule}"),
            why: "connection tracking does not know the connections of IPVS, so the firewall drops their packets as \
                invalid before they are forwarded".to_owned(),
            fix: "sysctl -w net.ipv4.vs.conntrack=1; or accept the traffic of the services before that rule".to_owned(),
        })
        .collect()
}
