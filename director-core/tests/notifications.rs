//! What those are told who want to be told, as stories on a virtual clock: many events make one message.

mod world;

use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::HookDefinition;
use director_core::director::Event;
use director_core::model::validate::validate;
use director_core::model::{HookWay, Model, Topic};
use director_core::notify::{EventMessage, Notification};
use director_core::table::Table;
use world::{Brief, World, address, endpoint, model, place, placed, service_id};

const VIP: &str = "192.0.2.10";
const SERVERS: [&str; 4] = ["10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"];

fn told_of(topics: &[Topic]) -> World {
    let servers = SERVERS.map(|server| (server, 1));
    let brief = Brief::new(VIP, &servers);
    let mut world = World::new(Table::default());
    // Definitions that name nobody tell nobody.
    world.load(std::slice::from_ref(&brief));
    world.run(Duration::from_secs(10));
    assert_eq!(messages(&mut world), []);
    let mut definitions = model(&[brief]).definitions().as_ref().clone();
    definitions.notify = vec![HookDefinition {
        place: place(),
        way: Some(HookWay::Command(vec!["/bin/page".to_owned()])),
        about: topics.iter().map(|topic| placed(*topic)).collect(),
        gather: Some(placed(Duration::from_secs(5))),
    }];
    let (model, findings) = validate(&definitions);
    assert_eq!(findings, []);
    world.event(Event::Loaded {
        model: Arc::new(model.unwrap_or_else(Model::empty)),
        warnings: Vec::new(),
    });
    world.run(Duration::from_secs(10));
    world
}

fn messages(world: &mut World) -> Vec<EventMessage> {
    let told = world
        .alerts
        .drain(..)
        .filter_map(|notification| match notification {
            Notification::EventMessage(message) => Some(message),
            _ => None,
        });
    told.collect()
}

#[test]
fn servers_that_go_down_together_make_one_message() {
    let mut world = told_of(&[Topic::Servers, Topic::Services]);
    assert_eq!(messages(&mut world), [], "a start is no news");
    world.dead.extend(SERVERS.map(address));
    world.run(Duration::from_secs(10));
    let told = messages(&mut world);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].summary, "1 service down, 4 servers down");
    assert_eq!((told[0].events.len(), told[0].left_out), (6, 0));
    let nobody = &world.kernel.services[&service_id(VIP)];
    assert!(
        !nobody.servers.contains_key(&endpoint(SERVERS[0])),
        "it is so"
    );
    world.dead.remove(&address(SERVERS[0]));
    world.run(Duration::from_secs(10));
    let told = messages(&mut world);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].summary, "1 service degraded, 1 server up");
    assert_eq!(world.weight(VIP, SERVERS[0]), Some(1), "it is so");
}

#[test]
fn a_single_event_speaks_for_itself_and_only_what_was_asked_for_is_told() {
    let mut world = told_of(&[Topic::Servers]);
    world.dead.insert(address(SERVERS[1]));
    world.run(Duration::from_secs(10));
    let told = messages(&mut world);
    let summaries: Vec<&str> = told.iter().map(|told| told.summary.as_str()).collect();
    assert_eq!(
        summaries,
        ["tcp 192.0.2.10:80 10.0.0.12:80 up -> down: no answer within 1 s, 1 of 1"]
    );
}

#[test]
fn at_the_end_nothing_waits() {
    let mut world = told_of(&[Topic::Servers]);
    world.dead.insert(address(SERVERS[1]));
    world.run(Duration::from_secs(2));
    assert_eq!(messages(&mut world), []);
    world.event(Event::StopRequested);
    assert!(world.exited);
    assert_eq!(messages(&mut world).len(), 1);
}

#[test]
fn what_waits_for_those_who_are_told_no_more_still_reaches_them() {
    let mut world = told_of(&[Topic::Servers]);
    world.dead.insert(address(SERVERS[1]));
    world.run(Duration::from_secs(2));
    let servers = SERVERS.map(|server| (server, 1));
    world.load(&[Brief::new(VIP, &servers)]);
    assert_eq!(messages(&mut world), [], "gathering goes on");
    world.run(Duration::from_secs(10));
    assert_eq!(messages(&mut world).len(), 1);
    world.dead.clear();
    world.run(Duration::from_secs(10));
    assert_eq!(messages(&mut world), [], "and nothing is sent now");
}
