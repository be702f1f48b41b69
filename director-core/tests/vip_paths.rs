//! Probes that go by the clients' road, told as stories: their helper services come, stay and go with them. That no server
//! is asked before its helper stands is an assertion of the world itself.

mod world;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use director_core::definitions::{CheckDefinition, CheckPath};
use director_core::director::{Event, HostResult, Notice};
use director_core::model::{Family, HostChange, Scheduling, ServiceId, Vip, is_probe_service};
use director_core::plan::Op;
use director_core::table::{ServiceEntry, Table};
use world::{Brief, MARKS, World, address, endpoint, model, placed, service_id};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const THREE: &str = "10.0.0.13";

fn by_vip_path(check: &mut CheckDefinition) {
    check.path = Some(placed(CheckPath::Forwarding));
}

fn brief(servers: &[&'static str]) -> Brief {
    let weighted: Vec<(&'static str, i64)> = servers.iter().map(|server| (*server, 1)).collect();
    Brief {
        tune: by_vip_path,
        ..Brief::new(VIP, &weighted)
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

fn probe_services(table: &Table) -> BTreeSet<ServiceId> {
    let probe_services = table
        .services
        .iter()
        .filter(|(id, entry)| is_probe_service(id, &entry.scheduling));
    probe_services.map(|(id, _)| *id).collect()
}

/// What a director left behind that was killed.
fn stray() -> (ServiceId, ServiceEntry) {
    let id = ServiceId::Mark {
        family: Family::Ipv4,
        mark: MARKS.first + 7,
    };
    let mut scheduling = Scheduling::plain("rr", Family::Ipv4);
    scheduling.flags.third = true;
    (id, ServiceEntry::new(scheduling))
}

#[test]
fn every_server_has_a_helper_of_its_own_and_its_verdict() {
    let mut world = running(brief(&[ONE, TWO]));
    assert_eq!(world.weight(VIP, ONE), Some(1));
    assert_eq!(probe_services(&world.kernel).len(), 2);
    for id in probe_services(&world.kernel) {
        let servers = &world.kernel.services[&id].servers;
        assert_eq!(servers.len(), 1);
        assert!(servers.values().all(|entry| entry.settings.weight == 1));
    }
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), None);
    assert_eq!(world.weight(VIP, TWO), Some(1));
    assert_eq!(
        probe_services(&world.kernel).len(),
        2,
        "a failed server is asked too"
    );
}

#[test]
fn helpers_go_with_their_probes() {
    let mut world = running(brief(&[ONE, TWO]));
    world.load(&[brief(&[TWO])]);
    world.run(seconds(2));
    assert_eq!(probe_services(&world.kernel).len(), 1);
    world.load(&[Brief::new(VIP, &[(TWO, 1)])]);
    world.run(seconds(2));
    assert!(probe_services(&world.kernel).is_empty());
    assert_eq!(world.weight(VIP, TWO), Some(1));
}

#[test]
fn helpers_leave_at_a_stop_though_the_service_stays() {
    let mut world = running(brief(&[ONE]));
    world.event(Event::StopRequested);
    world.run(seconds(1));
    assert!(world.exited);
    assert_eq!(
        world.kernel.services.keys().collect::<Vec<_>>(),
        [&service_id(VIP)]
    );
}

#[test]
fn what_a_killed_director_left_is_removed_and_nothing_else() {
    let (id, entry) = stray();
    let mut foreign = entry.clone();
    foreign.scheduling.flags.third = false;
    let foreign_id = ServiceId::Mark {
        family: Family::Ipv4,
        mark: MARKS.first + 8,
    };
    let beyond = ServiceId::Mark {
        family: Family::Ipv4,
        mark: MARKS.first - 1,
    };
    let mut table = Table::default();
    table.services.insert(id, entry.clone());
    table.services.insert(beyond, entry);
    table.services.insert(foreign_id, foreign);
    let mut world = World::new(table);
    world.load(&[Brief::new(VIP, &[(ONE, 1)])]);
    world.run(seconds(2));
    assert!(!world.kernel.services.contains_key(&id));
    assert!(world.kernel.services.contains_key(&foreign_id));
    assert!(world.kernel.services.contains_key(&beyond));
}

#[test]
fn a_server_whose_helper_is_refused_is_not_judged() {
    let mut world = World::new(Table::default());
    world.refuse = Box::new(|op| {
        matches!(
            op,
            Op::AddService {
                service: ServiceId::Mark { .. },
                ..
            }
        )
    });
    world.load(&[brief(&[ONE])]);
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, ONE), None);
    let told = world.notices.iter().any(
        |notice| matches!(notice, Notice::LocalError { reason, .. } if reason.ends_with("is missing: no memory")),
    );
    assert!(told, "{:?}", world.notices);
    world.refuse = Box::new(|_| false);
    world.run(seconds(10));
    assert_eq!(world.weight(VIP, ONE), Some(1));
}

#[test]
fn a_helper_that_somebody_removed_comes_back_before_the_next_question() {
    let mut world = running(brief(&[ONE]));
    let id = *probe_services(&world.kernel).first().unwrap();
    world.kernel.services.remove(&id);
    world.event(Event::TableRead {
        table: world.kernel.clone(),
    });
    world.run(seconds(2));
    assert!(world.kernel.services.contains_key(&id));
    assert_eq!(
        world.kernel.services[&service_id(VIP)].servers[&endpoint(ONE)]
            .settings
            .weight,
        1
    );
}

#[test]
fn a_connection_is_held_to_the_server_itself_and_hints_at_the_question_by_the_road() {
    let mut world = running(Brief {
        tune: |check| {
            by_vip_path(check);
            check.every = Some(placed(seconds(60)));
            check.hold_connection = Some(placed(true));
        },
        ..brief(&[ONE, TWO])
    });
    let peers = [ONE, TWO].map(|server| SocketAddr::new(address(server), 80));
    assert_eq!(world.held, peers.into());
    world.dead.insert(address(ONE));
    world.event(Event::Hinted { peer: peers[0] });
    world.run(Duration::from_millis(300));
    assert_eq!(world.weight(VIP, ONE), None);
    assert_eq!(world.weight(VIP, TWO), Some(1));
}

#[test]
fn marks_stay_while_servers_come_and_go() {
    let marks = |servers: &[&'static str]| -> BTreeSet<ServiceId> {
        model(&[brief(servers)])
            .probe_services()
            .keys()
            .copied()
            .collect()
    };
    let both = marks(&[ONE, TWO]);
    assert!(both.is_subset(&marks(&[THREE, TWO, ONE])));
    assert!(marks(&[TWO]).is_subset(&both));
    assert!(
        both.iter()
            .all(|id| matches!(id, ServiceId::Mark { mark, .. } if MARKS.contains(*mark)))
    );
}

fn replies(toward: &str) -> HostChange {
    HostChange::VipReplies {
        toward: address(toward),
    }
}

#[test]
fn the_settings_of_path_checks_come_before_the_first_probe_and_leave_with_the_last() {
    let mut world = running(brief(&[ONE, TWO]));
    assert_eq!(world.machine.made, [replies(ONE), replies(TWO)]);
    world.load(&[brief(&[TWO, THREE])]);
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, THREE), Some(1));
    assert_eq!(world.machine.made, [replies(TWO), replies(THREE)]);
    world.load(&[Brief::new(VIP, &[(ONE, 1)])]);
    world.run(seconds(3));
    assert_eq!(world.machine.made, []);
}

#[test]
fn what_was_made_before_stays_while_path_checks_are_prepared() {
    let vip = HostChange::Vip(Vip {
        address: address(VIP),
        prefix: 32,
        interface: "eth0".to_owned(),
    });
    let mut world = World::new(Table::default());
    world.machine.made = vec![vip.clone()];
    world.event(Event::HostJournalFound);
    world.load(&[Brief {
        interface: Some("eth0"),
        ..brief(&[ONE])
    }]);
    world.run(seconds(3));
    assert_eq!(world.machine.made, [vip, replies(ONE)]);
    let undone = |notice: &&Notice| {
        matches!(
            notice,
            Notice::Host {
                result: HostResult::Undone(_),
                ..
            }
        )
    };
    assert_eq!(world.notices.iter().find(undone), None);
}

#[test]
fn settings_that_cannot_be_made_stop_no_probe() {
    let mut world = World::new(Table::default());
    world.machine.refuses = Some("read-only file system".to_owned());
    world.load(&[brief(&[ONE])]);
    world.run(seconds(3));
    assert_eq!(world.weight(VIP, ONE), Some(1));
}
