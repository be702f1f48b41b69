//! A server of direct routing or of a tunnel that does not take packets for the VIP: it has no VIP, its tunnel does not
//! unwrap, or its reverse path filter drops what comes out.

use director_core::model::Forwarding;
use director_core::realserver::{Setup, arguments};

use crate::doctor::{Finding, ForwardingPath, HostFacts};
use crate::net::Answer;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    facts
        .paths
        .iter()
        .filter(|path| path.plain == Some(Answer::Echo))
        .filter_map(|path| finding(facts, path))
        .collect()
}

fn finding(facts: &HostFacts, path: &ForwardingPath) -> Option<Finding> {
    let answer = path.to_vip.as_ref()?;
    let (vip, server) = (path.vip()?, path.server.address);
    let setup = Setup::of_road(vip, server, path.forwarding)?;
    let said = match answer {
        Answer::Echo => return None,
        Answer::Silence => "there was no answer".to_owned(),
        Answer::Unreachable { by, code: 2 } => format!("{by} replied: protocol unreachable"),
        Answer::Unreachable { by, code: 3 } => format!("{by} replied: port unreachable"),
        Answer::Unreachable { by, code } => format!("{by} replied: unreachable, code {code}"),
        Answer::TooLarge { .. } => "it was too large".to_owned(),
    };
    let unwraps = !matches!(answer, Answer::Unreachable { .. });
    let (fault, why) = match (path.forwarding, unwraps) {
        (Forwarding::Tunnel(_), false) => (
            "tunnel-not-unwrapped",
            "the server refuses the director's tunnel; clients that are sent there get no answer",
        ),
        (Forwarding::Tunnel(_), true) => (
            "vip-not-served",
            "the server has no VIP, or no tunnel, or its reverse path filter drops the packets (rp_filter=1); \
             clients that are sent there get no answer",
        ),
        _ => (
            "vip-not-served",
            "the server has no VIP and drops its packets; clients that are sent there get no answer",
        ),
    };
    Some(Finding {
        fault,
        subject: format!("{} at {server}", facts.name(&path.service)),
        observed: format!(
            "{server} answers a ping to its own address; to a ping for {vip}, sent as IPVS sends it ({}), {said}",
            path.forwarding
        ),
        why: why.to_owned(),
        fix: format!("on {server}: ipvsctl realserver up {}", arguments(&setup)),
    })
}
