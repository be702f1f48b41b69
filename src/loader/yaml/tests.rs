//! The YAML dialect from text to definitions and findings.

use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{
    CheckKindDefinition, Definitions, ForwardingDefinition, Host, ListenDefinition, PortDefinition,
};
use director_core::model::{OnFailure, OnStop, Protocol, TunnelChecksum};

use super::*;

/// Every key of the format once, in its longest form.
const EVERYTHING: &str = r#"
director:
  resync: 30s
services:
  - name: web
    listen: tcp://192.0.2.10:http
    scheduler:
      name: sh
      flags: [fallback, port]
    forwarding: {tunnel: gue, port: 6081, checksum: remote}
    persistence:
      timeout: 5m
      mask: 24
      engine: sip
    one_packet: false
    check:
      https:
        method: OPTIONS
        path: /test.html
        host: www.example.org
        verify: true
        server_name: inner.example.org
        expect:
          status: [2xx, 304]
          body: 'O\s*K'
        follow_redirects: 3
        body_limit: 64KiB
        proxy: false
      port: 8443
      every: 1m30s
      timeout: 500ms
      rise: 2
      fall: 4
    on_failure: quiesce
    on_stop: remove
    real_servers:
      - 10.0.0.11
      - "[2001:db8::11]:81"
      - 10.0.0.12-10.0.0.14:82
      - web-1.example.org:http
      - address: 10.0.0.15:83
        weight: 2
        forwarding: nat
        upper_threshold: 100
        lower_threshold: 80
    fallback: {address: "2001:db8::99", forwarding: dr}
"#;

fn findings_of(text: &str) -> Vec<String> {
    let findings = read(text, &Arc::from("t.yaml")).findings;
    findings.iter().map(ToString::to_string).collect()
}

fn read_well(text: &str) -> Definitions {
    let read = read(text, &Arc::from("t.yaml"));
    assert_eq!(read.findings, Vec::new());
    read.definitions.unwrap()
}

#[test]
fn every_key_arrives_where_it_belongs() {
    let definitions = read_well(EVERYTHING);
    assert_eq!(definitions.resync.unwrap().value, Duration::from_secs(30));
    let service = &definitions.services[0];
    assert_eq!(service.name.as_ref().unwrap().value, "web");
    assert_eq!(service.place.to_string(), "t.yaml:5:5");
    let listen = ListenDefinition::Address {
        protocol: Protocol::Tcp,
        host: Host::Address("192.0.2.10".parse().unwrap()),
        port: PortDefinition::Name("http".to_owned()),
        family: None,
    };
    assert_eq!(service.listen.value, listen);
    assert_eq!(service.scheduler.as_ref().unwrap().value, "sh");
    let flags: Vec<&str> = service
        .scheduler_flags
        .iter()
        .map(|f| f.value.as_str())
        .collect();
    assert_eq!(flags, ["fallback", "port"]);
    let gue = ForwardingDefinition::Gue {
        port: 6081,
        checksum: TunnelChecksum::Remote,
    };
    assert_eq!(service.forwarding.as_ref().unwrap().value, gue);
    assert_eq!(service.persistence.as_ref().unwrap().value, 300);
    assert_eq!(service.mask.as_ref().unwrap().value, "24");
    assert_eq!(service.persistence_engine.as_ref().unwrap().value, "sip");
    assert!(!service.one_packet.as_ref().unwrap().value);
    assert_eq!(
        service.on_failure.as_ref().unwrap().value,
        OnFailure::Quiesce
    );
    assert_eq!(service.on_stop.as_ref().unwrap().value, OnStop::Remove);
}

#[test]
fn every_key_of_a_check_arrives_where_it_belongs() {
    let check = &read_well(EVERYTHING).services[0].check;
    assert_eq!(
        check.port.as_ref().unwrap().value,
        PortDefinition::Number(8443)
    );
    assert_eq!(check.every.as_ref().unwrap().value, Duration::from_secs(90));
    assert_eq!(
        check.timeout.as_ref().unwrap().value,
        Duration::from_millis(500)
    );
    assert_eq!(check.rise.as_ref().unwrap().value, 2);
    assert_eq!(check.fall.as_ref().unwrap().value, 4);
    let CheckKindDefinition::Http(http) = &check.kind.as_ref().unwrap().value else {
        panic!("not an http check: {check:?}");
    };
    assert!(http.tls && !http.proxy);
    assert!(http.verify.as_ref().unwrap().value);
    assert_eq!(
        http.server_name.as_ref().unwrap().value,
        "inner.example.org"
    );
    assert_eq!(http.method.as_ref().unwrap().value, "OPTIONS");
    assert_eq!(http.path.as_ref().unwrap().value, "/test.html");
    assert_eq!(http.virtual_host.as_ref().unwrap().value, "www.example.org");
    let statuses: Vec<&str> = http.status.iter().map(|s| s.value.as_str()).collect();
    assert_eq!(statuses, ["2xx", "304"]);
    assert_eq!(http.body.as_ref().unwrap().value, "O\\s*K");
    assert_eq!(http.follow_redirects.as_ref().unwrap().value, 3);
    assert_eq!(http.body_limit.as_ref().unwrap().value, 65_536);
}

#[test]
fn real_servers_have_many_forms() {
    let service = &read_well(EVERYTHING).services[0];
    let shown: Vec<String> = service
        .real_servers
        .iter()
        .chain(&service.fallback)
        .map(|server| {
            let last = server.last.as_ref().map(|last| format!("-{}", last.value));
            let port = server
                .port
                .as_ref()
                .map(|port| format!(" {:?}", port.value));
            format!(
                "{}{}{}",
                server.host.value,
                last.unwrap_or_default(),
                port.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "10.0.0.11",
            "2001:db8::11 Number(81)",
            "10.0.0.12-10.0.0.14 Number(82)",
            "web-1.example.org Name(\"http\")",
            "10.0.0.15 Number(83)",
            "2001:db8::99",
        ]
    );
    let last = &service.real_servers[4];
    assert_eq!(last.weight.as_ref().unwrap().value, 2);
    assert_eq!(last.upper_threshold.as_ref().unwrap().value, 100);
    assert_eq!(last.lower_threshold.as_ref().unwrap().value, 80);
    assert_eq!(
        last.forwarding.as_ref().unwrap().value,
        ForwardingDefinition::Masq
    );
    let fallback = service.fallback.as_ref().unwrap();
    assert_eq!(
        fallback.forwarding.as_ref().unwrap().value,
        ForwardingDefinition::Direct
    );
}

#[test]
fn each_kind_of_check_has_a_short_and_a_long_form() {
    use CheckKindDefinition::{AlwaysUp, Command, Connect, Http, Ping};
    let kind = |check: &str| {
        let text = format!("services:\n  - {{listen: 'tcp://192.0.2.1:80', check: {check}}}\n");
        let check = read_well(&text).services.remove(0).check;
        check.kind.unwrap().value
    };
    assert_eq!(kind("none"), AlwaysUp);
    assert_eq!(kind("{none: , rise: 2}"), AlwaysUp);
    assert_eq!(kind("tcp"), Connect);
    assert_eq!(kind("{tcp: {}}"), Connect);
    assert_eq!(kind("ping"), Ping { attempts: 1 });
    assert_eq!(kind("{ping: {attempts: 3}}"), Ping { attempts: 3 });
    assert!(matches!(kind("http"), Http(http) if !http.tls));
    assert!(matches!(kind("{https: }"), Http(http) if http.tls));
    for (text, user) in [
        ("{command: [/bin/probe, '{rip}']}", None),
        (
            "{command: {run: [/bin/probe, '{rip}'], user: nobody}}",
            Some("nobody"),
        ),
    ] {
        let Command(command) = kind(text) else {
            panic!("{text} is not a command");
        };
        let argv: Vec<&str> = command.argv.iter().map(|a| a.value.as_str()).collect();
        assert_eq!(argv, ["/bin/probe", "{rip}"]);
        assert_eq!(command.user.as_ref().map(|user| user.value.as_str()), user);
    }
}

#[test]
fn an_anchor_serves_twice_but_not_without_bound() {
    let definitions = read_well(
        "services:\n  - {listen: 'tcp://192.0.2.1:80', real_servers: &all [10.0.0.1:80, 10.0.0.2:80]}\n  \
         - {listen: 'tcp://192.0.2.2:80', real_servers: *all}\n",
    );
    assert_eq!(definitions.services[1].real_servers.len(), 2);
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
    }
    let findings = findings_of(&bomb);
    assert!(
        findings.last().unwrap().contains("aliases copy more than"),
        "{findings:?}"
    );
}

#[test]
fn values_that_multiply_in_size_are_refused() {
    let long = "x".repeat(60_000);
    let bomb = format!(
        "checks: {{c: &a '{long}'}}\ngroups:\n  g: [{}]\n",
        vec!["*a"; 2_000].join(", ")
    );
    let findings = findings_of(&bomb);
    assert!(findings[0].contains("16 MiB of this file"), "{findings:?}");
    let findings = findings_of(&format!("checks: {{c: '{}'}}", "x".repeat(70_000)));
    assert!(
        findings[0].contains("this value has 70000 bytes"),
        "{findings:?}"
    );
    // A default is copied into each service.
    let path = "x".repeat(60_000);
    let mut copies = format!("defaults: {{check: {{http: {{path: /{path}}}}}}}\nservices:\n");
    for port in 1..1_500 {
        copies += &format!("  - {{listen: 'tcp://192.0.2.1:{port}', real_servers: [10.0.0.1]}}\n");
    }
    let findings = findings_of(&copies);
    assert!(
        findings
            .iter()
            .any(|finding| finding.contains("copies take more than 64 MiB"))
    );
}

#[test]
fn of_a_file_that_is_wrong_in_every_line_a_bounded_number_of_findings_is_kept() {
    let services = "  - {nam: x}\n".repeat(30_000);
    let keys: String = (0..30_000).map(|key| format!("k{key}: 1\n")).collect();
    let twice = "a: 1\n".repeat(30_000);
    for text in [format!("services:\n{services}"), keys, twice] {
        let findings = findings_of(&text);
        assert!(findings.len() <= 10_001, "{} findings", findings.len());
        let last = findings
            .iter()
            .any(|finding| finding.contains("more than 10000 findings"));
        assert!(last, "{:?}", findings.last());
    }
}

#[test]
fn syntax_that_has_no_meaning_here_is_refused_in_its_place() {
    for (text, expected) in [
        (
            "services: []\n---\nservices: []\n",
            "t.yaml:2:1: error: a second YAML document starts here",
        ),
        ("services: !list []\n", "error: YAML tags are not supported"),
        (
            "services: []\nservices: []\n",
            "t.yaml:2:1: error: key \"services\" is set twice",
        ),
        ("services:\n\t- a\n", "indent with spaces"),
        ("services:\n  - [2001:db8::1]:80\n", "in quotes"),
        ("services: [a\n", "close every [ with ]"),
        (
            "- a\n",
            "t.yaml:1:3: error: the file must be a mapping, not a list",
        ),
        (
            "a word\n",
            "t.yaml:1:1: error: the file must be a mapping, not a single value",
        ),
        ("# nothing\n", "t.yaml: error: the file is empty"),
        ("{}\n", "t.yaml: error: the file defines no services"),
        (
            "services: &a [*a]\n",
            "is inside the value that it refers to",
        ),
        ("[a, b]: 1\n", "a key must be a single value"),
    ] {
        let findings = findings_of(text);
        assert!(
            findings.iter().any(|f| f.contains(expected)),
            "{text:?} gave {findings:?}"
        );
    }
}

#[test]
fn no_text_makes_it_panic() {
    // Each prefix of a full file is a file that an editor may save.
    for end in EVERYTHING.char_indices().map(|(end, _)| end) {
        let _ = findings_of(&EVERYTHING[..end]);
    }
    for text in [
        "\u{7f}",
        "\r",
        "%",
        "? ",
        "- - - -",
        "a: |\n  b",
        "a: \"\\x4\"",
        "&a",
        "*a",
        "[",
        "}",
        "\u{feff}a: b",
    ] {
        let _ = findings_of(text);
    }
}
