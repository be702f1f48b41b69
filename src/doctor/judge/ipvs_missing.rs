//! The kernel has no IPVS, or not the scheduler that a service wants.

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let no_ipvs = (facts.kernel.is_none() && !facts.is_real_server()).then(|| Finding {
        fault: "ipvs-missing",
        subject: "kernel".to_owned(),
        observed: "the kernel has no netlink family IPVS and could not load the module".to_owned(),
        why: "without IPVS this machine cannot balance".to_owned(),
        fix: "modprobe ip_vs; if the module does not exist, install the full kernel of the distribution (Debian: \
            linux-image-amd64)".to_owned(),
    });
    let schedulers = facts.missing_schedulers.iter().map(|name| Finding {
        fault: "scheduler-missing",
        subject: format!("scheduler {name}"),
        observed: format!("the kernel has no module ip_vs_{name}"),
        why: "the kernel refuses services with this scheduler".to_owned(),
        fix: format!(
            "modprobe ip_vs_{name}; if the module does not exist, use another scheduler (wrr, wlc) or install a \
             kernel that has it"
        ),
    });
    no_ipvs.into_iter().chain(schedulers).collect()
}
