//! What servers say of themselves, by agents and sources of weights, told as stories on a virtual clock.

mod world;

use std::time::Duration;

use director_core::definitions::{
    AgentDefinition, JudgingDefinition, PortDefinition, WeightFromDefinition,
    WeightSourceDefinition,
};
use director_core::director::Event;
use director_core::persistent_state::PersistentState;
use director_core::table::Table;
use world::{Brief, World, address, placed};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn told(world: &World, part: &str) -> usize {
    let lines = world.notices.iter().map(ToString::to_string);
    lines.filter(|line| line.contains(part)).count()
}

fn with_agent(judging: &mut JudgingDefinition) {
    judging.agent = Some(placed(AgentDefinition {
        port: placed(PortDefinition::Number(9999)),
        send: None,
        every: Some(placed(seconds(1))),
        timeout: None,
    }));
}

fn advised(evaluate: fn(&mut JudgingDefinition)) -> World {
    let mut world = World::new(Table::default());
    world.load(&[Brief {
        evaluate,
        fallback: Some("10.0.0.99"),
        ..Brief::new(VIP, &[(ONE, 10), (TWO, 10)])
    }]);
    world.run(seconds(3));
    world
}

#[test]
fn an_agent_sets_the_share_drains_and_takes_out() {
    let mut world = advised(with_agent);
    let after = |world: &mut World, says| {
        world.advice.insert(address(ONE), says);
        world.run(seconds(2));
        world.weight(VIP, ONE)
    };
    assert_eq!(
        world.weight(VIP, ONE),
        Some(10),
        "words that mean nothing change nothing"
    );
    assert_eq!(after(&mut world, "75%"), Some(8));
    assert_eq!(after(&mut world, "drain"), Some(0));
    assert_eq!(
        after(&mut world, "ready"),
        Some(8),
        "what is not said stays"
    );
    assert_eq!(after(&mut world, "down # disk full"), None);
    assert_eq!(after(&mut world, "up 100%"), Some(10));
    assert_eq!(after(&mut world, "maint"), None);
    assert_eq!(told(&world, "agent says \"down # disk full\""), 1);
    // A server that is down by its check stays out, whatever its agent says; an agent that is silent changes nothing.
    world.dead.insert(address(ONE));
    assert_eq!(after(&mut world, "up ready 100%"), None);
    world.dead.clear();
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, ONE), Some(10));
    world.closed.insert((address(ONE), 9999));
    assert_eq!(after(&mut world, "drain"), Some(10));
    assert_eq!(
        told(&world, "agent unreachable, keeping its last report: "),
        2,
        "when it died, and when its port was closed"
    );
}

#[test]
fn an_agent_gives_no_more_than_a_multiple_of_the_configured_weight_and_the_log_says_so_once() {
    let mut world = advised(with_agent);
    let after = |world: &mut World, says| {
        world.advice.insert(address(ONE), says);
        world.run(seconds(2));
        world.weight(VIP, ONE)
    };
    assert_eq!(after(&mut world, "2560"), Some(2560));
    assert_eq!(after(&mut world, "2147483647"), Some(2560));
    assert_eq!(after(&mut world, "2147483646"), Some(2560));
    assert_eq!(after(&mut world, "25600%"), Some(2560));
    let limited = "agent says weight 2147483647, limited to 2560";
    assert_eq!(told(&world, limited), 1);
    assert_eq!(told(&world, "limited to"), 1);
    assert_eq!(after(&mut world, "7"), Some(7));
}

#[test]
fn the_fallback_answers_when_every_agent_drains() {
    let mut world = advised(with_agent);
    world.advice.insert(address(ONE), "drain");
    world.advice.insert(address(TWO), "maint");
    world.run(seconds(2));
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, "10.0.0.99")),
        (Some(0), Some(1))
    );
    world.advice.insert(address(TWO), "ready");
    world.run(seconds(2));
    assert_eq!(
        (world.weight(VIP, TWO), world.weight(VIP, "10.0.0.99")),
        (Some(10), None)
    );
}

#[test]
fn what_an_agent_said_stands_over_a_restart_until_it_says_otherwise() {
    let brief = || Brief {
        evaluate: with_agent,
        ..Brief::new(VIP, &[(ONE, 10), (TWO, 10)])
    };
    let mut world = World::new(Table::default());
    let saved = PersistentState::default();
    world.event(Event::Restored { saved });
    world.load(&[brief()]);
    world.run(seconds(3));
    world.advice.insert(address(ONE), "drain");
    world.advice.insert(address(TWO), "50%");
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(0));
    // Killed; the next one hears nothing new of them.
    let mut next = World::new(world.kernel);
    next.now = world.now + seconds(1);
    let saved = world.disk.saved;
    next.event(Event::Restored { saved });
    next.load(&[brief()]);
    next.run(seconds(3));
    let weights = |world: &World| [ONE, TWO].map(|server| world.weight(VIP, server));
    assert_eq!(weights(&next), [Some(0), Some(5)]);
    next.advice.insert(address(ONE), "ready");
    next.run(seconds(2));
    assert_eq!(weights(&next), [Some(10), Some(5)]);
}

#[test]
fn a_weight_may_come_from_elsewhere_and_an_agent_takes_its_share_of_it() {
    let mut world = advised(|judging| {
        with_agent(judging);
        judging.weight_from = Some(placed(WeightFromDefinition {
            source: WeightSourceDefinition::File(placed("/run/weights/{rip}".to_owned())),
            every: Some(placed(seconds(1))),
            timeout: None,
        }));
    });
    // In this world both say the same: first 40 in place of 10, then half of that, then half of the half.
    world.advice.insert(address(ONE), "40");
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(40));
    world.advice.insert(address(ONE), "50%");
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    let view = &world.director.snapshot(world.now).services[0].servers[0];
    let links: Vec<(&str, Option<u32>)> = view
        .chain
        .iter()
        .map(|link| (link.what, link.weight))
        .collect();
    let expected = [
        ("defined", Some(10)),
        ("weight", Some(5)),
        ("agent", Some(3)),
        ("health", Some(3)),
    ];
    assert_eq!(links, expected);
}
