//! Somebody who is none of the real servers answers for the VIP.

use super::server_claims_vip::server_with;
use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    // One that this director has withdrawn shall be somewhere else.
    for (vip, known) in facts.vips.iter().filter(|(_, known)| !known.withdrawn) {
        for mac in &known.answered_by {
            if server_with(facts, *mac, *vip).is_some() {
                continue;
            }
            let place = known.interface.as_deref().unwrap_or("the network");
            findings.push(Finding {
                fault: "vip-elsewhere",
                subject: vip.to_string(),
                observed: format!("{mac} on {place} answers for {vip}"),
                why: "clients and routers use the last answer, so connections go to the other machine or alternate".to_owned(),
                fix: format!(
                    "find the machine (ip neighbour, or the switch port of {mac}) and remove the address there: ip \
                     address del {vip} dev INTERFACE"
                ),
            });
        }
    }
    findings
}
