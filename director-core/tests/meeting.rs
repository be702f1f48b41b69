//! What stays true of verdicts when several promises meet, as stories on a virtual clock: damping and a reload, jitter and
//! another pace, a window and a freeze, agents and tiers.

mod pool;
mod world;

use director_core::definitions::{
    AgentDefinition, DampingDefinition, MinimumDefinition, PortDefinition, RecoveryDefinition,
    WindowDefinition,
};
use director_core::director::Event;
use director_core::model::{BelowMinimum, Quantity};
use director_core::persistent_state::PersistentState;
use director_core::table::Table;
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, address, model_with, place, placed};

const THREE: &str = "10.0.0.13";
const FOUR: &str = "10.0.0.14";

/// Two servers that are held out for hours once they have failed twice.
fn damped() -> Brief {
    Brief {
        tune: |check| {
            check.damping = Some(placed(DampingDefinition {
                half_life: seconds(3600),
                hold_above: 2,
                release_below: 1,
            }));
        },
        ..pair(RecoveryDefinition::default())
    }
}

#[test]
fn nobody_is_held_out_any_more_when_new_definitions_damp_nothing() {
    let mut world = running(damped());
    for _ in 0..2 {
        dies(&mut world, &[ONE]);
        returns(&mut world, &[ONE]);
    }
    assert_eq!(world.weight(VIP, ONE), None, "held out for hours");
    let view = &world.director.snapshot(world.now).services[0].servers[0];
    let told = view
        .chain
        .iter()
        .any(|link| (link.cause).contains("flapping, kept down for 119m"));
    assert!(told, "{:?}", view.chain);
    world.load(&[pair(RecoveryDefinition::default())]);
    world.run(seconds(1));
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn damping_takes_no_server_out_where_none_would_be_left() {
    let mut world = running(damped());
    // What is saved holds them out too, and raises none of them later than without damping.
    world.event(Event::Restored {
        saved: PersistentState::default(),
    });
    for _ in 0..3 {
        dies(&mut world, &[ONE, TWO]);
        assert_eq!(weights(&world, [ONE, TWO]), [None, None]);
        returns(&mut world, &[ONE, TWO]);
    }
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
    let snapshot = world.director.snapshot(world.now);
    let condition = snapshot.services[0].condition.to_string();
    assert_eq!(condition, "up, 2 of 2 up");
    let chain = &snapshot.services[0].servers[0].chain;
    let told = chain
        .iter()
        .any(|link| (link.cause).contains("flapping, and serves since no other server is up"));
    assert!(told, "{chain:?}");
    // One that has never failed alone holds out again.
    world.load(&[Brief {
        tune: |check| {
            check.damping = Some(placed(DampingDefinition {
                half_life: seconds(3600),
                hold_above: 2,
                release_below: 1,
            }));
        },
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1), (THREE, 1)])
    }]);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, TWO, THREE]), [None, None, Some(1)]);
}

#[test]
fn jitter_counts_for_every_pace() {
    let brief = Brief {
        tune: |check| {
            check.every_while_down = Some(placed(seconds(10)));
            check.jitter = Some(placed(50));
        },
        ..pair(RecoveryDefinition::default())
    };
    let mut world = World::new(Table::default());
    world.dead.insert(address(ONE));
    world.load(&[brief]);
    world.run(seconds(200));
    let view = &world.director.snapshot(world.now).services[0].servers[0];
    let Some(health) = &view.health else {
        panic!("it was asked");
    };
    let asked: Vec<_> = health.checks[0].history.iter().map(|(at, _)| at).collect();
    let pauses: Vec<u64> = asked
        .windows(2)
        .map(|pair| pair[1].since(pair[0]).as_secs())
        .collect();
    let down = &pauses[1..];
    assert!(
        down.iter().all(|pause| (5..=15).contains(pause)),
        "{down:?}"
    );
    assert!(down.iter().any(|pause| *pause != down[0]), "{down:?}");
}

#[test]
fn after_a_freeze_a_window_gives_whoever_still_fails_all_its_chances() {
    let all = [ONE, TWO, THREE];
    let windowed = Brief {
        tune: |check| {
            check.window = Some(placed(WindowDefinition { good: 2, of: 4 }));
        },
        ..Brief::new(VIP, &[(ONE, 1), (TWO, 1), (THREE, 1)])
    };
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_with(&[windowed], Some(3)),
        warnings: Vec::new(),
    });
    let serving = [Some(1); 3];
    world.run(seconds(10));
    assert_eq!(weights(&world, all), serving);
    world.dead.extend(all.map(address));
    world.run(seconds(30));
    assert_eq!((weights(&world, all), told(&world, "ALARM")), (serving, 1));
    // The first good answer ends the freeze; the others have failed for 30 s, and answer two seconds later.
    world.dead.remove(&address(ONE));
    world.run(seconds(2));
    assert_eq!(weights(&world, all), serving);
    world.dead.clear();
    world.run(seconds(5));
    assert_eq!(
        (weights(&world, all), told(&world, "-> down")),
        (serving, 0)
    );
    assert!(told(&world, "failing 1 of 3") > 0, "what a window counts");
}

fn told(world: &World, part: &str) -> usize {
    let lines = world.notices.iter().map(ToString::to_string);
    lines.filter(|line| line.contains(part)).count()
}

#[test]
fn who_is_out_by_the_word_of_its_agent_is_not_available() {
    let mut brief = Brief {
        recovery: RecoveryDefinition {
            minimum_healthy: Some(MinimumDefinition {
                place: place(),
                servers: Some(placed(Quantity::Number(2))),
                back_at: None,
                below: Some(placed(BelowMinimum::KeepAll)),
            }),
            ..RecoveryDefinition::default()
        },
        ..Brief::new(VIP, &[(ONE, 1), (TWO, 1), (THREE, 1), (FOUR, 1)])
    };
    brief.evaluate = |judging| {
        judging.agent = Some(placed(AgentDefinition {
            port: placed(PortDefinition::Number(9999)),
            send: None,
            every: Some(placed(seconds(1))),
            timeout: None,
        }));
    };
    brief.tiers = vec![(FOUR, 2)];
    let mut world = running(brief);
    let all = [ONE, TWO, THREE, FOUR];
    let mut after = |says: [&'static str; 3]| {
        for (server, says) in all.iter().zip(says) {
            world.advice.insert(address(server), says);
        }
        world.run(seconds(3));
        weights(&world, all)
    };
    let ready = after(["ready"; 3]);
    assert_eq!(ready, [Some(1), Some(1), Some(1), Some(0)]);
    let second_tier = after(["drain", "maint", "ready"]);
    assert_eq!(second_tier, [Some(0), None, Some(1), Some(1)]);
    // With all tiers too few: who says that it fails is not believed, who wants a rest has it.
    let all_kept = after(["drain", "maint", "fail"]);
    assert_eq!(all_kept, [Some(0), None, Some(1), Some(1)]);
}

#[test]
fn a_restart_lets_nobody_in_who_is_held_out() {
    let damped = Brief {
        tune: |check| {
            check.damping = Some(placed(DampingDefinition {
                half_life: seconds(20),
                hold_above: 2,
                release_below: 1,
            }));
        },
        ..pair(RecoveryDefinition::default())
    };
    let mut before = running(damped.clone());
    for _ in 0..2 {
        dies(&mut before, &[ONE]);
        returns(&mut before, &[ONE]);
    }
    assert_eq!(weights(&before, [ONE, TWO]), [None, Some(1)], "held out");
    let mut world = World::new(before.kernel.clone());
    world.event(Event::Restored {
        saved: before.director.persistent_state(),
    });
    world.load(&[damped]);
    world.run(seconds(5));
    assert_eq!(
        weights(&world, [ONE, TWO]),
        [None, Some(1)],
        "held out still"
    );
    world.run(seconds(60));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
}
