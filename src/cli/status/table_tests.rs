//! The state as people see it.

use director_core::health::HealthState;
use director_core::weight::ServiceState;

use super::sample::status;
use super::table::render;
use super::view::StatusView;
use crate::api::wire::{Failing, ProbeResult, Status};

/// One server is down, one fails, one is up, and the first has a host name.
fn degraded() -> Status {
    let mut status = status();
    let service = &mut status.services[0];
    service.state = ServiceState::Degraded;
    service.state_age_seconds = Some(65.0);
    (service.servers_up, service.servers_all) = (2, 3);
    service.real_servers[0].weight = None;
    service.real_servers[0].desired_weight = None;
    for address in ["10.0.0.12:80", "10.0.0.13:80"] {
        let mut server = service.real_servers[0].clone();
        server.address = address.to_owned();
        (server.weight, server.desired_weight) = (Some(10), Some(10));
        if let Some(health) = &mut server.health {
            health.state = HealthState::Up;
            health.last_result = Some(ProbeResult {
                outcome: "passed".to_owned(),
                detail: format!("status 200, {}", ["body as expected"; 4].join(", ")),
                took_ms: 1.5,
                connect_ms: None,
                tls_ms: None,
                first_byte_ms: None,
                seconds_ago: 1.0,
            });
        }
        service.real_servers.push(server);
    }
    service.real_servers[0].host = Some("web1.example.org".to_owned());
    if let Some(health) = &mut service.real_servers[1].health {
        health.failing = Some(Failing {
            failures: 2,
            limit: 3,
        });
    }
    let mut up = service.clone();
    up.name = "mail".to_owned();
    up.listen = "tcp 192.0.2.10:25".to_owned();
    up.state = ServiceState::Up;
    status.services.push(up);
    status
}

fn view() -> StatusView {
    StatusView {
        width: Some(100),
        colours: false,
        only_down: false,
        now: "2026-11-30T02:14:50+00:00[UTC]".parse().unwrap(),
    }
}

#[test]
fn a_service_shows_its_state_its_servers_and_since_when() {
    let text = render(&degraded(), &view());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "  services: 1 up, 1 degraded");
    assert_eq!(
        lines[3],
        "tcp 192.0.2.10:80  wrr  (web)  DEGRADED, 2 of 3 up, since 02:13:45 (1m05s)"
    );
    assert_eq!(
        lines[4],
        "  REAL SERVER   HOST              WEIGHT  HEALTH              SINCE  ACTIVE/INACT  LAST PROBE"
    );
    assert_eq!(
        lines[5],
        "  10.0.0.11:80  web1.example.org  -       down                2m05s                connection refus…"
    );
    assert!(lines[6].contains("up, failing 2 of 3"), "{text}");
    assert!(
        lines.iter().all(|line| line.chars().count() <= 100),
        "{text}"
    );
}

#[test]
fn long_lines_are_whole_without_a_width() {
    let wide = StatusView {
        width: None,
        ..view()
    };
    let text = render(&degraded(), &wide);
    assert!(text.contains("body as expected, 1.5 ms"), "{text}");
}

#[test]
fn only_what_is_down_is_shown_when_no_more_is_wanted() {
    let down = StatusView {
        only_down: true,
        ..view()
    };
    let text = render(&degraded(), &down);
    let shown = ["10.0.0.11:80", "10.0.0.12:80", "10.0.0.13:80", "(mail)"];
    let shown = shown.map(|part| text.contains(part));
    assert_eq!(shown, [true, true, false, false], "{text}");
}

#[test]
fn colours_change_no_column() {
    let coloured = StatusView {
        colours: true,
        ..view()
    };
    let text = render(&degraded(), &coloured);
    assert!(text.contains("\x1b[33mDEGRADED\x1b[0m"), "{text:?}");
    assert!(text.contains("  \x1b[31mdown\x1b[0m    "), "{text:?}");
    let mut plain = text;
    for code in ["\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"] {
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, render(&degraded(), &view()));
}
