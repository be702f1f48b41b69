//! How soon servers are asked again, told as stories on a virtual clock.

mod world;

use std::time::Duration;

use director_core::table::Table;
use world::{Brief, World, address, placed};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";

fn pair() -> Brief {
    Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_change_is_asked_for_again_at_once_where_that_is_defined() {
    let brief = Brief {
        fall: 3,
        tune: |check| {
            check.every = Some(placed(seconds(10)));
            check.every_while_changing = Some(placed(Duration::from_millis(200)));
        },
        ..pair()
    };
    let mut world = World::new(Table::default());
    world.load(&[brief]);
    world.run(seconds(1));
    world.dead.insert(address(ONE));
    world.run(seconds(9) + Duration::from_millis(500));
    assert_eq!(
        world.weight(VIP, ONE),
        None,
        "the first failure within 10 s, two more within 0.4 s"
    );
}

#[test]
fn a_service_that_wants_to_know_soon_does_not_hurry_another() {
    let patient = Brief {
        fall: 3,
        tune: |check| check.every = Some(placed(seconds(10))),
        ..pair()
    };
    let soon = Brief {
        tune: |check| {
            check.every = Some(placed(seconds(10)));
            check.every_while_changing = Some(placed(Duration::from_millis(200)));
        },
        ..patient.clone()
    };
    let other = "192.0.2.11";
    let mut world = World::new(Table::default());
    world.load(&[Brief { vip: other, ..soon }, patient]);
    world.run(seconds(12));
    world.dead.insert(address(ONE));
    world.run(seconds(11));
    let weights = (world.weight(other, ONE), world.weight(VIP, ONE));
    assert_eq!(weights, (None, Some(3)), "two failures more take 20 s here");
    world.run(seconds(20));
    assert_eq!(world.weight(VIP, ONE), None);
}
