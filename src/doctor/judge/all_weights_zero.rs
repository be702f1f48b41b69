//! A service of the kernel's table that nobody serves.

use crate::doctor::{Facts, Finding};

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let services = facts.kernel.iter().flat_map(|table| &table.services);
    services
        .filter(|(_, entry)| !entry.can_serve())
        .map(|(service, entry)| {
            let evidence = match entry.servers.len() {
                0 => "it has no real server".to_owned(),
                1 => "its only real server has weight 0".to_owned(),
                count => format!("all of its {count} real servers have weight 0"),
            };
            Finding {
                fault: "nobody-serves",
                about: facts.name(service),
                evidence,
                matters: "every new connection is refused".to_owned(),
                mend: "ipvsctl status tells why each server is out; ipvsctl explain SERVICE SERVER tells it for one; where no daemon runs: ipvsadm -e … -w 1".to_owned(),
            }
        })
        .collect()
}
