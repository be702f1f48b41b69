//! A tunnel whose path does not take the packets that this machine sends.

use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    facts
        .paths
        .iter()
        .filter_map(|path| {
            let passes = path.passes?;
            let (place, mtu) = path.interface.as_ref()?;
            let server = path.server.address;
            Some(Finding {
                fault: "tunnel-mtu",
                subject: format!("{} at {server}", facts.name(&path.service)),
                observed: format!(
                    "packets of {mtu} bytes leave on {place}, but only those up to {passes} bytes reach {server}, \
                     without an ICMP error"
                ),
                why: "small requests work and large ones hang: full-size tunnel packets are lost".to_owned(),
                fix: format!(
                    "ip {}route replace {server} mtu {passes} {}; or raise the MTU of the path to {mtu}",
                    if server.is_ipv4() { "" } else { "-6 " },
                    path.route.as_ref().and_then(|route| route.gateway).map_or_else(
                        || format!("dev {place}"),
                        |gateway| format!("via {gateway}")
                    )
                ),
            })
        })
        .collect()
}
