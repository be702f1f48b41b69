//! What a director that only observes would change in the table of another program.

mod world;

use std::time::Duration;

use director_core::table::Table;
use world::{Brief, World, address, endpoint, service_id};

const VIP: &str = "192.0.2.10";
const OTHER_VIP: &str = "192.0.2.20";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";

/// A world that has settled, with a service of another program.
fn settled() -> World {
    let mut world = World::new(Table::default());
    world.load(&[
        Brief::new(VIP, &[(ONE, 1), (TWO, 1)]),
        Brief::new(OTHER_VIP, &[(ONE, 1)]),
    ]);
    world.run(Duration::from_secs(3));
    let others = world.kernel.clone();
    let mut world = World::new(others);
    world.load(&[Brief::new(VIP, &[(ONE, 1), (TWO, 1)])]);
    world.run(Duration::from_secs(3));
    world
}

fn differences(world: &World, actual: &Table) -> Vec<String> {
    let plan = world.director.differences(actual, world.now);
    plan.steps.iter().map(ToString::to_string).collect()
}

#[test]
fn equal_tables_have_no_difference_whatever_connections_they_have() {
    let world = settled();
    let mut actual = world.kernel.clone();
    let service = actual.services.get_mut(&service_id(VIP)).unwrap();
    for server in service.servers.values_mut() {
        server.connections.active = 7;
    }
    assert_eq!(differences(&world, &actual), Vec::<String>::new());
}

#[test]
fn a_difference_has_the_reason_of_the_decision() {
    let mut world = settled();
    let actual = world.kernel.clone();
    world.dead.insert(address(TWO));
    world.run(Duration::from_secs(20));
    assert_eq!(world.weight(VIP, TWO), None);
    let found = differences(&world, &actual);
    let [only] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(only.starts_with("delete "), "{only}");
    assert!(
        only.contains(&endpoint(TWO).to_string()) && only.contains("down"),
        "{only}"
    );
}

#[test]
fn what_another_program_did_is_no_reason() {
    let world = settled();
    let mut actual = world.kernel.clone();
    actual.services.remove(&service_id(VIP));
    let found = differences(&world, &actual);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        !found.iter().any(|words| words.contains("another program")),
        "{found:?}"
    );
}

#[test]
fn services_of_others_are_no_difference() {
    let world = settled();
    let mut actual = world.kernel.clone();
    actual.services.remove(&service_id(OTHER_VIP)).unwrap();
    assert_eq!(differences(&world, &actual), Vec::<String>::new());
}
