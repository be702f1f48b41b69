//! Tests of the health that several checks determine together.

use std::time::Duration;

use super::super::{Contact, Outcome, Phases};
use super::*;
use crate::model::{CheckTiming, Damping, ProbeKind};

struct SavedHealth {
    checks: Vec<Check>,
    combine: Combine,
}

fn service(checks: usize, combine: Combine, damping: Option<Damping>) -> SavedHealth {
    let timing = CheckTiming {
        every: Duration::from_secs(5),
        every_while_changing: None,
        every_while_down: None,
        rise: 1,
        fall: 1,
        window: None,
        damping,
        start_spread: Duration::ZERO,
        jitter: 0,
        hold_connection: false,
        connects_between: None,
    };
    let check = |number| Check {
        name: format!("c{number}"),
        timing,
    };
    SavedHealth {
        checks: (0..checks).map(check).collect(),
        combine,
    }
}

fn report(good: bool) -> Report {
    let outcome = if good {
        Outcome::Good {
            detail: "connected".into(),
        }
    } else {
        Outcome::Failed {
            reason: "connection refused".into(),
        }
    };
    Report {
        outcome,
        took: Duration::ZERO,
        contact: Contact::default(),
        phases: Phases::default(),
    }
}

/// Answers as a word: `0g1f` is check 0 good, check 1 failed. The state after each, `?` after an assumed one.
fn story(combine: Combine, assumed: HealthState, answers: &str) -> String {
    let service = service(2, combine, None);
    let mut health = Health::assumed(assumed, "", Moment::START).with_checks(&service.checks);
    let letters: Vec<char> = answers.chars().collect();
    let mut told = String::new();
    for pair in letters.chunks(2) {
        let check = usize::from(pair[0] == '1');
        health.report(
            &service.checks,
            service.combine,
            check,
            report(pair[1] == 'g'),
            Moment::START,
        );
        told += &health.state.to_string();
        told += if health.assumed { "? " } else { " " };
    }
    told.trim_end().to_owned()
}

#[test]
fn all_checks_have_to_be_up() {
    let all = |assumed, answers| story(Combine::All, assumed, answers);
    assert_eq!(all(HealthState::Up, "0g1g1f1g"), "up? up down up");
    assert_eq!(
        all(HealthState::Up, "0f0g1g"),
        "down down up",
        "nobody rises on a presumption"
    );
    assert_eq!(all(HealthState::Down, "0g1g"), "down? up");
    assert_eq!(all(HealthState::Down, "0f"), "down");
}

#[test]
fn any_check_will_do() {
    let any = |assumed, answers| story(Combine::Any, assumed, answers);
    assert_eq!(any(HealthState::Up, "0g0f1f1g"), "up up down up");
    assert_eq!(any(HealthState::Down, "0f1g"), "down? up");
    assert_eq!(any(HealthState::Down, "0f1f"), "down? down");
}

#[test]
fn the_reason_names_the_check_that_decided() {
    let service = service(2, Combine::All, None);
    let mut health =
        Health::assumed(HealthState::Up, "", Moment::START).with_checks(&service.checks);
    let change = health.report(
        &service.checks,
        service.combine,
        1,
        report(false),
        Moment::START,
    );
    assert_eq!(
        change.server.map(|transition| transition.reason),
        Some("check c1: connection refused, 1 of 1; 1 of 2 checks down, all must be up".into())
    );
}

#[test]
fn new_checks_presume_what_is_believed_and_former_ones_go_on() {
    let service = service(3, Combine::All, None);
    let [first, second, third] = [0, 1, 2].map(|place| service.checks[place].clone());
    let mut health =
        Health::assumed(HealthState::Up, "", Moment::START).with_checks(&service.checks);
    health.report(
        &service.checks,
        service.combine,
        0,
        report(true),
        Moment::START,
    );
    health.report(
        &service.checks,
        service.combine,
        1,
        report(false),
        Moment::START,
    );
    health.redefine_checks(&[third, second.clone()], &[], Combine::All, Moment::START);
    assert_eq!((health.state, health.assumed), (HealthState::Down, false));
    health.redefine_checks(&[first, second], &[], Combine::Any, Moment::START);
    assert_eq!(health.checks[0].state, HealthState::Down, "new again");
    let known: Vec<bool> = health
        .checks
        .iter()
        .map(|check| check.last().is_some())
        .collect();
    assert_eq!(known, [false, true]);
}

/// What check 0 probes at this port.
fn asks(port: u16) -> Probe {
    Probe {
        kind: ProbeKind::Connect.into(),
        address: [10, 0, 0, 1].into(),
        port,
        timeout: Duration::from_secs(1),
        vip_path: None,
        source: None,
        proxy_header: None,
    }
}

#[test]
fn new_definitions_raise_nobody_before_every_check_that_counts_has_answered_again() {
    let service = service(3, Combine::All, None);
    let checks = &service.checks;
    let now = Moment::START;
    for (combine, left, answers) in [
        (
            Combine::All,
            2,
            &[(0, HealthState::Down), (1, HealthState::Up)][..],
        ),
        (
            Combine::Any,
            3,
            &[(2, HealthState::Down), (1, HealthState::Up)],
        ),
    ] {
        let mut health = Health::assumed(HealthState::Up, "", now).with_checks(checks);
        for (check, good) in [(0, true), (1, true), (2, false)] {
            health.report(checks, Combine::All, check, report(good), now);
        }
        let checks = &checks[..left];
        assert!(
            health.redefine_checks(checks, &[], combine, now),
            "{combine:?}"
        );
        assert_eq!((health.state, health.assumed), (HealthState::Down, false));
        for (check, state) in answers {
            health.report(checks, combine, *check, report(*check < 2), now);
            assert_eq!(health.state, *state, "{combine:?} {check}");
        }
    }
}

#[test]
fn a_check_that_asks_something_else_has_answered_nothing() {
    let service = service(2, Combine::All, None);
    let checks = &service.checks;
    let now = Moment::START;
    let mut health = Health::assumed(HealthState::Up, "", now)
        .with_checks(checks)
        .about(&[asks(80), asks(81)]);
    for (check, good) in [(0, true), (1, false)] {
        health.report(checks, Combine::All, check, report(good), now);
    }
    let longer = Probe {
        timeout: Duration::from_secs(9),
        ..asks(80)
    };
    health.redefine_checks(checks, &[longer, asks(81)], Combine::All, now);
    assert!(!health.checks[0].assumed, "the same question");
    health.redefine_checks(checks, &[asks(8080), asks(81)], Combine::All, now);
    assert!(health.checks[0].assumed && !health.checks[1].assumed);
    health.report(checks, Combine::All, 1, report(true), now);
    assert_eq!(health.state, HealthState::Down, "port 8080 was never asked");
    health.report(checks, Combine::All, 0, report(true), now);
    assert_eq!(health.state, HealthState::Up);
}

#[test]
fn a_server_that_changes_too_often_is_held_out_until_it_is_calm() {
    let damping = Damping {
        half_life: Duration::from_secs(60),
        hold_above: 3,
        release_below: 1,
    };
    let service = service(1, Combine::All, Some(damping));
    let mut health =
        Health::assumed(HealthState::Up, "", Moment::START).with_checks(&service.checks);
    let mut now = Moment::START;
    for good in [true, false, true, false, true] {
        now = now + Duration::from_secs(1);
        health.report(&service.checks, service.combine, 0, report(good), now);
    }
    assert_eq!(health.state, HealthState::Up);
    assert!(!health.is_available(), "four changes in four seconds");
    let released = health.penalty.held_until().unwrap();
    let held = released.since(now);
    assert!(
        held > Duration::from_secs(100) && held < Duration::from_secs(121),
        "{held:?}"
    );
    assert!(health.penalty.release(released) && health.is_available());
}
