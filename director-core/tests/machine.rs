//! What the director wants of its machine besides the table, as stories on a virtual clock.

mod world;

use std::time::Duration;

use director_core::director::{Event, HostResult, Notice};
use director_core::model::{HostPiece, OnStop, Vip};
use director_core::table::Table;
use world::{Brief, World, address};

const SECOND: Duration = Duration::from_secs(1);

fn on_interface(vip: &'static str, interface: &'static str) -> Brief {
    Brief {
        interface: Some(interface),
        ..Brief::new(vip, &[("10.0.0.1", 1)])
    }
}

fn piece(vip: &str, interface: &str) -> HostPiece {
    HostPiece::Vip(Vip {
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
    assert_eq!(world.machine.made, [piece("192.0.2.1", "eth0")]);
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
    assert_eq!(world.machine.made, [piece("192.0.2.1", "eth0")]);
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
    assert_eq!(world.machine.made, [piece("192.0.2.1", "eth0")]);
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
    let troubles = world.director.snapshot(world.now).machine_troubles;
    assert_eq!(troubles, told(&world));

    world.machine.refuses = None;
    world.run(60 * SECOND);
    assert_eq!(world.machine.made, [piece("192.0.2.1", "eth0")]);
    assert!(
        world
            .director
            .snapshot(world.now)
            .machine_troubles
            .is_empty()
    );
}

#[test]
fn at_a_stop_each_vip_goes_or_stays_as_its_service_does() {
    let mut world = World::new(Table::default());
    let goes = Brief {
        on_stop: OnStop::Remove,
        ..on_interface("192.0.2.1", "eth0")
    };
    world.load(&[goes, on_interface("192.0.2.2", "eth0")]);
    world.run(2 * SECOND);
    world.event(Event::StopRequested);
    world.run(SECOND);
    assert!(world.exited);
    assert_eq!(world.machine.made, [piece("192.0.2.2", "eth0")]);
    // The services went first, so that nobody was drawn to a VIP without a service.
    let last = world.notices.last();
    let is_removal = matches!(
        last,
        Some(Notice::Host {
            result: HostResult::Undone(_),
            ..
        })
    );
    assert!(is_removal, "{last:?}");
}

#[test]
fn what_a_director_before_this_one_left_is_undone() {
    let mut world = World::new(Table::default());
    world.machine.made = vec![piece("192.0.2.9", "eth0")];
    world.event(Event::HostRemembered);
    world.load(&[Brief::new("192.0.2.1", &[("10.0.0.1", 1)])]);
    world.run(2 * SECOND);
    assert!(world.machine.made.is_empty());
}
