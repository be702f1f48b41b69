//! What the director makes of servers that all fail at once, told as stories on a virtual clock: answers are the servers' own
//! failure, silence may be the director's, and a service that something can replace waits for no doubt.

mod world;

use std::net::SocketAddr;
use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, FallbackPoolDefinition, MinimumDefinition, RecoveryDefinition,
};
use director_core::director::Event;
use director_core::model::{BelowMinimum, Quantity};
use director_core::table::Table;
use world::{Brief, World, address, model_with, place, placed, server, service_id};

const VIP: &str = "192.0.2.10";
const OTHER: &str = "192.0.2.11";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const THREE: &str = "10.0.0.13";
const SORRY: &str = "10.0.0.99";
const SERVERS: [&str; 3] = [ONE, TWO, THREE];

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Three servers that are out after two failures, one second apart, and the page that apologises.
fn with_fallback() -> Brief {
    Brief {
        fall: 2,
        fallback: Some(SORRY),
        ..alone(VIP)
    }
}

fn alone(vip: &'static str) -> Brief {
    Brief {
        fall: 2,
        ..Brief::new(vip, &SERVERS.map(|server| (server, 1)))
    }
}

fn withdrawn() -> Brief {
    Brief {
        recovery: RecoveryDefinition {
            minimum_healthy: Some(MinimumDefinition {
                place: place(),
                servers: Some(placed(Quantity::Number(1))),
                back_at: None,
                below: Some(placed(BelowMinimum::Withdraw)),
            }),
            ..RecoveryDefinition::default()
        },
        ..alone(VIP)
    }
}

fn running(briefs: &[Brief], network: Option<bool>) -> World {
    let mut world = World::new(Table::default());
    world.network = network;
    world.event(Event::Loaded {
        model: model_with(briefs, Some(3)),
        warnings: Vec::new(),
    });
    world.run(seconds(10));
    assert_eq!(serving(&world, VIP), SERVERS);
    world
}

/// Who takes connections of a service.
fn serving(world: &World, vip: &str) -> Vec<&'static str> {
    let all = [ONE, TWO, THREE, SORRY].into_iter();
    let serves = |server: &&str| world.weight(vip, server).is_some_and(|weight| weight > 0);
    all.filter(serves).collect()
}

fn told(world: &World, part: &str) -> usize {
    let lines = world.notices.iter().map(ToString::to_string);
    lines.filter(|line| line.contains(part)).count()
}

fn all_fall_silent(world: &mut World) {
    world.dead.extend(SERVERS.map(address));
}

fn all_refuse(world: &mut World) {
    world
        .closed
        .extend(SERVERS.map(|server| (address(server), 80)));
}

#[test]
fn answers_that_fail_are_the_servers_own_failure() {
    let mut world = running(&[with_fallback(), alone(OTHER)], Some(false));
    all_refuse(&mut world);
    world.run(seconds(3));
    assert_eq!(serving(&world, VIP), [SORRY]);
    assert_eq!(serving(&world, OTHER), [""; 0]);
    assert_eq!((told(&world, "ALARM"), world.network_checks.len()), (0, 0));
}

#[test]
fn silence_of_all_servers_delays_no_fallback_while_the_network_works_or_cannot_be_judged() {
    for network in [Some(true), None] {
        let mut world = running(&[with_fallback()], network);
        all_fall_silent(&mut world);
        world.run(seconds(3));
        assert_eq!(serving(&world, VIP), [SORRY], "{network:?}");
        world.run(seconds(60));
        assert_eq!(told(&world, "ALARM"), 0);
        let fallback = SocketAddr::new(address(SORRY), 80);
        assert_eq!(world.network_checks, [[fallback].into()], "asked once");
        world.dead.clear();
        world.run(seconds(3));
        assert_eq!(serving(&world, VIP), SERVERS);
        all_fall_silent(&mut world);
        world.run(seconds(3));
        assert_eq!(world.network_checks.len(), 2, "and again the next time");
    }
}

#[test]
fn silence_of_all_servers_delays_no_withdrawal() {
    let mut world = running(&[withdrawn()], None);
    all_fall_silent(&mut world);
    world.run(seconds(3));
    assert!(world.kernel.services.is_empty());
    assert_eq!(told(&world, "ALARM"), 0);
}

#[test]
fn a_director_that_reaches_nothing_at_all_freezes_health_until_it_does() {
    let mut world = running(&[with_fallback()], Some(false));
    all_fall_silent(&mut world);
    world.run(seconds(60));
    assert_eq!(serving(&world, VIP), SERVERS);
    let alarm = "(no answer within 1 s); no gateway and no fallback server answers either, so this is probably a fault";
    assert_eq!(told(&world, alarm), 1);
    assert!(world.network_checks.len() >= 12, "every five seconds");
    // Its network is back, and the servers are silent all the same.
    world.network = Some(true);
    world.run(seconds(8));
    assert_eq!(serving(&world, VIP), [SORRY]);
    assert_eq!(told(&world, "are no longer frozen"), 1);
    assert_eq!(world.director.snapshot(world.now).frozen, None);
    let checks = world.network_checks.len();
    world.run(seconds(60));
    assert_eq!(
        (told(&world, "ALARM"), world.network_checks.len()),
        (1, checks)
    );
}

#[test]
fn a_director_that_was_cut_off_has_lost_nothing_when_the_servers_are_heard_again() {
    let mut world = running(&[with_fallback()], Some(false));
    all_fall_silent(&mut world);
    world.run(seconds(20));
    let writes = world.writes.len();
    world.dead.clear();
    world.run(seconds(20));
    assert_eq!(
        (serving(&world, VIP), world.writes.len()),
        (SERVERS.to_vec(), writes)
    );
    assert_eq!(
        told(&world, "health is no longer frozen: a server answered"),
        1
    );
}

#[test]
fn services_that_nothing_can_replace_are_frozen_beside_others_that_are_not() {
    let mut world = running(&[with_fallback(), alone(OTHER)], Some(true));
    all_fall_silent(&mut world);
    world.run(seconds(30));
    assert_eq!(serving(&world, VIP), [SORRY]);
    assert_eq!(serving(&world, OTHER), SERVERS);
    let alarm = "for at most 120 s, except for services with a fallback or `below: withdraw`";
    assert_eq!((told(&world, alarm), told(&world, "ALARM")), (1, 1));
    // Whatever a server answers shows that it can be reached.
    world.dead.clear();
    all_refuse(&mut world);
    world.run(seconds(3));
    assert_eq!(serving(&world, OTHER), [""; 0]);
    assert_eq!(
        told(&world, "health is no longer frozen: a server answered"),
        1
    );
}

#[test]
fn a_server_that_could_not_be_asked_is_no_evidence_of_an_outage_and_no_objection_to_it() {
    let mut world = running(&[alone(VIP)], None);
    world.dead.extend([ONE, TWO].map(address));
    world.not_asked.insert(address(THREE));
    world.run(seconds(10));
    assert_eq!(
        serving(&world, VIP),
        [THREE],
        "two silent servers are no outage of three"
    );
    assert_eq!(told(&world, "ALARM"), 0);
    world.dead.clear();
    world.not_asked.extend(SERVERS.map(address));
    world.run(seconds(30));
    assert_eq!(
        (serving(&world, VIP), told(&world, "ALARM")),
        (vec![THREE], 0)
    );
}

#[test]
fn a_network_of_this_director_that_leads_to_no_server_delays_no_fallback_and_no_withdrawal() {
    for (brief, expected) in [(with_fallback(), &[SORRY][..]), (withdrawn(), &[])] {
        for network in [Some(true), None] {
            let mut world = running(&[brief.clone(), alone(OTHER)], network);
            world.without_route.extend(SERVERS.map(address));
            world.run(seconds(5));
            assert_eq!(serving(&world, VIP), expected, "{network:?}");
            assert_eq!(serving(&world, OTHER), SERVERS, "nothing could replace it");
            assert_eq!(told(&world, "ALARM"), 1);
            world.without_route.clear();
            world.run(seconds(5));
            assert_eq!(serving(&world, VIP), SERVERS);
        }
    }
}

#[test]
fn a_server_without_a_route_is_out_while_another_one_answers() {
    for brief in [with_fallback(), alone(VIP)] {
        let mut world = running(&[brief], Some(true));
        world.without_route.insert(address(ONE));
        world.run(seconds(5));
        assert_eq!(serving(&world, VIP), [TWO, THREE]);
        // The last one that answers is gone too: what the route is missing to is no better than an empty table.
        world.without_route.extend(SERVERS.map(address));
        world.run(seconds(60));
        world.without_route.clear();
        world.run(seconds(5));
        assert_eq!(serving(&world, VIP), SERVERS);
    }
}

#[test]
fn servers_without_a_route_leave_a_small_service_to_its_fallback_also_without_a_freeze() {
    for servers in [&SERVERS[..1], &SERVERS[..2]] {
        for (network, expected) in [
            (Some(true), &[SORRY][..]),
            (None, &[SORRY]),
            (Some(false), servers),
        ] {
            let weighted: Vec<(&'static str, i64)> = servers.iter().map(|one| (*one, 1)).collect();
            let brief = Brief {
                fall: 2,
                fallback: Some(SORRY),
                ..Brief::new(VIP, &weighted)
            };
            let mut world = World::new(Table::default());
            world.network = network;
            world.load(&[brief]);
            world.run(seconds(10));
            world.without_route.extend(SERVERS.map(address));
            world.run(seconds(10));
            assert_eq!(serving(&world, VIP), expected, "{network:?}");
            // A director that was cut off learns when it no longer is.
            world.network = Some(true);
            world.run(seconds(10));
            assert_eq!(serving(&world, VIP), [SORRY]);
            world.without_route.clear();
            world.run(seconds(5));
            assert_eq!(serving(&world, VIP), servers);
        }
    }
}

#[test]
fn a_lost_route_of_one_family_withdraws_its_service_while_the_other_family_answers() {
    const VIP6: &str = "2001:db8::10";
    const SERVERS6: [&str; 3] = ["fd00::11", "fd00::12", "fd00::13"];
    let second = Brief {
        vip: VIP6,
        servers: SERVERS6.map(|server| (server, 1)).to_vec(),
        ..withdrawn()
    };
    let mut world = running(&[alone(VIP), second], Some(true));
    assert!(world.kernel.services.contains_key(&service_id(VIP6)));
    world.without_route.extend(SERVERS6.map(address));
    world.run(seconds(5));
    assert!(!world.kernel.services.contains_key(&service_id(VIP6)));
    assert_eq!(serving(&world, VIP), SERVERS);
}

#[test]
fn after_a_freeze_without_an_answer_a_missing_route_delays_no_fallback() {
    for by_operator in [true, false] {
        let mut world = running(&[with_fallback()], Some(false));
        world.without_route.extend(SERVERS.map(address));
        world.run(seconds(20));
        assert_eq!(serving(&world, VIP), SERVERS);
        if by_operator {
            world.event(Event::Unfreeze);
            world.run(seconds(5));
        } else {
            world.run(seconds(110));
        }
        assert_eq!(serving(&world, VIP), [SORRY], "{by_operator}");
    }
}

#[test]
fn a_server_on_this_machine_shows_nothing_of_its_network() {
    // A loopback address, and that of a virtual service.
    for local in ["127.0.0.1", OTHER] {
        let page = FallbackPoolDefinition {
            place: place(),
            real_servers: vec![server(local, 1)],
            check: CheckDefinition::default(),
        };
        let with_local_page = Brief {
            recovery: RecoveryDefinition {
                fallback_pool: Some(page),
                ..RecoveryDefinition::default()
            },
            ..alone(VIP)
        };
        let mut world = running(&[with_local_page, alone(OTHER)], Some(false));
        all_fall_silent(&mut world);
        world.run(seconds(60));
        assert_eq!(serving(&world, VIP), SERVERS, "{local}");
        assert_eq!(serving(&world, OTHER), SERVERS, "{local}");
    }
}

#[test]
fn a_director_without_any_network_keeps_everything() {
    let mut world = running(&[with_fallback()], Some(false));
    world.without_route.extend(SERVERS.map(address));
    world.run(seconds(60));
    assert_eq!(serving(&world, VIP), SERVERS);
    assert_eq!(told(&world, "ALARM"), 1);
}

#[test]
fn a_kill_keeps_a_freeze_of_a_director_that_is_cut_off_no_longer_than_it_is() {
    let mut world = running(&[with_fallback()], Some(false));
    all_fall_silent(&mut world);
    world.run(seconds(10));
    let frozen = world.director.snapshot(world.now).frozen;
    let mut next = World::new(world.kernel);
    next.now = world.now + seconds(1);
    next.dead = world.dead;
    next.event(Event::Restored {
        saved: world.director.persistent_state(),
    });
    assert_eq!(next.director.snapshot(next.now).frozen, frozen);
    next.network = Some(true);
    next.event(Event::Loaded {
        model: model_with(&[with_fallback()], Some(3)),
        warnings: Vec::new(),
    });
    next.run(seconds(5));
    assert_eq!(serving(&next, VIP), [SORRY]);
}

#[test]
fn servers_that_cannot_be_asked_from_the_start_on_leave_their_service_to_the_fallback() {
    let mut world = World::new(Table::default());
    world.not_asked.extend(SERVERS.map(address));
    world.load(&[with_fallback()]);
    world.run(seconds(5));
    assert_eq!(serving(&world, VIP), [SORRY]);
    world.not_asked.clear();
    world.run(seconds(5));
    assert_eq!(serving(&world, VIP), SERVERS);
    world.not_asked.extend(SERVERS.map(address));
    world.run(seconds(60));
    assert_eq!(
        serving(&world, VIP),
        SERVERS,
        "a local error empties no pool"
    );
}
