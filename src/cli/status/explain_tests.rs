//! The chain of a server in words, and which server is meant.

use director_core::definitions::HostName;

use super::super::sample::{blocked_check, leaving, status};
use super::*;
use crate::api::departing::DepartingService;

#[test]
fn each_link_of_the_chain_has_its_weight_and_cause() {
    let expected = "\
tcp 192.0.2.10:80  10.0.0.11:80  (web)
  defined       10   as configured
  health         0   for 2m05s: down: connection refused, 3 of 3
  override       0   none
  desired        0   in the table, no new connections
  kernel        10   3 active and 7 inactive connections
";
    for service in ["web", "tcp 192.0.2.10:80", "192.0.2.10:80"] {
        for server in ["10.0.0.11", "10.0.0.11:80"] {
            assert_eq!(explain(&status(), service, server).unwrap(), expected);
        }
    }
}

#[test]
fn a_check_that_cannot_run_is_said_beside_the_health() {
    let mut status = status();
    let mut health = |checks: &[&str]| {
        let checks = checks.iter().map(|name| blocked_check(name));
        status.services[0].real_servers[0].checks = checks.collect();
        let text = explain(&status, "web", "10.0.0.11").unwrap();
        let line = text.lines().find(|line| line.starts_with("  health"));
        line.unwrap().to_owned()
    };
    let before = "  health         0   for 2m05s: down: connection refused, 3 of 3";
    let reason = "cannot run /opt/check: no such file or directory";
    assert_eq!(health(&[]), before);
    assert_eq!(
        health(&["page"]),
        format!("{before}; cannot be checked now: {reason}")
    );
    assert_eq!(
        health(&["page", "login"]),
        format!(
            "{before}; check page cannot run now: {reason}; check login cannot run now: {reason}"
        )
    );
}

#[test]
fn a_server_may_go_by_its_host_name() {
    let mut status = status();
    status.names = vec![HostName {
        name: "web1.example.org".to_owned(),
        addresses: vec!["10.0.0.11".parse().unwrap()],
        ..HostName::default()
    }];
    let named = explain(&status, "web", "web1");
    assert_eq!(named, explain(&status, "web", "10.0.0.11"));
    assert!(named.is_ok() && explain(&status, "web", "web2").is_err());
}

#[test]
fn an_ambiguous_service_name_lists_the_services_to_choose_from() {
    let mut status = status();
    let mut second = status.services[0].clone();
    second.listen = "tcp [2001:db8::10]:80".to_owned();
    status.services.push(second);
    let text = explain(&status, "web", "10.0.0.11").unwrap();
    let heads: Vec<&str> = text
        .lines()
        .filter(|line| line.ends_with("(web)"))
        .collect();
    assert_eq!(
        heads,
        [
            "tcp 192.0.2.10:80  10.0.0.11:80  (web)",
            "tcp [2001:db8::10]:80  10.0.0.11:80  (web)"
        ]
    );
    assert_eq!(
        only(&status, "web", "10.0.0.11").unwrap_err(),
        "ipvsctl: web 10.0.0.11 is ambiguous: \"tcp 192.0.2.10:80\" 10.0.0.11:80, \
             \"tcp [2001:db8::10]:80\" 10.0.0.11:80; write one of them"
    );
    let (service, _) = only(&status, "[2001:db8::10]:80", "10.0.0.11").unwrap();
    assert_eq!(service.listen, "tcp [2001:db8::10]:80");
}

#[test]
fn what_is_not_known_is_named_with_what_is() {
    let message = explain(&status(), "mail", "10.0.0.11").unwrap_err();
    assert_eq!(
        message,
        "ipvsctl: no virtual service \"mail\"; there are web"
    );
    let message = explain(&status(), "web", "10.0.0.12").unwrap_err();
    assert_eq!(
        message,
        "ipvsctl: web has no real server \"10.0.0.12\"; there are 10.0.0.11:80"
    );
}

#[test]
fn what_is_no_longer_configured_is_explained_while_it_stays() {
    let mut status = status();
    status.services[0].departing = leaving("10.0.0.21:80");
    status.departing.push(DepartingService {
        listen: "tcp 192.0.2.20:25".to_owned(),
        servers: leaving("10.0.0.31:25"),
    });
    let links = "  configuration     0   no longer configured
  override       0   none
  desired        0   draining for 5.0 s: 2 active, 9m55s left
  kernel         0   2 active and 1 inactive connections
";
    let expected =
        format!("tcp 192.0.2.10:80  10.0.0.21:80  (web, no longer configured there)\n{links}");
    assert_eq!(explain(&status, "web", "10.0.0.21").unwrap(), expected);
    let expected = format!("tcp 192.0.2.20:25  10.0.0.31:25  (no longer configured)\n{links}");
    for service in ["192.0.2.20:25", "tcp 192.0.2.20:25", "tcp://192.0.2.20:25"] {
        assert_eq!(explain(&status, service, "10.0.0.31").unwrap(), expected);
    }
    assert_eq!(
        only(&status, "web", "10.0.0.21").unwrap_err(),
        "ipvsctl: tcp 192.0.2.10:80 10.0.0.21:80 is no longer configured and no longer checked; ipvsctl explain \"tcp 192.0.2.10:80\" \
         10.0.0.21:80 says how long it stays"
    );
}
