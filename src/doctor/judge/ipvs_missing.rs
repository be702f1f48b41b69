//! The kernel has no IPVS, or not the scheduler that a service wants.

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let no_ipvs = (facts.kernel.is_none() && !facts.is_real_server()).then(|| Finding {
        fault: "ipvs-missing",
        subject: "kernel".to_owned(),
        observed: "the kernel knows no family IPVS and could not load the module".to_owned(),
        why: "without it nothing is balanced".to_owned(),
        fix: "modprobe ip_vs; if there is none, install the distribution's full kernel (Debian: linux-image-amd64; its cloud kernels have IPVS, some minimal ones do not)".to_owned(),
    });
    let schedulers = facts.missing_schedulers.iter().map(|name| Finding {
        fault: "scheduler-missing",
        subject: format!("scheduler {name}"),
        observed: format!("the kernel has no module ip_vs_{name}"),
        why: "a service that names it is refused by the kernel and balances nothing".to_owned(),
        fix: format!(
            "modprobe ip_vs_{name}; if there is none, choose another scheduler (wrr, wlc) or install a kernel that has it"
        ),
    });
    no_ipvs.into_iter().chain(schedulers).collect()
}
