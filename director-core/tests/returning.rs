//! How servers return and who serves while too few are available, as stories on a virtual clock: slow start, tiers, the
//! minimum and the fallback pool.

mod pool;
mod world;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, FallbackPoolDefinition, MinimumDefinition,
    RecoveryDefinition, SlowStartDefinition,
};
use director_core::director::{Event, Notice};
use director_core::model::{BelowMinimum, Quantity};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::table::Table;
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, endpoint, place, placed, service_id};

const THREE: &str = "10.0.0.13";
const FOUR: &str = "10.0.0.14";
const SORRY: &str = "10.0.0.98";
const SORRIER: &str = "10.0.0.99";

fn slow_start(window: u64) -> RecoveryDefinition {
    RecoveryDefinition {
        slow_start: Some(SlowStartDefinition {
            place: place(),
            window: Some(placed(seconds(window))),
            aggression: None,
            from: None,
        }),
        ..RecoveryDefinition::default()
    }
}

fn minimum(
    servers: Quantity,
    back_at: Option<Quantity>,
    below: BelowMinimum,
) -> RecoveryDefinition {
    RecoveryDefinition {
        minimum_healthy: Some(MinimumDefinition {
            place: place(),
            servers: Some(placed(servers)),
            back_at: back_at.map(placed),
            below: Some(placed(below)),
        }),
        ..RecoveryDefinition::default()
    }
}

/// A check by connects, once a second.
fn connect() -> CheckDefinition {
    CheckDefinition {
        kind: Some(placed(CheckKindDefinition::Connect)),
        every: Some(placed(seconds(1))),
        fall: Some(placed(1)),
        ..CheckDefinition::default()
    }
}

fn four(recovery: RecoveryDefinition) -> Brief {
    Brief {
        recovery,
        ..Brief::new(VIP, &[(ONE, 1), (TWO, 1), (THREE, 1), (FOUR, 1)])
    }
}

#[test]
fn a_server_that_returns_starts_slowly() {
    let mut world = running(pair(slow_start(100)));
    world.run(seconds(100));
    assert_eq!(
        weights(&world, [ONE, TWO]),
        [Some(300), Some(100)],
        "room for a ramp"
    );
    dies(&mut world, &[TWO]);
    assert_eq!(world.weight(VIP, TWO), None);
    world.dead.clear();
    world.run(seconds(1));
    assert_eq!(
        weights(&world, [ONE, TWO]),
        [Some(300), Some(10)],
        "Envoy's first share"
    );
    world.run(seconds(50));
    let half = world.weight(VIP, TWO).unwrap_or_default();
    assert!((48..=51).contains(&half), "{half}");
    let server = &world.director.snapshot(world.now).services[0].servers[1];
    let chain: Vec<String> = server
        .chain
        .iter()
        .map(|link| format!("{} {}", link.what, link.weight.unwrap_or_default()))
        .collect();
    let ramp = format!("slow start {half}");
    let state = format!("health {half}");
    assert_eq!(chain, ["defined 1", "room 100", &ramp, &state]);
    world.run(seconds(60));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(300), Some(100)]);
    world.writes.clear();
    world.run(seconds(100));
    assert_eq!(world.writes, [], "nothing is written when it is over");
}

/// An override of this weight for the second server.
fn weighs(weight: u32) -> Event {
    Event::OverrideCommanded {
        command: OverrideCommand::Set {
            author: "ann".to_owned(),
            overrides: vec![NewOverride {
                target: (service_id(VIP), endpoint(TWO)),
                kind: OverrideKind::Weight(weight),
                reason: "half as fast".to_owned(),
                lasts: None,
            }],
        },
    }
}

#[test]
fn an_override_weight_is_scaled_and_slow_started_like_any_other() {
    let mut world = running(pair(slow_start(100)));
    world.run(seconds(100));
    world.event(weighs(2));
    world.run(seconds(1));
    assert_eq!(
        weights(&world, [ONE, TWO]),
        [Some(300), Some(200)],
        "two thirds of the other, at once: it serves already"
    );
    dies(&mut world, &[TWO]);
    returns(&mut world, &[TWO]);
    let first = world.weight(VIP, TWO).unwrap_or_default();
    assert!((20..=24).contains(&first), "{first}: a tenth of 200");
    world.run(seconds(48));
    let half = world.weight(VIP, TWO).unwrap_or_default();
    assert!((94..=102).contains(&half), "{half}: half of 200");
    let mut next = World::new(world.kernel.clone());
    next.now = world.now;
    let saved = world.director.persistent_state();
    next.event(Event::Restored { saved });
    next.load(&[pair(slow_start(100))]);
    next.run(seconds(1));
    let after = next.weight(VIP, TWO).unwrap_or_default();
    assert!(after >= half && after <= half + 6, "{half} {after}");
}

#[test]
fn a_server_kept_in_service_while_down_has_its_override_weight() {
    let mut world = running(four(minimum(
        Quantity::Number(3),
        None,
        BelowMinimum::KeepAll,
    )));
    world.event(weighs(5));
    dies(&mut world, &[TWO, THREE]);
    let kept = weights(&world, [ONE, TWO, THREE, FOUR]);
    assert_eq!(kept, [Some(1), Some(5), Some(1), Some(1)]);
}

#[test]
fn a_slow_start_goes_on_after_a_restart_where_it_was() {
    let mut world = running(pair(slow_start(100)));
    world.run(seconds(100));
    dies(&mut world, &[TWO]);
    world.dead.clear();
    world.run(seconds(41));
    let before = world.weight(VIP, TWO).unwrap_or_default();
    let mut next = World::new(world.kernel.clone());
    next.load(&[pair(slow_start(100))]);
    next.run(seconds(1));
    let after = next.weight(VIP, TWO).unwrap_or_default();
    assert!(after >= before && after <= before + 3, "{before} {after}");
    assert_eq!(next.weight(VIP, ONE), Some(300));
}

#[test]
fn a_higher_tier_stands_by_with_weight_0_and_serves_when_it_is_needed() {
    let mut world = running(Brief {
        tiers: vec![(THREE, 2), (FOUR, 2)],
        ..four(RecoveryDefinition::default())
    });
    let all = [ONE, TWO, THREE, FOUR];
    assert_eq!(weights(&world, all), [Some(1), Some(1), Some(0), Some(0)]);
    dies(&mut world, &[ONE]);
    assert_eq!(weights(&world, all), [None, Some(1), Some(0), Some(0)]);
    dies(&mut world, &[TWO]);
    assert_eq!(weights(&world, all), [None, None, Some(1), Some(1)]);
    // A restart in this state moves nothing.
    let mut next = World::new(world.kernel.clone());
    next.dead = world.dead.clone();
    next.watch = Box::new(|table| {
        let entry = table.services.get(&service_id(VIP));
        assert!(entry.is_some_and(director_core::table::ServiceEntry::can_serve));
    });
    next.load(&[Brief {
        tiers: vec![(THREE, 2), (FOUR, 2)],
        ..four(RecoveryDefinition::default())
    }]);
    next.run(seconds(5));
    assert_eq!(weights(&next, all), [None, None, Some(1), Some(1)]);
    returns(&mut world, &[ONE]);
    assert_eq!(weights(&world, all), [Some(1), None, Some(0), Some(0)]);
    let told: Vec<String> = world
        .notices
        .iter()
        .filter(|notice| matches!(notice, Notice::Tier { .. }))
        .map(ToString::to_string)
        .collect();
    let name = service_id(VIP);
    assert_eq!(
        told,
        [
            format!("{name}: tiers up to 1 have too few real servers, tier 2 serves too"),
            format!("{name}: tiers up to 1 have enough real servers again"),
        ]
    );
}

#[test]
fn nobody_stands_by_while_the_first_tier_has_not_been_asked() {
    let slow = |check: &mut CheckDefinition| check.every = Some(placed(seconds(7)));
    let known = Brief {
        tune: slow,
        ..Brief::new("192.0.2.11", &[(ONE, 1), (TWO, 1)])
    };
    let mut world = World::new(Table::default());
    world.load(std::slice::from_ref(&known));
    world.run(seconds(9));
    // The question to the first tier is shared and not due for a while; the second one is asked at once.
    let tiered = Brief {
        tune: slow,
        tiers: vec![(THREE, 2)],
        ..Brief::new(VIP, &[(ONE, 1), (THREE, 1)])
    };
    world.load(&[known, tiered]);
    assert_eq!(weights(&world, [ONE, THREE]), [None, Some(1)]);
    world.run(seconds(8));
    assert_eq!(weights(&world, [ONE, THREE]), [Some(1), Some(0)]);
}

#[test]
fn below_the_minimum_all_are_kept_where_that_is_asked() {
    let half = Quantity::Percent(50);
    let mut world = running(four(minimum(
        half,
        Some(Quantity::Percent(75)),
        BelowMinimum::KeepAll,
    )));
    let all = [ONE, TWO, THREE, FOUR];
    dies(&mut world, &[ONE, TWO]);
    assert_eq!(weights(&world, all), [None, None, Some(1), Some(1)]);
    dies(&mut world, &[THREE]);
    assert_eq!(weights(&world, all), [Some(1); 4]);
    returns(&mut world, &[THREE]);
    assert_eq!(
        weights(&world, all),
        [Some(1); 4],
        "not back before three quarters are up"
    );
    returns(&mut world, &[TWO]);
    assert_eq!(weights(&world, all), [None, Some(1), Some(1), Some(1)]);
}

#[test]
fn below_the_minimum_the_fallback_serves_in_place_of_those_that_are_left() {
    let mut world = running(Brief {
        fallback: Some(SORRY),
        ..four(minimum(Quantity::Number(2), None, BelowMinimum::Fallback))
    });
    let all = [ONE, TWO, THREE, FOUR, SORRY];
    dies(&mut world, &[ONE, TWO, THREE]);
    assert_eq!(weights(&world, all), [None, None, None, Some(0), Some(1)]);
    returns(&mut world, &[ONE]);
    assert_eq!(weights(&world, all), [Some(1), None, None, Some(1), None]);
}

#[test]
fn below_the_minimum_the_service_is_withdrawn_where_that_is_asked() {
    let mut world = running(four(minimum(
        Quantity::Number(2),
        None,
        BelowMinimum::Withdraw,
    )));
    dies(&mut world, &[ONE, TWO, THREE]);
    assert!(world.kernel.services.is_empty());
    assert!(
        world.director.snapshot(world.now).services[0]
            .shortage
            .is_some()
    );
    returns(&mut world, &[ONE]);
    assert_eq!(weights(&world, [ONE, TWO, FOUR]), [Some(1), None, Some(1)]);
}

#[test]
fn the_servers_of_a_fallback_pool_are_checked_themselves() {
    let pool = |servers: &[&'static str]| RecoveryDefinition {
        fallback_pool: Some(FallbackPoolDefinition {
            place: place(),
            real_servers: servers
                .iter()
                .map(|server| world::server(server, 1))
                .collect(),
            check: connect(),
        }),
        ..RecoveryDefinition::default()
    };
    let mut world = running(pair(pool(&[SORRY, SORRIER])));
    let all = [ONE, TWO, SORRY, SORRIER];
    assert_eq!(weights(&world, all), [Some(3), Some(1), None, None]);
    dies(&mut world, &[SORRY]);
    dies(&mut world, &[ONE, TWO]);
    assert_eq!(weights(&world, all), [None, None, None, Some(1)]);
    returns(&mut world, &[SORRY]);
    assert_eq!(weights(&world, all), [None, None, Some(1), Some(1)]);
    returns(&mut world, &[ONE]);
    assert_eq!(weights(&world, all), [Some(3), None, None, None]);
}

#[test]
fn without_a_fallback_that_works_those_that_are_left_go_on() {
    let mut world = running(four(RecoveryDefinition {
        fallback_pool: Some(FallbackPoolDefinition {
            place: place(),
            real_servers: vec![world::server(SORRY, 1)],
            check: connect(),
        }),
        ..minimum(Quantity::Number(3), None, BelowMinimum::Fallback)
    }));
    dies(&mut world, &[SORRY, ONE, TWO, THREE]);
    assert_eq!(weights(&world, [FOUR, SORRY]), [Some(1), None]);
    returns(&mut world, &[SORRY]);
    assert_eq!(weights(&world, [FOUR, SORRY]), [Some(0), Some(1)]);
}
