//! The rules that make a chain, each looking at one server alone.

use super::{Because, Facts, Link};
use crate::model::OnFailure;

/// The weight of the definitions.
pub(super) fn defined<'a>(facts: &Facts<'a>, _: Option<u32>) -> Option<Link<'a>> {
    Some(Link {
        weight: Some(facts.server.weight),
        since: None,
        because: Because::Defined,
    })
}

/// A server that is down is out. Before its first verdict it keeps the weight that the kernel has, so that a start moves
/// no traffic.
pub(super) fn verdict<'a>(facts: &Facts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    let health = facts.health?;
    let weight = match (health.is_available(), health.presumed) {
        (true, false) => before,
        (true, true) => facts
            .known
            .map_or(before, |known| Some(known.settings.weight)),
        (false, true) => facts.known.map(|_| 0),
        (false, false) => when_down(facts.service.on_failure),
    };
    Some(Link {
        weight,
        since: Some(health.since),
        because: Because::Judged(health),
    })
}

/// An order stands above every verdict.
pub(super) fn order<'a>(facts: &Facts<'a>, _: Option<u32>) -> Option<Link<'a>> {
    let order = facts.order?;
    Some(Link {
        weight: when_down(facts.service.on_failure),
        since: Some(order.since),
        because: Because::Ordered(order),
    })
}

fn when_down(on_failure: OnFailure) -> Option<u32> {
    match on_failure {
        OnFailure::Quiesce => Some(0),
        OnFailure::Remove => None,
    }
}
