//! A tunnel whose road does not take the packets that this machine sends.

use crate::doctor::{Facts, Finding};

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    facts
        .roads
        .iter()
        .filter_map(|road| {
            let passes = road.passes?;
            let (place, mtu) = road.interface.as_ref()?;
            let server = road.server.address;
            Some(Finding {
                fault: "tunnel-mtu",
                subject: format!("{} at {server}", facts.name(&road.service)),
                observed: format!(
                    "packets of {mtu} bytes leave by {place}, but only those up to {passes} reach {server}; nobody says so"
                ),
                why: "small requests work and large ones hang: wrapped packets of full size are lost without a word".to_owned(),
                fix: format!(
                    "ip {}route replace {server} mtu {passes} {}; or raise the MTU of the road to {mtu}",
                    if server.is_ipv4() { "" } else { "-6 " },
                    road.route.as_ref().and_then(|route| route.gateway).map_or_else(
                        || format!("dev {place}"),
                        |gateway| format!("via {gateway}")
                    )
                ),
            })
        })
        .collect()
}
