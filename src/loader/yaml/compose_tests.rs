//! What defaults, named checks, groups and many addresses come to.

use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{CheckDefinition, CheckKindDefinition, ServiceDefinition};
use director_core::model::OnFailure;

use crate::loader::yaml;

fn services(text: &str) -> Vec<ServiceDefinition> {
    let read = yaml::read(text, &Arc::from("t.yaml"));
    assert_eq!(read.findings, Vec::new());
    read.definitions.unwrap().services
}

fn check(head: &str, check: &str) -> CheckDefinition {
    let text = format!("{head}\nservices: [{{listen: 'tcp://192.0.2.1:80'{check}}}]\n");
    services(&text).remove(0).check
}

fn faults(text: &str) -> Vec<String> {
    let read = yaml::read(text, &Arc::from("t.yaml"));
    read.findings.iter().map(ToString::to_string).collect()
}

fn path(check: &CheckDefinition) -> Option<&str> {
    match &check.kind.as_ref()?.value {
        CheckKindDefinition::Http(http) => Some(http.path.as_ref()?.value.as_str()),
        _ => None,
    }
}

fn seconds(check: &CheckDefinition) -> Option<u64> {
    check.every.as_ref().map(|every| every.value.as_secs())
}

const CHECKS: &str = "checks:
  page: {http: {path: /page, host: www.example.org}, every: 7s, fall: 4}
  deep: {use: page, http: {path: /deep}, every: 9s}";

#[test]
fn a_check_by_name_is_the_check_of_that_name() {
    let page = check(CHECKS, ", check: page");
    assert_eq!((path(&page), seconds(&page)), (Some("/page"), Some(7)));
    assert_eq!(page.every.as_ref().unwrap().place.line, 2);
    let deep = check(CHECKS, ", check: deep");
    assert_eq!((path(&deep), seconds(&deep)), (Some("/deep"), Some(9)));
    assert_eq!(deep.fall.as_ref().unwrap().value, 4);
    let CheckKindDefinition::Http(http) = &deep.kind.as_ref().unwrap().value else {
        panic!("not an http check");
    };
    assert_eq!(http.virtual_host.as_ref().unwrap().value, "www.example.org");
}

#[test]
fn what_is_written_counts_in_place_of_what_it_starts_from() {
    let own = check(CHECKS, ", check: {use: page, every: 1s, tcp: }");
    assert_eq!(
        own.kind.as_ref().unwrap().value,
        CheckKindDefinition::Connect
    );
    assert_eq!((seconds(&own), own.fall.unwrap().value), (Some(1), 4));
}

#[test]
fn defaults_fill_what_is_left_open_and_nothing_else() {
    let head = "defaults: {check: {http: {path: /default}, every: 3s, rise: 2}, service: {on_failure: quiesce}}";
    let none = check(head, "");
    assert_eq!((path(&none), seconds(&none)), (Some("/default"), Some(3)));
    let word = check(head, ", check: tcp");
    assert_eq!(
        word.kind.as_ref().unwrap().value,
        CheckKindDefinition::Connect
    );
    assert_eq!((seconds(&word), word.rise.unwrap().value), (Some(3), 2));
    let all = services(&format!(
        "{head}\nservices: [{{listen: 'tcp://192.0.2.1:80'}}, {{listen: 'tcp://192.0.2.2:80', on_failure: remove}}]\n"
    ));
    let failures: Vec<OnFailure> = all
        .iter()
        .map(|service| service.on_failure.as_ref().unwrap().value)
        .collect();
    assert_eq!(failures, [OnFailure::Quiesce, OnFailure::Remove]);
}

#[test]
fn defaults_and_named_checks_go_together() {
    let head = format!("{CHECKS}\ndefaults: {{check: {{timeout: 1s, every: 3s}}}}");
    let page = check(&head, ", check: page");
    assert_eq!(seconds(&page), Some(7));
    assert_eq!(page.timeout.unwrap().value, Duration::from_secs(1));
}

#[test]
fn a_group_stands_for_its_servers_with_their_own_places() {
    let text = "\
groups:
  web: [10.0.0.1-10.0.0.2, {address: 10.0.0.3, weight: 5}]
defaults: {real_server: {weight: 2}}
services:
  - {listen: 'tcp://192.0.2.1:80', real_servers: web}
  - {listen: 'tcp://192.0.2.2:80', real_servers: [{group: web, weight: 9}, 10.0.0.4]}
";
    let weights = |service: &ServiceDefinition| -> Vec<i64> {
        let servers = service.real_servers.iter();
        servers.map(|s| s.weight.as_ref().unwrap().value).collect()
    };
    let all = services(text);
    assert_eq!(weights(&all[0]), [2, 5]);
    assert_eq!(weights(&all[1]), [9, 9, 2]);
    assert_eq!(all[1].real_servers[1].host.place.line, 2);
}

#[test]
fn many_addresses_make_many_services_with_servers_of_their_family() {
    let text = "\
services:
  - name: web
    listen: ['tcp://192.0.2.1:80', 'tcp://[2001:db8::1]:80']
    forwarding: nat
    real_servers: [10.0.0.1, '2001:db8::2', {address: '2001:db8::3', forwarding: tunnel}, name.example.org]
";
    let hosts = |service: &ServiceDefinition| -> Vec<String> {
        let servers = service.real_servers.iter();
        servers
            .map(|server| server.host.value.to_string())
            .collect()
    };
    let all = services(text);
    assert_eq!(hosts(&all[0]), ["10.0.0.1", "name.example.org"]);
    assert_eq!(
        hosts(&all[1]),
        ["2001:db8::2", "2001:db8::3", "name.example.org"]
    );
    assert_eq!(all[1].name.as_ref().unwrap().value, "web");
}

#[test]
fn what_nobody_uses_is_read_too() {
    for (text, expected) in [
        (
            "checks: {a: {every: 5}}\nservices: []\n",
            "duration 5 has no unit",
        ),
        (
            "checks: {a: {use: b}}\nservices: []\n",
            "unknown check \"b\"",
        ),
        (
            "groups: {a: [10.0.0.300]}\nservices: []\n",
            "10.0.0.300 is not an IPv4 address",
        ),
        (
            "groups: {a: 10.0.0.1}\nservices: []\n",
            "a group must be a list of real servers",
        ),
        (
            "defaults: {check: {every: 5}}\nservices: []\n",
            "duration 5 has no unit",
        ),
        (
            "defaults: {service: {listen: 'fwmark:1'}}\nservices: []\n",
            "`listen` cannot be set in `defaults`",
        ),
        (
            "defaults: {service: {on_stop: go}}\nservices: []\n",
            "unknown on_stop \"go\"",
        ),
        (
            "defaults: {real_server: {weight: much}}\nservices: []\n",
            "weight \"much\" is not a whole number",
        ),
        (
            "checks: [a]\nservices: []\n",
            "checks must be a mapping from names",
        ),
    ] {
        let found = faults(text);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{text:?} gave {found:?}"
        );
    }
}
