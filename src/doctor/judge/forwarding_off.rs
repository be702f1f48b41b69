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
        why: "this machine drops the replies of the real servers instead of forwarding them to the clients".to_owned(),
        fix: format!("sysctl -w {name}=1; permanently: echo {name}=1 >/etc/sysctl.d/60-lvs.conf"),
    })
    .collect()
}
