//! Servers whose verdict comes from the definitions and not from a probe, told as stories.

mod world;

use std::time::Duration;

use director_core::definitions::CheckKindDefinition;
use director_core::table::Table;
use world::{Brief, World, placed};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const SORRY: &str = "10.0.0.99";

fn pair(kind: CheckKindDefinition) -> Brief {
    Brief {
        fallback: Some(SORRY),
        tune: match kind {
            CheckKindDefinition::AlwaysUp => {
                |check| check.kind = Some(placed(CheckKindDefinition::AlwaysUp))
            }
            _ => |check| check.kind = Some(placed(CheckKindDefinition::AlwaysDown)),
        },
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
    }
}

fn weights(world: &World) -> [Option<u32>; 3] {
    [ONE, TWO, SORRY].map(|server| world.weight(VIP, server))
}

#[test]
fn nobody_comes_into_service_where_servers_count_as_down() {
    let mut world = World::new(Table::default());
    world.load(&[pair(CheckKindDefinition::AlwaysDown)]);
    world.run(Duration::from_secs(3));
    assert_eq!(weights(&world), [None, None, Some(1)]);
}

#[test]
fn whoever_is_in_service_stays_there_when_a_reload_turns_checks_off() {
    let mut world = World::new(Table::default());
    world.load(&[pair(CheckKindDefinition::AlwaysUp)]);
    world.run(Duration::from_secs(3));
    world.load(&[pair(CheckKindDefinition::AlwaysDown)]);
    world.run(Duration::from_secs(3));
    assert_eq!(weights(&world), [Some(3), Some(1), None]);
}
