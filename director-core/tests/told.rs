//! What the log says, as stories on a virtual clock: what another program made, a slow start, and what the kernel refuses.

mod world;

use std::time::Duration;

use director_core::definitions::{RecoveryDefinition, SlowStartDefinition};
use director_core::director::{Director, Effect, Event};
use director_core::model::ServiceId;
use director_core::moment::Moment;
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};
use director_core::persistent_state::PersistentState;
use director_core::plan::OpFailure;
use director_core::table::Table;
use world::{Brief, World, address, endpoint, model, place, placed, service_id};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn told(world: &World, word: &str) -> Vec<String> {
    let all = world.notices.iter().map(ToString::to_string);
    all.filter(|words| words.contains(word)).collect()
}

/// A kernel that has this service with both servers.
fn kernel_with_both() -> Table {
    let mut world = World::new(Table::default());
    world.load(&[Brief::new(VIP, &[(ONE, 1), (TWO, 1)])]);
    world.run(seconds(3));
    world.kernel
}

#[test]
fn a_server_of_another_program_was_never_configured() {
    for (ours, reason) in [
        (false, "(not configured, found in the kernel at the start)"),
        (true, "(no longer configured)"),
    ] {
        let mut world = World::new(kernel_with_both());
        let mut saved = PersistentState::default();
        saved.owned.extend(ours.then(|| service_id(VIP)));
        world.event(Event::Restored { saved });
        world.load(&[Brief::new(VIP, &[(ONE, 1)])]);
        world.run(seconds(3));
        assert_eq!(world.weight(VIP, TWO), None);
        let removed = told(&world, &endpoint(TWO).to_string());
        assert!(
            removed.iter().any(|words| words.contains(reason)),
            "{reason}: {removed:?}"
        );
    }
}

#[test]
fn a_slow_start_is_told_at_its_beginning_and_at_its_end() {
    let brief = Brief {
        recovery: RecoveryDefinition {
            slow_start: Some(SlowStartDefinition {
                place: place(),
                window: Some(placed(seconds(60))),
                aggression: None,
                from: None,
            }),
            ..RecoveryDefinition::default()
        },
        ..Brief::new(VIP, &[(ONE, 1), (TWO, 1)])
    };
    let mut world = World::new(Table::default());
    world.load(&[brief]);
    world.run(seconds(90));
    world.dead.insert(address(TWO));
    world.run(seconds(10));
    assert_eq!(world.weight(VIP, TWO), None);
    world.notices.clear();
    world.dead.clear();
    world.run(seconds(90));
    assert_eq!(world.weight(VIP, TWO), Some(100));
    let lines = told(&world, "weight");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("slow start at 10 %"), "{lines:?}");
    assert!(lines[1].contains("-> 100"), "{lines:?}");
}

#[test]
fn readiness_says_how_much_the_kernel_refuses() {
    let mut director = Director::new();
    let model = model(&[Brief::new(VIP, &[(ONE, 1)])]);
    let id: ServiceId = service_id(VIP);
    let mut now = Moment::START;
    let mut events = vec![
        Event::TableRead {
            table: Table::default(),
        },
        Event::Loaded {
            model,
            warnings: Vec::new(),
        },
    ];
    let mut ready = None;
    for _ in 0..60 {
        now = now + seconds(1);
        events.insert(0, Event::Woken);
        while let Some(event) = events.pop() {
            for effect in director.handle(event, now) {
                match effect {
                    Effect::Apply(plan) => events.push(Event::Applied {
                        services: vec![id],
                        failures: plan
                            .steps
                            .into_iter()
                            .map(|step| OpFailure {
                                op: step.op,
                                errno: 2,
                                message: "no such scheduler".to_owned(),
                            })
                            .collect(),
                        observed: Ok(Table::default()),
                    }),
                    Effect::ReadTable => events.push(Event::TableRead {
                        table: Table::default(),
                    }),
                    Effect::Ready { refused } => ready = Some(refused),
                    _ => {}
                }
            }
        }
    }
    assert!(ready.is_some_and(|refused| refused > 0), "{ready:?}");
}

#[test]
fn an_override_that_a_new_port_leaves_behind_is_told() {
    let mut world = World::new(Table::default());
    let brief = || Brief::new(VIP, &[(ONE, 1), (TWO, 1)]);
    world.load(&[brief()]);
    world.run(seconds(3));
    let drain = NewOverride {
        target: (service_id(VIP), endpoint(ONE)),
        kind: OverrideKind::Drain,
        reason: "disk".to_owned(),
        lasts: None,
    };
    world.event(Event::OverrideCommanded {
        command: OverrideCommand::Set {
            author: "ann".to_owned(),
            overrides: vec![drain],
        },
    });
    // A machine that leaves is meant to.
    world.load(&[Brief::new(VIP, &[(TWO, 1)])]);
    assert_eq!(told(&world, "no longer applies"), Vec::<String>::new());
    world.load(&[brief()]);
    let moved = Brief {
        port: 81,
        ..brief()
    };
    world.load(&[moved]);
    assert_eq!(
        told(&world, "no longer applies"),
        [
            "tcp 192.0.2.10:80 10.0.0.11:80 drain: disk no longer applies: tcp 192.0.2.10:80 has no server 10.0.0.11:80 now, and \
             tcp 192.0.2.10:81 has 10.0.0.11:81; set the override again there (override by ann)"
        ]
    );
}
