//! What the director wants of its machine other than the table, as stories on a virtual clock.

mod world;

use std::time::Duration;

use director_core::definitions::{MinimumDefinition, RecoveryDefinition};
use director_core::director::{Event, Notice};
use director_core::model::{BelowMinimum, HostChange, Protocol, Quantity, ServiceId, Vip};
use director_core::table::{ServiceEntry, Table};
use world::{Brief, World, address, place, placed, service_id};

const SECOND: Duration = Duration::from_secs(1);

fn on_interface(vip: &'static str, interface: &'static str) -> Brief {
    Brief {
        interface: Some(interface),
        ..Brief::new(vip, &[("10.0.0.1", 1)])
    }
}

fn vip(vip: &str, interface: &str) -> HostChange {
    HostChange::Vip(Vip {
        address: address(vip),
        prefix: 32,
        interface: interface.to_owned(),
    })
}

fn told(world: &World) -> Vec<String> {
    let about_the_machine = |notice: &&Notice| matches!(notice, Notice::Host { .. });
    let notices = world.notices.iter().filter(about_the_machine);
    notices.map(ToString::to_string).collect()
}

#[test]
fn a_director_that_wants_nothing_asks_for_nothing() {
    let mut world = World::new(Table::default());
    world.load(&[Brief::new("192.0.2.1", &[("10.0.0.1", 1)])]);
    world.run(30 * SECOND);
    world.event(Event::StopRequested);
    world.run(SECOND);
    assert_eq!(world.machine.asked, 0);
    assert!(world.exited);
}

#[test]
fn the_vip_comes_when_the_table_stands() {
    let mut world = World::new(Table::default());
    world.mute = true;
    world.load(&[on_interface("192.0.2.1", "eth0")]);
    world.run(2 * SECOND);
    assert!(!world.ready, "it does not wait for the servers");
    assert_eq!(world.machine.made, [vip("192.0.2.1", "eth0")]);
    assert_eq!(
        told(&world),
        ["added 192.0.2.1/32 on eth0 (the VIP of a service)"]
    );
}

#[test]
fn a_vip_that_was_lost_comes_back_with_the_next_reading() {
    let mut world = World::new(Table::default());
    world.load(&[on_interface("192.0.2.1", "eth0")]);
    world.run(2 * SECOND);
    world.machine.made.clear();
    world.run(15 * SECOND);
    assert_eq!(world.weight("192.0.2.1", "10.0.0.1"), Some(1));
    assert_eq!(world.machine.made, [vip("192.0.2.1", "eth0")]);
}

#[test]
fn a_vip_leaves_with_its_service() {
    let mut world = World::new(Table::default());
    let stays = on_interface("192.0.2.1", "eth0");
    let goes = on_interface("192.0.2.2", "eth0");
    world.load(&[stays.clone(), goes]);
    world.run(2 * SECOND);
    assert_eq!(world.machine.made.len(), 2);
    world.load(&[stays]);
    world.run(2 * SECOND);
    assert_eq!(world.machine.made, [vip("192.0.2.1", "eth0")]);
    assert!(told(&world).contains(&"removed 192.0.2.2/32 on eth0".to_owned()));
}

#[test]
fn a_failure_is_told_once_and_tried_again_with_growing_pauses() {
    let mut world = World::new(Table::default());
    world.machine.refuses = Some("another machine has it".to_owned());
    world.load(&[on_interface("192.0.2.1", "eth0")]);
    world.run(60 * SECOND);
    let asked = world.machine.asked;
    assert!((4..=7).contains(&asked), "{asked} attempts");
    assert_eq!(
        told(&world),
        ["192.0.2.1/32 on eth0: another machine has it"]
    );
    let retries = world.director.snapshot(world.now).host_errors;
    assert_eq!(retries, told(&world));

    world.machine.refuses = None;
    world.run(60 * SECOND);
    assert_eq!(world.machine.made, [vip("192.0.2.1", "eth0")]);
    assert!(world.director.snapshot(world.now).host_errors.is_empty());
}

#[test]
fn what_comes_by_itself_is_waited_for_without_growing_pauses() {
    let mut world = World::new(Table::default());
    world.machine.waits = Some("eth0 is down".to_owned());
    world.load(&[on_interface("192.0.2.1", "eth0")]);
    world.run(120 * SECOND);
    assert_eq!(told(&world), ["192.0.2.1/32 on eth0: eth0 is down"]);
    let retries = world.director.snapshot(world.now).host_errors;
    assert_eq!(retries, told(&world));

    world.machine.waits = None;
    world.run(3 * SECOND);
    assert_eq!(world.machine.made, [vip("192.0.2.1", "eth0")]);
}

#[test]
fn a_vip_that_is_to_go_does_not_wait_for_others_that_are_being_added() {
    let mut world = World::new(Table::default());
    let others = [
        on_interface("192.0.2.8", "eth0"),
        on_interface("192.0.2.9", "eth0"),
    ];
    world.load(&[withdrawing(80)]);
    world.run(2 * SECOND);
    world.machine.slow = true;
    world.load(&[withdrawing(80), others[0].clone(), others[1].clone()]);
    world.run(2 * SECOND);
    assert_eq!(world.machine.pending.len(), 1);

    world.dead.insert(address(TWO));
    world.run(2 * SECOND);
    assert_eq!(world.machine.pending.len(), 2, "asked without an answer");
    world.machine.slow = false;
    while let Some(answer) = world.machine.answer() {
        world.event(answer);
    }
    let made = [vip("192.0.2.8", "eth0"), vip("192.0.2.9", "eth0")];
    assert_eq!(world.machine.made, made);
}

#[test]
fn what_is_wanted_while_vips_are_being_added_is_not_forgotten() {
    let mut world = World::new(Table::default());
    world.machine.slow = true;
    world.load(&[on_interface("192.0.2.1", "eth0")]);
    world.run(2 * SECOND);
    world.load(&[
        on_interface("192.0.2.1", "eth0"),
        on_interface("192.0.2.2", "eth0"),
    ]);
    world.run(SECOND);
    assert_eq!(world.machine.pending.len(), 1, "one after the other");
    world.machine.slow = false;
    let answer = world.machine.answer().unwrap();
    world.event(answer);
    world.run(SECOND / 10);
    assert_eq!(world.machine.made.len(), 2);
}

#[test]
fn what_a_director_before_this_one_left_is_undone() {
    let mut world = World::new(Table::default());
    world.machine.made = vec![vip("192.0.2.9", "eth0")];
    world.event(Event::HostJournalFound);
    world.load(&[Brief::new("192.0.2.1", &[("10.0.0.1", 1)])]);
    world.run(2 * SECOND);
    assert!(world.machine.made.is_empty());
}

/// A service with two servers, both of which have to be available; without them it is withdrawn, and its VIP too.
fn withdrawing(port: u64) -> Brief {
    Brief {
        interface: Some("eth0"),
        port,
        recovery: RecoveryDefinition {
            minimum_healthy: Some(MinimumDefinition {
                place: place(),
                servers: Some(placed(Quantity::Number(2))),
                back_at: None,
                below: Some(placed(BelowMinimum::Withdraw)),
            }),
            ..RecoveryDefinition::default()
        },
        ..Brief::new(SHARED, &[(ONE, 1), (TWO, 1)])
    }
}

const SHARED: &str = "192.0.2.1";
const ONE: &str = "10.0.0.1";
const TWO: &str = "10.0.0.2";

fn at_port(port: u16) -> ServiceId {
    ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: address(SHARED),
        port,
    }
}

#[test]
fn the_vip_of_a_withdrawn_service_goes_and_comes_back_when_somebody_serves() {
    let mut world = World::new(Table::default());
    world.load(&[withdrawing(80), on_interface("192.0.2.9", "eth0")]);
    world.run(2 * SECOND);
    let (vip, other) = (vip(SHARED, "eth0"), vip("192.0.2.9", "eth0"));
    // The other one has nothing to wait for.
    assert_eq!(world.machine.made, [other.clone(), vip.clone()]);
    let withdrawn = |world: &World| world.director.snapshot(world.now).withdrawn_vips;
    assert!(withdrawn(&world).is_empty());

    world.dead.insert(address(TWO));
    world.run(2 * SECOND);
    assert!(!world.kernel.services.contains_key(&service_id(SHARED)));
    assert_eq!(world.machine.made, std::slice::from_ref(&other));
    let last = told(&world).pop();
    let words = "removed 192.0.2.1/32 on eth0 (tcp 192.0.2.1:80: only 1 of 2 real servers are available, 2 are needed)";
    assert_eq!(last.as_deref(), Some(words));
    assert_eq!(withdrawn(&world), [address(SHARED)]);

    // The kernel does not take the service back yet: nobody is drawn to an address without one.
    world.refuse = Box::new(|op| op.service() == service_id(SHARED));
    world.dead.clear();
    world.run(5 * SECOND);
    assert_eq!(world.machine.made, std::slice::from_ref(&other));
    world.refuse = Box::new(|_| false);
    world.run(60 * SECOND);
    assert_eq!(world.machine.made, [other, vip]);
    assert_eq!(
        told(&world).pop().as_deref(),
        Some("added 192.0.2.1/32 on eth0 (the VIP of a service)")
    );
}

#[test]
fn a_vip_stays_while_another_service_needs_it() {
    let vip = vip(SHARED, "eth0");
    let with_another = |other: Option<Brief>| {
        let mut world = World::new(Table::default());
        let briefs: Vec<Brief> = [withdrawing(80)].into_iter().chain(other).collect();
        world.load(&briefs);
        world.run(2 * SECOND);
        world
    };
    // One that has nothing to withdraw for, with or without a word about the VIP.
    for interface in [None, Some("eth0")] {
        let mut world = with_another(Some(Brief {
            interface,
            port: 443,
            ..Brief::new(SHARED, &[(ONE, 1)])
        }));
        world.dead.insert(address(TWO));
        world.run(15 * SECOND);
        assert!(!world.kernel.services.contains_key(&at_port(80)));
        assert_eq!(world.machine.made, std::slice::from_ref(&vip));
    }
    // One that has enough servers itself, until it has not.
    let mut world = with_another(Some(Brief {
        servers: vec![("10.0.0.3", 1), ("10.0.0.4", 1)],
        ..withdrawing(443)
    }));
    world.dead.insert(address(TWO));
    world.run(15 * SECOND);
    assert_eq!(world.machine.made, std::slice::from_ref(&vip));
    world.dead.insert(address("10.0.0.3"));
    world.run(2 * SECOND);
    assert!(world.kernel.services.is_empty() && world.machine.made.is_empty());
    world.dead.remove(&address(TWO));
    world.run(2 * SECOND);
    assert_eq!(
        world.machine.made,
        std::slice::from_ref(&vip),
        "one of them is enough"
    );
    // Somebody else's.
    let mut world = with_another(None);
    let theirs = world.kernel.services.values().next();
    let theirs = ServiceEntry::new(theirs.unwrap().scheduling.clone());
    world.kernel.services.insert(at_port(443), theirs);
    world.run(15 * SECOND);
    world.dead.insert(address(TWO));
    world.run(2 * SECOND);
    assert_eq!(world.machine.made, [vip]);
}

#[test]
fn a_director_that_starts_decides_before_it_touches_the_vip() {
    let vip = vip(SHARED, "eth0");
    // Too few servers from the beginning: it is never there.
    let mut world = World::new(Table::default());
    world.dead.insert(address(TWO));
    world.load(&[withdrawing(80)]);
    world.run(30 * SECOND);
    assert_eq!((told(&world), world.machine.made.len()), (vec![], 0));
    world.event(Event::StopRequested);
    world.run(SECOND);
    assert!(
        world.exited && world.machine.made.is_empty(),
        "nor at the end"
    );

    // The one before left it, and servers answer slowly: it stays, for a while at least, as the kernel's servers do.
    let mut before = World::new(Table::default());
    before.load(&[withdrawing(80)]);
    before.run(2 * SECOND);
    let mut world = World::new(before.kernel.clone());
    world.machine.made = vec![vip.clone()];
    world.mute = true;
    world.event(Event::HostJournalFound);
    world.load(&[withdrawing(80)]);
    world.run(30 * SECOND);
    assert_eq!((told(&world), &world.machine.made), (vec![], &vec![vip]));
}
