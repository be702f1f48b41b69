//! Services in the kernel that the definitions do not know, on a VIP of theirs.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use director_core::model::ServiceId;

use crate::doctor::facts::vip_of;
use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let (Some(kernel), Some(defined)) = (&facts.kernel, &facts.defined) else {
        return Vec::new();
    };
    let ours: BTreeSet<_> = defined.services.keys().filter_map(vip_of).collect();
    kernel
        .services
        .keys()
        .filter(|service| !defined.services.contains_key(service) && !facts.is_leaving(service))
        .filter(|service| vip_of(service).is_some_and(|vip| ours.contains(&vip)))
        .map(|service| Finding {
            fault: "services-of-others",
            subject: service.to_string(),
            observed:
                "it is in the kernel's table on a configured VIP, but not in the configuration"
                    .to_owned(),
            why: "nothing checks its servers; another program or a person added it".to_owned(),
            fix: format!(
                "add it to the configuration, or remove it: ipvsadm -D {}",
                words(service)
            ),
        })
        .collect()
}

/// A service as ipvsadm is told of it.
pub(super) fn words(service: &ServiceId) -> String {
    service.ipvsadm_option(|vip, port, _| SocketAddr::new(vip, port).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use director_core::model::Family;

    #[test]
    fn a_mark_of_ipv6_is_not_taken_for_that_of_ipv4() {
        let option = |family| words(&ServiceId::Mark { family, mark: 5 });
        assert_eq!(option(Family::Ipv4), "-f 5");
        assert_eq!(option(Family::Ipv6), "-f 5 -6");
    }
}
