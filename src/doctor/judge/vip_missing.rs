//! The director does not have the VIP.

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let missing = facts
        .vips
        .iter()
        .filter(|(_, known)| !known.local && !known.withdrawn);
    missing
        .map(|(vip, known)| {
            let prefix = if vip.is_ipv4() { 32 } else { 128 };
            let place = known.interface.as_deref().unwrap_or("INTERFACE");
            Finding {
                fault: "vip-missing",
                subject: vip.to_string(),
                observed: format!("no interface of this machine has {vip}, and no route makes it local"),
                why: "IPVS handles only packets to local addresses, so clients get no answer".to_owned(),
                fix: format!(
                    "ip address add {vip}/{prefix} dev {place}; or let ipvsd add it: vip: {{interface: {place}}} in \
                     the service"
                ),
            }
        })
        .collect()
}
