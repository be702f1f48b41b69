//! From what was seen to faults. Each judge knows one fault and has a file of its own; none asks anybody anything.

mod all_weights_zero;
mod arp_answers;
mod backup_balances;
mod backup_stops_balancing;
mod change_missing;
mod check_cannot_run;
mod connection_table_full;
mod direct_needs_neighbours;
mod drops_invalid;
mod estimation_off;
mod forwarding_off;
mod ipvs_missing;
mod nat_on_clients_network;
mod nat_reply_path;
mod persistent_clients_stay;
mod profile_differs;
mod reused_ports_stay;
mod reverse_path;
mod server_claims_vip;
mod service_not_up;
mod services_of_others;
mod sync_group_unreachable;
mod sync_ids_differ;
mod sync_interface_down;
mod tunnel_mtu;
mod vip_elsewhere;
mod vip_missing;
mod vip_not_served;

use super::{Finding, HostFacts};

/// The judges, those first whose faults explain others.
const JUDGES: &[fn(&HostFacts) -> Vec<Finding>] = &[
    ipvs_missing::judge,
    vip_missing::judge,
    vip_elsewhere::judge,
    server_claims_vip::judge,
    forwarding_off::judge,
    nat_on_clients_network::judge,
    nat_reply_path::judge,
    direct_needs_neighbours::judge,
    vip_not_served::judge,
    tunnel_mtu::judge,
    reverse_path::judge,
    drops_invalid::judge,
    check_cannot_run::judge,
    service_not_up::judge,
    all_weights_zero::judge,
    services_of_others::judge,
    backup_balances::judge,
    backup_stops_balancing::judge,
    sync_interface_down::judge,
    sync_ids_differ::judge,
    sync_group_unreachable::judge,
    profile_differs::judge,
    persistent_clients_stay::judge,
    reused_ports_stay::judge,
    connection_table_full::judge,
    estimation_off::judge,
    change_missing::judge,
    arp_answers::judge,
];

/// Every fault that these facts show.
#[must_use]
pub fn judge(facts: &HostFacts) -> Vec<Finding> {
    JUDGES.iter().flat_map(|judge| judge(facts)).collect()
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod fixes;
#[cfg(test)]
mod sync_cases;
