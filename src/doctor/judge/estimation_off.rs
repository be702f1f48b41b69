//! The kernel does not count.

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    if !facts.is_director() || facts.setting("net.ipv4.vs.run_estimation") != Some(0) {
        return Vec::new();
    }
    vec![Finding {
        fault: "estimation-off",
        subject: "net.ipv4.vs.run_estimation".to_owned(),
        observed: "it is 0".to_owned(),
        why: "the kernel does not update rates and counters of services and servers".to_owned(),
        fix: "sysctl -w net.ipv4.vs.run_estimation=1".to_owned(),
    }]
}
