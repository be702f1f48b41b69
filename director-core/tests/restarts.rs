//! What a restart keeps, as stories on a virtual clock: the director is killed, is away for a while, and the next one goes
//! on where it was with drains, slow starts, too few servers, and what each check has found.

mod kill;
mod pool;
mod world;

use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, DampingDefinition, DrainDefinition, HttpCheckDefinition,
    JudgingDefinition, MinimumDefinition, PortDefinition, ProtocolCheckDefinition,
    RecoveryDefinition, ServiceDefinition, SlowStartDefinition,
};
use director_core::director::Event;
use director_core::model::{
    BelowMinimum, CheckProtocol, Combine, OnFailure, Quantity, Secret, Then,
};
use kill::{kept, killed};
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, address, endpoint, model, place, placed, service_id};

const THREE: &str = "10.0.0.13";
const FOUR: &str = "10.0.0.14";
const OTHER: &str = "192.0.2.11";

fn draining(timeout: u64, then: Then) -> Brief {
    Brief {
        on_failure: OnFailure::Drain,
        ..pair(RecoveryDefinition {
            drain: Some(DrainDefinition {
                off: false,
                place: place(),
                timeout: Some(placed(seconds(timeout))),
                then: Some(placed(then)),
            }),
            ..RecoveryDefinition::default()
        })
    }
}

fn connected(world: &mut World, vip: &str, server: &str) {
    let entry = world.kernel.services.get_mut(&service_id(vip));
    let known = entry.and_then(|entry| entry.servers.get_mut(&endpoint(server)));
    assert!(known.is_some(), "{server} is not in the table");
    if let Some(known) = known {
        known.connections.active = 2;
    }
}

#[test]
fn a_drain_ends_at_its_first_deadline() {
    for (then, expected) in [(Then::Remove, None), (Then::Keep, Some(0))] {
        let brief = draining(30, then);
        let mut world = kept(std::slice::from_ref(&brief));
        connected(&mut world, VIP, ONE);
        dies(&mut world, &[ONE]);
        world.run(seconds(8));
        assert_eq!(world.weight(VIP, ONE), Some(0));
        let mut world = killed(world, seconds(10), std::slice::from_ref(&brief));
        world.run(seconds(8));
        assert_eq!(world.weight(VIP, ONE), Some(0), "{then:?}");
        let told = |world: &World, part: &str| {
            let mut notices = world.notices.iter().map(ToString::to_string);
            notices.any(|words| words.contains(part))
        };
        assert!(told(&world, "known to be down, 1 drain under way"));
        world.run(seconds(4));
        assert_eq!(world.weight(VIP, ONE), expected, "{then:?}");
        // And it has ended for every director to come.
        let mut world = killed(world, seconds(1), std::slice::from_ref(&brief));
        world.run(seconds(1));
        assert!(!told(&world, "drain time limit"), "{:?}", world.notices);
        assert_eq!(world.weight(VIP, ONE), expected, "{then:?}");
    }
}

#[test]
fn without_a_state_file_a_drain_starts_again() {
    let brief = draining(30, Then::Remove);
    let mut world = running(brief.clone());
    connected(&mut world, VIP, ONE);
    dies(&mut world, &[ONE]);
    world.run(seconds(20));
    let mut world = killed(world, seconds(5), &[brief]);
    world.run(seconds(28));
    assert_eq!(world.weight(VIP, ONE), Some(0));
    world.run(seconds(4));
    assert_eq!(world.weight(VIP, ONE), None);
}

#[test]
fn whenever_it_is_killed_a_drain_ends_in_time_and_never_early() {
    let brief = draining(30, Then::Remove);
    let shorter = Brief {
        servers: vec![(TWO, 1)],
        ..brief.clone()
    };
    let mut kills = 0;
    for after in 1..40 {
        for takes in [0, 20] {
            let mut world = kept(std::slice::from_ref(&brief));
            world.disk.takes = Duration::from_millis(takes);
            connected(&mut world, VIP, ONE);
            let began = world.now;
            world.lives = Some(after);
            world.load(std::slice::from_ref(&shorter));
            world.run(seconds(1));
            kills += usize::from(world.killed());
            let mut world = killed(world, Duration::ZERO, std::slice::from_ref(&shorter));
            world.run(seconds(29) - world.now.since(began));
            let held = world.weight(VIP, ONE);
            assert_eq!(held, Some(0), "killed after {after} wishes");
            world.run(seconds(3));
            assert_eq!(world.weight(VIP, ONE), None, "killed after {after} wishes");
        }
    }
    assert!(kills > 10, "{kills}");
}

#[test]
fn a_service_that_is_dropped_while_nobody_directs_drains_as_it_was_defined() {
    let other = Brief {
        vip: OTHER,
        ..pair(RecoveryDefinition::default())
    };
    let mut world = kept(&[draining(30, Then::Remove), other.clone()]);
    connected(&mut world, VIP, ONE);
    let mut world = killed(world, seconds(5), std::slice::from_ref(&other));
    world.run(seconds(10));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), None]);
    // So it does for the one after that.
    let mut world = killed(world, seconds(5), std::slice::from_ref(&other));
    world.run(seconds(10));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), None]);
    world.run(seconds(8));
    assert!(!world.kernel.services.contains_key(&service_id(VIP)));
    assert!(world.kernel.services.contains_key(&service_id(OTHER)));
    assert_eq!(world.disk.saved.drain_rules, []);
}

fn slow(servers: &[(&'static str, i64)]) -> Brief {
    Brief {
        servers: servers.to_vec(),
        ..pair(RecoveryDefinition {
            slow_start: Some(SlowStartDefinition {
                place: place(),
                window: Some(placed(seconds(100))),
                aggression: None,
                from: None,
            }),
            ..RecoveryDefinition::default()
        })
    }
}

#[test]
fn a_slow_start_rises_as_if_nothing_had_happened() {
    let brief = slow(&[(ONE, 3), (TWO, 1)]);
    let mut world = kept(std::slice::from_ref(&brief));
    world.run(seconds(100));
    dies(&mut world, &[TWO]);
    world.dead.clear();
    world.run(seconds(21));
    let before = world.weight(VIP, TWO).unwrap();
    assert!((18..=21).contains(&before), "{before}");
    let mut world = killed(world, seconds(30), std::slice::from_ref(&brief));
    world.run(seconds(2));
    let after = world.weight(VIP, TWO).unwrap();
    assert!((50..=53).contains(&after), "{after}");
    world.run(seconds(48));
    assert_eq!(world.weight(VIP, TWO), Some(100));
}

#[test]
fn whoever_is_through_with_its_slow_start_has_none_when_its_weight_is_redefined_meanwhile() {
    let mut world = kept(&[slow(&[(ONE, 3), (TWO, 1)])]);
    world.run(seconds(100));
    let mut world = killed(world, seconds(5), &[slow(&[(ONE, 9), (TWO, 1)])]);
    world.run(seconds(2));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(900), Some(100)]);
}

#[test]
fn a_server_that_fails_when_it_is_checked_again_starts_its_slow_start_over() {
    let brief = slow(&[(ONE, 3), (TWO, 1)]);
    let mut world = kept(std::slice::from_ref(&brief));
    world.run(seconds(100));
    world.dead.insert(address(TWO));
    let mut world = killed(world, seconds(5), std::slice::from_ref(&brief));
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(300), None]);
    world.dead.clear();
    world.run(seconds(1));
    assert_eq!(world.weight(VIP, TWO), Some(10));
}

#[test]
fn too_few_servers_are_too_few_until_there_are_enough_to_be_back() {
    let minimum = MinimumDefinition {
        place: place(),
        servers: Some(placed(Quantity::Percent(50))),
        back_at: Some(placed(Quantity::Percent(75))),
        below: Some(placed(BelowMinimum::KeepAll)),
    };
    let brief = Brief {
        recovery: RecoveryDefinition {
            minimum_healthy: Some(minimum),
            ..RecoveryDefinition::default()
        },
        ..Brief::new(VIP, &[(ONE, 1), (TWO, 1), (THREE, 1), (FOUR, 1)])
    };
    let mut world = kept(std::slice::from_ref(&brief));
    dies(&mut world, &[ONE, TWO, THREE]);
    returns(&mut world, &[THREE]);
    let all = [ONE, TWO, THREE, FOUR];
    assert_eq!(weights(&world, all), [Some(1); 4]);
    let mut world = killed(world, seconds(2), std::slice::from_ref(&brief));
    world.run(seconds(3));
    assert_eq!(weights(&world, all), [Some(1); 4]);
    assert_eq!(world.writes, []);
    returns(&mut world, &[TWO]);
    assert_eq!(weights(&world, all), [None, Some(1), Some(1), Some(1)]);
}

#[test]
fn a_check_whose_password_was_not_kept_takes_nobody_out_and_lets_nobody_in() {
    fn asks_for_mail(check: &mut CheckDefinition, password: Secret) {
        check.kind = Some(placed(CheckKindDefinition::Protocol(Box::new(
            ProtocolCheckDefinition {
                login: Some(placed("probe".to_owned())),
                password: Some(placed(password)),
                ..ProtocolCheckDefinition::plain(CheckProtocol::Imap, false)
            },
        ))));
    }
    let known = Brief {
        tune: |check| asks_for_mail(check, Secret::new("opensesame".to_owned())),
        ..pair(RecoveryDefinition::default())
    };
    let withheld = Brief {
        tune: |check| asks_for_mail(check, Secret::from("***".to_owned())),
        ..known.clone()
    };
    let mut world = kept(std::slice::from_ref(&known));
    dies(&mut world, &[ONE]);
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
    world.dead = std::iter::once(address(TWO)).collect();
    let mut world = killed(world, seconds(1), std::slice::from_ref(&withheld));
    world.run(seconds(60));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
    let told = world.notices.iter().map(ToString::to_string);
    let told: Vec<String> = told.filter(|words| words.contains("password")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    world.load(std::slice::from_ref(&known));
    world.run(seconds(5));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), None], "mended");
}

fn status_page(judging: &mut JudgingDefinition) {
    judging.further_checks.push(CheckDefinition {
        name: Some(placed("status page".to_owned())),
        port: Some(placed(PortDefinition::Number(8080))),
        every: Some(placed(seconds(1))),
        fall: Some(placed(5)),
        ..CheckDefinition::default()
    });
}

fn two_checks(combine: Combine) -> Brief {
    let evaluate: fn(&mut JudgingDefinition) = match combine {
        Combine::All => status_page,
        Combine::Any => |judging| {
            judging.combine = Some(placed(Combine::Any));
            status_page(judging);
        },
    };
    Brief {
        evaluate,
        ..pair(RecoveryDefinition::default())
    }
}

/// Each check of the first server with its verdict, `?` behind one that is believed only.
fn checks(world: &World) -> Vec<String> {
    let snapshot = world.director.snapshot(world.now);
    let health = snapshot.services[0].servers[0].health.iter();
    let shown = health.flat_map(|health| &health.checks).map(|check| {
        let unsure = if check.assumed { "?" } else { "" };
        format!("{}{unsure}", check.state)
    });
    shown.collect()
}

#[test]
fn each_check_knows_what_it_found() {
    for (combine, weight) in [(Combine::All, None), (Combine::Any, Some(3))] {
        let brief = two_checks(combine);
        let mut world = kept(std::slice::from_ref(&brief));
        world.closed.insert((address(ONE), 8080));
        world.run(seconds(6));
        assert_eq!(checks(&world), ["up", "down"], "{combine:?}");
        assert_eq!(world.weight(VIP, ONE), weight);
        // Killed once more before anybody has answered.
        world.mute = true;
        let world = killed(world, seconds(1), std::slice::from_ref(&brief));
        assert_eq!(checks(&world), ["up?", "down"], "{combine:?}");
        let mut world = killed(world, seconds(1), std::slice::from_ref(&brief));
        assert_eq!(checks(&world), ["up?", "down"], "{combine:?}");
        world.mute = false;
        world.event(Event::Woken);
        world.run(seconds(2));
        assert_eq!(checks(&world), ["up", "down"], "{combine:?}");
        assert_eq!(world.weight(VIP, ONE), weight);
        // The page is known to fail, so one answer of the other check decides.
        world.dead.insert(address(ONE));
        world.run(seconds(2));
        assert_eq!(world.weight(VIP, ONE), None, "{combine:?}");
    }
}

#[test]
fn a_server_that_was_up_by_a_check_that_is_gone_falls_with_the_others() {
    let mut world = kept(&[two_checks(Combine::Any)]);
    world.closed.insert((address(ONE), 8080));
    world.run(seconds(6));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    let mut world = killed(world, seconds(1), &[two_checks(Combine::All)]);
    world.run(seconds(1));
    assert_eq!(world.weight(VIP, ONE), None);
    assert_eq!(checks(&world), ["up", "down"]);
}

#[test]
fn a_server_that_is_held_for_changing_too_often_stays_held_through_two_kills() {
    let brief = Brief {
        tune: |check| {
            check.damping = Some(placed(DampingDefinition {
                half_life: seconds(60),
                hold_above: 3,
                release_below: 1,
            }));
        },
        ..pair(RecoveryDefinition::default())
    };
    let mut world = kept(std::slice::from_ref(&brief));
    for _ in 0..2 {
        dies(&mut world, &[ONE]);
        world.dead.clear();
        world.run(seconds(2));
    }
    assert_eq!(world.weight(VIP, ONE), None, "held");
    world.mute = true;
    let world = killed(world, seconds(1), std::slice::from_ref(&brief));
    let mut world = killed(world, seconds(1), std::slice::from_ref(&brief));
    world.mute = false;
    world.event(Event::Woken);
    world.run(seconds(10));
    assert_eq!(world.weight(VIP, ONE), None, "held still");
    world.run(seconds(120));
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn the_password_of_a_url_comes_back_from_the_file_that_has_it() {
    let service = |url: &str| {
        let mut definitions = model(&[Brief::new(VIP, &[(ONE, 1)])])
            .definitions()
            .as_ref()
            .clone();
        let mut service = definitions.services.remove(0);
        service.check.kind = Some(placed(CheckKindDefinition::Http(Box::new(
            HttpCheckDefinition {
                path: Some(placed(url.to_owned())),
                ..HttpCheckDefinition::default()
            },
        ))));
        service
    };
    let whole = service("http://user:secret@192.0.2.11/");
    let written = serde_json::to_string(&whole).unwrap();
    assert!(!written.contains("secret@"), "{written}");
    let mut kept: ServiceDefinition = serde_json::from_str(&written).unwrap();
    kept.know_secrets_of(&whole);
    assert_eq!(kept, whole);
    let mut other = service("http://user:***@192.0.2.12/");
    other.know_secrets_of(&whole);
    assert_eq!(other, service("http://user:***@192.0.2.12/"));
}
