//! A service of the kernel's table that nobody serves.

use std::net::SocketAddr;

use director_core::model::ServiceId;
use director_core::table::{ServerSettings, ServiceEntry};

use super::services_of_others::words;
use crate::doctor::{Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let services = facts.kernel.iter().flat_map(|table| &table.services);
    services
        .filter(|(service, entry)| !entry.can_serve() && !facts.is_leaving(service))
        .map(|(service, entry)| {
            let observed = match entry.servers.len() {
                0 => "it has no real server".to_owned(),
                1 => "its only real server has weight 0".to_owned(),
                count => format!("all of its {count} real servers have weight 0"),
            };
            Finding {
                fault: "no-server-serves",
                subject: facts.name(service),
                observed,
                why: "the service refuses every new connection".to_owned(),
                fix: fix(service, entry),
            }
        })
        .collect()
}

/// The daemon knows why; where there is none, the table is mended by hand, with the first server as it is there.
fn fix(service: &ServiceId, entry: &ServiceEntry) -> String {
    let Some((server, known)) = entry.servers.first_key_value() else {
        return format!(
            "see the reason with ipvsctl status; without a daemon: ipvsadm -a {} -r SERVER",
            words(service)
        );
    };
    let address = SocketAddr::new(server.address, server.port);
    let in_service = ServerSettings {
        weight: 1,
        ..known.settings
    };
    format!(
        "see the reason with ipvsctl explain '{service}' {address}; without a daemon: ipvsadm -e {} -r {address} {}",
        words(service),
        in_service.ipvsadm_options()
    )
}
