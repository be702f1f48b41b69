//! Changed answers of the name service, within the safety limits and beyond.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use director_core::definitions::HostName;
use director_core::table::Table;
use tokio::sync::mpsc;

use super::reload_tests::event_loop_with;
use super::{EventLoop, Input};
use crate::daemon::input::{FinishedLoad, SafetyCheck};
use crate::loader::{LoadContext, Loaded, NameCache, load_with};

const WEB: &str = "192.0.2.1";
const MAIL: &str = "192.0.2.2";
const TEXT: &str = "services:
  - {listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [web.example.org]}
  - {listen: 'tcp://192.0.2.2:25', forwarding: nat, real_servers: [mail.example.org]}
";

fn host(name: &str, addresses: &[&str]) -> HostName {
    HostName {
        name: name.to_owned(),
        addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        ..HostName::default()
    }
}

/// The configuration with these answers of the name service.
fn answered(file: &Path, web: &[&str], mail: &[&str]) -> Loaded {
    let names = NameCache::without_lookups();
    names.remember(&[host("web.example.org", web), host("mail.example.org", mail)]);
    let memory = LoadContext {
        names,
        ..LoadContext::default()
    };
    load_with(file, None, &memory).unwrap()
}

fn reading(event_loop: &EventLoop, loaded: Loaded) -> FinishedLoad {
    FinishedLoad {
        number: event_loop.reload_count,
        outcome: Ok(Box::new(loaded)),
        watch: None,
        safety: SafetyCheck::By(Some(Table::default())),
        answers: Vec::new(),
    }
}

fn servers(event_loop: &EventLoop, vip: &str) -> Vec<String> {
    let in_force = event_loop.in_force.as_ref().unwrap();
    let vip: IpAddr = vip.parse().unwrap();
    let services = in_force.model.services().iter();
    let service = services.filter(|service| service.id.to_string().contains(&vip.to_string()));
    let servers = service.flat_map(|service| &service.real_servers);
    servers
        .map(|server| server.endpoint.address.to_string())
        .collect()
}

fn refused(event_loop: &EventLoop) -> Vec<String> {
    let refusal = event_loop.director.snapshot(event_loop.now()).refusal;
    let diagnostics = refusal.into_iter().flat_map(|refusal| refusal.diagnostics);
    diagnostics.map(|finding| finding.message).collect()
}

/// Runs what has been started, and forgets what it sent.
async fn settle(received: &mut mpsc::UnboundedReceiver<Input>) {
    tokio::task::yield_now().await;
    while received.try_recv().is_ok() {}
}

#[tokio::test]
async fn a_refused_change_of_names_holds_back_its_service_only_and_later_answers_are_used() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ipvsd.yaml");
    fs::write(&file, TEXT).unwrap();
    let (mut event_loop, mut received) =
        event_loop_with(file.clone(), NameCache::without_lookups());
    event_loop.config_refresh.refused_every = Duration::from_millis(50);
    let web = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    event_loop.adopt(answered(&file, &web, &["10.0.1.1"]), None);
    assert_eq!(servers(&event_loop, WEB), web);

    let next = answered(&file, &web[..1], &["10.0.1.2"]);
    let next = reading(&event_loop, next);
    event_loop.names_read(next);
    assert_eq!(servers(&event_loop, WEB), web);
    assert_eq!(servers(&event_loop, MAIL), ["10.0.1.2"]);
    let words = "this change leaves 1 of the 3 serving real servers of tcp 192.0.2.1:80; one change may remove at most 50 %";
    assert_eq!(refused(&event_loop), [words]);
    // A restart begins with what is in use.
    let saved = event_loop.names.iter().map(|name| name.addresses.len());
    assert_eq!(saved.collect::<Vec<_>>(), [1, 3]);

    // The same answer is looked at again, since the limits may allow it later.
    settle(&mut received).await;
    let retried = tokio::time::timeout(Duration::from_secs(20), received.recv()).await;
    assert!(
        matches!(retried, Ok(Some(Input::NamesChanged))),
        "{retried:?}"
    );
    let again = answered(&file, &web[..1], &["10.0.1.2"]);
    let again = reading(&event_loop, again);
    event_loop.names_read(again);
    assert_eq!(servers(&event_loop, WEB), web);
    assert_eq!(refused(&event_loop), [words]);

    let better = answered(&file, &web[..2], &["10.0.1.2"]);
    let better = reading(&event_loop, better);
    event_loop.names_read(better);
    assert_eq!(servers(&event_loop, WEB), web[..2]);
    assert_eq!(refused(&event_loop), [""; 0]);
}

#[tokio::test]
async fn a_reload_while_new_addresses_are_refused_keeps_the_former_ones() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ipvsd.yaml");
    fs::write(&file, TEXT).unwrap();
    let web = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    let names = NameCache::without_lookups();
    names.remember(&[host("web.example.org", &web[..1])]);
    let (mut event_loop, mut received) = event_loop_with(file.clone(), names);
    event_loop.adopt(answered(&file, &web, &["10.0.1.1"]), None);
    let next = reading(&event_loop, answered(&file, &web[..1], &["10.0.1.1"]));
    event_loop.names_read(next);
    assert_eq!(refused(&event_loop).len(), 1);
    fs::write(&file, TEXT.replace("192.0.2.2:25", "192.0.2.3:25")).unwrap();
    event_loop.reload(None, false);
    let reading = loop {
        match received.recv().await {
            Some(Input::FilesRead(reading)) => break reading,
            _ => continue,
        }
    };
    event_loop.files_read(reading);
    assert_eq!(servers(&event_loop, "192.0.2.3"), ["10.0.1.1"]);
    assert_eq!(servers(&event_loop, WEB), web);
}

#[tokio::test]
async fn names_that_shrink_step_by_step_stop_where_one_change_would() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ipvsd.yaml");
    fs::write(&file, TEXT).unwrap();
    let (mut event_loop, _received) = event_loop_with(file.clone(), NameCache::without_lookups());
    let web = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    event_loop.adopt(answered(&file, &web, &["10.0.1.1"]), None);
    for left in [2, 1] {
        let next = reading(&event_loop, answered(&file, &web[..left], &["10.0.1.1"]));
        event_loop.names_read(next);
    }
    assert_eq!(servers(&event_loop, WEB), web[..2]);
    // The operator accepts them.
    let forced = Ok(Box::new(answered(&file, &web[..1], &["10.0.1.1"])));
    event_loop.take_over(forced, None, SafetyCheck::Forced);
    assert_eq!(servers(&event_loop, WEB), web[..1]);
    assert_eq!(refused(&event_loop), [""; 0]);
}
