//! How servers and services leave, as stories on a virtual clock: at once, or by a drain.

mod pool;
mod world;

use std::time::Duration;

use director_core::definitions::{DrainDefinition, MinimumDefinition, RecoveryDefinition};
use director_core::director::Event;
use director_core::model::{BelowMinimum, OnFailure, Quantity, Then};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::persistent_state::PersistentState;
use director_core::plan::Op;
use director_core::table::{Connections, Table};
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, address, definitions, endpoint, model_of, place, placed, service_id};

const OTHER: &str = "192.0.2.11";
const THREE: &str = "10.0.0.13";
const SORRY: &str = "10.0.0.99";

fn drain(timeout: u64, then: Then) -> RecoveryDefinition {
    RecoveryDefinition {
        drain: Some(DrainDefinition {
            off: false,
            place: place(),
            timeout: Some(placed(seconds(timeout))),
            then: Some(placed(then)),
        }),
        ..RecoveryDefinition::default()
    }
}

/// So many connections are active at this server.
fn connections(world: &mut World, server: &str, active: u32) {
    counts(world, server, |known| known.active = active);
}

/// The kernel remembers so many persistent clients for this server.
fn clients(world: &mut World, server: &str, persistent: u32) {
    counts(world, server, |known| known.persistent = persistent);
}

fn counts(world: &mut World, server: &str, change: impl Fn(&mut Connections)) {
    let entry = world.kernel.services.get_mut(&service_id(VIP));
    let known = entry.and_then(|entry| entry.servers.get_mut(&endpoint(server)));
    if let Some(known) = known {
        change(&mut known.connections);
    }
}

/// How often a server was added or deleted.
fn comings_and_goings(world: &World, server: &str) -> usize {
    let concerned = world.writes.iter().filter(|op| {
        let moved = matches!(op, Op::AddServer { .. } | Op::DeleteServer { .. });
        moved
            && op
                .server()
                .is_some_and(|known| known.address == address(server))
    });
    concerned.count()
}

#[test]
fn a_server_that_leaves_the_definitions_stays_until_its_connections_have_ended() {
    let mut world = running(pair(drain(600, Then::Remove)));
    connections(&mut world, ONE, 3);
    world.load(&[Brief {
        servers: vec![(TWO, 1)],
        ..pair(drain(600, Then::Remove))
    }]);
    world.run(seconds(60));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
    let leaving = &world.director.snapshot(world.now).services[0].leaving;
    let words: Vec<&str> = leaving[0]
        .chain
        .iter()
        .map(|link| link.cause.as_str())
        .collect();
    assert_eq!(
        words,
        [
            "no longer configured",
            "draining: 3 active connections left, 9m00s left, then removed"
        ]
    );
    connections(&mut world, ONE, 0);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
}

#[test]
fn a_drain_ends_when_its_time_is_up() {
    for (then, expected) in [(Then::Remove, None), (Then::Keep, Some(0))] {
        let mut world = running(pair(drain(30, then)));
        connections(&mut world, ONE, 1);
        world.load(&[Brief {
            servers: vec![(TWO, 1)],
            ..pair(drain(30, then))
        }]);
        world.run(seconds(29));
        assert_eq!(world.weight(VIP, ONE), Some(0), "{then:?}");
        world.run(seconds(3));
        assert_eq!(world.weight(VIP, ONE), expected, "{then:?}");
        let told = world.notices.iter().any(|notice| {
            notice
                .to_string()
                .ends_with("drain time limit of 30 s reached, 1 connection left")
        });
        assert!(told, "{:?}", world.notices);
        // One that is kept leaves when it is empty, since nobody defines it any more.
        connections(&mut world, ONE, 0);
        world.run(seconds(25));
        assert_eq!(world.weight(VIP, ONE), None, "{then:?}");
    }
}

/// A drain of ONE by an operator, with a persistent client of its own and no open connection.
fn draining_with_a_client(leaves: bool) -> World {
    let mut definitions = definitions(&[pair(drain(600, Then::Remove))], None);
    definitions.services[0].persistence = Some(placed(300));
    definitions.host.expire_quiescent_template = (!leaves).then(|| placed(false));
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_of(definitions.clone()),
        warnings: Vec::new(),
    });
    world.run(seconds(3));
    clients(&mut world, ONE, 1);
    definitions.services[0].real_servers.remove(0);
    world.event(Event::Loaded {
        model: model_of(definitions),
        warnings: Vec::new(),
    });
    world.run(seconds(20));
    world
}

#[test]
fn a_drain_waits_for_persistent_clients_only_where_they_come_back() {
    let setting = "net.ipv4.vs.expire_quiescent_template=1";
    let is_set = |world: &World| {
        let mut made = world.machine.made.iter();
        made.any(|change| change.to_string() == setting)
    };
    let world = draining_with_a_client(true);
    assert!(is_set(&world));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);

    let mut world = draining_with_a_client(false);
    assert!(!is_set(&world));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
    clients(&mut world, ONE, 0);
    world.run(seconds(20));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
}

/// A service that says nothing about failed servers, with two connections at ONE.
fn silent_about_failures(scheduler: &str) -> World {
    let mut definitions = definitions(&[Brief::new(VIP, &[(ONE, 1), (TWO, 1)])], None);
    definitions.services[0].on_failure = None;
    definitions.services[0].scheduler = Some(placed(scheduler.to_owned()));
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_of(definitions),
        warnings: Vec::new(),
    });
    world.run(seconds(3));
    connections(&mut world, ONE, 2);
    dies(&mut world, &[ONE]);
    world
}

#[test]
fn by_default_a_failed_server_finishes_its_connections_within_ten_minutes() {
    let mut world = silent_about_failures("wrr");
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
    let told = world.notices.iter().any(|notice| {
        let words = notice.to_string();
        words.ends_with("weight 1 -> 0   (down: no answer within 1 s, 1 of 1; draining)")
    });
    assert!(told, "{:?}", world.notices);
    world.run(seconds(590));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
    world.run(seconds(15));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);

    let mut world = silent_about_failures("wrr");
    connections(&mut world, ONE, 0);
    world.run(seconds(15));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);

    // Disabled, it finishes nothing.
    let mut world = silent_about_failures("wrr");
    let disable = NewOverride {
        target: (service_id(VIP), endpoint(ONE)),
        kind: OverrideKind::Disable,
        reason: String::new(),
        lasts: None,
    };
    world.event(Event::OverrideCommanded {
        command: OverrideCommand::Set {
            author: "operator".to_owned(),
            overrides: vec![disable],
        },
    });
    world.run(seconds(1));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);

    // It would refuse the clients of a server with weight 0.
    for scheduler in ["sh", "mh", "dh"] {
        let world = silent_about_failures(scheduler);
        assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)], "{scheduler}");
    }
}

#[test]
fn whoever_is_defined_again_while_it_drains_was_never_deleted() {
    let mut world = running(pair(drain(600, Then::Remove)));
    connections(&mut world, ONE, 3);
    let moves = comings_and_goings(&world, ONE);
    world.load(&[Brief {
        servers: vec![(TWO, 1)],
        ..pair(drain(600, Then::Remove))
    }]);
    world.run(seconds(20));
    world.load(&[pair(drain(600, Then::Remove))]);
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    assert_eq!(comings_and_goings(&world, ONE), moves);
}

#[test]
fn a_failed_server_drains_where_that_is_asked_and_returns_by_its_weight() {
    let mut world = running(Brief {
        on_failure: OnFailure::Drain,
        ..pair(drain(600, Then::Remove))
    });
    connections(&mut world, ONE, 2);
    let moves = comings_and_goings(&world, ONE);
    dies(&mut world, &[ONE]);
    world.run(seconds(30));
    assert_eq!(world.weight(VIP, ONE), Some(0));
    returns(&mut world, &[ONE]);
    assert_eq!(world.weight(VIP, ONE), Some(3));
    assert_eq!(comings_and_goings(&world, ONE), moves);
    dies(&mut world, &[ONE]);
    connections(&mut world, ONE, 0);
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, ONE), None);
}

#[test]
fn a_service_that_leaves_the_definitions_drains_first() {
    let mut world = World::new(Table::default());
    let other = Brief {
        vip: OTHER,
        ..pair(RecoveryDefinition::default())
    };
    world.load(&[pair(drain(600, Then::Remove)), other.clone()]);
    world.run(seconds(2));
    connections(&mut world, ONE, 1);
    world.load(&[other]);
    world.run(seconds(30));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), None]);
    let snapshot = world.director.snapshot(world.now);
    assert_eq!(snapshot.leaving[0].0, service_id(VIP));
    connections(&mut world, ONE, 0);
    world.run(seconds(3));
    assert!(!world.kernel.services.contains_key(&service_id(VIP)));
    assert!(world.kernel.services.contains_key(&service_id(OTHER)));
}

#[test]
fn without_a_drain_whoever_leaves_leaves_at_once() {
    let mut world = running(pair(RecoveryDefinition::default()));
    connections(&mut world, ONE, 5);
    world.load(&[Brief {
        servers: vec![(TWO, 1)],
        ..pair(RecoveryDefinition::default())
    }]);
    assert_eq!(world.weight(VIP, ONE), None);
}

#[test]
fn a_drain_override_ends_as_configured_and_clearing_it_restores_the_weight() {
    let override_ = |world: &mut World, kinds: &[OverrideKind]| {
        let new_override = |kind: &OverrideKind| NewOverride {
            target: (service_id(VIP), endpoint(ONE)),
            kind: *kind,
            reason: "kernel upgrade".to_owned(),
            lasts: None,
        };
        world.event(Event::FileOverrides {
            author: "ann".to_owned(),
            overrides: kinds.iter().map(new_override).collect(),
        });
        world.run(seconds(5));
    };
    let mut world = running(pair(drain(600, Then::Remove)));
    connections(&mut world, ONE, 2);
    override_(&mut world, &[OverrideKind::Drain]);
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
    override_(&mut world, &[]);
    assert_eq!(world.weight(VIP, ONE), Some(3));
    override_(&mut world, &[OverrideKind::Drain]);
    connections(&mut world, ONE, 0);
    world.run(seconds(5));
    assert_eq!(world.weight(VIP, ONE), None);
    world.writes.clear();
    world.run(seconds(60));
    assert_eq!(world.writes, [], "it stays away");
    override_(&mut world, &[]);
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn a_server_whose_connections_were_cut_off_is_not_shown_as_drained() {
    let mut world = running(pair(drain(30, Then::Remove)));
    connections(&mut world, ONE, 2);
    world.event(Event::FileOverrides {
        author: "ann".to_owned(),
        overrides: vec![NewOverride {
            target: (service_id(VIP), endpoint(ONE)),
            kind: OverrideKind::Drain,
            reason: "kernel upgrade".to_owned(),
            lasts: None,
        }],
    });
    world.run(seconds(90));
    assert_eq!(world.weight(VIP, ONE), None);
    let servers = &world.director.snapshot(world.now).services[0].servers;
    let drained = servers.iter().find(|known| known.endpoint == endpoint(ONE));
    let chain = &drained.unwrap().chain;
    assert_eq!(
        chain.last().unwrap().cause,
        "drain timeout, 2 active connections ended"
    );
}

#[test]
fn the_fallback_stays_until_it_is_kept_that_a_server_has_returned() {
    let mut world = World::new(Table::default());
    world.event(Event::Restored {
        saved: PersistentState::default(),
    });
    world.load(&[Brief {
        fallback: Some(SORRY),
        ..pair(RecoveryDefinition::default())
    }]);
    world.run(seconds(3));
    dies(&mut world, &[ONE, TWO]);
    assert_eq!(weights(&world, [ONE, TWO, SORRY]), [None, None, Some(1)]);
    world.disk.takes = Duration::from_millis(800);
    returns(&mut world, &[TWO]);
    assert_eq!(weights(&world, [ONE, TWO, SORRY]), [None, Some(1), None]);
    assert_eq!(world.bystander.emptied, None, "nobody served meanwhile");
}

#[test]
fn a_fallback_that_drains_serves_at_once_when_it_is_needed_again() {
    let brief = Brief {
        fallback: Some(SORRY),
        servers: vec![(ONE, 1), (TWO, 1), (THREE, 1)],
        on_failure: OnFailure::Quiesce,
        ..pair(RecoveryDefinition {
            minimum_healthy: Some(MinimumDefinition {
                place: place(),
                servers: Some(placed(Quantity::Number(3))),
                back_at: None,
                below: Some(placed(BelowMinimum::Fallback)),
            }),
            ..drain(600, Then::Remove)
        })
    };
    let mut before = running(brief.clone());
    dies(&mut before, &[ONE]);
    connections(&mut before, SORRY, 1);
    before.dead.clear();
    before.run(seconds(2));
    assert_eq!(before.weight(VIP, SORRY), Some(0), "it drains");
    // The first answer shows that there are too few, before the last one is known.
    let mut world = World::new(before.kernel.clone());
    world.dead.insert(address(ONE));
    world.load(&[brief]);
    world.run(seconds(2));
    let all = weights(&world, [ONE, TWO, THREE, SORRY]);
    assert_eq!(all, [Some(0), Some(0), Some(0), Some(1)]);
    assert_eq!(world.bystander.emptied, None, "nobody served meanwhile");
}
