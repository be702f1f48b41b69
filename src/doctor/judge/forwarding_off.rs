//! NAT without routing: replies end at the director.

use director_core::model::{Family, Forwarding};

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    [
        (Family::Ipv4, "net.ipv4.ip_forward"),
        (Family::Ipv6, "net.ipv6.conf.all.forwarding"),
    ]
    .into_iter()
    .filter(|(family, name)| {
        facts.any(*family, |forwarding| forwarding == Forwarding::Masq)
            && facts.setting(name) == Some(0)
    })
    .map(|(family, name)| Finding {
        fault: "forwarding-off",
        subject: format!("NAT over {family}"),
        observed: format!("{name}=0, and services with NAT"),
        why: "replies of the real servers reach this machine and are thrown away instead of going on to the clients".to_owned(),
        fix: format!("sysctl -w {name}=1; for every start: echo {name}=1 >/etc/sysctl.d/60-lvs.conf"),
    })
    .collect()
}
