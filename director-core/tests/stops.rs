//! What a stop leaves on the machine other than the table: VIPs, and settings as long as the kernel needs them.

mod world;

use std::time::Duration;

use director_core::definitions::{Definitions, SyncDefinition, SyncRoles};
use director_core::director::SyncDaemonState;
use director_core::director::{Event, HostResult, Notice};
use director_core::model::{HostChange, OnStop, Profile, SyncDaemon, SyncRole, Vip};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::table::Table;
use world::{Brief, World, address, definitions, endpoint, model_of, placed, service_id};

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
    assert_eq!(world.machine.made, [vip("192.0.2.2", "eth0")]);
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

/// These services by NAT, with the kernel settings of a gateway.
fn load_gateway(world: &mut World, briefs: &[Brief]) {
    let mut definitions = definitions(briefs, None);
    definitions.host.profile = Some(placed(Profile::NatGateway));
    world.event(Event::Loaded {
        model: model_of(definitions),
        warnings: Vec::new(),
    });
    world.run(2 * SECOND);
}

fn stop(world: &mut World) {
    world.event(Event::StopRequested);
    world.run(SECOND);
    assert!(world.exited);
}

const FORWARD: &str = "net.ipv4.ip_forward=1";

fn forwards(world: &World) -> bool {
    let mut made = world.machine.made.iter();
    made.any(|change| change.to_string() == FORWARD)
}

#[test]
fn a_stop_restores_settings_only_when_nothing_of_ours_stays_in_the_kernel() {
    let keep = Brief::new("192.0.2.1", &[("10.0.0.1", 1)]);
    let remove = Brief {
        on_stop: OnStop::Remove,
        ..Brief::new("192.0.2.2", &[("10.0.0.1", 1)])
    };
    let mut world = World::new(Table::default());
    load_gateway(&mut world, &[keep.clone(), remove.clone()]);
    stop(&mut world);
    assert_eq!(world.weight("192.0.2.1", "10.0.0.1"), Some(1));
    assert!(forwards(&world), "a service stays and needs it");
    let told = world.notices.iter().map(ToString::to_string);
    let told = told.filter(|line| line.starts_with("keeping 6 kernel settings"));
    assert_eq!(told.count(), 1);

    // The next one knows what was there before, and restores it when it leaves nothing behind.
    let mut next = World::new(world.kernel.clone());
    next.machine.made = world.machine.made;
    next.event(Event::HostJournalFound);
    let last = Brief {
        on_stop: OnStop::Remove,
        ..keep
    };
    load_gateway(&mut next, &[last, remove]);
    assert!(forwards(&next));
    stop(&mut next);
    assert_eq!(next.machine.made, []);
}

#[test]
fn settings_stay_for_whatever_a_stop_cannot_or_shall_not_remove() {
    let remove = Brief {
        on_stop: OnStop::Remove,
        ..Brief::new("192.0.2.2", &[("10.0.0.1", 1)])
    };
    // The kernel refuses to remove the service.
    let mut world = World::new(Table::default());
    load_gateway(&mut world, std::slice::from_ref(&remove));
    world.refuse = Box::new(|_| true);
    stop(&mut world);
    assert!(forwards(&world));

    // Its VIP alone stays: the next director may be another program.
    let mut world = World::new(Table::default());
    let mut definitions = definitions(
        &[Brief {
            interface: Some("eth0"),
            ..remove.clone()
        }],
        None,
    );
    definitions.host.profile = Some(placed(Profile::NatGateway));
    if let Some(vip) = &mut definitions.services[0].vip {
        vip.on_stop = Some(placed(OnStop::Keep));
    }
    world.event(Event::Loaded {
        model: model_of(definitions),
        warnings: Vec::new(),
    });
    world.run(2 * SECOND);
    stop(&mut world);
    assert!(forwards(&world) && world.machine.made.contains(&vip("192.0.2.2", "eth0")));

    // Stopped before it has a configuration: what the one before made serves what that one left.
    let mut world = World::new(Table::default());
    world.machine.made = vec![vip("192.0.2.9", "eth0")];
    world.event(Event::HostJournalFound);
    world.event(Event::StopRequested);
    assert!(world.exited && world.machine.made.len() == 1);
}

#[test]
fn a_stop_stops_adding() {
    let mut world = World::new(Table::default());
    let goes = Brief {
        on_stop: OnStop::Remove,
        ..on_interface("192.0.2.1", "eth0")
    };
    world.machine.slow = true;
    world.load(&[goes, on_interface("192.0.2.2", "eth0")]);
    world.run(2 * SECOND);
    world.event(Event::StopRequested);
    world.run(SECOND);
    assert_eq!(world.machine.pending.len(), 2, "it does not wait");
    while let Some(answer) = world.machine.answer() {
        world.event(answer);
    }
    assert!(
        world.exited && world.machine.made.is_empty(),
        "nor adds what would stay"
    );
}

#[test]
fn open_connections_are_reset_where_servers_are_removed_on_purpose() {
    let resets = |world: &World| {
        let mut made = world.machine.made.iter();
        made.any(|change| change.to_string() == "net.ipv4.vs.expire_nodest_conn=1")
    };
    let load = |choose: fn(&mut Definitions)| {
        let mut definitions = definitions(&[Brief::new("192.0.2.1", &[("10.0.0.1", 1)])], None);
        definitions.host.expire_nodest_conn = None;
        choose(&mut definitions);
        let mut world = World::new(Table::default());
        world.event(Event::Loaded {
            model: model_of(definitions),
            warnings: Vec::new(),
        });
        world.run(2 * SECOND);
        world
    };
    assert!(resets(&load(|_| {})), "on_failure: remove");
    let declined = load(|definitions| definitions.host.expire_nodest_conn = Some(placed(false)));
    assert!(!resets(&declined));

    // An operator disables a server of a service that removes none.
    let mut world = load(|definitions| definitions.services[0].on_failure = None);
    assert!(!resets(&world));
    let target = (service_id("192.0.2.1"), endpoint("10.0.0.1"));
    let disable = NewOverride {
        target,
        kind: OverrideKind::Disable,
        reason: String::new(),
        lasts: Some(10 * SECOND),
    };
    world.event(Event::OverrideCommanded {
        command: OverrideCommand::Set {
            author: "operator".to_owned(),
            overrides: vec![disable],
        },
    });
    world.run(SECOND);
    assert!(resets(&world));
    world.run(20 * SECOND);
    // A connection may have come after the table was read and before the server was removed.
    assert!(resets(&world));
    world.run(900 * SECOND);
    assert!(!resets(&world));
}

#[test]
fn forwarding_stays_while_servers_are_reached_by_nat() {
    let nat = Brief::new("192.0.2.1", &[("10.0.0.1", 1)]);
    let mut world = World::new(Table::default());
    load_gateway(&mut world, std::slice::from_ref(&nat));
    assert!(forwards(&world));
    let mut load = |briefs: &[Brief]| {
        world.event(Event::Loaded {
            model: model_of(definitions(briefs, None)),
            warnings: Vec::new(),
        });
        world.run(15 * SECOND);
        world.machine.made.len()
    };
    // The profile is gone, and with it all settings but this one.
    assert_eq!(load(&[nat]), 1);
    assert_eq!(load(&[]), 0);
}

fn sync_daemon(role: SyncRole) -> SyncDaemon {
    SyncDaemon {
        role,
        interface: "eth1".to_owned(),
        sync_id: 7,
        max_length: 0,
        group: Some(address("224.0.0.81")),
        port: 8848,
        ttl: 1,
    }
}

fn load_synced(world: &mut World, brief: &Brief, role: SyncRoles) {
    let mut definitions = definitions(std::slice::from_ref(brief), None);
    definitions.host.sync = Some(SyncDefinition {
        interface: placed("eth1".to_owned()),
        id: placed(7),
        role: Some(placed(role)),
        vip: (role == SyncRoles::FollowVip).then(|| placed(address("192.0.2.1"))),
        maxlen: None,
        group: None,
        port: None,
        ttl: None,
    });
    world.event(Event::Loaded {
        model: model_of(definitions),
        warnings: Vec::new(),
    });
    world.run(2 * SECOND);
}

fn runs(world: &World) -> Vec<SyncRole> {
    let made = world.machine.made.iter();
    let role = |change: &HostChange| match change {
        HostChange::SyncDaemon(daemon) => Some(daemon.role),
        _ => None,
    };
    made.filter_map(role).collect()
}

#[test]
fn sync_daemons_stay_as_long_as_services_and_leave_with_their_key() {
    let keep = Brief::new("192.0.2.1", &[("10.0.0.1", 1)]);
    let mut world = World::new(Table::default());
    load_synced(&mut world, &keep, SyncRoles::Both);
    assert_eq!(runs(&world), [SyncRole::Master, SyncRole::Backup]);
    load_synced(&mut world, &keep, SyncRoles::Backup);
    assert_eq!(runs(&world), [SyncRole::Backup]);
    stop(&mut world);
    assert_eq!(runs(&world), [SyncRole::Backup]);
    let mut told = world.notices.iter().map(ToString::to_string);
    let kept = "keeping 1 kernel setting and 1 sync daemon, because the kernel goes on balancing";
    assert!(told.any(|line| line.starts_with(kept)));

    let mut next = World::new(world.kernel.clone());
    next.machine.made = world.machine.made;
    next.event(Event::HostJournalFound);
    let last = Brief {
        on_stop: OnStop::Remove,
        ..keep
    };
    load_synced(&mut next, &last, SyncRoles::Both);
    assert_eq!(runs(&next), [SyncRole::Backup, SyncRole::Master]);
    next.load(std::slice::from_ref(&last));
    next.run(2 * SECOND);
    assert_eq!(next.machine.made, []);
    load_synced(&mut next, &last, SyncRoles::Both);
    stop(&mut next);
    assert_eq!(next.machine.made, []);
}

#[test]
fn the_state_of_each_sync_daemon_is_known() {
    let mut world = World::new(Table::default());
    world.machine.waits = Some("eth1 is down".to_owned());
    let brief = Brief::new("192.0.2.1", &[("10.0.0.1", 1)]);
    load_synced(&mut world, &brief, SyncRoles::Master);
    let view = |world: &World| world.director.snapshot(world.now).sync_daemons;
    let mut expected = vec![SyncDaemonState {
        daemon: sync_daemon(SyncRole::Master),
        running: false,
        error: Some("eth1 is down".to_owned()),
    }];
    assert_eq!(view(&world), expected);
    world.machine.waits = None;
    world.run(3 * SECOND);
    (expected[0].running, expected[0].error) = (true, None);
    assert_eq!(view(&world), expected);
    let told = world.notices.iter().map(ToString::to_string);
    let started: Vec<String> = told.filter(|line| line.starts_with("started")).collect();
    let line = "started master sync daemon on eth1, id 7, group 224.0.0.81, port 8848, ttl 1 (director.sync)";
    assert_eq!(started, [line]);
}

#[test]
fn a_daemon_that_follows_the_vip_is_requested_when_an_address_comes_or_goes() {
    let mut world = World::new(Table::default());
    let brief = Brief::new("192.0.2.1", &[("10.0.0.1", 1)]);
    load_synced(&mut world, &brief, SyncRoles::Both);
    let asked = world.machine.asked;
    world.event(Event::AddressesChanged);
    assert_eq!(world.machine.asked, asked, "no role depends on it");

    load_synced(&mut world, &brief, SyncRoles::FollowVip);
    let made: Vec<String> = world.machine.made.iter().map(ToString::to_string).collect();
    let follower =
        "sync daemon on eth1, id 7, master while this machine has 192.0.2.1, else backup";
    assert_eq!(made, [follower]);
    let asked = world.machine.asked;
    world.event(Event::AddressesChanged);
    assert_eq!(world.machine.asked, asked + 1);
}
