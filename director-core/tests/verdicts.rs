//! How answers make verdicts, told as stories on a virtual clock: paces, damping, several checks, the time before the
//! first verdict.

mod world;

use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, DampingDefinition, JudgingDefinition, PortDefinition,
};
use director_core::director::{Event, Notice};
use director_core::model::{Combine, InitialHealth, OnFailure};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::persistent_state::PersistentState;
use director_core::table::Table;
use world::{Brief, World, address, endpoint, placed, service_id};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";

fn pair() -> Brief {
    Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn running(brief: Brief) -> World {
    let mut world = World::new(Table::default());
    // What it decides is kept for the director after it, and what rises waits for that.
    world.event(Event::Restored {
        saved: PersistentState::default(),
    });
    world.load(&[brief]);
    world.run(seconds(3));
    world
}

#[test]
fn a_server_that_flaps_is_held_out_and_let_in_when_it_is_calm() {
    let brief = Brief {
        tune: |check| {
            check.damping = Some(placed(DampingDefinition {
                half_life: seconds(10),
                hold_above: 3,
                release_below: 1,
            }));
        },
        ..pair()
    };
    let mut world = running(brief);
    for _ in 0..2 {
        world.dead.insert(address(ONE));
        world.run(seconds(2));
        world.dead.clear();
        world.run(seconds(2));
    }
    assert_eq!(
        world.weight(VIP, ONE),
        None,
        "four changes in eight seconds"
    );
    world.run(seconds(30));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    let told: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .any(|line| line.contains("is flapping, kept down for")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|line| line.contains("stopped flapping")),
        "{told:?}"
    );
}

/// A second check, at port 8080, every second.
fn second_check(judging: &mut JudgingDefinition) {
    judging.further_checks.push(CheckDefinition {
        name: Some(placed("status page".to_owned())),
        port: Some(placed(PortDefinition::Number(8080))),
        every: Some(placed(seconds(1))),
        fall: Some(placed(1)),
        ..CheckDefinition::default()
    });
}

#[test]
fn all_checks_of_a_server_have_to_be_up() {
    let mut world = running(Brief {
        evaluate: second_check,
        ..pair()
    });
    assert_eq!(world.weight(VIP, ONE), Some(3));
    world.closed.insert((address(ONE), 8080));
    world.run(seconds(2));
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (None, Some(1))
    );
    let told: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
    let words = "up -> down: check status page: connection refused, 1 of 1; 1 of 2 checks down, all must be up";
    assert!(told.iter().any(|line| line.ends_with(words)), "{told:#?}");
    world.closed.clear();
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn any_check_of_a_server_will_do_and_the_turn_of_the_other_is_told() {
    let mut world = running(Brief {
        evaluate: |judging| {
            second_check(judging);
            judging.combine = Some(placed(Combine::Any));
        },
        ..pair()
    });
    world.closed.insert((address(ONE), 8080));
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    let change = |notice: &&Notice| matches!(notice, Notice::CheckChanged { .. });
    let told: Vec<String> = (world.notices.iter().filter(change))
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "tcp 192.0.2.10:80 10.0.0.11:80 check status page up -> down: connection refused, 1 of 1; the server's \
          health is unchanged"
        ]
    );
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), None, "both fail");
}

#[test]
fn a_check_that_a_reload_brings_takes_nobody_out_before_it_has_failed() {
    let mut world = running(pair());
    world.writes.clear();
    world.load(&[Brief {
        evaluate: second_check,
        ..pair()
    }]);
    world.run(seconds(3));
    assert_eq!(world.writes, []);
    world.closed.insert((address(TWO), 8080));
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, TWO), None);
    world.load(&[pair()]);
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, TWO), Some(1), "the failing check is gone");
}

#[test]
fn a_server_that_is_down_rises_by_an_answer_and_not_by_a_reload() {
    let both = Brief {
        evaluate: second_check,
        // The first check takes its time to fail, and is not asked again soon.
        fall: 3,
        tune: |check| check.every = Some(placed(seconds(20))),
        ..pair()
    };
    let alone = Brief {
        evaluate: |_| {},
        ..both.clone()
    };
    let any = Brief {
        evaluate: |judging| {
            second_check(judging);
            judging.combine = Some(placed(Combine::Any));
        },
        ..both.clone()
    };
    for reload in [&alone, &any] {
        let mut world = running(both.clone());
        world.closed.insert((address(ONE), 8080));
        world.run(seconds(2));
        assert_eq!(world.weight(VIP, ONE), None);
        world.dead.insert(address(ONE));
        world.load(std::slice::from_ref(reload));
        world.run(seconds(5));
        assert_eq!(
            world.weight(VIP, ONE),
            None,
            "the check that is left was good before the reload only"
        );
        assert_eq!(world.bystander.raised_known_bad, None);
    }
    for reload in [&alone, &any] {
        let mut world = running(both.clone());
        world.closed.insert((address(ONE), 8080));
        world.run(seconds(2));
        assert_eq!(world.weight(VIP, ONE), None);
        world.load(std::slice::from_ref(reload));
        world.run(Duration::from_millis(200));
        assert_eq!(
            world.weight(VIP, ONE),
            Some(3),
            "a good server is asked at once and waits for no interval"
        );
    }
}

#[test]
fn the_time_before_the_first_verdict_goes_as_defined() {
    let mut before = running(pair());
    before.dead.insert(address(ONE));
    before.run(seconds(2));
    // The kernel has the second server with weight 1 and lacks the first; nobody answers any more.
    for (policy, expected) in [
        (InitialHealth::Adopt, (None, Some(1))),
        (InitialHealth::Down, (None, Some(0))),
        (InitialHealth::Up, (Some(3), Some(1))),
    ] {
        let mut world = World::new(before.kernel.clone());
        world.mute = true;
        world.load(&[Brief {
            on_failure: OnFailure::Quiesce,
            evaluate: match policy {
                InitialHealth::Adopt => |_| {},
                InitialHealth::Down => {
                    |judging| judging.initial_health = Some(placed(InitialHealth::Down))
                }
                InitialHealth::Up => {
                    |judging| judging.initial_health = Some(placed(InitialHealth::Up))
                }
            },
            ..pair()
        }]);
        world.run(seconds(2));
        let found = (world.weight(VIP, ONE), world.weight(VIP, TWO));
        assert_eq!(found, expected, "{policy:?}");
    }
}

#[test]
fn a_weight_of_0_counts_at_once_also_before_the_first_verdict() {
    let mut world = World::new(running(pair()).kernel);
    world.mute = true;
    world.load(&[pair()]);
    world.run(seconds(1));
    assert_eq!(world.weight(VIP, ONE), Some(3), "as the kernel had it");
    world.load(&[Brief::new(VIP, &[(ONE, 0), (TWO, 1)])]);
    world.run(seconds(1));
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (Some(0), Some(1)),
        "nobody has answered yet"
    );
}

#[test]
fn one_that_somebody_else_removes_before_its_first_verdict_comes_back_by_an_answer() {
    let mut world = World::new(running(pair()).kernel);
    world.dead.insert(address(ONE));
    world.load(&[Brief { fall: 9, ..pair() }]);
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3), "as the kernel had it");
    let entry = world.kernel.services.get_mut(&service_id(VIP));
    entry.and_then(|entry| entry.servers.remove(&endpoint(ONE)));
    world.event(Event::Woken);
    world.run(seconds(12));
    assert_eq!(world.bystander.raised_unasked, None);
    world.dead.clear();
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn a_restored_override_raises_no_server_before_its_first_answer() {
    let mut before = running(pair());
    before.event(Event::OverrideCommanded {
        command: OverrideCommand::Set {
            author: "ann".to_owned(),
            overrides: vec![NewOverride {
                target: (service_id(VIP), endpoint(ONE)),
                kind: OverrideKind::Weight(9),
                reason: "more memory".to_owned(),
                lasts: None,
            }],
        },
    });
    let saved = before.director.persistent_state();
    // The kernel is as it was before the override.
    let mut world = World::new(running(pair()).kernel);
    world.mute = true;
    world.event(Event::Restored { saved });
    world.load(&[pair()]);
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    world.mute = false;
    world.run(seconds(12));
    assert_eq!(world.weight(VIP, ONE), Some(9));
}

#[test]
fn first_questions_may_be_spread_and_are_the_same_at_every_start() {
    let spread = || {
        let mut world = World::new(Table::default());
        world.load(&[Brief {
            tune: |check| {
                check.start_spread = Some(placed(seconds(10)));
                check.jitter = Some(placed(20));
                check.every = Some(placed(seconds(10)));
            },
            ..Brief::new(
                VIP,
                &[(ONE, 1), (TWO, 1), ("10.0.0.13", 1), ("10.0.0.14", 1)],
            )
        }]);
        let mut in_service = Vec::new();
        for _ in 0..10 {
            in_service.push(
                world
                    .kernel
                    .services
                    .values()
                    .map(|entry| entry.servers.len())
                    .sum::<usize>(),
            );
            world.run(seconds(1));
        }
        in_service.push(
            world
                .kernel
                .services
                .values()
                .map(|entry| entry.servers.len())
                .sum(),
        );
        in_service
    };
    let counts = spread();
    assert_eq!((counts[0], counts[10]), (0, 4), "{counts:?}");
    assert!(
        counts.iter().any(|count| (1..4).contains(count)),
        "{counts:?}"
    );
    assert_eq!(counts, spread());
}

#[test]
fn readiness_waits_for_the_first_answers_but_not_for_ever() {
    let mut world = World::new(Table::default());
    world.mute = true;
    world.load(&[Brief::new(VIP, &[(ONE, 1), (TWO, 1)])]);
    world.run(seconds(9));
    assert!(!world.ready, "no server is in the table yet");
    world.run(seconds(2));
    assert!(
        world.ready,
        "a server that is silent does not hold up a start"
    );
}
