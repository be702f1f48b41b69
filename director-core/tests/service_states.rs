//! The state of a service in one word, in the log and in the snapshot, as stories on a virtual clock.

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use director_core::definitions::{
    CheckKindDefinition, MinimumDefinition, PortDefinition, RecoveryDefinition,
};
use director_core::director::Event;
use director_core::model::{BelowMinimum, Quantity};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::table::Table;
use director_core::weight::ServiceState;
use world::{Brief, World, address, endpoint, model_with, place, placed, service_id};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const THREE: &str = "10.0.0.13";
const SORRY: &str = "10.0.0.99";
const SERVERS: [&str; 3] = [ONE, TWO, THREE];

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn pool() -> Brief {
    Brief {
        fall: 2,
        ..Brief::new(VIP, &SERVERS.map(|server| (server, 1)))
    }
}

fn running(brief: Brief) -> World {
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_with(&[brief], None),
        warnings: Vec::new(),
    });
    world.run(seconds(10));
    world
}

/// The lines about the state of the service; nothing is left of them for the next time.
fn lines(world: &mut World) -> Vec<String> {
    let all = world.notices.drain(..).map(|notice| notice.to_string());
    all.filter(|line| line.ends_with(" up") && line.contains(" of "))
        .collect()
}

/// The state in the snapshot, and for how many seconds.
fn shown(world: &World) -> (ServiceState, u64) {
    let snapshot = world.director.snapshot(world.now);
    let service = &snapshot.services[0];
    let age = service.state_since.map(|since| world.now.since(since));
    (service.condition.state, age.unwrap_or_default().as_secs())
}

#[test]
fn a_service_is_up_degraded_down_and_up_again() {
    let mut world = running(pool());
    assert_eq!(lines(&mut world), [""; 0], "that it is up is no news");
    assert_eq!(shown(&world).0, ServiceState::Up);
    world.dead.insert(address(ONE));
    world.run(seconds(5));
    world.dead.insert(address(TWO));
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::Degraded);
    assert!(shown(&world).1 >= 5, "since the first failure");
    world.dead.insert(address(THREE));
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::Down);
    world.dead.clear();
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::Up);
    let all = lines(&mut world);
    assert_eq!(all[0], format!("tcp {VIP}:80: up -> degraded, 2 of 3 up"));
    assert_eq!(all[1], format!("tcp {VIP}:80: degraded -> down, 0 of 3 up"));
    assert!(all.last().unwrap().ends_with("-> up, 3 of 3 up"), "{all:?}");
}

#[test]
fn the_fallback_has_a_state_of_its_own() {
    let mut world = running(Brief {
        fallback: Some(SORRY),
        ..pool()
    });
    world.dead.extend(SERVERS.map(address));
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::OnFallback);
    assert_eq!(world.weight(VIP, SORRY), Some(1));
    let last = lines(&mut world).pop();
    assert!(last.unwrap().ends_with("-> on fallback, 0 of 3 up"));
}

#[test]
fn a_withdrawn_service_is_down() {
    let minimum = MinimumDefinition {
        place: place(),
        servers: Some(placed(Quantity::Number(2))),
        back_at: None,
        below: Some(placed(BelowMinimum::Withdraw)),
    };
    let mut world = running(Brief {
        recovery: RecoveryDefinition {
            minimum_healthy: Some(minimum),
            ..RecoveryDefinition::default()
        },
        ..pool()
    });
    world.dead.extend([ONE, TWO].map(address));
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::Down);
    assert!(world.kernel.services.is_empty());
}

#[test]
fn an_overridden_server_counts_as_one_that_does_not_serve() {
    let mut world = running(pool());
    let command = OverrideCommand::Set {
        author: "ann".to_owned(),
        overrides: vec![NewOverride {
            target: (service_id(VIP), endpoint(ONE)),
            kind: OverrideKind::Drain,
            reason: "kernel upgrade".to_owned(),
            lasts: None,
        }],
    };
    world.event(Event::OverrideCommanded { command });
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::Degraded);
    assert_eq!(
        lines(&mut world),
        [format!("tcp {VIP}:80: up -> degraded, 2 of 3 up")]
    );
}

/// A pool whose servers all fell silent at once.
fn frozen() -> World {
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_with(&[pool()], Some(3)),
        warnings: Vec::new(),
    });
    world.run(seconds(10));
    world.dead.extend(SERVERS.map(address));
    world.run(seconds(5));
    world
}

#[test]
fn a_freeze_hides_the_state() {
    let mut world = frozen();
    assert_eq!(shown(&world).0, ServiceState::Frozen);
    world.dead.clear();
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::Up);
    let last = lines(&mut world).pop();
    assert_eq!(
        last,
        Some(format!("tcp {VIP}:80: degraded -> up, 3 of 3 up"))
    );
}

#[test]
fn a_freeze_that_ends_without_an_answer_leaves_no_server_that_counts_as_up() {
    for by_operator in [true, false] {
        let mut world = frozen();
        if by_operator {
            world.event(Event::Unfreeze);
            let condition = world.director.snapshot(world.now).services[0].condition;
            assert_eq!(condition.to_string(), "degraded, 0 of 3 up");
            world.run(seconds(5));
        } else {
            world.run(seconds(120));
        }
        let words = "servers that fail their next checks are down";
        let told = world.notices.iter().map(ToString::to_string);
        assert_eq!(told.filter(|line| line.ends_with(words)).count(), 1);
        assert_eq!(shown(&world).0, ServiceState::Down);
        let lines = lines(&mut world);
        assert!(
            !lines.iter().any(|line| line.contains("-> up")),
            "{lines:?}"
        );
    }
}

#[test]
fn a_freeze_holds_no_service_without_checks() {
    const UNCHECKED: &str = "192.0.2.11";
    let unchecked = Brief {
        tune: |check| check.kind = Some(placed(CheckKindDefinition::AlwaysUp)),
        ..Brief::new(UNCHECKED, &[("10.0.0.21", 1)])
    };
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_with(&[pool(), unchecked], Some(3)),
        warnings: Vec::new(),
    });
    world.run(seconds(10));
    world.dead.extend(SERVERS.map(address));
    world.run(seconds(5));
    let snapshot = world.director.snapshot(world.now);
    let states = snapshot.services.iter();
    let states: Vec<_> = states.map(|service| service.condition.state).collect();
    assert_eq!(states, [ServiceState::Frozen, ServiceState::Up]);
}

#[test]
fn before_the_first_results_the_state_is_not_known() {
    let mut world = World::new(Table::default());
    world.mute = true;
    world.load(&[pool()]);
    world.run(seconds(1));
    assert_eq!(shown(&world).0, ServiceState::Unknown);
    assert_eq!(lines(&mut world), [""; 0]);
    let snapshot = world.director.snapshot(world.now);
    let failing: BTreeMap<_, _> = snapshot.services[0]
        .servers
        .iter()
        .map(|server| (server.endpoint, server.failing))
        .collect();
    assert!(failing.values().all(Option::is_none));
}

#[test]
fn failures_that_have_not_decided_yet_are_counted() {
    let mut world = running(Brief { fall: 5, ..pool() });
    world.dead.insert(address(ONE));
    world.run(seconds(3));
    let snapshot = world.director.snapshot(world.now);
    let failing = snapshot.services[0].servers[0].failing;
    assert!(
        matches!(failing, Some((1..=4, 5))),
        "near a change: {failing:?}"
    );
    assert_eq!(snapshot.services[0].servers[1].failing, None);
}

#[test]
fn failures_of_a_server_that_is_assumed_up_after_its_check_changed_are_counted() {
    let mut world = running(Brief { fall: 5, ..pool() });
    world.closed.insert((address(ONE), 8080));
    world.load(&[Brief {
        fall: 5,
        tune: |check| check.port = Some(placed(PortDefinition::Number(8080))),
        ..pool()
    }]);
    world.run(seconds(3));
    let snapshot = world.director.snapshot(world.now);
    let server = &snapshot.services[0].servers[0];
    assert!(server.health.as_ref().unwrap().checks[0].assumed);
    assert!(
        matches!(server.failing, Some((1..=4, 5))),
        "near a change: {:?}",
        server.failing
    );
}

#[test]
fn a_server_that_the_kernel_refuses_does_not_count_as_up() {
    let mut world = World::new(Table::default());
    world.refuse = Box::new(|op| op.server() == Some(endpoint(ONE)));
    world.load(&[pool()]);
    world.run(seconds(5));
    assert_eq!(shown(&world).0, ServiceState::Degraded);
    let last = lines(&mut world).pop();
    assert_eq!(
        last,
        Some(format!("tcp {VIP}:80: up -> degraded, 1 of 3 up"))
    );
    world.refuse = Box::new(|_| false);
    world.run(seconds(70));
    assert_eq!(shown(&world).0, ServiceState::Up);
    let last = lines(&mut world).pop();
    assert_eq!(
        last,
        Some(format!("tcp {VIP}:80: degraded -> up, 3 of 3 up"))
    );
}

#[test]
fn a_recovery_by_way_of_new_servers_is_reported() {
    let mut world = running(pool());
    world.dead.insert(address(ONE));
    world.run(seconds(5));
    lines(&mut world);
    world.load(&[Brief {
        fall: 2,
        ..Brief::new(VIP, &[(TWO, 1), (THREE, 1), (SORRY, 1)])
    }]);
    world.run(seconds(5));
    let last = lines(&mut world).pop();
    assert_eq!(
        last,
        Some(format!("tcp {VIP}:80: degraded -> up, 2 of 3 up"))
    );
}
