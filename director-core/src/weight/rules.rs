//! The rules that make a chain, each looking at one server alone.

use super::{Link, ServerFacts, WeightReason};
use crate::health::{Advice, AdvisedState, AdvisedWeight};
use crate::model::{OnFailure, largest_advised};
use crate::overrides::OverrideKind;
use crate::recovery::{scaled, with_room};

/// The weight of the definitions.
pub(super) fn defined<'a>(facts: &ServerFacts<'a>, _: Option<u32>) -> Option<Link<'a>> {
    // Weight 0 in the configuration is in the table as it is written, also where the scheduler refuses its clients.
    Some(Link {
        weight: Some(facts.server.weight),
        since: None,
        reason: WeightReason::Defined,
    })
}

/// Room for a slow start between 0 and the weight.
pub(super) fn room<'a>(facts: &ServerFacts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    (facts.room > 1).then(|| Link {
        weight: before.map(|weight| with_room(weight, facts.room)),
        since: None,
        reason: WeightReason::Room(facts.room),
    })
}

/// A server that returns gets its weight little by little.
pub(super) fn slow_start<'a>(facts: &ServerFacts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    let (rule, ramp) = facts.ramp?;
    let elapsed = ramp.elapsed(facts.now);
    let percent = rule.percent(elapsed);
    Some(Link {
        weight: before.map(|weight| scaled(weight, percent)),
        since: Some(ramp.since),
        reason: WeightReason::SlowStart {
            percent,
            left: rule.window.saturating_sub(elapsed),
        },
    })
}

/// The source of its weight.
pub(super) fn weight_source<'a>(facts: &ServerFacts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    let advice = facts.health?.weight_source.as_ref()?;
    Some(advised(
        facts,
        before,
        advice,
        1,
        WeightReason::WeightFrom(advice),
    ))
}

/// What its agent says.
pub(super) fn agent<'a>(facts: &ServerFacts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    let advice = facts.health?.agent.as_ref()?;
    Some(advised(
        facts,
        before,
        advice,
        facts.room,
        WeightReason::Agent(advice),
    ))
}

/// What the source of a weight may give at most.
pub(super) fn limit_of_source<'a>(
    facts: &ServerFacts<'a>,
    before: Option<u32>,
) -> Option<Link<'a>> {
    limited(before, largest_advised(facts.server.weight))
}

/// The same after the agent: its share is one of a weight with room.
pub(super) fn limit_of_agent<'a>(facts: &ServerFacts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    let largest = with_room(largest_advised(facts.server.weight), facts.room);
    limited(before, largest)
}

fn limited<'a>(before: Option<u32>, largest: u32) -> Option<Link<'a>> {
    let wanted = before.filter(|weight| *weight > largest)?;
    Some(Link {
        weight: Some(largest),
        since: None,
        reason: WeightReason::Limited { wanted },
    })
}

fn advised<'a>(
    facts: &ServerFacts<'a>,
    before: Option<u32>,
    advice: &Advice,
    room: u32,
    reason: WeightReason<'a>,
) -> Link<'a> {
    let weight = if advice.wants_out() {
        when_down(facts.service.on_failure)
    } else if advice.state == AdvisedState::Drain {
        before.and_then(|_| idle(facts))
    } else {
        let advised = before.map(|weight| match advice.weight {
            Some(AdvisedWeight::Exactly(exactly)) => exactly.saturating_mul(room),
            Some(share) => share.of(weight),
            None => weight,
        });
        advised.and_then(|weight| at_least_one(weight).or_else(|| idle(facts)))
    };
    Link {
        weight,
        since: Some(advice.since),
        reason,
    }
}

/// A server that is down is out. Before its first probe it keeps the weight that the kernel has, so that a start moves
/// no traffic: an assumed state raises no server, also none that another program has removed meanwhile. One that is to have no
/// weight has none at once, also when it can never be probed.
pub(super) fn state<'a>(facts: &ServerFacts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    let health = facts.health?;
    let weight = match (health.may_serve(facts.damped), health.assumed) {
        (true, false) => before,
        (true, true) if before.is_none_or(|weight| weight == 0) => before,
        (true, true) if health.is_advised_out() => before,
        (true, true) => facts.known.map(|known| known.settings.weight),
        (false, true) => facts.known.map(|_| 0),
        (false, false) => when_down(facts.service.on_failure),
    };
    Some(Link {
        weight,
        since: Some(health.since),
        reason: WeightReason::SavedHealth {
            health,
            held_for: (health.penalty.held_until()).map(|until| until.since(facts.now)),
            damped: facts.damped,
        },
    })
}

/// An override that takes a server out counts more than any check. One that gives a weight gives none to a server that is
/// out, no more than it has to one that has not answered yet, and to one that returns little by little.
pub(super) fn override_<'a>(facts: &ServerFacts<'a>, before: Option<u32>) -> Option<Link<'a>> {
    let override_ = facts.override_?;
    let weight = match override_.kind {
        OverrideKind::Maintenance => when_down(facts.service.on_failure),
        OverrideKind::Disable => None,
        // Whoever is not in the table does not come into it in order to leave.
        OverrideKind::Drain => before.and_then(|_| idle(facts)),
        OverrideKind::Weight(weight) => before.and_then(|before| match before {
            0 => Some(0),
            _ => at_least_one(overridden_weight(facts, weight, before)).or_else(|| idle(facts)),
        }),
    };
    Some(Link {
        weight,
        since: Some(override_.since),
        reason: WeightReason::Override(override_),
    })
}

/// The weight of an override has the same room in the kernel as those of the other servers, and the same slow start.
fn overridden_weight(facts: &ServerFacts<'_>, weight: u32, before: u32) -> u32 {
    let full = with_room(weight, facts.room);
    let share = facts.ramp.map_or(full, |(rule, ramp)| {
        scaled(full, rule.percent(ramp.elapsed(facts.now)))
    });
    let answered = facts.health.is_none_or(|health| !health.assumed);
    if answered { share } else { share.min(before) }
}

/// The weight of a server that is to have no new connections; none where it has to leave the table for that.
fn idle(facts: &ServerFacts<'_>) -> Option<u32> {
    (!facts.service.removes_idle_servers()).then_some(0)
}

fn at_least_one(weight: u32) -> Option<u32> {
    (weight > 0).then_some(weight)
}

fn when_down(on_failure: OnFailure) -> Option<u32> {
    match on_failure {
        OnFailure::Quiesce => Some(0),
        // One that drains leaves too; the drain holds it back for as long as it takes.
        OnFailure::Remove | OnFailure::Drain => None,
    }
}
