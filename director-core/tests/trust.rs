//! Whom the director trusts, told as stories on a virtual clock: itself when everybody fails at once, a held connection that
//! ends.

mod world;

use std::net::SocketAddr;
use std::time::Duration;

use director_core::definitions::{CheckDefinition, JudgingDefinition, PortDefinition};
use director_core::director::Event;
use director_core::model::Combine;
use director_core::persistent_state::PersistentState;
use director_core::table::Table;
use world::{Brief, World, address, model_with, placed};

const VIP: &str = "192.0.2.10";
const OTHER: &str = "192.0.2.11";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const THREE: &str = "10.0.0.13";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Two services, three servers in all, the first of which serves both.
fn everything() -> Vec<Brief> {
    vec![
        Brief::new(VIP, &[(ONE, 3), (TWO, 1)]),
        Brief::new(OTHER, &[(ONE, 1), (THREE, 1)]),
    ]
}

fn guarded() -> World {
    let mut world = World::new(Table::default());
    // What it decides is kept for the director after it, and what rises waits for that.
    world.event(Event::Restored {
        saved: PersistentState::default(),
    });
    world.event(Event::Loaded {
        model: model_with(&everything(), Some(3)),
        warnings: Vec::new(),
    });
    world.run(seconds(5));
    world
}

fn weights(world: &World) -> [Option<u32>; 4] {
    [(VIP, ONE), (VIP, TWO), (OTHER, ONE), (OTHER, THREE)]
        .map(|(vip, server)| world.weight(vip, server))
}

const ALL: [Option<u32>; 4] = [Some(3), Some(1), Some(1), Some(1)];
const NOBODY: [Option<u32>; 4] = [None; 4];

fn told(world: &World, part: &str) -> usize {
    let lines = world.notices.iter().map(ToString::to_string);
    lines.filter(|line| line.contains(part)).count()
}

fn everybody_fails(world: &mut World) {
    world.dead.extend([ONE, TWO, THREE].map(address));
}

#[test]
fn all_servers_failing_at_once_empty_no_table_and_raise_an_alarm() {
    let mut world = guarded();
    everybody_fails(&mut world);
    world.run(seconds(30));
    assert_eq!(weights(&world), ALL);
    assert_eq!(
        told(
            &world,
            "ALARM: all 3 servers fell silent at once (no answer within 1 s)"
        ),
        1
    );
    let frozen = world.director.snapshot(world.now).frozen;
    assert_eq!(frozen.map(|frozen| frozen.servers), Some(3));
    // The first good answer ends it, and who still fails is judged as ever.
    world.dead.remove(&address(TWO));
    world.dead.remove(&address(THREE));
    world.run(seconds(5));
    assert_eq!(weights(&world), [None, Some(1), None, Some(1)]);
    assert_eq!(
        told(&world, "health is no longer frozen: a server answered"),
        1
    );
    assert_eq!(world.director.snapshot(world.now).frozen, None);
}

#[test]
fn the_alarm_says_whether_a_gateway_answers_also_where_nothing_can_be_replaced() {
    let answers = "a gateway or a fallback server of this director answers";
    let fails = "no gateway and no fallback server of this director answers either";
    for (network, counts) in [(Some(true), [1, 0]), (Some(false), [0, 1]), (None, [0, 0])] {
        let mut world = guarded();
        world.network = network;
        everybody_fails(&mut world);
        world.run(seconds(30));
        assert_eq!(weights(&world), ALL);
        let alarm = "this may be a fault of this director's own network";
        assert_eq!((told(&world, "ALARM"), told(&world, alarm)), (1, 1));
        let found = [answers, fails].map(|part| told(&world, part));
        assert_eq!(found, counts, "{network:?}");
    }
}

#[test]
fn servers_that_fail_one_by_one_are_out_one_by_one() {
    let mut world = guarded();
    for server in [ONE, TWO, THREE] {
        world.dead.insert(address(server));
        world.run(seconds(5));
    }
    assert_eq!(weights(&world), NOBODY);
    assert_eq!(told(&world, "ALARM"), 0);
}

#[test]
fn a_freeze_ends_with_its_time_or_by_the_operator_and_does_not_come_again() {
    for by_operator in [false, true] {
        let mut world = guarded();
        everybody_fails(&mut world);
        world.run(seconds(10));
        assert_eq!(weights(&world), ALL);
        if by_operator {
            world.event(Event::Unfreeze);
            world.run(seconds(3));
        } else {
            world.run(seconds(120));
        }
        assert_eq!(weights(&world), NOBODY, "{by_operator}");
        assert_eq!(told(&world, "ALARM"), 1);
        world.dead.clear();
        world.run(seconds(3));
        assert_eq!(weights(&world), ALL);
        everybody_fails(&mut world);
        world.run(seconds(5));
        assert_eq!((weights(&world), told(&world, "ALARM")), (ALL, 2));
    }
}

#[test]
fn a_start_in_an_outage_keeps_what_the_kernel_has() {
    let before = guarded();
    let mut world = World::new(before.kernel.clone());
    everybody_fails(&mut world);
    let briefs: Vec<Brief> = everything()
        .into_iter()
        .map(|brief| Brief { fall: 2, ..brief })
        .collect();
    world.event(Event::Loaded {
        model: model_with(&briefs, Some(3)),
        warnings: Vec::new(),
    });
    world.run(seconds(30));
    assert_eq!((weights(&world), told(&world, "ALARM")), (ALL, 1));
    assert_eq!(world.writes, []);
}

#[test]
fn a_check_that_a_freeze_takes_back_has_answered_no_more_than_before() {
    let before = guarded();
    let mut world = World::new(before.kernel.clone());
    everybody_fails(&mut world);
    // One of two checks fails at once; the server is still presumed to be up for the sake of the other.
    let either: fn(&mut JudgingDefinition) = |judging| {
        judging.further_checks.push(CheckDefinition {
            port: Some(placed(PortDefinition::Number(81))),
            fall: Some(placed(9)),
            ..CheckDefinition::default()
        });
        judging.combine = Some(placed(Combine::Any));
    };
    let load = |world: &mut World, evaluate, weight| {
        let mut briefs = everything();
        briefs[0].evaluate = evaluate;
        briefs[0].servers[0].1 = weight;
        world.event(Event::Loaded {
            model: model_with(&briefs, Some(3)),
            warnings: Vec::new(),
        });
        world.run(seconds(3));
    };
    load(&mut world, either, 3);
    assert_eq!(told(&world, "ALARM"), 1);
    load(&mut world, |_| {}, 7);
    assert_eq!(weights(&world), ALL, "nobody has answered");
    world.dead.clear();
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, ONE), Some(7));
}

#[test]
fn a_pool_that_nothing_replaces_keeps_servers_without_a_route_also_without_a_freeze() {
    let brief = Brief {
        fall: 2,
        // The other one is probed again when the first could be down long since.
        tune: |check| {
            check.every = Some(placed(seconds(10)));
            check.every_while_changing = Some(placed(Duration::from_millis(100)));
        },
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
    };
    let mut world = World::new(Table::default());
    world.network = Some(true);
    world.load(&[brief]);
    world.run(seconds(30));
    world.without_route.extend([ONE, TWO].map(address));
    world.run(seconds(60));
    let weights = [ONE, TWO].map(|server| world.weight(VIP, server));
    assert_eq!(weights, [Some(3), Some(1)]);
}

#[test]
fn without_a_freeze_everybody_is_judged_by_himself() {
    let mut world = World::new(Table::default());
    world.load(&everything());
    world.run(seconds(5));
    everybody_fails(&mut world);
    world.run(seconds(3));
    assert_eq!(weights(&world), NOBODY);
}

/// Two servers, asked once a minute, with a connection held to each.
fn held() -> Brief {
    Brief {
        fall: 3,
        tune: |check| {
            check.every = Some(placed(seconds(60)));
            check.hold_connection = Some(placed(true));
        },
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
    }
}

#[test]
fn a_held_connection_that_ends_shows_a_crash_in_milliseconds() {
    let mut world = World::new(Table::default());
    world.load(&[held()]);
    world.run(seconds(200));
    let peers = [ONE, TWO].map(|server| SocketAddr::new(address(server), 80));
    assert_eq!(world.held, peers.into());
    // A connection that ends while the server lives costs a few questions, and then the rhythm is as before.
    let asked = world.asked;
    world.event(Event::Hinted { peer: peers[0] });
    world.run(seconds(10));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    assert_eq!(world.asked - asked, 4);
    world.dead.insert(address(ONE));
    world.event(Event::Hinted { peer: peers[0] });
    world.run(Duration::from_millis(200));
    assert_eq!(world.weight(VIP, ONE), None, "three failures, 100 ms apart");
    assert_eq!(world.held, [peers[1]].into(), "not to a dead server");
    world.dead.clear();
    world.run(seconds(61));
    assert_eq!(world.held, peers.into(), "as soon as it is back");
    world.load(&[Brief::new(VIP, &[(ONE, 3), (TWO, 1)])]);
    assert!(world.held.is_empty());
}

#[test]
fn a_process_whose_listening_part_dies_last_is_seen_as_soon() {
    for (after, limit) in [(10, 300), (60, 450), (250, 850)] {
        let mut world = World::new(Table::default());
        world.load(&[held()]);
        world.run(seconds(200));
        let peer = SocketAddr::new(address(ONE), 80);
        // The connection has ended, and the next question is answered all the same.
        world.event(Event::Hinted { peer });
        world.run(Duration::from_millis(after));
        world.dead.insert(address(ONE));
        world.run(Duration::from_millis(limit - after));
        assert_eq!(world.weight(VIP, ONE), None, "dead after {after} ms");
    }
}

#[test]
fn a_hint_never_puts_a_question_off() {
    let mut world = World::new(Table::default());
    world.load(&[Brief {
        tune: |check| {
            check.every = Some(placed(Duration::from_millis(20)));
            check.timeout = Some(placed(Duration::from_millis(20)));
            check.hold_connection = Some(placed(true));
        },
        ..Brief::new(VIP, &[(ONE, 1)])
    }]);
    world.run(seconds(5));
    let asked = world.asked;
    world.event(Event::Hinted {
        peer: SocketAddr::new(address(ONE), 80),
    });
    world.run(seconds(1));
    assert!(world.asked - asked >= 50, "{}", world.asked - asked);
}
