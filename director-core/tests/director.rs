//! The director's promises, told as stories on a virtual clock.

mod world;

use std::time::Duration;

use director_core::director::{Event, Notice};
use director_core::model::{Family, OnFailure, OnStop, Scheduling};
use director_core::plan::Op;
use director_core::table::{ServiceEntry, Table};
use world::{Brief, World, address, endpoint, service_id};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const SORRY: &str = "10.0.0.99";

fn pair() -> Brief {
    Brief {
        fallback: Some(SORRY),
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
    }
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
fn a_start_on_an_empty_table_serves_with_every_good_server_and_never_with_the_fallback() {
    let mut world = World::new(Table::default());
    world.load(&[pair()]);
    assert!(world.ready);
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (Some(3), Some(1))
    );
    assert!(
        !world
            .writes
            .iter()
            .any(|op| op.server() == Some(endpoint(SORRY))),
        "{:?}",
        world.writes
    );
}

#[test]
fn a_failed_server_is_removed_and_comes_back() {
    let mut world = running(pair());
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (None, Some(1))
    );
    world.dead.clear();
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn a_failed_server_is_quiesced_where_that_is_asked() {
    let mut world = running(Brief {
        on_failure: OnFailure::Quiesce,
        ..pair()
    });
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(0));
    assert!(
        !world
            .writes
            .iter()
            .any(|op| matches!(op, Op::DeleteServer { .. }))
    );
}

#[test]
fn it_takes_fall_failures_in_a_row() {
    let mut world = running(Brief { fall: 3, ..pair() });
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    world.run(seconds(1));
    assert_eq!(world.weight(VIP, ONE), None);
}

#[test]
fn failures_below_the_limit_are_told_and_their_end_too() {
    let mut world = running(Brief { fall: 3, ..pair() });
    let before = world.notices.len();
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    world.dead.clear();
    world.run(seconds(2));
    let told: Vec<String> = world.notices[before..]
        .iter()
        .map(|notice| match notice {
            Notice::Failing {
                server,
                failures,
                limit,
                ..
            } => format!("{server} {failures}/{limit}"),
            Notice::Recovered { server, .. } => format!("{server} steady"),
            other => other.to_string(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "10.0.0.11:80 1/3",
            "10.0.0.11:80 2/3",
            "10.0.0.11:80 steady"
        ]
    );
}

#[test]
fn the_fallback_stands_in_before_the_last_server_leaves_and_goes_when_one_returns() {
    let mut world = running(pair());
    world.watch = Box::new(|table| {
        assert!(
            table.services[&service_id(VIP)].can_serve(),
            "nobody to serve"
        )
    });
    world.dead.extend([address(ONE), address(TWO)]);
    world.run(seconds(2));
    assert_eq!(
        (
            world.weight(VIP, SORRY),
            world.weight(VIP, ONE),
            world.weight(VIP, TWO)
        ),
        (Some(1), None, None)
    );
    world.dead.remove(&address(TWO));
    world.run(seconds(2));
    assert_eq!(
        (world.weight(VIP, SORRY), world.weight(VIP, TWO)),
        (None, Some(1))
    );
}

#[test]
fn an_unchanged_table_gives_no_write_at_a_restart_or_while_running() {
    let first = running(pair());
    let mut second = World::new(first.kernel.clone());
    second.load(&[pair()]);
    second.run(seconds(60));
    assert!(second.ready);
    assert_eq!(second.writes, []);
}

#[test]
fn a_restart_keeps_weights_until_the_first_verdict() {
    let mut first = running(pair());
    first.dead.insert(address(ONE));
    first.run(seconds(2));
    let mut second = World::new(first.kernel.clone());
    second.dead = first.dead.clone();
    second.watch = Box::new(|table| {
        assert!(
            !table.services[&service_id(VIP)]
                .servers
                .contains_key(&endpoint(ONE)),
            "a dead server was raised"
        );
    });
    second.load(&[pair()]);
    second.run(seconds(5));
    assert_eq!(second.writes, []);
}

#[test]
fn a_change_by_somebody_else_is_repaired_and_named() {
    let mut world = running(pair());
    let entry = world.kernel.services.get_mut(&service_id(VIP)).unwrap();
    entry
        .servers
        .get_mut(&endpoint(ONE))
        .unwrap()
        .settings
        .weight = 77;
    entry.servers.remove(&endpoint(TWO));
    entry.scheduling = Scheduling::plain("rr", Family::Ipv4);
    world.notices.clear();
    world.run(seconds(11));
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (Some(3), Some(1))
    );
    let told: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "drift: edit    tcp 192.0.2.10:80  rr -> wrr   (another program changed it)",
            "drift: add     tcp 192.0.2.10:80  10.0.0.12:80  masq weight 1   (another program removed it)",
            "drift: edit    tcp 192.0.2.10:80  10.0.0.11:80  weight 77 -> 3   (another program changed it)",
        ]
    );
}

#[test]
fn a_foreign_service_is_never_touched_and_a_dropped_one_leaves() {
    let foreign = service_id("192.0.2.99");
    let mut kernel = Table::default();
    kernel.services.insert(
        foreign,
        ServiceEntry::new(Scheduling::plain("sh", Family::Ipv4)),
    );
    let mut world = World::new(kernel);
    world.load(&[pair(), Brief::new("192.0.2.11", &[(TWO, 1)])]);
    world.run(seconds(12));
    world.load(&[pair()]);
    world.run(seconds(12));
    assert!(world.kernel.services.contains_key(&foreign));
    assert!(
        !world
            .kernel
            .services
            .contains_key(&service_id("192.0.2.11"))
    );
    assert!(world.writes.iter().all(|op| op.service() != foreign));
}

#[test]
fn a_reload_keeps_verdicts_and_writes_only_the_difference() {
    let mut world = running(pair());
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    world.writes.clear();
    let mut changed = pair();
    changed.servers[1].1 = 9;
    world.load(&[changed]);
    assert_eq!(world.writes.len(), 1, "{:?}", world.writes);
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (None, Some(9))
    );
}

#[test]
fn refused_definitions_change_nothing_and_are_remembered() {
    let mut world = running(pair());
    world.writes.clear();
    world.event(Event::LoadRefused {
        diagnostics: Vec::new(),
    });
    world.run(seconds(20));
    assert_eq!(world.writes, []);
    assert!(world.director.snapshot(world.now).refusal.is_some());
    world.load(&[pair()]);
    assert!(world.director.snapshot(world.now).refusal.is_none());
}

#[test]
fn a_refused_operation_is_retried_with_growing_pauses_and_stops_nothing_else() {
    let mut world = World::new(Table::default());
    world.refuse = Box::new(|op| op.server() == Some(endpoint(ONE)));
    world.load(&[pair()]);
    world.run(seconds(5));
    assert_eq!(world.weight(VIP, TWO), Some(1));
    // The first verdict of the other server and its death reach the kernel all the same.
    world.dead.insert(address(TWO));
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, TWO), None);
    let pauses: Vec<u64> = world
        .notices
        .iter()
        .filter_map(|notice| match notice {
            Notice::Refused { retry_in, .. } => Some(retry_in.as_secs()),
            _ => None,
        })
        .collect();
    assert!(pauses.starts_with(&[1, 2, 4]), "{pauses:?}");
    let subject = (service_id(VIP), Some(endpoint(ONE)));
    assert!(world.director.retry(&subject).is_some());
    world.refuse = Box::new(|_| false);
    world.run(seconds(61));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    assert!(world.director.retry(&subject).is_none());
}

#[test]
fn a_reload_that_replaces_every_server_leaves_no_gap() {
    let mut world = running(Brief::new(VIP, &[(ONE, 1)]));
    world.watch = Box::new(|table| {
        assert!(
            table.services[&service_id(VIP)].can_serve(),
            "nobody to serve"
        )
    });
    world.load(&[Brief::new(VIP, &[(TWO, 1)])]);
    world.run(seconds(1));
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (None, Some(1))
    );
}

#[test]
fn when_the_new_server_is_refused_the_good_old_one_stays() {
    let mut world = running(Brief::new(VIP, &[(ONE, 1)]));
    world.refuse = Box::new(|op| matches!(op, Op::AddServer { .. }));
    world.load(&[Brief::new(VIP, &[(TWO, 1)])]);
    world.run(seconds(30));
    assert_eq!(world.weight(VIP, ONE), Some(1));
    world.refuse = Box::new(|_| false);
    world.run(seconds(61));
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (None, Some(1))
    );
}

#[test]
fn a_stop_removes_what_shall_not_outlive_the_director_and_keeps_the_rest() {
    let mut world = World::new(Table::default());
    let leaving = Brief {
        on_stop: OnStop::Remove,
        ..pair()
    };
    world.load(&[leaving, Brief::new("192.0.2.11", &[(TWO, 1)])]);
    world.event(Event::StopRequested);
    assert!(world.exited);
    assert_eq!(
        world.kernel.services.keys().collect::<Vec<_>>(),
        [&service_id("192.0.2.11")]
    );
}

#[test]
fn a_stop_that_the_kernel_refuses_ends_all_the_same() {
    let mut world = running(Brief {
        on_stop: OnStop::Remove,
        ..pair()
    });
    world.refuse = Box::new(|_| true);
    world.event(Event::StopRequested);
    assert!(world.exited);
}

#[test]
fn an_unreadable_table_stops_nothing_that_runs() {
    let mut world = running(pair());
    world.event(Event::ReadFailed {
        message: "reading the table: no memory".to_owned(),
    });
    assert_eq!(
        world.director.snapshot(world.now).unreadable.as_deref(),
        Some("reading the table: no memory")
    );
    world.dead.insert(address(ONE));
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, ONE), None);
    assert!(world.director.snapshot(world.now).unreadable.is_none());
}

#[test]
fn an_event_survives_being_recorded() {
    let loaded = Event::Loaded {
        model: world::model(&[pair()]),
        warnings: Vec::new(),
    };
    let line = serde_json::to_string(&loaded).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&line).unwrap(), loaded);
}

#[test]
fn a_reload_leaves_the_time_of_unchanged_probes_alone() {
    let mut world = running(pair());
    let next = |world: &World| -> Vec<_> {
        let snapshot = world.director.snapshot(world.now);
        let servers = snapshot.services[0].servers.iter();
        servers.map(|server| server.next_probe).collect()
    };
    let before = next(&world);
    assert!(before.iter().all(Option::is_some), "{before:?}");
    world.load(&[pair(), Brief::new("192.0.2.77", &[("10.0.0.77", 1)])]);
    assert_eq!(next(&world), before);
}
