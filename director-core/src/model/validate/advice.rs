//! The freeze, and the sources of advice about weights.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::check::{Asked, command_probe, expanded};
use super::surroundings::Surroundings;
use super::{DEFAULT_EVERY, DEFAULT_TIMEOUT, Findings};
use crate::definitions::{FreezeDefinition, Placed, WeightSourceDefinition};
use crate::model::{AdviceSource, Adviser, Freeze, Probe, ProbeKind};

/// Servers that have to fail at once for a freeze.
const DEFAULT_FREEZE_SERVERS: usize = 3;
/// How close together, beyond what intervals make of it.
const DEFAULT_FREEZE_WITHIN: Duration = Duration::from_secs(1);
/// Longest time of a freeze.
const DEFAULT_FREEZE: Duration = Duration::from_secs(120);

/// The freeze; none when it is off.
pub(super) fn freeze(
    written: Option<&Placed<FreezeDefinition>>,
    findings: &mut Findings,
) -> Option<Freeze> {
    let default = FreezeDefinition::default();
    let written = written.map_or(&default, |written| &written.value);
    if let Some(servers) = written.servers.as_ref().filter(|servers| servers.value < 2) {
        findings.error(
            &servers.place,
            "a freeze needs at least 2 failing servers",
            "write min_servers: 2 or more, or freeze: off",
        );
    }
    if written.off {
        return None;
    }
    let lasts = written
        .lasts
        .as_ref()
        .map_or(DEFAULT_FREEZE, |span| span.value);
    Some(Freeze {
        within: written
            .within
            .as_ref()
            .map_or(DEFAULT_FREEZE_WITHIN, |span| span.value),
        servers: written
            .servers
            .as_ref()
            .map_or(DEFAULT_FREEZE_SERVERS, |servers| {
                usize::try_from(servers.value).unwrap_or(usize::MAX)
            }),
        lasts: (!lasts.is_zero()).then_some(lasts),
    })
}

/// Findings about those who advise, once for the service and not once for each server.
pub(super) fn shared_faults(around: &Surroundings<'_>, findings: &mut Findings) {
    let judging = &around.written.judging;
    let agent = judging.agent.as_ref().map(|agent| &agent.value);
    let weight = judging.weight_from.as_ref().map(|from| &from.value);
    if let Some(agent) = agent
        && findings.port(&agent.port.value, &agent.port.place) == Some(0)
    {
        findings.error(
            &agent.port.place,
            "an agent cannot have port 0",
            "write the port that the agent listens on",
        );
    }
    let spans = [
        agent.and_then(|agent| agent.every.as_ref()),
        agent.and_then(|agent| agent.timeout.as_ref()),
        weight.and_then(|from| from.every.as_ref()),
        weight.and_then(|from| from.timeout.as_ref()),
    ];
    for span in spans.into_iter().flatten() {
        findings.positive(span.value, &span.place, "the check interval");
    }
}

/// The agent of one server.
pub(super) fn agent(around: &Surroundings<'_>, address: IpAddr) -> Option<Adviser> {
    let written = &around.written.judging.agent.as_ref()?.value;
    // Faults were reported once for the service.
    let port = Findings::default().port(&written.port.value, &written.port.place)?;
    let send = written.send.as_ref();
    let source = AdviceSource::Agent {
        send: send.map_or_else(String::new, |send| send.value.clone()),
    };
    let (every, timeout) = (&written.every, &written.timeout);
    Some(adviser(source, (address, port), every, timeout))
}

/// Where the weight of one server comes from.
pub(super) fn weight_source(
    around: &Surroundings<'_>,
    address: IpAddr,
    port: u16,
) -> Option<Adviser> {
    let written = &around.written.judging.weight_from.as_ref()?.value;
    let own = Asked::of(address, port);
    let source = match &written.source {
        WeightSourceDefinition::File(path) => AdviceSource::File {
            path: expanded(&path.value, &own, around),
        },
        WeightSourceDefinition::Command(command) => {
            AdviceSource::Command(command_probe(command, &own, around))
        }
    };
    let (every, timeout) = (&written.every, &written.timeout);
    Some(adviser(source, (address, 0), every, timeout))
}

fn adviser(
    source: AdviceSource,
    (address, port): (IpAddr, u16),
    every: &Option<Placed<Duration>>,
    timeout: &Option<Placed<Duration>>,
) -> Adviser {
    let span = |written: &Option<Placed<Duration>>, usual| {
        written.as_ref().map_or(usual, |written| written.value)
    };
    Adviser {
        probe: Probe {
            kind: Arc::new(ProbeKind::Advice(source)),
            address,
            port,
            vip_path: None,
            source: None,
            proxy_header: None,
            timeout: span(timeout, DEFAULT_TIMEOUT),
        },
        every: span(every, DEFAULT_EVERY),
    }
}
