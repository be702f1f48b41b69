//! What one change by people may take out, as stories on a virtual clock: definitions that are read again, and overrides.

#[path = "guard/steps.rs"]
mod steps;
mod world;

use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{
    Definitions, DrainDefinition, GuardDefinition, RecoveryDefinition,
};
use director_core::director::{Director, Event};
use director_core::guard::Objection;
use director_core::model::validate::validate;
use director_core::model::{Model, Quantity};
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::persistent_state::PersistentState;
use director_core::table::Table;
use world::{Brief, World, address, endpoint, model, place, placed, service_id};

const VIP: &str = "192.0.2.10";
const OTHER: &str = "192.0.2.11";
const THIRD: &str = "192.0.2.12";
const POOL: [&str; 4] = ["10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"];

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Half of the servers, half of the services, a hundred connections.
fn limits() -> GuardDefinition {
    GuardDefinition::Limits {
        place: place(),
        servers: Some(placed(Quantity::Percent(50))),
        services: Some(placed(Quantity::Percent(50))),
        connections: Some(placed(100)),
    }
}

fn guarded(briefs: &[Brief], guard: GuardDefinition) -> Arc<Model> {
    let definitions = Definitions {
        guard: Some(guard),
        ..model(briefs).definitions().as_ref().clone()
    };
    let (model, findings) = validate(&definitions);
    assert!(model.is_some(), "{findings:?}");
    Arc::new(model.unwrap_or_else(Model::empty))
}

fn pool(vip: &'static str, servers: &[&'static str]) -> Brief {
    let servers: Vec<(&'static str, i64)> = servers.iter().map(|server| (*server, 2)).collect();
    Brief::new(vip, &servers)
}

fn running(briefs: &[Brief], guard: GuardDefinition) -> World {
    let mut world = World::new(Table::default());
    world.event(Event::Loaded {
        model: guarded(briefs, guard),
        warnings: Vec::new(),
    });
    world.run(seconds(3));
    world
}

fn dies(world: &mut World, server: &str) {
    world.dead.insert(address(server));
    world.run(seconds(2));
}

/// So many connections are active at each server of the service.
fn connections(world: &mut World, active: u32) {
    let entry = world.kernel.services.get_mut(&service_id(VIP));
    let servers = entry
        .into_iter()
        .flat_map(|entry| entry.servers.values_mut());
    servers.for_each(|known| known.connections.active = active);
    // The director has to read them.
    world.run(seconds(30));
}

fn override_(kind: OverrideKind, servers: &[&str]) -> OverrideCommand {
    let new_override = |server: &&str| NewOverride {
        target: (service_id(VIP), endpoint(server)),
        kind,
        reason: "maintenance work".to_owned(),
        lasts: None,
    };
    OverrideCommand::Set {
        author: "ann".to_owned(),
        overrides: servers.iter().map(new_override).collect(),
    }
}

/// What the guard says of an override.
fn said(world: &World, command: &OverrideCommand) -> Vec<String> {
    let objections = world
        .director
        .objections_to_command(command, None, world.now);
    objections.iter().map(ToString::to_string).collect()
}

/// What the guard says of definitions that are read again.
fn said_of(world: &World, briefs: &[Brief]) -> Vec<String> {
    let next = guarded(briefs, limits());
    let objections = world.director.objections(&next, None, world.now);
    objections.iter().map(ToString::to_string).collect()
}

const NOTHING: [&str; 0] = [];
const ONE_IN_USE: &str = "this change leaves 1 of the 4 configured real servers of tcp 192.0.2.10:80 in use; at most 50 % \
    may be out of use";
const TOO_MANY: [&str; 1] = [
    "this change leaves 1 of the 4 serving real servers of tcp 192.0.2.10:80; one change may remove at most 50 %",
];

#[test]
fn a_reload_that_takes_out_most_of_a_pool_is_objected_to() {
    let world = running(&[pool(VIP, &POOL)], limits());
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[..2])]), NOTHING);
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[..1])]), TOO_MANY);
}

#[test]
fn servers_that_are_replaced_are_not_lost() {
    let world = running(&[pool(VIP, &POOL[..2])], limits());
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[2..])]), NOTHING);
}

#[test]
fn who_is_down_already_cannot_be_taken_out() {
    let mut world = running(&[pool(VIP, &POOL)], limits());
    dies(&mut world, POOL[0]);
    dies(&mut world, POOL[1]);
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[2..])]), NOTHING);
    assert_eq!(
        said_of(&world, &[pool(VIP, &POOL[..2])]),
        [
            "this change leaves 0 of the 2 serving real servers of tcp 192.0.2.10:80; one change may remove at most 50 %"
        ]
    );
}

#[test]
fn the_guard_objects_to_every_override_that_takes_out_most_of_a_pool() {
    let kinds = [
        OverrideKind::Drain,
        OverrideKind::Disable,
        OverrideKind::Maintenance,
        OverrideKind::Weight(0),
    ];
    for kind in kinds {
        let world = running(&[pool(VIP, &POOL)], limits());
        assert_eq!(
            said(&world, &override_(kind, &POOL[..2])),
            NOTHING,
            "{kind}"
        );
        assert_eq!(
            said(&world, &override_(kind, &POOL[..3])),
            TOO_MANY,
            "{kind}"
        );
    }
    let world = running(&[pool(VIP, &POOL)], limits());
    assert_eq!(
        said(&world, &override_(OverrideKind::Weight(9), &POOL)),
        NOTHING,
        "another weight takes nobody out"
    );
}

#[test]
fn overrides_one_by_one_stop_where_one_alone_would_and_clearing_is_always_allowed() {
    let mut world = running(&[pool(VIP, &POOL)], limits());
    for server in &POOL[..2] {
        let command = override_(OverrideKind::Drain, &[server]);
        assert_eq!(said(&world, &command), NOTHING);
        world.event(Event::OverrideCommanded { command });
        world.run(seconds(1));
    }
    let third = override_(OverrideKind::Drain, &POOL[2..3]);
    assert_eq!(said(&world, &third), [ONE_IN_USE]);
    assert_eq!(world.weight(VIP, POOL[0]), Some(0));
    // The same override again for a server that is out already removes no server.
    assert_eq!(
        said(&world, &override_(OverrideKind::Disable, &POOL[..1])),
        NOTHING
    );
    let clear = OverrideCommand::Clear {
        author: "ann".to_owned(),
        targets: vec![(service_id(VIP), endpoint(POOL[0]))],
    };
    assert_eq!(said(&world, &clear), NOTHING);
    world.event(Event::OverrideCommanded { command: clear });
    world.run(seconds(1));
    assert_eq!(said(&world, &third), NOTHING);
}

#[test]
fn small_steps_by_definitions_and_overrides_are_seen_together() {
    let mut world = running(&[pool(VIP, &POOL)], limits());
    let command = override_(OverrideKind::Disable, &POOL[..2]);
    world.event(Event::OverrideCommanded { command });
    world.run(seconds(1));
    assert_eq!(said_of(&world, &[pool(VIP, &POOL)]), NOTHING);
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[..3])]), [ONE_IN_USE]);
    // Those that are out already may go.
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[2..])]), NOTHING);
}

#[test]
fn what_failed_checks_take_out_counts_for_the_step_alone() {
    let mut world = running(&[pool(VIP, &POOL)], limits());
    dies(&mut world, POOL[0]);
    dies(&mut world, POOL[1]);
    let disable = |server| override_(OverrideKind::Disable, &[server]);
    assert_eq!(said(&world, &disable(POOL[2])), NOTHING);
    assert_eq!(said(&world, &disable(POOL[0])), NOTHING);
}

/// What the guard says of a start with these definitions, after a director with four servers and another service.
fn said_at_start(table: bool, briefs: &[Brief]) -> Vec<String> {
    let mut world = World::new(Table::default());
    world.event(Event::Restored {
        saved: PersistentState::default(),
    });
    let former = guarded(&[pool(VIP, &POOL), pool(OTHER, &POOL)], limits());
    world.event(Event::Loaded {
        model: Arc::clone(&former),
        warnings: Vec::new(),
    });
    world.run(seconds(3));
    let saved = world.director.persistent_state();
    let kernel = if table {
        world.kernel
    } else {
        Table::default()
    };
    let next = guarded(briefs, limits());
    let objections = Director::objections_at_start(saved, former, &next, &kernel, world.now);
    objections.iter().map(ToString::to_string).collect()
}

#[test]
fn a_start_with_a_changed_file_is_guarded_like_a_reload() {
    let other = || pool(OTHER, &POOL);
    for table in [true, false] {
        let same = [pool(VIP, &POOL), other()];
        assert_eq!(said_at_start(table, &same), NOTHING);
        let two = [pool(VIP, &POOL[..2]), other()];
        assert_eq!(said_at_start(table, &two), NOTHING);
        let one = [pool(VIP, &POOL[..1]), other()];
        let words = if table { TOO_MANY } else { [ONE_IN_USE] };
        assert_eq!(said_at_start(table, &one), words, "{table}");
    }
    let three = [VIP, OTHER, THIRD].map(|vip| pool(vip, &POOL));
    assert_eq!(said_at_start(true, &three), NOTHING);
    assert_eq!(said_at_start(true, &[]).len(), 1, "both services go");
}

#[test]
fn the_guard_counts_servers_that_are_already_down() {
    let mut world = running(&[pool(VIP, &POOL[..2])], limits());
    let drain = override_(OverrideKind::Drain, &POOL[..1]);
    assert_eq!(said(&world, &drain), NOTHING);
    dies(&mut world, POOL[1]);
    assert_eq!(said(&world, &drain).len(), 1);
}

#[test]
fn most_services_do_not_go_at_once() {
    let all = [VIP, OTHER, THIRD].map(|vip| pool(vip, &POOL));
    let world = running(&all, limits());
    assert_eq!(said_of(&world, &all[..2]), NOTHING);
    assert_eq!(
        said_of(&world, &all[..1]),
        [
            "this change removes 2 of 3 virtual services (tcp 192.0.2.11:80, tcp 192.0.2.12:80); one change may remove at most 50 %"
        ]
    );
}

#[test]
fn services_of_one_block_are_named_once() {
    let names = ["b", "b", "c"].map(str::to_owned).to_vec();
    let objection = Objection::Services {
        removed: Vec::new(),
        were_more: false,
        names,
        all: 4,
        limit: Quantity::Percent(50),
    };
    assert_eq!(
        objection.to_string(),
        "this change removes 3 of 4 virtual services (b, c); one change may remove at most 50 %"
    );
}

#[test]
fn many_connections_are_not_cut_off() {
    let mut world = running(&[pool(VIP, &POOL)], limits());
    connections(&mut world, 60);
    let disable = |count: usize| override_(OverrideKind::Disable, &POOL[..count]);
    assert_eq!(said(&world, &disable(1)), NOTHING);
    let words = "this change ends 120 active connections; one change may end at most 100";
    assert_eq!(said(&world, &disable(2)), [words]);
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[2..])]), [words]);
    // Who drains cuts nobody off.
    assert_eq!(
        said(&world, &override_(OverrideKind::Drain, &POOL[..2])),
        NOTHING
    );
    let drains = Brief {
        recovery: RecoveryDefinition {
            drain: Some(DrainDefinition {
                off: false,
                place: place(),
                timeout: Some(placed(seconds(600))),
                then: None,
            }),
            ..RecoveryDefinition::default()
        },
        ..pool(VIP, &POOL[2..])
    };
    assert_eq!(said_of(&world, &[drains]), NOTHING);
}

#[test]
fn connections_of_a_service_that_stays_without_its_vip_count_as_cut_off() {
    let with_vip = Brief {
        interface: Some("eth0"),
        ..pool(VIP, &POOL)
    };
    let mut world = running(std::slice::from_ref(&with_vip), limits());
    connections(&mut world, 60);
    assert_eq!(said_of(&world, &[with_vip]), NOTHING);
    let words = "this change ends 240 active connections; one change may end at most 100";
    assert_eq!(said_of(&world, &[pool(VIP, &POOL)]), [words]);
}

#[test]
fn without_a_guard_everything_is_let_through() {
    let disable = override_(OverrideKind::Disable, &POOL);
    let mut world = running(&[pool(VIP, &POOL)], GuardDefinition::Off(place()));
    assert_eq!(said(&world, &disable), NOTHING);
    // Definitions of the other dialect have none.
    world.load(&[pool(VIP, &POOL)]);
    world.run(seconds(3));
    assert_eq!(said(&world, &disable), NOTHING);
    // The limits that count for a reload are those that come with it.
    assert_eq!(said_of(&world, &[pool(VIP, &POOL[..1])]), TOO_MANY);
}

#[test]
fn each_objection_says_how_to_insist() {
    let mut world = running(&[pool(VIP, &POOL)], limits());
    connections(&mut world, 60);
    let command = override_(OverrideKind::Disable, &POOL[..3]);
    let objections = world
        .director
        .objections_to_command(&command, None, world.now);
    assert_eq!(objections.len(), 2);
    for objection in objections {
        assert!(objection.hint().contains("reload --force"));
        assert!(objection.hint_for_overrides().contains("--force"));
        assert!(!objection.hint_for_overrides().contains("reload"));
    }
}
