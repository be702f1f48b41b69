//! Checks that go by the clients' road: whether they can, and what their probes ask then.

use super::Findings;
use super::real_server::Surroundings;
use crate::definitions::{
    CheckDefinition, CheckKindDefinition, CheckPath, Definitions, ListenDefinition, Placed,
};
use crate::model::road::assign_marks;
use crate::model::{Forwarding, MarkRange, Probe, Protocol, Road, ServiceId, VirtualService};

/// Findings about the road of a check, once for its service.
pub(super) fn shared_faults(
    check: &CheckDefinition,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) {
    let path = check
        .path
        .as_ref()
        .filter(|path| path.value == CheckPath::Forwarding);
    let full_size = check.full_size.as_ref().filter(|choice| choice.value);
    if let (Some(choice), None) = (full_size, path) {
        findings.error(
            &choice.place,
            "a full-size packet proves the clients' road, and this check goes to the server itself",
            "write path: forwarding too, or leave full_size out",
        );
    }
    let Some(path) = path else { return };
    if let Some(ServiceId::Mark { .. }) = around.id {
        findings.error(
            &path.place,
            "a firewall mark has no VIP that a probe could ask",
            "leave path out; a service with a VIP may have the same real servers and probe them by its forwarding",
        );
    }
    if let Some(hold) = check.hold_connection.as_ref().filter(|hold| hold.value) {
        findings.error(
            &hold.place,
            "a held connection is one to the server itself, and this check asks the VIP",
            "leave one of the two out, or write two checks",
        );
    }
    let kind = check.kind.as_ref();
    let asked = kind.map(|kind| innermost(&kind.value));
    let balanced = match asked {
        Some(kind) => is_balanced(kind),
        None => around.protocol == Some(Protocol::Tcp),
    };
    if !balanced {
        findings.error(
            kind.map_or(&path.place, |kind| &kind.place),
            "the kernel balances no packets of this kind of check, so it cannot go by the forwarding method",
            "ask with tcp, http, https or in the service's own protocol, or leave path out",
        );
    }
    if let Some(choice) = full_size
        && balanced
        && !matches!(asked, Some(CheckKindDefinition::Http(_)))
    {
        findings.error(
            &choice.place,
            "only an http or https question can be made to fill a packet",
            "ask with http or https, or leave full_size out",
        );
    }
}

fn innermost(kind: &CheckKindDefinition) -> &CheckKindDefinition {
    match kind {
        CheckKindDefinition::Combined { question, .. } => innermost(question),
        other => other,
    }
}

fn is_balanced(kind: &CheckKindDefinition) -> bool {
    matches!(
        kind,
        CheckKindDefinition::Connect
            | CheckKindDefinition::Http(_)
            | CheckKindDefinition::Conversation(_)
    )
}

/// The probe as it is asked: to the VIP when the check wants that, else as it is. Marks are given out when all services
/// are known.
pub(super) fn take(
    probe: Probe,
    check: &CheckDefinition,
    around: &Surroundings<'_>,
    forwarding: Forwarding,
) -> Probe {
    let by_road = check
        .path
        .as_ref()
        .is_some_and(|path| path.value == CheckPath::Forwarding);
    let (true, Some(ServiceId::Address { vip, port, .. })) = (by_road, around.id) else {
        return probe;
    };
    // NAT leads to the server's port; all else leaves the packet alone, so that the port asked is the server's.
    let own_port = check.port.is_some() && forwarding.keeps_port();
    let asked = if own_port || port == 0 {
        probe.port
    } else {
        port
    };
    Probe {
        address: vip,
        port: asked,
        road: Some(Road {
            mark: 0,
            toward: probe.address,
            port: probe.port,
            full_size: check.full_size.as_ref().is_some_and(|choice| choice.value),
        }),
        ..probe
    }
}

/// The marks of helper services, each road's given out.
pub(super) fn marks(
    definitions: &Definitions,
    services: &mut [VirtualService],
    findings: &mut Findings,
) -> Option<MarkRange> {
    let written = definitions.probe_marks.as_ref();
    let range = match written {
        Some(written) => range(written, findings)?,
        None if has_road(services) => MarkRange::USUAL,
        None => return None,
    };
    for definition in &definitions.services {
        if let ListenDefinition::Mark { mark, .. } = definition.listen.value
            && (u64::from(range.first)..=u64::from(range.last)).contains(&mark)
        {
            findings.error(
                &definition.listen.place,
                format!("mark {mark} is one of those that belong to probes, {range}"),
                "use another mark, or give probes others: director: {probe_marks: FIRST-LAST}",
            );
        }
    }
    if !assign_marks(services, range) {
        findings.error(
            written.map_or(&definitions.place, |written| &written.place),
            format!(
                "there are more probes with path: forwarding than marks for them, {}",
                range.size()
            ),
            "write a larger range of marks",
        );
    }
    Some(range)
}

fn has_road(services: &[VirtualService]) -> bool {
    let servers = services.iter().flat_map(|service| &service.real_servers);
    let mut probes = servers.flat_map(|server| &server.probes);
    probes.any(|probe| probe.road.is_some())
}

fn range(written: &Placed<(u64, u64)>, findings: &mut Findings) -> Option<MarkRange> {
    let (first, last) = written.value;
    let valid = match (u32::try_from(first), u32::try_from(last)) {
        (Ok(first), Ok(last)) if first > 0 && first <= last => Some(MarkRange { first, last }),
        _ => None,
    };
    if valid.is_none() {
        findings.error(
            &written.place,
            format!("{first}-{last} is not a range of firewall marks"),
            "write the lowest and the highest, such as 1230000000-1230009999",
        );
    }
    valid
}
