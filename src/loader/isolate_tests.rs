//! What stays in force when a part of the configuration is broken.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use director_core::definitions::Definitions;
use director_core::model::Model;

use super::super::{LoadContext, Loaded, NameCache, judge, load_with, read_yaml};

const HEAD: &str =
    "director: {on_error: isolate}\ndefaults: {service: {forwarding: nat}}\nservices:\n";
const WEB: &str = "  - {name: web, listen: 'tcp://192.0.2.1:80', real_servers: [10.0.0.1]}\n";
const MAIL: &str = "  - {name: mail, listen: 'tcp://192.0.2.2:25', real_servers: [10.0.0.2]}\n";

fn memory(former: Option<&Loaded>) -> LoadContext {
    LoadContext {
        names: NameCache::known_by(|_, _| Ok(Vec::new())),
        former: former.map(|loaded| Arc::clone(loaded.model.definitions())),
        ..LoadContext::default()
    }
}

fn load(text: &str, former: Option<&Loaded>) -> Loaded {
    let written = read_yaml(&Arc::from("t.yaml"), text.as_bytes(), text);
    judge(&Arc::new(written), &memory(former)).unwrap()
}

/// Each virtual service with its real servers.
fn services(loaded: &Loaded) -> Vec<String> {
    let services = loaded.model.services().iter();
    let shown = services.map(|service| {
        let servers: Vec<String> = service
            .real_servers
            .iter()
            .map(|server| server.endpoint.to_string())
            .collect();
        format!("{} {}: {}", service.name, service.id, servers.join(" "))
    });
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    shown
}

fn isolated(definitions: &Definitions) -> Vec<(String, usize, usize)> {
    let blocks = definitions.isolated.iter();
    blocks
        .map(|block| (block.name.clone(), block.kept, block.faults.len()))
        .collect()
}

const GOOD_WEB: &str = "web tcp 192.0.2.1:80: 10.0.0.1:80";
const GOOD_MAIL: &str = "mail tcp 192.0.2.2:25: 10.0.0.2:25";

#[test]
fn a_broken_service_stays_as_it_was_and_others_change() {
    let first = load(&format!("{HEAD}{WEB}{MAIL}"), None);
    assert_eq!(services(&first), [GOOD_MAIL, GOOD_WEB]);
    // By its name, though its address cannot be read; the other has a new server.
    let broken = "  - {name: web, listen: 'tcp://192.0.2.300:80', schedular: rr}\n";
    let mail = MAIL.replace("10.0.0.2", "10.0.0.3");
    let second = load(&format!("{HEAD}{broken}{mail}"), Some(&first));
    assert_eq!(
        services(&second),
        ["mail tcp 192.0.2.2:25: 10.0.0.3:25", GOOD_WEB]
    );
    assert_eq!(
        isolated(&second.definitions),
        [("service web".to_owned(), 1, 2)]
    );
    assert_eq!(second.report.errors(), 2);
    let remark = second
        .report
        .diagnostics
        .iter()
        .find(|finding| !finding.is_error());
    assert!(
        remark
            .unwrap()
            .message
            .contains("service web has errors and is kept")
    );
    // It is still known when the next reading finds it broken, and when it is mended.
    let third = load(&format!("{HEAD}{broken}{MAIL}"), Some(&second));
    assert_eq!(services(&third), [GOOD_MAIL, GOOD_WEB]);
    let mended = load(&format!("{HEAD}{WEB}{MAIL}"), Some(&third));
    assert_eq!(services(&mended), [GOOD_MAIL, GOOD_WEB]);
    assert_eq!(isolated(&mended.definitions), []);
}

#[test]
fn what_a_restart_has_kept_knows_its_secrets_from_the_broken_block() {
    let mail = "  - {name: mail, listen: 'tcp://192.0.2.2:143', real_servers: [10.0.0.2], check: {imap: {login: probe, \
                password: opensesame}}}\n";
    let first = load(&format!("{HEAD}{mail}"), None);
    // The way through the state file hides them.
    let text = serde_json::to_string(&first.definitions).unwrap();
    assert!(!text.contains("opensesame"));
    let kept = LoadContext {
        former: Some(Arc::new(serde_json::from_str(&text).unwrap())),
        ..memory(None)
    };
    let model = |block: &str| {
        let text = format!("{HEAD}{WEB}{block}");
        let written = read_yaml(&Arc::from("t.yaml"), text.as_bytes(), &text);
        judge(&Arc::new(written), &kept).unwrap().model
    };
    let withheld = |model: &Model| {
        let services = model.services().iter();
        let mail = services.clone().find(|service| service.name == "mail");
        mail.unwrap().real_servers[0].probes[0].kind.is_withheld()
    };
    let elsewhere = mail.replace("10.0.0.2]", "10.0.0.2000]");
    assert!(!withheld(&model(&elsewhere)));
    let there = mail.replace("password", "pasword");
    assert!(withheld(&model(&there)));
}

#[test]
fn a_service_without_a_name_is_known_by_its_address() {
    let web = WEB.replace("name: web, ", "");
    let first = load(&format!("{HEAD}{web}{MAIL}"), None);
    let broken = web.replace("10.0.0.1", "10.0.0.300");
    let second = load(&format!("{HEAD}{broken}"), Some(&first));
    assert_eq!(
        services(&second),
        ["tcp 192.0.2.1:80 tcp 192.0.2.1:80: 10.0.0.1:80"]
    );
}

#[test]
fn a_broken_service_without_a_last_valid_configuration_is_left_out() {
    let broken = WEB.replace("10.0.0.1", "10.0.0.300");
    let loaded = load(&format!("{HEAD}{broken}{MAIL}"), None);
    assert_eq!(services(&loaded), [GOOD_MAIL]);
    assert_eq!(
        isolated(&loaded.definitions),
        [("service web".to_owned(), 0, 1)]
    );
}

#[test]
fn a_file_whose_broken_service_is_unknown_is_kept_as_a_whole() {
    let first = load(&format!("{HEAD}{WEB}{MAIL}"), None);
    let second = load(&format!("{HEAD}  - {{lisen: x}}\n{MAIL}"), Some(&first));
    assert_eq!(services(&second), [GOOD_MAIL, GOOD_WEB]);
}

#[test]
fn of_two_services_at_one_address_the_first_counts() {
    let twin = WEB.replace("web", "twin").replace("10.0.0.1", "10.0.0.9");
    let loaded = load(&format!("{HEAD}{WEB}{twin}{MAIL}"), None);
    assert_eq!(services(&loaded), [GOOD_MAIL, GOOD_WEB]);
}

#[test]
fn an_included_file_that_cannot_be_read_keeps_its_services() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let load = |former: Option<&Loaded>| {
        let main: &Path = &path("main.yaml");
        load_with(main, None, &memory(former)).unwrap()
    };
    fs::write(
        path("main.yaml"),
        format!("{HEAD}{WEB}include: mail.yaml\n"),
    )
    .unwrap();
    let included = |text: &str| {
        let defaults = "defaults: {service: {forwarding: nat}}\nservices:\n";
        fs::write(path("mail.yaml"), format!("{defaults}{text}")).unwrap();
    };
    included(MAIL);
    let first = load(None);
    assert_eq!(services(&first), [GOOD_MAIL, GOOD_WEB]);
    included("  - {name: [\n");
    let second = load(Some(&first));
    assert_eq!(services(&second), [GOOD_MAIL, GOOD_WEB]);
    fs::remove_file(path("mail.yaml")).unwrap();
    let third = load(Some(&second));
    assert_eq!(services(&third), [GOOD_MAIL, GOOD_WEB]);
    included("  []\n");
    assert_eq!(services(&load(Some(&third))), [GOOD_WEB]);
}

#[test]
fn without_the_setting_one_fault_refuses_the_whole() {
    let text = format!("{HEAD}{}{MAIL}", WEB.replace("10.0.0.1", "10.0.0.300"));
    let text = text.replace("isolate", "refuse");
    let written = read_yaml(&Arc::from("t.yaml"), text.as_bytes(), &text);
    assert!(judge(&Arc::new(written), &memory(None)).is_err());
}

/// What is refused as a whole.
fn refused(text: &str, former: &Loaded) -> bool {
    let written = read_yaml(&Arc::from("t.yaml"), text.as_bytes(), text);
    judge(&Arc::new(written), &memory(Some(former))).is_err()
}

#[test]
fn an_error_that_belongs_to_no_service_refuses_the_whole() {
    let first = load(&format!("{HEAD}{WEB}{MAIL}"), None);
    for (good, bad) in [
        (
            "on_error: isolate",
            "on_error: isolate, profil: nat-gateway",
        ),
        (
            "on_error: isolate",
            "on_error: isolate, profile: nat-gatewy",
        ),
        ("on_error: isolate", "on_error: isolate, timeouts: {tcp: 5}"),
        ("on_error: isolate", "on_error: isolate, freeze: 5 apples"),
        ("defaults:", "defauts:"),
        ("services:\n", "defaults: {check: tcp}\nservices:\n"),
        ("services:\n", "groups: {a: [10.0.0.300]}\nservices:\n"),
    ] {
        let text = format!("{HEAD}{WEB}{MAIL}").replacen(good, bad, 1);
        assert!(refused(&text, &first), "{text}");
    }
    let second = format!("{HEAD}{WEB}services:\n{MAIL}");
    assert!(refused(&second, &first), "{second}");
}

#[test]
fn a_key_that_a_service_has_twice_is_a_fault_of_that_service() {
    let first = load(&format!("{HEAD}{WEB}{MAIL}"), None);
    let twice = WEB.replace("real_servers:", "real_servers: [10.0.0.9], real_servers:");
    for text in [
        format!("{HEAD}{twice}{MAIL}"),
        format!("{HEAD}{MAIL}{twice}"),
    ] {
        let second = load(&text, Some(&first));
        assert_eq!(services(&second), [GOOD_MAIL, GOOD_WEB], "{text}");
        assert_eq!(
            isolated(&second.definitions),
            [("service web".to_owned(), 1, 1)]
        );
    }
}

#[test]
fn a_conflict_that_is_reported_elsewhere_than_at_the_address_is_a_fault_of_its_service() {
    let vip = |service: &str, interface: &str| {
        service.replace("real", &format!("vip: {{interface: {interface}}}, real"))
    };
    let web = vip(WEB, "eth0");
    let mail = vip(MAIL, "eth1").replace("192.0.2.2", "192.0.2.1");
    let loaded = load(&format!("{HEAD}{web}{mail}"), None);
    assert_eq!(services(&loaded), [GOOD_WEB]);
}
