//! What leaves a configuration that says nothing of drains: it finishes what it has begun, for a limited time.

mod kill;
mod pool;
mod world;

use director_core::definitions::{DrainDefinition, RecoveryDefinition};
use director_core::director::Event;
use director_core::model::{OnFailure, OnStop};
use director_core::table::Table;
use kill::{kept, killed};
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, definitions, endpoint, model_of, place, placed, service_id};

const SORRY: &str = "10.0.0.99";
/// A second service, since a director never removes its only one by a reload.
const OTHER: &str = "192.0.2.11";

fn unsaid(on_failure: OnFailure) -> Brief {
    Brief {
        on_failure,
        ..pair(RecoveryDefinition::default())
    }
}

fn off() -> Brief {
    Brief {
        on_failure: OnFailure::Drain,
        ..pair(RecoveryDefinition {
            drain: Some(DrainDefinition {
                place: place(),
                off: true,
                timeout: None,
                then: None,
            }),
            ..RecoveryDefinition::default()
        })
    }
}

fn without_one(brief: Brief) -> Brief {
    Brief {
        servers: vec![(TWO, 1)],
        ..brief
    }
}

fn connections(world: &mut World, server: &str, active: u32) {
    let entry = world.kernel.services.get_mut(&service_id(VIP));
    let known = entry.and_then(|entry| entry.servers.get_mut(&endpoint(server)));
    if let Some(known) = known {
        known.connections.active = active;
    }
}

#[test]
fn a_server_that_leaves_finishes_its_connections_for_ten_minutes() {
    for choice in [OnFailure::Drain, OnFailure::Quiesce] {
        let mut world = running(unsaid(choice));
        connections(&mut world, ONE, 3);
        world.load(&[without_one(unsaid(choice))]);
        world.run(seconds(590));
        assert_eq!(
            weights(&world, [ONE, TWO]),
            [Some(0), Some(1)],
            "{choice:?}"
        );
        world.run(seconds(20));
        assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)], "{choice:?}");
    }
}

#[test]
fn a_server_without_connections_leaves_at_once() {
    let mut world = running(unsaid(OnFailure::Drain));
    world.load(&[without_one(unsaid(OnFailure::Drain))]);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
}

#[test]
fn servers_leave_at_once_where_that_is_asked_for() {
    for brief in [off(), unsaid(OnFailure::Remove)] {
        let mut world = running(brief.clone());
        connections(&mut world, ONE, 3);
        world.load(&[without_one(brief)]);
        world.run(seconds(1));
        assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
    }
}

/// Otherwise the kernel drops the packets of their connections, and clients wait for their own timeouts.
#[test]
fn clients_of_servers_that_leave_at_once_are_told() {
    let resets = |brief: Brief| {
        let mut definitions = definitions(&[brief], None);
        definitions.host.expire_nodest_conn = None;
        model_of(definitions).host().resets_connections(false)
    };
    assert!(resets(off()));
    assert!(resets(unsaid(OnFailure::Remove)));
    assert!(!resets(unsaid(OnFailure::Drain)));
    assert!(!resets(unsaid(OnFailure::Quiesce)));
}

#[test]
fn a_service_that_leaves_finishes_its_connections() {
    let other = || Brief::new(OTHER, &[(ONE, 1)]);
    for (brief, stays) in [(unsaid(OnFailure::Drain), true), (off(), false)] {
        let mut world = World::new(Table::default());
        world.load(&[brief, other()]);
        world.run(seconds(3));
        connections(&mut world, ONE, 1);
        world.load(&[other()]);
        world.run(seconds(3));
        assert_eq!(world.kernel.services.contains_key(&service_id(VIP)), stays);
    }
}

#[test]
fn a_fallback_finishes_its_connections_when_a_server_is_back() {
    let mut world = running(Brief {
        fallback: Some(SORRY),
        ..unsaid(OnFailure::Drain)
    });
    dies(&mut world, &[ONE, TWO]);
    connections(&mut world, SORRY, 1);
    returns(&mut world, &[ONE]);
    assert_eq!(weights(&world, [ONE, SORRY]), [Some(3), Some(0)]);
    connections(&mut world, SORRY, 0);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, SORRY]), [Some(3), None]);
}

/// With weight 0 it would keep its clients from every other server for as long as the kernel has it, and no later director knows it.
#[test]
fn a_stop_removes_what_is_leaving_where_it_was_to_be_removed_or_nothing_is_remembered() {
    let other = || Brief::new(OTHER, &[(ONE, 1)]);
    let leaves = |mut world: World| {
        connections(&mut world, ONE, 1);
        world.load(&[other()]);
        world.run(seconds(3));
        assert!(world.kernel.services.contains_key(&service_id(VIP)));
        world
    };
    let stays_after_stop = |mut world: World| {
        world.event(Event::StopRequested);
        world.run(seconds(1));
        assert!(world.exited);
        world.kernel.services.contains_key(&service_id(VIP))
    };
    let kept_brief = || unsaid(OnFailure::Drain);
    let removed_brief = || Brief {
        on_stop: OnStop::Remove,
        ..unsaid(OnFailure::Drain)
    };
    assert!(stays_after_stop(leaves(kept(&[kept_brief(), other()]))));
    assert!(!stays_after_stop(leaves(kept(&[removed_brief(), other()]))));
    // The next director knows what the one before it was told.
    let killed_meanwhile = killed(
        leaves(kept(&[removed_brief(), other()])),
        seconds(1),
        &[other()],
    );
    assert!(!stays_after_stop(killed_meanwhile));
    let mut forgetful = World::new(Table::default());
    forgetful.load(&[kept_brief(), other()]);
    forgetful.run(seconds(3));
    assert!(!stays_after_stop(leaves(forgetful)));
}

/// These schedulers turn the clients of a server with weight 0 away, in place of sending them to another one.
#[test]
fn a_server_of_a_hashing_scheduler_leaves_at_once() {
    for (scheduler, stays) in [("sh", false), ("mh", false), ("dh", false), ("wrr", true)] {
        let load = |world: &mut World, brief: Brief| {
            let mut definitions = definitions(&[brief], None);
            definitions.services[0].scheduler = Some(placed(scheduler.to_owned()));
            world.event(Event::Loaded {
                model: model_of(definitions),
                warnings: Vec::new(),
            });
            world.run(seconds(3));
        };
        let mut world = World::new(Table::default());
        load(&mut world, unsaid(OnFailure::Quiesce));
        connections(&mut world, ONE, 3);
        load(&mut world, without_one(unsaid(OnFailure::Quiesce)));
        let weight = stays.then_some(0);
        assert_eq!(
            weights(&world, [ONE, TWO]),
            [weight, Some(1)],
            "{scheduler}"
        );
    }
}
