//! Servers that are to get no new connections, where the scheduler or the protocol makes something else of weight 0, and what is
//! said of it.

mod world;

use std::time::Duration;

use director_core::definitions::{
    AgentDefinition, CheckKindDefinition, Definitions, DrainDefinition, ListenDefinition,
    MinimumDefinition, PortDefinition, ProtocolCheckDefinition, RecoveryDefinition,
    ServiceDefinition,
};
use director_core::director::Event;
use director_core::model::validate::validate;
use director_core::model::{
    BelowMinimum, CheckProtocol, Family, OnFailure, Protocol, Quantity, ServiceId,
};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::table::Table;
use world::{
    Brief, World, address, definitions, endpoint, model_of, place, placed, server, service_id,
};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const SORRY: &str = "10.0.0.99";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn weights<const N: usize>(world: &World, servers: [&str; N]) -> [Option<u32>; N] {
    servers.map(|server| world.weight(VIP, server))
}

fn dies(world: &mut World, server: &str) {
    world.dead.insert(address(server));
    world.run(seconds(2));
}

/// Two servers, with nothing said of failures and of resets.
fn plain(change: impl FnOnce(&mut ServiceDefinition)) -> Definitions {
    let brief = Brief::new(VIP, &[(ONE, 3), (TWO, 1)]);
    let mut definitions = definitions(&[brief], None);
    definitions.host.expire_nodest_conn = None;
    definitions.services[0].on_failure = None;
    change(&mut definitions.services[0]);
    definitions
}

fn running(change: impl FnOnce(&mut ServiceDefinition)) -> World {
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: model_of(plain(change)),
        warnings: Vec::new(),
    });
    world.run(seconds(3));
    world
}

fn hashing(service: &mut ServiceDefinition) {
    service.scheduler = Some(placed("sh".to_owned()));
}

fn with_fallback_flag(service: &mut ServiceDefinition) {
    hashing(service);
    service.scheduler_flags = vec![placed("fallback".to_owned())];
}

fn over_udp(service: &mut ServiceDefinition) {
    if let ListenDefinition::Address { protocol, .. } = &mut service.listen.value {
        *protocol = Protocol::Udp;
    }
}

fn by_mark(service: &mut ServiceDefinition) {
    service.listen = placed(ListenDefinition::Mark {
        mark: 7,
        family: Family::Ipv4,
    });
    for server in &mut service.real_servers {
        server.port = Some(placed(PortDefinition::Number(80)));
    }
}

fn asks_dns(service: &mut ServiceDefinition) {
    let check = ProtocolCheckDefinition::plain(CheckProtocol::Dns, false);
    service.check.kind = Some(placed(CheckKindDefinition::Protocol(Box::new(check))));
}

fn drained_for(timeout: Option<u64>) -> DrainDefinition {
    DrainDefinition {
        off: false,
        place: place(),
        timeout: timeout.map(|timeout| placed(seconds(timeout))),
        then: None,
    }
}

fn overridden(world: &mut World, kind: OverrideKind) -> [Option<u32>; 2] {
    let command = OverrideCommand::Set {
        author: "ann".to_owned(),
        overrides: vec![NewOverride {
            target: (service_id(VIP), endpoint(ONE)),
            kind,
            reason: "kernel upgrade".to_owned(),
            lasts: None,
        }],
    };
    world.event(Event::OverrideCommanded { command });
    world.run(seconds(2));
    weights(world, [ONE, TWO])
}

fn warnings(change: impl FnOnce(&mut ServiceDefinition)) -> Vec<String> {
    let (model, findings) = validate(&plain(change));
    assert!(model.is_some(), "{findings:?}");
    findings
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

fn warns_once(change: impl FnOnce(&mut ServiceDefinition), part: &str) {
    let all = warnings(change);
    let found = all.iter().filter(|message| message.contains(part)).count();
    assert_eq!(found, 1, "{part}: {all:?}");
}

fn resets(change: impl FnOnce(&mut ServiceDefinition)) -> bool {
    model_of(plain(change)).host().resets_connections(false)
}

#[test]
fn connections_to_servers_that_are_removed_by_default_are_reset() {
    assert!(!resets(|_| {}), "they drain");
    assert!(resets(hashing));
    assert!(!resets(with_fallback_flag));
    assert!(resets(over_udp));
    assert!(resets(|service| {
        by_mark(service);
        asks_dns(service);
    }));
    assert!(!resets(|service| {
        over_udp(service);
        service.one_packet = Some(placed(true));
    }));
    // Such servers stay when they fail, and leave at once when they leave the configuration.
    assert!(resets(|service| {
        over_udp(service);
        service.on_failure = Some(placed(OnFailure::Quiesce));
    }));
    // What a mark stands for is not known.
    assert!(resets(by_mark));
    let mut declined = plain(over_udp);
    declined.host.expire_nodest_conn = Some(placed(false));
    let (_, findings) = validate(&declined);
    let hints = findings
        .iter()
        .filter_map(|finding| finding.hint.as_deref());
    let hints: Vec<&str> = hints.collect();
    assert_eq!(hints, ["remove expire_nodest_conn"]);
}

#[test]
fn a_failed_server_drains_as_long_where_that_is_written_as_where_it_is_not() {
    for written in [None, Some(OnFailure::Drain)] {
        let mut world = running(|service| service.on_failure = written.map(placed));
        keeps_clients(&mut world, service_id(VIP));
        dies(&mut world, ONE);
        world.run(seconds(590));
        assert_eq!(
            weights(&world, [ONE, TWO]),
            [Some(0), Some(1)],
            "{written:?}"
        );
        world.run(seconds(20));
        assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)], "{written:?}");
    }
}

/// Two connections stay open at the first server.
fn keeps_clients(world: &mut World, service: ServiceId) {
    let entry = world.kernel.services.get_mut(&service);
    let entry = entry.and_then(|entry| entry.servers.get_mut(&endpoint(ONE)));
    assert!(entry.is_some(), "it serves");
    if let Some(entry) = entry {
        entry.connections.active = 2;
    }
}

#[test]
fn an_operators_drain_outlives_the_failure_of_its_server() {
    let mut world = running(|_| {});
    keeps_clients(&mut world, service_id(VIP));
    assert_eq!(
        overridden(&mut world, OverrideKind::Drain),
        [Some(0), Some(1)]
    );
    dies(&mut world, ONE);
    world.run(seconds(60));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
}

#[test]
fn where_weight_0_refuses_clients_a_server_that_rests_leaves_the_table() {
    for (scheduling, idle) in [
        (hashing as fn(&mut ServiceDefinition), None),
        (with_fallback_flag, Some(0)),
    ] {
        for kind in [OverrideKind::Drain, OverrideKind::Weight(0)] {
            let mut world = running(scheduling);
            assert_eq!(overridden(&mut world, kind), [idle, Some(1)], "{kind:?}");
        }
        let mut world = running(|service| {
            scheduling(service);
            service.recovery.drain = Some(drained_for(Some(600)));
        });
        keeps_clients(&mut world, service_id(VIP));
        assert_eq!(overridden(&mut world, OverrideKind::Drain), [idle, Some(1)]);
        let world = running(|service| {
            scheduling(service);
            service.real_servers[0].weight = Some(placed(0));
        });
        // What is written is in the table.
        assert_eq!(weights(&world, [ONE, TWO]), [Some(0), Some(1)]);
        let mut world = running(|service| {
            scheduling(service);
            service.judging.agent = Some(agent());
        });
        for says in ["drain", "0%"] {
            world.advice.insert(address(ONE), says);
            world.run(seconds(3));
            assert_eq!(weights(&world, [ONE, TWO]), [idle, Some(1)], "{says}");
            world.advice.insert(address(ONE), "ready 100%");
            world.run(seconds(3));
            assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
        }
    }
}

fn agent() -> director_core::definitions::Placed<AgentDefinition> {
    placed(AgentDefinition {
        port: placed(PortDefinition::Number(9999)),
        send: None,
        every: Some(placed(seconds(1))),
        timeout: None,
    })
}

#[test]
fn persistent_clients_that_stay_at_a_failed_server_are_warned_of() {
    let warnings = |declines: bool, on_failure: OnFailure| {
        let mut definitions = plain(|service| {
            service.persistence = Some(placed(60));
            service.on_failure = Some(placed(on_failure));
        });
        definitions.host.expire_quiescent_template = declines.then(|| placed(false));
        let (_, findings) = validate(&definitions);
        let told = findings
            .iter()
            .filter(|finding| finding.message.contains("persistent clients stay"));
        told.count()
    };
    assert_eq!(warnings(true, OnFailure::Quiesce), 1);
    assert_eq!(warnings(false, OnFailure::Quiesce), 0);
    assert_eq!(warnings(true, OnFailure::Remove), 0);
}

#[test]
fn what_a_hashing_scheduler_makes_of_a_drain_is_said() {
    let refuses =
        "scheduler sh without its fallback flag refuses the clients of a server with weight 0";
    let drained = |service: &mut ServiceDefinition| {
        service.recovery.drain = Some(drained_for(None));
        service.judging.agent = Some(agent());
    };
    let all = warnings(|service| {
        hashing(service);
        drained(service);
    });
    let found = all.iter().filter(|message| message.contains(refuses));
    assert_eq!(found.count(), 2, "{all:?}");
    let all = warnings(|service| {
        with_fallback_flag(service);
        drained(service);
    });
    assert!(all.is_empty(), "{all:?}");
}

#[test]
fn a_mark_whose_check_is_by_udp_is_one_of_datagrams() {
    let mark = ServiceId::Mark {
        family: Family::Ipv4,
        mark: 7,
    };
    for (udp, expected) in [(true, None), (false, Some(0))] {
        let mut world = running(|service| {
            by_mark(service);
            if udp {
                asks_dns(service);
            }
        });
        keeps_clients(&mut world, mark);
        world.dead.insert(address(ONE));
        world.run(seconds(5));
        let entry = world.kernel.services[&mark].servers.get(&endpoint(ONE));
        assert_eq!(entry.map(|entry| entry.settings.weight), expected);
    }
}

#[test]
fn a_quiesced_server_of_datagrams_is_warned_of() {
    let words = "stay at a failed server that is quiesced";
    let quiesces = |service: &mut ServiceDefinition| {
        service.on_failure = Some(placed(OnFailure::Quiesce));
    };
    for listens in [over_udp as fn(&mut ServiceDefinition), by_mark] {
        let change = |service: &mut ServiceDefinition| {
            listens(service);
            asks_dns(service);
            quiesces(service);
        };
        warns_once(change, words);
        let all = warnings(|service| {
            change(service);
            service.one_packet = Some(placed(true));
        });
        assert!(all.is_empty(), "{all:?}");
    }
    assert!(warnings(quiesces).is_empty());
}

fn needs(servers: u64, back_at: u64, below: BelowMinimum) -> MinimumDefinition {
    MinimumDefinition {
        place: place(),
        servers: Some(placed(Quantity::Number(servers))),
        back_at: Some(placed(Quantity::Number(back_at))),
        below: Some(placed(below)),
    }
}

#[test]
fn with_keep_all_the_fallback_serves_when_no_server_is_up() {
    let mut world = World::new(Table::default());
    world.load(&[Brief {
        fallback: Some(SORRY),
        recovery: RecoveryDefinition {
            minimum_healthy: Some(needs(2, 2, BelowMinimum::KeepAll)),
            ..RecoveryDefinition::default()
        },
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
    }]);
    world.run(seconds(3));
    dies(&mut world, ONE);
    let three = [ONE, TWO, SORRY];
    assert_eq!(weights(&world, three), [Some(3), Some(1), None]);
    dies(&mut world, TWO);
    world.run(seconds(5));
    assert_eq!(weights(&world, three), [None, None, Some(1)]);
}

#[test]
fn a_fallback_that_never_serves_and_a_shortage_that_never_ends_are_warned_of() {
    warns_once(
        |service| {
            service.fallback = Some(server(SORRY, 1));
            service.recovery.minimum_healthy = Some(needs(1, 1, BelowMinimum::Withdraw));
        },
        "the fallback of this service never serves",
    );
    let endless = |service: &mut ServiceDefinition| {
        service.fallback = Some(server(SORRY, 1));
        service.recovery.minimum_healthy = Some(needs(2, 5, BelowMinimum::Fallback));
    };
    warns_once(
        endless,
        "a shortage never ends: back_at needs 5 servers, but only 2 are configured",
    );
    let mut world = running(endless);
    dies(&mut world, ONE);
    world.dead.clear();
    world.run(seconds(5));
    let chain = &world.director.snapshot(world.now).services[0].servers[0].chain;
    let words =
        "2 of 2 real servers are available, 5 are needed after a shortage: using the fallback";
    assert!(chain.iter().any(|link| link.cause == words), "{chain:?}");
}
