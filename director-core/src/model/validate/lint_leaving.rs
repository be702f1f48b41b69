//! Lints about servers that are to get no new connections: clients that keep them all the same, and clients that are refused.

use super::Findings;
use super::lints::unless_flag;
use crate::definitions::ServiceDefinition;
use crate::model::{OnFailure, VirtualService};

pub(super) fn lint(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    removed_for_its_hash(written, service, findings);
    quiesced_datagrams(written, service, findings);
}

/// What is written would give weight 0, and the scheduler would refuse the clients.
fn removed_for_its_hash(
    written: &ServiceDefinition,
    service: &VirtualService,
    findings: &mut Findings,
) {
    if !service.removes_idle_servers() {
        return;
    }
    let name = &service.scheduling.scheduler;
    let refuses = format!(
        "scheduler {name}{} refuses the clients of a server with weight 0",
        unless_flag(name)
    );
    let fix = |key: &str| match name.as_str() {
        "dh" => format!("remove {key}, or choose another scheduler"),
        _ => format!("set the fallback flag of scheduler {name}, or remove {key}"),
    };
    if let Some(drain) = &written.recovery.drain {
        findings.warning(
            &drain.place,
            format!("drain has no effect: {refuses}, so ipvsd removes a server at once"),
            fix("drain"),
        );
    }
    let agent = written.judging.agent.as_ref();
    let source = written.judging.weight_from.as_ref();
    let places = [
        ("agent", agent.map(|agent| &agent.place)),
        ("weight_from", source.map(|source| &source.place)),
    ];
    for (key, place) in places {
        let Some(place) = place else { continue };
        findings.warning(
            place,
            format!("{refuses}, so ipvsd removes a server at once, with its connections, when {key} gives it weight 0"),
            fix(key),
        );
    }
}

/// The kernel keeps a client that sends from the same port at its server, also at one with weight 0
/// (net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_hook).
fn quiesced_datagrams(
    written: &ServiceDefinition,
    service: &VirtualService,
    findings: &mut Findings,
) {
    let quiesces = service.on_failure == OnFailure::Quiesce && !service.scheduling.one_packet;
    let choice = written.on_failure.as_ref();
    // A file that has its own default has no line for it.
    let Some(choice) = choice.filter(|choice| choice.place.line > 0) else {
        return;
    };
    if quiesces && service.is_of_datagrams() {
        findings.warning(
            &choice.place,
            "UDP clients that always send from the same port stay at a failed server that is quiesced",
            "write on_failure: remove, or one_packet: true",
        );
    }
}
