//! A service with a pool of servers that die and return: what the stories of leaving and of returning share.

use std::time::Duration;

use director_core::definitions::RecoveryDefinition;
use director_core::table::Table;

use crate::world::{Brief, World, address};

pub(crate) const VIP: &str = "192.0.2.10";
pub(crate) const ONE: &str = "10.0.0.11";
pub(crate) const TWO: &str = "10.0.0.12";

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn pair(recovery: RecoveryDefinition) -> Brief {
    Brief {
        recovery,
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
    }
}

pub(crate) fn running(brief: Brief) -> World {
    let mut world = World::new(Table::default());
    world.load(&[brief]);
    world.run(seconds(3));
    world
}

/// Weights of these servers of the service.
pub(crate) fn weights<const N: usize>(world: &World, servers: [&str; N]) -> [Option<u32>; N] {
    servers.map(|server| world.weight(VIP, server))
}

pub(crate) fn dies(world: &mut World, servers: &[&str]) {
    world
        .dead
        .extend(servers.iter().map(|server| address(server)));
    world.run(seconds(2));
}

pub(crate) fn returns(world: &mut World, servers: &[&str]) {
    for server in servers {
        world.dead.remove(&address(server));
    }
    world.run(seconds(2));
}
