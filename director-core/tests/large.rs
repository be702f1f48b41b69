//! A large configuration: an event costs the work of the services that it concerns. Work is counted, not timed.

#![cfg(test)]

#[path = "world/mod.rs"]
mod world;

use std::net::IpAddr;
use std::time::Duration;

use director_core::moment::Moment;
use world::{Brief, World, address};

const SERVICES: usize = 300;
const SERVERS_EACH: usize = 10;

/// A name that lives as long as the program, as those of [`Brief`] do.
fn name(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn server_of(service: usize, server: usize) -> IpAddr {
    address(&format!("10.{}.{}.{server}", service / 250, service % 250))
}

/// A director whose 3,000 servers are known to be up, a while before the table is read again.
fn settled(own_servers: bool) -> World {
    let brief = |service: usize| {
        let owner = if own_servers { service } else { 0 };
        let servers = (0..SERVERS_EACH).map(|server| server_of(owner, server).to_string());
        let servers: Vec<_> = servers.map(|text| (name(text), 1)).collect();
        let vip = format!("192.168.{}.{}", service / 250, service % 250);
        Brief::new(name(vip), &servers)
    };
    let briefs: Vec<Brief> = (0..SERVICES).map(brief).collect();
    let mut world = World::new(director_core::table::Table::default());
    // Here two thousand decisions would each be compared with one about all services.
    world.compares_every = 500;
    world.is_watched = false;
    world.load(&briefs);
    let end = Moment::START + Duration::from_millis(11_200);
    world.run(end - world.now);
    let servers = world
        .kernel
        .services
        .values()
        .map(|entry| entry.servers.len());
    assert_eq!(servers.sum::<usize>(), SERVICES * SERVERS_EACH);
    world
}

/// The work of a span, and how often the kernel was written.
fn work(world: &mut World, span: Duration) -> (u64, usize) {
    let before = (world.director.services_looked_at(), world.writes.len());
    world.run(span);
    let after = (world.director.services_looked_at(), world.writes.len());
    (after.0 - before.0, after.1 - before.1)
}

#[test]
fn results_that_change_nothing_cost_no_look_at_any_service() {
    let mut world = settled(true);
    assert_eq!(work(&mut world, Duration::from_secs(5)), (0, 0));
}

#[test]
fn a_server_that_fails_costs_looks_at_its_service() {
    let mut world = settled(true);
    world.dead.insert(server_of(7, 3));
    // To plan, and to see that the kernel did it.
    assert_eq!(work(&mut world, Duration::from_secs(5)), (2, 1));
    assert_eq!(world.weight("192.168.0.7", "10.0.7.3"), None);
    world.dead.clear();
    let (looks, writes) = work(&mut world, Duration::from_secs(3));
    assert_eq!(writes, 1);
    assert!(looks <= 3, "{looks} services looked at");
    assert_eq!(world.weight("192.168.0.7", "10.0.7.3"), Some(1));
}

#[test]
fn servers_that_fail_at_once_cost_looks_at_their_services() {
    let mut world = settled(true);
    let services = [3, 70, 130, 299];
    let servers = services
        .iter()
        .flat_map(|one| (0..5).map(|server| server_of(*one, server)));
    world.dead.extend(servers);
    let (looks, writes) = work(&mut world, Duration::from_secs(5));
    assert_eq!(writes, 20);
    // Each of the twenty fails at a moment of its own.
    assert!(looks <= 40, "{looks} services looked at");
}

#[test]
fn a_server_of_all_services_costs_a_look_at_each() {
    let mut world = settled(false);
    world.dead.insert(server_of(0, 3));
    let (looks, writes) = work(&mut world, Duration::from_secs(5));
    assert_eq!(writes, SERVICES);
    assert!(looks <= 2 * SERVICES as u64, "{looks} services looked at");
}
