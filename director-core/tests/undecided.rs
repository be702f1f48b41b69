//! What a kill interrupts before it has decided anything, as stories on a virtual clock: failures that are being counted, a
//! window of answers, verdicts that stand still because everybody failed at once.

mod kill;
mod pool;
mod world;

use std::sync::Arc;

use director_core::definitions::{RecoveryDefinition, WindowDefinition};
use director_core::director::Event;
use director_core::model::Model;
use director_core::moment::Moment;
use kill::{kept, killed, remembering};
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds};
use world::{Brief, World, address, model_with, placed};

const THREE: &str = "10.0.0.13";

fn told(world: &World, part: &str) -> usize {
    let lines = world.notices.iter().map(ToString::to_string);
    lines.filter(|line| line.contains(part)).count()
}

/// How many seconds pass until the server is out, sixty at most.
fn seconds_until_out(world: &mut World) -> u64 {
    let out = |world: &World| world.weight(VIP, ONE).is_none();
    let mut passed = 0;
    while !out(world) && passed < 60 {
        world.run(seconds(1));
        passed += 1;
    }
    passed
}

/// Asked each second; out by five failures in a row, or when fewer than three of the last seven answers are good.
fn judged(by_window: bool) -> Brief {
    Brief {
        fall: 5,
        tune: if by_window {
            |check| check.window = Some(placed(WindowDefinition { good: 3, of: 7 }))
        } else {
            |_| {}
        },
        ..pair(RecoveryDefinition::default())
    }
}

#[test]
fn a_kill_between_failures_makes_nobody_wait_for_more_of_them() {
    for by_window in [false, true] {
        let brief = judged(by_window);
        let fresh = || {
            let mut world = kept(std::slice::from_ref(&brief));
            world.run(seconds(10));
            world.dead.insert(address(ONE));
            world
        };
        let usual = seconds_until_out(&mut fresh());
        assert_eq!(usual, 5, "{by_window}");
        for failures in 1..usual {
            let mut world = fresh();
            world.run(seconds(failures));
            assert_eq!(world.weight(VIP, ONE), Some(3), "{by_window}");
            let mut world = killed(world, seconds(1), std::slice::from_ref(&brief));
            let rest = seconds_until_out(&mut world);
            assert!(rest <= usual - failures, "{by_window} {failures}: {rest}");
            // And not sooner: the one in whose place it stands would not have been sooner either.
            assert!(
                rest + 1 >= usual - failures,
                "{by_window} {failures}: {rest}"
            );
        }
    }
}

#[test]
fn without_a_state_file_they_are_counted_again() {
    let brief = judged(false);
    let mut world = running(brief.clone());
    world.dead.insert(address(ONE));
    world.run(seconds(4));
    let mut world = killed(world, seconds(1), &[brief]);
    assert!(seconds_until_out(&mut world) >= 4);
}

#[test]
fn failures_of_long_ago_count_no_more() {
    let brief = judged(false);
    let mut world = kept(std::slice::from_ref(&brief));
    world.dead.insert(address(ONE));
    world.run(seconds(4));
    let mut world = killed(world, seconds(60), std::slice::from_ref(&brief));
    assert!(seconds_until_out(&mut world) >= 4);
}

#[test]
fn good_answers_of_one_who_is_out_count_on_as_well() {
    let brief = Brief {
        tune: |check| check.rise = Some(placed(5)),
        ..pair(RecoveryDefinition::default())
    };
    let mut world = kept(std::slice::from_ref(&brief));
    world.run(seconds(10));
    dies(&mut world, &[ONE]);
    assert_eq!(world.weight(VIP, ONE), None);
    returns(&mut world, &[ONE]);
    let mut world = killed(world, seconds(1), std::slice::from_ref(&brief));
    assert_eq!(world.weight(VIP, ONE), None, "not before it has answered");
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

/// Three servers that all fail at once, and a director that doubts itself for a minute.
fn frozen() -> (World, Arc<Model>) {
    let brief = Brief::new(VIP, &[(ONE, 3), (TWO, 1), (THREE, 1)]);
    let model = model_with(std::slice::from_ref(&brief), Some(3));
    let mut world = kept(&[brief]);
    defined(&mut world, &model);
    world.run(seconds(5));
    world.dead.extend([ONE, TWO, THREE].map(address));
    world.run(seconds(10));
    assert_eq!(told(&world, "ALARM"), 1);
    (world, model)
}

fn defined(world: &mut World, model: &Arc<Model>) {
    world.event(Event::Loaded {
        model: Arc::clone(model),
        warnings: Vec::new(),
    });
}

fn weights(world: &World) -> [Option<u32>; 3] {
    pool::weights(world, [ONE, TWO, THREE])
}

const ALL: [Option<u32>; 3] = [Some(3), Some(1), Some(1)];

#[test]
fn verdicts_that_stand_still_do_so_after_a_kill_and_no_longer_than_they_would_have() {
    let (world, model) = frozen();
    let lasts = frozen_until(&world).map(|until| until.since(world.now));
    let mut world = remembering(world, seconds(5));
    assert_eq!(
        told(
            &world,
            "ALARM: all 3 servers fell silent at once before this start"
        ),
        1
    );
    defined(&mut world, &model);
    world.run(seconds(10));
    assert_eq!((weights(&world), told(&world, "ALARM")), (ALL, 1));
    let left = frozen_until(&world).map(|until| until.since(world.now));
    assert_eq!(left.map(|left| left + seconds(15)), lasts);
    // The first good answer ends it here too.
    world.dead.remove(&address(TWO));
    world.run(seconds(4));
    assert_eq!(weights(&world), [None, Some(1), None]);
    assert_eq!(told(&world, "a server answered"), 1);
    assert_eq!(told(&remembering(world, seconds(1)), "ALARM"), 0);
}

#[test]
fn a_freeze_that_is_over_does_not_come_again_after_a_kill() {
    let (mut world, model) = frozen();
    world.event(Event::Unfreeze);
    let mut world = remembering(world, seconds(1));
    defined(&mut world, &model);
    world.run(seconds(20));
    assert_eq!((weights(&world), told(&world, "ALARM")), ([None; 3], 0));
}

#[test]
fn what_was_answered_while_verdicts_stood_still_counts_against_nobody() {
    let brief = Brief {
        servers: vec![(ONE, 3), (TWO, 1), (THREE, 1)],
        ..judged(true)
    };
    let model = model_with(std::slice::from_ref(&brief), Some(3));
    let mut world = kept(std::slice::from_ref(&brief));
    defined(&mut world, &model);
    world.run(seconds(10));
    world.dead.extend([ONE, TWO, THREE].map(address));
    world.run(seconds(4));
    assert_eq!((weights(&world), told(&world, "ALARM")), (ALL, 1));
    let mut world = remembering(world, seconds(1));
    world.load(&[brief]);
    assert!(seconds_until_out(&mut world) >= 4);
}

#[test]
fn definitions_without_a_freeze_end_one_that_was_kept() {
    let (world, _) = frozen();
    let mut world = remembering(world, seconds(1));
    world.load(&[Brief::new(VIP, &[(ONE, 3), (TWO, 1), (THREE, 1)])]);
    world.run(seconds(5));
    assert_eq!(weights(&world), [None; 3]);
    assert_eq!(told(&world, "the new configuration has no freeze"), 1);
}

fn frozen_until(world: &World) -> Option<Moment> {
    let frozen = world.director.snapshot(world.now).frozen;
    frozen.and_then(|frozen| frozen.until)
}
