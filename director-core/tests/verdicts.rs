//! How answers make verdicts, told as stories on a virtual clock: paces, windows, damping.

mod world;

use std::time::Duration;

use director_core::definitions::DampingDefinition;
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

fn running(brief: Brief) -> World {
    let mut world = World::new(Table::default());
    world.load(&[brief]);
    world.run(seconds(3));
    world
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
fn a_server_that_flaps_is_held_out_and_let_in_when_it_is_calm() {
    let brief = Brief {
        tune: |check| {
            check.damping = Some(placed(DampingDefinition {
                half_life: seconds(10),
                hold_above: 3,
                release_below: 1,
            }));
        },
        ..pair()
    };
    let mut world = running(brief);
    for _ in 0..2 {
        world.dead.insert(address(ONE));
        world.run(seconds(2));
        world.dead.clear();
        world.run(seconds(2));
    }
    assert_eq!(
        world.weight(VIP, ONE),
        None,
        "four changes in eight seconds"
    );
    world.run(seconds(30));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    let told: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .any(|line| line.contains("changes too often and is held out for")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|line| line.contains("is calm again")),
        "{told:?}"
    );
}
