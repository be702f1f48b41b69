//! What must hold after every step, and what at rest.

use std::net::IpAddr;

use director_core::health::Verdict;
use director_core::model::{OnFailure, ServiceId};
use director_core::snapshot::{ServerView, ServiceView};

use crate::deeds::{FOREIGN, SORRY};
use crate::stage::{Stage, foreign};
use crate::world::{Brief, address, service_id};

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
    for service in world.director.snapshot(world.now).services {
        never_empty_while_one_is_good(&service);
    }
}

fn never_empty_while_one_is_good(service: &ServiceView) {
    // What the kernel refuses cannot be held against the director.
    let servers = || service.servers.iter();
    let refused = service.trouble.is_some() || servers().any(|server| server.trouble.is_some());
    let serves = servers().chain(&service.fallback).any(|server| {
        server
            .observed
            .is_some_and(|entry| entry.settings.weight > 0)
    });
    assert!(
        serves || !servers().any(is_good) || refused,
        "{} is empty while a server is good",
        service.id
    );
}

/// A server that is to take connections and has answered well.
fn is_good(server: &ServerView) -> bool {
    let health = server.health.as_ref();
    server.defined_weight > 0
        && health.is_some_and(|health| health.verdict == Verdict::Up && !health.presumed)
}

/// When all faults have stopped for long enough.
pub(crate) fn at_rest(stage: &Stage) {
    for brief in &stage.briefs {
        as_defined(stage, brief);
    }
    let forgotten = forgotten(stage);
    assert!(
        stage.leftovers || forgotten.is_empty(),
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

/// The table of one service is what its definition and its servers ask for, as a reader of the manual would expect it.
fn as_defined(stage: &Stage, brief: &Brief) {
    let alive = |server: &str| !stage.world.dead.contains::<IpAddr>(&address(server));
    let mut anybody = false;
    for (server, weight) in &brief.servers {
        let expected = match (alive(server), brief.on_failure) {
            (true, _) => u32::try_from(*weight).ok(),
            (false, OnFailure::Quiesce) => Some(0),
            (false, OnFailure::Remove | OnFailure::Drain) => None,
        };
        anybody |= alive(server) && *weight > 0;
        let found = stage.world.weight(brief.vip, server);
        assert_eq!(found, expected, "{} {server}", brief.vip);
    }
    let fallback = brief.fallback.filter(|_| !anybody).map(|_| 1);
    let found = stage.world.weight(brief.vip, SORRY);
    assert_eq!(found, fallback, "{} fallback", brief.vip);
}
