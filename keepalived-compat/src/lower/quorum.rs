//! `quorum` and `hysteresis`: how many servers have to be up, counted in weights by keepalived and in servers by ipvsd.

use director_core::definitions::{MinimumDefinition, Placed};
use director_core::model::{BelowMinimum, Quantity};

use super::virtual_server::VirtualServer;
use crate::findings::Findings;

/// The least number of servers, of those present in the service; none where one is enough, as usual.
pub(super) fn minimum(
    server: &VirtualServer<'_>,
    present: usize,
    findings: &mut Findings,
) -> Option<MinimumDefinition> {
    let place = server
        .quorum
        .as_ref()
        .or(server.hysteresis.as_ref())?
        .place
        .clone();
    let usual = server.weight.as_ref().map_or(1, |weight| weight.value);
    let weight = |real: &super::server::ServerBlock<'_>| {
        real.weight.as_ref().map_or(usual, |weight| weight.value)
    };
    let weights: Vec<u64> = server.servers.iter().map(weight).collect();
    let sum: u64 = weights.iter().sum();
    let written = server.quorum.as_ref().map_or(1, |quorum| quorum.value);
    let quorum = written.min(sum.max(1));
    if let Some(quorum) = server.quorum.as_ref().filter(|_| written > sum) {
        let message = format!(
            "quorum {written} is above the sum of all weights, {sum}; keepalived uses {sum}"
        );
        findings.faulty(&quorum.place, message, format!("write quorum {sum}"));
    }
    let hysteresis = server
        .hysteresis
        .as_ref()
        .map_or(0, |hysteresis| hysteresis.value);
    let hysteresis = hysteresis.min(quorum - 1);
    let lightest = weights
        .iter()
        .copied()
        .filter(|weight| *weight > 0)
        .min()
        .unwrap_or(1);
    if weights.iter().any(|weight| *weight != lightest) {
        let message =
            "quorum counts weights in keepalived and servers in ipvsd, and these weights differ";
        let hint = "write minimum_healthy in YAML as you mean it";
        findings.differs(&place, message, hint);
    }
    // So many servers of this weight reach the sum.
    let servers = |sum: u64| sum.div_ceil(lightest).min(present as u64);
    let (least, back_at) = (servers(quorum - hysteresis), servers(quorum + hysteresis));
    (least > 1 || back_at > 1).then(|| {
        let number = |number| Some(Placed::new(Quantity::Number(number), place.clone()));
        MinimumDefinition {
            place: place.clone(),
            servers: number(least.max(1)),
            back_at: (back_at > least).then(|| number(back_at)).flatten(),
            below: Some(Placed::new(BelowMinimum::Fallback, place.clone())),
        }
    })
}
