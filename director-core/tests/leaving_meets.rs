//! Services and servers that finish their connections, and what else happens meanwhile: VIPs, settings of the kernel, other services
//! of the same clients, a new fallback, an operator who cannot wait.

mod pool;
mod world;

use std::sync::Arc;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, DrainDefinition, FallbackPoolDefinition,
    ListenDefinition, MinimumDefinition, PortDefinition, RecoveryDefinition,
};
use director_core::director::Event;
use director_core::model::{BelowMinimum, OnFailure, Quantity};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::table::Table;
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, address, definitions, endpoint, model_of, place, placed, service_id};

const OTHER: &str = "192.0.2.11";
const SORRY: &str = "10.0.0.98";
const NEW_SORRY: &str = "10.0.0.99";
const RESET: &str = "net.ipv4.vs.expire_nodest_conn=1";

fn draining(brief: Brief) -> Brief {
    Brief {
        on_failure: OnFailure::Drain,
        ..brief
    }
}

fn other() -> Brief {
    draining(Brief::new(OTHER, &[(ONE, 1)]))
}

fn drain(off: bool, timeout: Option<u64>) -> RecoveryDefinition {
    RecoveryDefinition {
        drain: Some(DrainDefinition {
            off,
            place: place(),
            timeout: timeout.map(|timeout| placed(seconds(timeout))),
            then: None,
        }),
        ..RecoveryDefinition::default()
    }
}

fn connections(world: &mut World, server: &str, active: u32) {
    let entry = world.kernel.services.get_mut(&service_id(VIP));
    let known = entry.and_then(|entry| entry.servers.get_mut(&endpoint(server)));
    if let Some(known) = known {
        known.connections.active = active;
    }
}

fn started(briefs: &[Brief]) -> World {
    let mut world = World::new(Table::default());
    world.load(briefs);
    world.run(seconds(3));
    world
}

fn has(world: &World, change: &str) -> bool {
    let mut made = world.machine.made.iter();
    made.any(|one| one.to_string().contains(change))
}

fn load_with_resets(world: &mut World, briefs: &[Brief]) {
    let mut definitions = definitions(briefs, None);
    definitions.host.expire_nodest_conn = None;
    world.event(Event::Loaded {
        model: model_of(definitions),
        warnings: Vec::new(),
    });
}

#[test]
fn the_vip_stays_until_its_service_has_gone() {
    let with_vip = || Brief {
        interface: Some("eth0"),
        ..draining(pair(RecoveryDefinition::default()))
    };
    let mut world = started(&[with_vip(), other()]);
    assert!(has(&world, VIP));
    connections(&mut world, ONE, 1);
    world.load(&[other()]);
    world.run(seconds(30));
    assert!(world.kernel.services.contains_key(&service_id(VIP)));
    assert!(has(&world, VIP));
    connections(&mut world, ONE, 0);
    world.run(seconds(15));
    assert!(!world.kernel.services.contains_key(&service_id(VIP)));
    assert!(!has(&world, VIP));
}

#[test]
fn a_service_that_leaves_does_not_hold_a_vip_that_is_withdrawn() {
    let withdrawing = Brief {
        port: 81,
        interface: Some("eth0"),
        ..draining(pair(RecoveryDefinition {
            minimum_healthy: Some(MinimumDefinition {
                place: place(),
                servers: Some(placed(Quantity::Number(1))),
                back_at: None,
                below: Some(placed(BelowMinimum::Withdraw)),
            }),
            ..RecoveryDefinition::default()
        }))
    };
    let leaving = || draining(Brief::new(VIP, &[("10.0.0.21", 1)]));
    let mut world = started(&[withdrawing.clone(), leaving()]);
    connections(&mut world, "10.0.0.21", 1);
    world.load(&[withdrawing]);
    world.run(seconds(3));
    assert!(has(&world, VIP));
    dies(&mut world, &[ONE, TWO]);
    world.run(seconds(3));
    assert!(!has(&world, VIP), "another director takes over");
    returns(&mut world, &[ONE]);
    world.run(seconds(3));
    assert!(has(&world, VIP));
}

#[test]
fn a_service_that_would_hide_another_one_goes_at_once() {
    let mut world = started(&[draining(pair(RecoveryDefinition::default())), other()]);
    connections(&mut world, ONE, 1);
    let mut all_ports = definitions(
        &[draining(pair(RecoveryDefinition::default())), other()],
        None,
    );
    if let ListenDefinition::Address { port, .. } = &mut all_ports.services[0].listen.value {
        *port = PortDefinition::Number(0);
    }
    all_ports.services[0].check.port = Some(placed(PortDefinition::Number(80)));
    all_ports.services[0].persistence = Some(placed(60));
    world.event(Event::Loaded {
        model: model_of(all_ports),
        warnings: Vec::new(),
    });
    world.run(seconds(3));
    assert!(!world.kernel.services.contains_key(&service_id(VIP)));
}

#[test]
fn clients_whose_connections_are_cut_off_are_told_for_as_long_as_the_kernel_remembers_them() {
    for recovery in [drain(false, Some(5)), drain(true, None)] {
        let brief = || draining(pair(recovery.clone()));
        let mut world = World::new(Table::default());
        load_with_resets(&mut world, &[brief(), other()]);
        world.run(seconds(3));
        connections(&mut world, ONE, 1);
        // The service that wanted the resets is no longer there.
        load_with_resets(&mut world, &[other()]);
        world.run(seconds(20));
        assert!(!world.kernel.services.contains_key(&service_id(VIP)));
        assert!(has(&world, RESET));
        let resets = |world: &World| world.director.snapshot(world.now).resets_until.is_some();
        assert!(resets(&world), "plan has to know");
        world.run(seconds(920));
        assert!(!has(&world, RESET) && !resets(&world));
    }
}

#[test]
fn a_connection_that_came_after_the_table_was_read_is_told_as_well() {
    let mut world = World::new(Table::default());
    load_with_resets(&mut world, &[pair(drain(true, None)), other()]);
    world.run(seconds(3));
    load_with_resets(&mut world, &[other()]);
    world.run(seconds(20));
    assert!(!world.kernel.services.contains_key(&service_id(VIP)));
    assert!(has(&world, RESET));
}

#[test]
fn a_fallback_serves_until_something_is_known_of_the_next_one() {
    let with = |fallback| {
        let brief = Brief {
            fallback: Some(fallback),
            ..draining(pair(RecoveryDefinition::default()))
        };
        let mut definitions = definitions(&[brief], None);
        let pool = FallbackPoolDefinition {
            place: place(),
            real_servers: std::mem::take(&mut definitions.services[0].fallback)
                .into_iter()
                .collect(),
            check: CheckDefinition {
                kind: Some(placed(CheckKindDefinition::Connect)),
                ..Default::default()
            },
        };
        definitions.services[0].recovery.fallback_pool = Some(pool);
        model_of(definitions)
    };
    let load = |world: &mut World, model| {
        world.event(Event::Loaded {
            model: Arc::clone(&model),
            warnings: Vec::new(),
        });
    };
    let mut world = World::new(Table::default());
    world.dead.extend([address(ONE), address(TWO)]);
    load(&mut world, with(SORRY));
    world.run(seconds(5));
    assert_eq!(world.weight(VIP, SORRY), Some(1));
    // The next one is silent, and that takes a while to be known.
    world.not_asked.insert(address(NEW_SORRY));
    load(&mut world, with(NEW_SORRY));
    assert_eq!(world.weight(VIP, SORRY), Some(1), "it serves on");
}

#[test]
fn an_operator_may_end_the_connections_of_what_is_leaving() {
    let mut world = running(draining(pair(RecoveryDefinition::default())));
    connections(&mut world, ONE, 3);
    world.load(&[draining(Brief {
        servers: vec![(TWO, 1)],
        ..pair(RecoveryDefinition::default())
    })]);
    world.run(seconds(10));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
    world.event(Event::OverrideCommanded {
        command: OverrideCommand::Set {
            author: "operator".to_owned(),
            overrides: vec![NewOverride {
                target: (service_id(VIP), endpoint(ONE)),
                kind: OverrideKind::Disable,
                reason: String::new(),
                lasts: None,
            }],
        },
    });
    world.run(seconds(2));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
}

#[test]
fn a_drain_that_goes_on_ends_when_the_configuration_says_off() {
    let without_one = |brief: Brief| Brief {
        servers: vec![(TWO, 1)],
        ..draining(brief)
    };
    let mut world = running(draining(pair(RecoveryDefinition::default())));
    connections(&mut world, ONE, 3);
    world.load(&[without_one(pair(RecoveryDefinition::default()))]);
    world.run(seconds(10));
    assert_eq!(world.weight(VIP, ONE), Some(0));
    world.load(&[without_one(pair(drain(true, None)))]);
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), None);
}
