//! Host names without an address, and services of which nothing valid is known, as stories on a virtual clock: what can be
//! served is served at once, what the kernel holds stays, and the rest joins when its name is resolved.

mod kill;
mod pool;
mod world;

use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{
    Definitions, Host, ListenDefinition, MinimumDefinition, PortDefinition, RecoveryDefinition,
};
use director_core::director::Event;
use director_core::health::HealthState;
use director_core::model::{BelowMinimum, Model, Protocol, Quantity};
use director_core::table::Table;
use kill::{kept, killed, remembering};
use pool::{ONE, TWO, VIP, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, model, placed, service_id};

use director_core::model::validate::validate;

const OTHER: &str = "192.0.2.11";
const FALLBACK: &str = "10.0.0.99";

fn web() -> Brief {
    pair(RecoveryDefinition::default())
}

fn other() -> Brief {
    Brief::new(OTHER, &[(TWO, 1)])
}

/// The same with a change of what is written.
fn changed(briefs: &[Brief], change: impl FnOnce(&mut Definitions)) -> Arc<Model> {
    let mut definitions = model(briefs).definitions().as_ref().clone();
    change(&mut definitions);
    let (model, findings) = validate(&definitions);
    assert!(model.is_some(), "{findings:?}");
    Arc::new(model.unwrap_or_else(Model::empty))
}

/// The first real server of the first service goes by a host name that has no address.
fn first_is_a_name(briefs: &[Brief]) -> Arc<Model> {
    changed(briefs, |definitions| {
        definitions.services[0].real_servers[0].host = placed(Host::Name("web1.lab".to_owned()));
    })
}

/// The VIP of the first service is a host name that has no address.
fn vip_is_a_name(briefs: &[Brief]) -> Arc<Model> {
    changed(briefs, |definitions| {
        if let ListenDefinition::Address { host, .. } = &mut definitions.services[0].listen.value {
            *host = Host::Name("vip.lab".to_owned());
        }
    })
}

/// The first service is broken and left out; `known` tells whether it can be told what it listens on.
fn first_is_broken(briefs: &[Brief], known: bool) -> Arc<Model> {
    changed(briefs, |definitions| {
        let broken = definitions.services.remove(0);
        definitions.left_out.push(if known {
            broken.listen.value
        } else {
            ListenDefinition::Address {
                protocol: Protocol::Tcp,
                host: Host::Unusable,
                port: PortDefinition::Unusable,
                family: None,
            }
        });
    })
}

fn load(world: &mut World, model: Arc<Model>) {
    world.event(Event::Loaded {
        model,
        warnings: Vec::new(),
    });
}

/// A director that knows nothing begins with what the one before it left in the kernel.
fn begun_without_memory(before: World, model: Arc<Model>) -> World {
    let mut world = World::new(before.kernel);
    load(&mut world, model);
    world
}

#[test]
fn a_server_without_an_address_is_not_available_and_joins_when_its_name_is_resolved() {
    let mut world = World::new(Table::default());
    load(&mut world, first_is_a_name(&[web(), other()]));
    world.run(seconds(3));
    assert!(world.ready, "it does not wait for the name");
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
    assert_eq!(world.weight(OTHER, TWO), Some(1));
    let view = &world.director.snapshot(world.now).services[0];
    assert_eq!(view.unresolved.len(), 1);
    assert_eq!(view.unresolved[0].to_string(), "web1.lab:80");
    world.load(&[web(), other()]);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
    let view = &world.director.snapshot(world.now).services[0];
    assert!(view.unresolved.is_empty());
}

#[test]
fn a_dead_server_gets_no_weight_when_its_name_is_resolved() {
    let mut world = World::new(Table::default());
    load(&mut world, first_is_a_name(&[web()]));
    dies(&mut world, &[ONE]);
    world.load(&[web()]);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
    returns(&mut world, &[ONE]);
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
}

#[test]
fn the_fallback_serves_while_no_name_has_an_address() {
    let brief = Brief {
        fallback: Some(FALLBACK),
        ..Brief::new(VIP, &[(ONE, 3)])
    };
    let mut world = World::new(Table::default());
    load(&mut world, first_is_a_name(std::slice::from_ref(&brief)));
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, FALLBACK]), [None, Some(1)]);
    world.load(&[brief]);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, FALLBACK]), [Some(3), None]);
}

#[test]
fn after_a_restart_what_the_kernel_has_serves_on_until_the_names_are_resolved() {
    let brief = Brief {
        fallback: Some(FALLBACK),
        ..Brief::new(VIP, &[(ONE, 3)])
    };
    let before = running(brief.clone());
    let mut world = begun_without_memory(before, first_is_a_name(std::slice::from_ref(&brief)));
    world.run(seconds(30));
    assert_eq!(
        weights(&world, [ONE, FALLBACK]),
        [Some(3), None],
        "the server may be the one without an address, and no fallback serves beside it"
    );
    world.load(&[brief]);
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, FALLBACK]), [Some(3), None]);
    assert_eq!(world.writes, Vec::new(), "nothing was ever changed");
}

#[test]
fn once_the_names_are_resolved_a_server_that_is_none_of_them_leaves() {
    let before = running(web());
    let mut world = begun_without_memory(before, first_is_a_name(&[web()]));
    world.run(seconds(30));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
    let moved = Brief::new(VIP, &[("10.0.0.19", 3), (TWO, 1)]);
    world.load(&[moved]);
    world.run(seconds(3));
    let now = weights(&world, [ONE, TWO, "10.0.0.19"]);
    assert_eq!(now, [None, Some(1), Some(3)]);
}

#[test]
fn a_server_that_an_operator_removes_leaves_while_another_one_has_no_address() {
    let mut world = running(web());
    let next = Brief::new(VIP, &[("10.0.0.19", 1), (ONE, 3)]);
    load(&mut world, first_is_a_name(&[next]));
    world.run(seconds(3));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), None]);
}

#[test]
fn a_service_waits_for_the_name_of_its_vip_and_the_kernel_keeps_what_it_has() {
    let before = kept(&[web(), other()]);
    let mut world = remembering(before, seconds(5));
    load(&mut world, vip_is_a_name(&[web(), other()]));
    world.run(seconds(30));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
    assert_eq!(world.weight(OTHER, TWO), Some(1));
    let snapshot = world.director.snapshot(world.now);
    assert_eq!(snapshot.waiting[0].host, "vip.lab");
    assert_eq!(snapshot.services.len(), 1);
    // It is resolved, and then removed by its operator.
    let mut world = killed(world, seconds(5), &[web(), other()]);
    world.run(seconds(3));
    world.load(&[other()]);
    world.run(seconds(3));
    assert!(!world.kernel.services.contains_key(&service_id(VIP)));
}

#[test]
fn a_live_service_whose_definition_is_broken_stays_without_a_valid_form_of_it() {
    for known in [true, false] {
        let before = kept(&[web(), other()]);
        let mut world = remembering(before, seconds(5));
        load(&mut world, first_is_broken(&[web(), other()], known));
        world.run(seconds(30));
        assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)], "{known}");
        assert_eq!(world.writes, Vec::new(), "{known}");
        // Corrected, it is as it is written; removed, it leaves.
        world.load(&[Brief::new(VIP, &[(ONE, 5)]), other()]);
        world.run(seconds(3));
        assert_eq!(weights(&world, [ONE, TWO]), [Some(5), None], "{known}");
        world.load(&[other()]);
        world.run(seconds(3));
        assert!(!world.kernel.services.contains_key(&service_id(VIP)));
    }
}

#[test]
fn beside_a_broken_service_that_is_known_a_removed_one_leaves() {
    let third = Brief::new("192.0.2.12", &[(ONE, 1)]);
    let before = kept(&[web(), other(), third]);
    let mut world = remembering(before, seconds(5));
    load(&mut world, first_is_broken(&[web(), other()], true));
    world.run(seconds(30));
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
    assert!(
        !world
            .kernel
            .services
            .contains_key(&service_id("192.0.2.12"))
    );
}

#[test]
fn what_is_written_about_a_server_without_an_address_is_validated() {
    let mut definitions = model(&[web()]).definitions().as_ref().clone();
    let server = &mut definitions.services[0].real_servers[0];
    server.host = placed(Host::Name("web1.lab".to_owned()));
    server.weight = Some(placed(-1));
    let (model, findings) = validate(&definitions);
    assert!(model.is_none());
    let message = findings.iter().map(ToString::to_string).collect::<String>();
    assert!(message.contains("weight -1 is out of range"), "{message}");
}

#[test]
fn a_server_without_an_address_counts_among_those_that_a_service_has() {
    let mut world = World::new(Table::default());
    load(&mut world, first_is_a_name(&[web()]));
    world.run(seconds(3));
    let view = &world.director.snapshot(world.now).services[0];
    let states = view
        .servers
        .iter()
        .filter_map(|server| server.health.as_ref());
    let states: Vec<HealthState> = states.map(|health| health.state).collect();
    assert_eq!(states, [HealthState::Up]);
    let model = first_is_a_name(&[web()]);
    let tiers = director_core::recovery::census(
        &model.services()[0],
        &director_core::health::HealthByServer::new(),
        &director_core::overrides::Overrides::default(),
    );
    assert_eq!(
        (tiers[0].all, tiers[0].available, tiers[0].unknown),
        (2, 1, 1)
    );
}

/// The table has a server that clients can reach, every tenth of a second for so long.
fn assert_served(world: &mut World, how_long: Duration) {
    for _ in 0..how_long.as_millis() / 100 {
        world.run(Duration::from_millis(100));
        let entry = &world.kernel.services[&service_id(VIP)];
        let weights = entry.servers.values().map(|server| server.settings.weight);
        assert!(weights.sum::<u32>() > 0, "at {:?}: {entry:?}", world.now);
    }
}

#[test]
fn replaced_servers_serve_until_one_of_their_successors_is_up() {
    let mut world = running(web());
    let successors = Brief::new(VIP, &[("10.0.0.13", 1), ("10.0.0.14", 1)]);
    // Three good answers make a server up, so one of them says nothing yet.
    load(
        &mut world,
        changed(&[successors], |definitions| {
            let check = &mut definitions.services[0].check;
            (check.rise, check.every) = (Some(placed(3)), Some(placed(seconds(8))));
        }),
    );
    // The whole table is read again meanwhile, and everything is weighed again.
    assert_served(&mut world, seconds(30));
    assert_eq!(weights(&world, [ONE, "10.0.0.13"]), [None, Some(1)]);
}

#[test]
fn servers_of_the_kernel_serve_on_while_all_successors_are_names_without_an_address() {
    let mut world = running(web());
    load(
        &mut world,
        changed(&[web()], |definitions| {
            for server in &mut definitions.services[0].real_servers {
                server.host = placed(Host::Name("web1.lab".to_owned()));
            }
        }),
    );
    assert_served(&mut world, seconds(30));
}

#[test]
fn new_names_without_an_address_withdraw_no_service() {
    let minimum = |definitions: &mut Definitions| {
        definitions.services[0].recovery.minimum_healthy = Some(MinimumDefinition {
            place: definitions.services[0].place.clone(),
            servers: Some(placed(Quantity::Percent(60))),
            back_at: None,
            below: Some(placed(BelowMinimum::Withdraw)),
        });
    };
    let mut world = World::new(Table::default());
    load(&mut world, changed(&[web()], minimum));
    world.run(seconds(3));
    load(
        &mut world,
        changed(&[web()], |definitions| {
            minimum(definitions);
            for _ in 0..2 {
                let mut named = definitions.services[0].real_servers[0].clone();
                named.host = placed(Host::Name("new.lab".to_owned()));
                definitions.services[0].real_servers.push(named);
            }
        }),
    );
    assert_served(&mut world, seconds(10));
}

#[test]
fn the_vip_of_a_service_of_which_nothing_valid_is_known_stays() {
    let on_interface = |brief: Brief| Brief {
        interface: Some("eth0"),
        ..brief
    };
    let briefs = [on_interface(web()), on_interface(other())];
    for unknown in [
        first_is_broken(&briefs, true),
        first_is_broken(&briefs, false),
        vip_is_a_name(&briefs),
    ] {
        let mut world = World::new(Table::default());
        world.load(&briefs);
        world.run(seconds(3));
        assert_eq!(world.machine.made.len(), 2);
        load(&mut world, unknown);
        world.run(seconds(30));
        assert_eq!(world.machine.made.len(), 2, "{:?}", world.machine.made);
        world.event(Event::StopRequested);
        assert_eq!(world.machine.made.len(), 2, "{:?}", world.machine.made);
    }
    // What is known to be gone takes its VIP along.
    let mut world = World::new(Table::default());
    world.load(&briefs);
    world.run(seconds(3));
    world.load(&[on_interface(other())]);
    world.run(seconds(30));
    assert_eq!(world.machine.made.len(), 1, "{:?}", world.machine.made);
}
