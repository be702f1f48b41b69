//! Several small changes that together remove what one change may not.

use super::*;

/// These definitions come into force.
fn reload(world: &mut World, briefs: &[Brief]) {
    world.event(Event::Loaded {
        model: guarded(briefs, limits()),
        warnings: Vec::new(),
    });
    world.run(seconds(3));
}

const THIRD_LEFT_OF_AN_HOUR: [&str; 1] = [
    "this change leaves 1 of the 3 real servers of tcp 192.0.2.10:80 that were configured within the last hour; at most \
    50 % may leave in that time",
];

#[test]
fn removals_one_by_one_stop_where_one_reload_would_until_an_hour_has_passed() {
    let mut world = running(&[pool(VIP, &POOL[..3])], limits());
    let (two, one) = ([pool(VIP, &POOL[..2])], [pool(VIP, &POOL[..1])]);
    assert_eq!(said_of(&world, &two), NOTHING);
    reload(&mut world, &two);
    assert_eq!(said_of(&world, &one), THIRD_LEFT_OF_AN_HOUR);
    let drain = override_(OverrideKind::Drain, &POOL[..1]);
    assert_eq!(said(&world, &drain), THIRD_LEFT_OF_AN_HOUR);
    // Replaced servers, the same pool and a larger one are no steps.
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[2..])]), NOTHING);
    reload(&mut world, &two);
    reload(&mut world, &[pool(VIP, &POOL[..3])]);
    reload(&mut world, &two);
    world.run(seconds(3500));
    assert_eq!(said_of(&world, &one), THIRD_LEFT_OF_AN_HOUR);
    world.run(seconds(100));
    assert_eq!(said_of(&world, &one), NOTHING);
}

#[test]
fn an_operator_who_skips_the_limits_confirms_the_steps_before() {
    let mut world = running(&[pool(VIP, &POOL)], limits());
    reload(&mut world, &[pool(VIP, &POOL[..2])]);
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[..1])]).len(), 1);
    world.event(Event::LimitsSkipped);
    reload(&mut world, &[pool(VIP, &POOL[1..3])]);
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[1..2])]), NOTHING);
}

#[test]
fn a_restart_does_not_forget_the_steps_before() {
    let mut world = World::new(Table::default());
    world.event(Event::Restored {
        saved: PersistentState::default(),
    });
    reload(&mut world, &[pool(VIP, &POOL[..3])]);
    let (two, next) = (
        [pool(VIP, &POOL[..2])],
        guarded(&[pool(VIP, &POOL[..1])], limits()),
    );
    // The second director starts with a smaller pool, and saves that the one before it had more.
    let saved = world.director.persistent_state();
    let mut world = World::new(world.kernel);
    world.event(Event::Restored { saved });
    reload(&mut world, &two);
    let saved = world.disk.saved.clone();
    let objections = Director::objections_at_start(
        saved,
        guarded(&two, limits()),
        &next,
        &world.kernel,
        world.now,
    );
    let said: Vec<String> = objections.iter().map(ToString::to_string).collect();
    assert_eq!(said, THIRD_LEFT_OF_AN_HOUR);
}

#[test]
fn services_one_by_one_stop_where_one_reload_would() {
    let all = [VIP, OTHER, THIRD].map(|vip| pool(vip, &POOL));
    let mut world = running(&all, limits());
    reload(&mut world, &all[..2]);
    let words = "this change and those of the last hour remove 2 of 3 virtual services (tcp 192.0.2.11:80, tcp \
        192.0.2.12:80); the limit is 50 % in that time";
    assert_eq!(said_of(&world, &all[..1]), [words]);
    // The other one returns, or nothing more goes.
    assert_eq!(
        said_of(&world, &[pool(VIP, &POOL), pool(THIRD, &POOL)]),
        NOTHING
    );
    assert_eq!(said_of(&world, &all[..2]), NOTHING);
}
