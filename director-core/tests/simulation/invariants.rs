//! What must hold after every step, and what at rest.

use director_core::health::HealthState;
use director_core::model::{BelowMinimum, ServiceId};
use director_core::snapshot::{ServerView, ServiceView};

use crate::deeds::FOREIGN;
use crate::manual;
use crate::stage::{Stage, foreign};
use crate::world::service_id;

/// After every step.
pub(crate) fn always(stage: &Stage) {
    let world = &stage.world;
    assert_eq!(
        world.kernel.services.get(&service_id(FOREIGN)),
        Some(&foreign()),
        "foreign service touched"
    );
    assert_eq!(
        world.bystander.raised_known_bad, None,
        "a server known to be bad got weight"
    );
    assert_eq!(
        world.bystander.raised_unasked, None,
        "a server got weight before it had answered"
    );
    assert_eq!(
        world.bystander.emptied, None,
        "the last server of a service left that was not known to be bad"
    );
    if world.killed() {
        return;
    }
    let held = waits_for_the_disk(stage);
    for service in world.director.snapshot(world.now).services {
        // What the kernel refuses cannot be held against the director.
        let mut servers = service.servers.iter().chain(&service.fallback);
        let refused = service.retry.is_some() || servers.any(|server| server.retry.is_some());
        if held || refused {
            continue;
        }
        let withdrawn = service.shortage.is_some() && withdraws(stage, &service.id);
        if !withdrawn {
            never_empty_while_one_is_good(&service);
        }
        for server in &service.servers {
            pooled_as_judged(&service, server, withdrawn);
        }
    }
}

/// Whether something is not kept yet that the table may have to wait for: it is being written, or its turn comes in a
/// moment, because two writings do not follow each other at once. A disk that fails is not waited for.
fn waits_for_the_disk(stage: &Stage) -> bool {
    let world = &stage.world;
    let written = world.disk.revision.unwrap_or_default();
    let latest_revision = world.director.latest_revision();
    let has_turn_to_come =
        latest_revision > Some(written) && world.director.persist_error().is_none();
    world.disk.writing.is_some() || has_turn_to_come
}

/// Whether a service is withdrawn when it has too few servers.
fn withdraws(stage: &Stage, id: &ServiceId) -> bool {
    let mut briefs = stage.briefs.iter();
    let brief = briefs.find(|brief| service_id(brief.vip) == *id);
    let minimum = brief.and_then(|brief| brief.recovery.minimum_healthy.as_ref());
    let below = minimum.and_then(|minimum| minimum.below.as_ref());
    below.is_some_and(|below| below.value == BelowMinimum::Withdraw)
}

fn never_empty_while_one_is_good(service: &ServiceView) {
    let mut all = service.servers.iter().chain(&service.fallback);
    assert!(
        all.any(pooled) || !service.servers.iter().any(is_good),
        "{} is empty while a server is good",
        service.id
    );
}

/// PyBal's three invariants of a pool: who is pooled is enabled; who is up and enabled is pooled; who is pooled is up,
/// unless the pool cannot lose it.
fn pooled_as_judged(service: &ServiceView, server: &ServerView, withdrawn: bool) {
    let reason = |what: &str| server.chain.iter().any(|link| link.what == what);
    let known_bad = server
        .health
        .as_ref()
        .is_some_and(|health| health.state == HealthState::Down && !health.assumed);
    let at = || format!("{} {}", service.id, server.endpoint);
    assert!(
        !pooled(server) || is_enabled(server),
        "{} is pooled and not enabled",
        at()
    );
    assert!(
        pooled(server) || !is_good(server) || reason("tier") || reason("minimum") || withdrawn,
        "{} is up and not pooled",
        at()
    );
    assert!(
        !pooled(server) || !known_bad || reason("minimum"),
        "{} is pooled and down",
        at()
    );
}

fn pooled(server: &ServerView) -> bool {
    server
        .observed
        .is_some_and(|entry| entry.settings.weight > 0)
}

/// A server that is to take connections when it is well.
fn is_enabled(server: &ServerView) -> bool {
    let mut overrides = server.overrides.iter();
    server.defined_weight > 0 && !overrides.any(|override_| override_.kind.takes_out())
}

/// One that is, and has answered well.
fn is_good(server: &ServerView) -> bool {
    let health = server.health.as_ref();
    is_enabled(server) && health.is_some_and(|health| health.is_available() && !health.assumed)
}

/// When all faults have stopped for long enough.
pub(crate) fn at_rest(stage: &Stage) {
    for brief in &stage.briefs {
        manual::as_defined(stage, brief);
    }
    let mut forgotten = forgotten(stage);
    forgotten.retain(|id| !stage.lost.contains(id));
    assert!(forgotten.is_empty(), "left behind: {forgotten:?}");
}

/// The services in the kernel that are neither defined nor somebody else's.
pub(crate) fn forgotten(stage: &Stage) -> Vec<ServiceId> {
    let ids = stage.world.kernel.services.keys();
    ids.filter(|id| **id != service_id(FOREIGN) && !stage.defines(id))
        .copied()
        .collect()
}

/// The services in the kernel that a director which begins now cannot know as ours. There are none while the disk is well:
/// a service is made when it is kept that it is ours. A director waits a second for a disk, and then makes it all the same:
/// rather a service that has to be removed by hand after a kill -9 in that moment than one that is missing.
pub(crate) fn unknown_to_the_disk(stage: &Stage) -> Vec<ServiceId> {
    let known = &stage.world.disk.saved.owned;
    let ids = stage.world.kernel.services.keys();
    let unknown = ids.filter(|id| **id != service_id(FOREIGN) && !known.contains(id));
    let unknown: Vec<ServiceId> = unknown.copied().collect();
    assert!(
        stage.forgetful || unknown.is_empty(),
        "made before it was kept that it is ours: {unknown:?}"
    );
    unknown
}

/// What the director has said to be kept is on the disk when it is killed.
pub(crate) fn nothing_kept_is_lost(stage: &Stage) {
    let disk = &stage.world.disk;
    if disk.writing.is_some() || stage.forgetful || stage.world.killed() {
        return;
    }
    let now = stage.world.now;
    let stands = |ends: Option<director_core::moment::Moment>| ends.is_none_or(|ends| ends > now);
    let kept = disk.saved.overrides.iter();
    let kept = kept.filter(|(_, override_)| stands(override_.expires));
    let kept: Vec<_> = kept
        .map(|(target, override_)| (*target, override_.kind))
        .collect();
    let set = stage.overrides.iter();
    let set = set.filter(|(_, (_, ends))| stands(*ends));
    let set: Vec<_> = set.map(|(target, (kind, _))| (*target, *kind)).collect();
    // A writing may wait for the one before it to be a little in the past.
    if stage.world.director.latest_revision() == disk.revision {
        assert_eq!(kept, set, "an order that was kept is lost");
    }
}
