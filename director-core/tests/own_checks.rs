//! Real servers with checks of their own, in place of those of the service.

mod world;

use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, Definitions, ListenDefinition, PortDefinition,
};
use director_core::director::Event;
use director_core::model::Protocol;
use director_core::model::validate::validate;
use director_core::table::Table;
use world::{Brief, World, address, definitions, model_of, placed};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn pair() -> Brief {
    Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
}

fn at_port(port: u64) -> CheckDefinition {
    CheckDefinition {
        name: Some(placed(format!("port {port}"))),
        port: Some(placed(PortDefinition::Number(port))),
        every: Some(placed(seconds(1))),
        fall: Some(placed(1)),
        ..CheckDefinition::default()
    }
}

/// The pair, of which the first server has these checks.
fn loaded(checks: &[CheckDefinition]) -> Event {
    let mut definitions = definitions(&[pair()], None);
    definitions.services[0].real_servers[0].checks = checks.to_vec();
    Event::Loaded {
        model: model_of(definitions),
        warnings: Vec::new(),
    }
}

fn running(checks: &[CheckDefinition]) -> World {
    let mut world = World::new(Table::default());
    world.event(loaded(checks));
    world.run(seconds(3));
    world
}

fn weights(world: &World) -> (Option<u32>, Option<u32>) {
    (world.weight(VIP, ONE), world.weight(VIP, TWO))
}

#[test]
fn a_server_is_judged_by_its_own_checks_alone() {
    let mut world = running(&[at_port(8080)]);
    assert_eq!(weights(&world), (Some(3), Some(1)));
    // What the service probes at the others says nothing about this one.
    world.closed.insert((address(ONE), 80));
    world.closed.insert((address(TWO), 8080));
    world.run(seconds(5));
    assert_eq!(weights(&world), (Some(3), Some(1)));
    world.closed.insert((address(ONE), 8080));
    world.run(seconds(2));
    assert_eq!(weights(&world), (None, Some(1)));
    let told: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
    assert!(
        told.iter()
            .any(|line| line.contains("10.0.0.11:80 up -> down: connection refused, 1 of 1")),
        "{told:#?}"
    );
    world.closed.clear();
    world.run(seconds(2));
    assert_eq!(weights(&world), (Some(3), Some(1)));
}

#[test]
fn several_checks_of_its_own_all_count() {
    let mut world = running(&[at_port(8080), at_port(9090)]);
    world.closed.insert((address(ONE), 9090));
    world.run(seconds(2));
    assert_eq!(weights(&world), (None, Some(1)));
}

#[test]
fn a_reload_that_gives_or_takes_checks_moves_no_traffic() {
    let mut world = running(&[]);
    world.writes.clear();
    for checks in [
        vec![at_port(8080)],
        vec![at_port(8080), at_port(80)],
        vec![],
    ] {
        world.event(loaded(&checks));
        world.run(seconds(3));
        assert_eq!(world.writes, []);
    }
}

#[test]
fn a_server_that_is_down_rises_by_its_new_check_and_not_by_the_reload() {
    let mut world = running(&[at_port(8080)]);
    world.closed.insert((address(ONE), 8080));
    world.run(seconds(2));
    world.dead.insert(address(ONE));
    world.load(&[pair()]);
    world.run(seconds(3));
    assert_eq!(weights(&world), (None, Some(1)));
    world.dead.clear();
    world.run(seconds(3));
    assert_eq!(weights(&world), (Some(3), Some(1)));
}

#[test]
fn a_fault_of_such_a_check_is_found() {
    let mut definitions = definitions(&[pair()], None);
    let server = &mut definitions.services[0].real_servers[0];
    server.checks = vec![at_port(8080), at_port(8080), at_port(70_000)];
    let (model, findings) = validate(&definitions);
    assert!(model.is_none());
    let errors: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(
        errors.contains(&"two checks are named port 8080"),
        "{errors:?}"
    );
    assert!(
        errors.iter().any(|error| error.contains("70000")),
        "{errors:?}"
    );
}

#[test]
fn servers_with_a_ping_of_their_own_are_not_warned_of() {
    let mut definitions = definitions(&[pair()], None);
    let service = &mut definitions.services[0];
    service.check.kind = None;
    if let ListenDefinition::Address { protocol, .. } = &mut service.listen.value {
        *protocol = Protocol::Udp;
    }
    let warned = |definitions: &Definitions| {
        let (_, findings) = validate(definitions);
        findings
            .iter()
            .any(|finding| finding.message.contains("are only pinged"))
    };
    assert!(warned(&definitions));
    for server in &mut definitions.services[0].real_servers {
        server.checks = vec![CheckDefinition {
            kind: Some(placed(CheckKindDefinition::Ping { attempts: 1 })),
            ..CheckDefinition::default()
        }];
    }
    assert!(!warned(&definitions));
}
