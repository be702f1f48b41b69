//! The state of a service as a number in a file, as stories on a virtual clock.

mod world;

use std::time::Duration;

use director_core::director::Event;
use director_core::table::Table;
use world::{Brief, World, address, endpoint, model_with, service_id};

const FILE: &str = "/run/ipvsd/web";
const VIP: &str = "192.0.2.10";
const OTHER: &str = "192.0.2.20";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";

fn brief(vip: &'static str, servers: &[&'static str]) -> Brief {
    let servers: Vec<_> = servers.iter().map(|server| (*server, 1)).collect();
    Brief {
        publish: Some(FILE),
        ..Brief::new(vip, &servers)
    }
}

fn running(kernel: Table, briefs: &[Brief]) -> World {
    let mut world = World::new(kernel);
    world.load(briefs);
    world.run(Duration::from_secs(10));
    world
}

/// What the file holds a while after these servers, and no others, have died.
fn number(world: &mut World, dead: &[&str]) -> Option<i32> {
    world.dead = dead.iter().map(|server| address(server)).collect();
    world.run(Duration::from_secs(5));
    world.published.get(FILE).copied()
}

#[test]
fn the_number_follows_the_state() {
    let mut world = running(Table::default(), &[brief(VIP, &[ONE, TWO])]);
    let deaths: [&[&str]; 5] = [&[], &[ONE], &[ONE, TWO], &[TWO], &[]];
    let numbers = deaths.map(|dead| number(&mut world, dead));
    assert_eq!(numbers, [0, -10, -50, -10, 0].map(Some));
}

#[test]
fn services_with_one_file_have_the_number_of_the_one_that_is_worst_off() {
    let briefs = [brief(VIP, &[ONE]), brief(OTHER, &[TWO])];
    let mut world = running(Table::default(), &briefs);
    let deaths: [&[&str]; 4] = [&[], &[ONE], &[ONE, TWO], &[]];
    let numbers = deaths.map(|dead| number(&mut world, dead));
    assert_eq!(numbers, [0, -50, -50, 0].map(Some));
    // A reload that takes the dead one away leaves the other's number.
    assert_eq!(number(&mut world, &[ONE]), Some(-50));
    world.load(&briefs[1..]);
    assert_eq!(number(&mut world, &[ONE]), Some(0));
}

#[test]
fn what_is_not_known_writes_nothing() {
    let mut world = World::new(Table::default());
    world.mute = true;
    world.load(&[brief(VIP, &[ONE, TWO])]);
    world.run(Duration::from_secs(5));
    assert_eq!(world.published.get(FILE), None);

    // All fall silent at once: the fault may be this director's, and no other one must take over for that.
    let servers = [ONE, TWO, "10.0.0.13"];
    let patient = Brief {
        fall: 2,
        ..brief(VIP, &servers)
    };
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_with(&[patient], Some(3)),
        warnings: Vec::new(),
    });
    world.run(Duration::from_secs(10));
    assert_eq!(number(&mut world, &servers), Some(0));
    assert!(world.director.snapshot(world.now).frozen.is_some());
    assert_eq!(world.weight(VIP, ONE), Some(1), "{}", endpoint(ONE));
    assert!(world.kernel.services.contains_key(&service_id(VIP)));
}
