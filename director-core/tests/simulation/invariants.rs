//! What must hold after every step, and what at rest.

use std::net::IpAddr;

use director_core::health::Verdict;
use director_core::model::{OnFailure, ServiceId};
use director_core::overrides::OrderKind;
use director_core::snapshot::{ServerView, ServiceView};

use crate::deeds::{FOREIGN, SORRY};
use crate::stage::{Stage, foreign};
use crate::world::{Brief, address, endpoint, service_id};

/// After every step.
pub(crate) fn always(stage: &Stage) {
    let world = &stage.world;
    assert_eq!(
        world.kernel.services.get(&service_id(FOREIGN)),
        Some(&foreign()),
        "foreign service touched"
    );
    assert_eq!(
        world.raised_known_bad, None,
        "a server known to be bad got weight"
    );
    assert_eq!(
        world.raised_unasked, None,
        "a server got weight before it had answered"
    );
    if world.killed() {
        return;
    }
    for service in world.director.snapshot(world.now).services {
        never_empty_while_one_is_good(stage, &service);
    }
}

fn never_empty_while_one_is_good(stage: &Stage, service: &ServiceView) {
    // What the kernel refuses cannot be held against the director.
    let servers = || service.servers.iter();
    let refused = service.trouble.is_some() || servers().any(|server| server.trouble.is_some());
    // What is not kept yet is waited for, though not for long.
    let held = stage.world.disk.writing.is_some();
    let serves = servers().chain(&service.fallback).any(|server| {
        server
            .observed
            .is_some_and(|entry| entry.settings.weight > 0)
    });
    assert!(
        serves || !servers().any(is_good) || refused || held,
        "{} is empty while a server is good",
        service.id
    );
}

/// A server that is to take connections and has answered well.
fn is_good(server: &ServerView) -> bool {
    let health = server.health.as_ref();
    let mut orders = server.orders.iter();
    server.defined_weight > 0
        && !orders.any(|order| order.kind.takes_out())
        && health.is_some_and(|health| health.verdict == Verdict::Up && !health.presumed)
}

/// When all faults have stopped for long enough.
pub(crate) fn at_rest(stage: &Stage) {
    for brief in &stage.briefs {
        as_defined(stage, brief);
    }
    let forgotten = forgotten(stage);
    assert!(
        stage.forgetful || forgotten.is_empty(),
        "left behind: {forgotten:?}"
    );
}

/// The services in the kernel that are neither defined nor somebody else's.
pub(crate) fn forgotten(stage: &Stage) -> Vec<ServiceId> {
    let ids = stage.world.kernel.services.keys();
    ids.filter(|id| **id != service_id(FOREIGN) && !stage.defines(id))
        .copied()
        .collect()
}

/// What the director has said to be kept is on the disk when it is killed.
pub(crate) fn nothing_kept_is_lost(stage: &Stage) {
    let disk = &stage.world.disk;
    if disk.writing.is_some() || stage.forgetful || stage.world.killed() {
        return;
    }
    let now = stage.world.now;
    let stands = |ends: Option<director_core::moment::Moment>| ends.is_none_or(|ends| ends > now);
    let kept = disk.memory.orders.iter();
    let kept = kept.filter(|(_, order)| stands(order.expires));
    let kept: Vec<_> = kept.map(|(target, order)| (*target, order.kind)).collect();
    let given = stage.orders.iter();
    let given = given.filter(|(_, (_, ends))| stands(*ends));
    let given: Vec<_> = given.map(|(target, (kind, _))| (*target, *kind)).collect();
    // A writing may wait for the one before it to be a little in the past.
    if stage.world.director.promised_revision() == disk.revision {
        assert_eq!(kept, given, "an order that was kept is lost");
    }
}

/// The table of one service is what its definition and its servers ask for, as a reader of the manual would expect it.
fn as_defined(stage: &Stage, brief: &Brief) {
    let alive = |server: &str| !stage.world.dead.contains::<IpAddr>(&address(server));
    let mut anybody = false;
    for (server, weight) in &brief.servers {
        let out = match brief.on_failure {
            OnFailure::Quiesce => Some(0),
            OnFailure::Remove | OnFailure::Drain => None,
        };
        let judged = if alive(server) {
            u32::try_from(*weight).ok()
        } else {
            out
        };
        let target = (service_id(brief.vip), endpoint(server));
        let expected = match stage.order_about(&target) {
            None => judged,
            Some(OrderKind::Disable) => None,
            Some(OrderKind::Maintenance) => out,
            Some(OrderKind::Drain) => judged.map(|_| 0),
            Some(OrderKind::Weight(ordered)) => {
                judged.map(|judged| if judged > 0 { ordered } else { 0 })
            }
        };
        anybody |= expected.is_some_and(|expected| expected > 0);
        let found = stage.world.weight(brief.vip, server);
        assert_eq!(found, expected, "{} {server}", brief.vip);
    }
    let fallback = brief.fallback.filter(|_| !anybody).map(|_| 1);
    let found = stage.world.weight(brief.vip, SORRY);
    assert_eq!(found, fallback, "{} fallback", brief.vip);
}
