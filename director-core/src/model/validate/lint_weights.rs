//! Lints about weights and thresholds: what schedulers do with them that few expect. Sources are the schedulers themselves,
//! net/netfilter/ipvs/ip_vs_*.c.

use super::Findings;
use super::lints::unless_flag;
use crate::definitions::ServiceDefinition;
use crate::diagnostic::Place;
use crate::model::VirtualService;

/// Everything worth a warning about the weights and thresholds of a valid service.
pub(super) fn lint(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    no_weight_at_all(written, service, findings);
    equal_weights(written, service, findings);
    overloaded_without_fallback(written, service, findings);
    no_scheduler(written, service, findings);
}

/// Where the scheduler is written, or the service where it is not.
fn scheduler_place(written: &ServiceDefinition) -> &Place {
    let scheduler = written.scheduler.as_ref();
    scheduler.map_or(&written.place, |scheduler| &scheduler.place)
}

fn no_weight_at_all(
    written: &ServiceDefinition,
    service: &VirtualService,
    findings: &mut Findings,
) {
    let servers = &service.real_servers;
    let all_zero = !servers.is_empty() && servers.iter().all(|server| server.weight == 0);
    if all_zero && let Some(first) = written.real_servers.first() {
        let place = first
            .weight
            .as_ref()
            .map_or(&first.place, |weight| &weight.place);
        findings.warning(
            place,
            "all real servers of this service have weight 0, so it accepts no connections",
            "set a weight on at least one server; to take servers out for a while use ipvsctl drain",
        );
    }
}

/// `fo` sends everything to the heaviest, `ovf` fills the heaviest until it has as many connections as its weight says
/// (ip_vs_fo.c, ip_vs_ovf.c).
fn equal_weights(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    let weights: Vec<u32> = service
        .real_servers
        .iter()
        .map(|server| server.weight)
        .collect();
    let equal = weights.len() > 1 && weights.windows(2).all(|pair| pair[0] == pair[1]);
    let largest = weights.iter().max().copied().unwrap_or(0);
    match service.scheduling.scheduler.as_str() {
        "fo" if equal => findings.warning(
            scheduler_place(written),
            "scheduler fo uses the server with the highest weight, and all weights are equal",
            "set different weights, the highest on the first choice",
        ),
        "ovf" if largest <= 1 && !weights.is_empty() => findings.warning(
            scheduler_place(written),
            "scheduler ovf uses a weight as the number of connections of a server, and no weight is above 1",
            "set each weight to the number of connections that the server can take",
        ),
        _ => {}
    }
}

fn overloaded_without_fallback(
    written: &ServiceDefinition,
    service: &VirtualService,
    findings: &mut Findings,
) {
    let scheduling = &service.scheduling;
    let name = scheduling.scheduler.as_str();
    if !scheduling.zero_turns_away() {
        return;
    }
    let limited = written.real_servers.iter().find_map(|server| {
        let upper = server.upper_threshold.as_ref()?;
        (upper.value > 0).then_some(&upper.place)
    });
    if let Some(place) = limited {
        findings.warning(
            place,
            format!(
                "scheduler {name}{} refuses the clients of a server at its upper threshold",
                unless_flag(name)
            ),
            match name {
                "dh" => "remove the threshold, or choose another scheduler".to_owned(),
                _ => format!("set the fallback flag of scheduler {name}, or remove the threshold"),
            },
        );
    }
}

/// Without a scheduler only connections that another director synchronises are forwarded (ip_vs_core.c, ip_vs_schedule).
fn no_scheduler(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    if service.scheduling.scheduler == "none" {
        findings.warning(
            scheduler_place(written),
            "with scheduler none the kernel drops every new connection of this service",
            "write a scheduler such as wlc; only a backup of another director needs none",
        );
    }
}
