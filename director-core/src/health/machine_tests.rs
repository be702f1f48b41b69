//! Reports in a row, windows, and what decides about a check.

use super::super::{Contact, Phases};
use super::*;
use crate::model::Window;

const TIMING: CheckTiming = CheckTiming {
    every: Duration::from_secs(5),
    every_while_changing: Some(Duration::from_secs(1)),
    every_while_down: Some(Duration::from_secs(2)),
    rise: 2,
    fall: 3,
    window: None,
    damping: None,
    start_spread: Duration::ZERO,
    jitter: 0,
    hold_connection: false,
    connects_between: None,
};

fn report(outcome: Outcome) -> Report {
    Report {
        outcome,
        took: Duration::ZERO,
        contact: Contact::default(),
        phases: Phases::default(),
    }
}

fn good() -> Report {
    report(Outcome::Good {
        detail: "status 200".into(),
    })
}

fn failed() -> Report {
    report(Outcome::Failed {
        reason: "connection refused".into(),
    })
}

fn local_error() -> Report {
    report(Outcome::LocalError {
        reason: "out of descriptors".into(),
    })
}

fn after(assumed: HealthState, reports: &[Report]) -> CheckHealth {
    let mut health = CheckHealth::assumed("tcp", assumed, "", Moment::START);
    for report in reports {
        health.report(report.clone(), &TIMING, Moment::START);
    }
    health
}

#[test]
fn a_check_knows_since_when_it_cannot_run() {
    let mut health = after(HealthState::Up, &[good()]);
    let at = |seconds| Moment::after_start(Duration::from_secs(seconds));
    let mut since_after = |report: Report, seconds| {
        health.report(report, &TIMING, at(seconds));
        health.local_errors_since
    };
    assert_eq!(since_after(local_error(), 1), Some(at(1)));
    assert_eq!(since_after(local_error(), 2), Some(at(1)));
    assert_eq!(since_after(failed(), 3), None);
    assert_eq!(since_after(local_error(), 4), Some(at(4)));
    assert_eq!(since_after(good(), 5), None);
}

#[test]
fn the_whole_transition_table() {
    let (g, f, u) = (good(), failed(), local_error());
    let cases: &[(HealthState, Vec<&Report>, HealthState, bool)] = &[
        (HealthState::Up, vec![], HealthState::Up, true),
        (HealthState::Up, vec![&g], HealthState::Up, false),
        (HealthState::Up, vec![&f, &f], HealthState::Up, true),
        (HealthState::Up, vec![&f, &f, &f], HealthState::Down, false),
        (
            HealthState::Up,
            vec![&f, &f, &g, &f, &f],
            HealthState::Up,
            false,
        ),
        (
            HealthState::Up,
            vec![&f, &u, &f, &u, &f],
            HealthState::Down,
            false,
        ),
        (HealthState::Up, vec![&u, &u, &u, &u], HealthState::Up, true),
        (HealthState::Down, vec![], HealthState::Down, true),
        (HealthState::Down, vec![&f], HealthState::Down, false),
        (HealthState::Down, vec![&g], HealthState::Down, true),
        (HealthState::Down, vec![&g, &g], HealthState::Up, false),
        (
            HealthState::Down,
            vec![&g, &f, &g],
            HealthState::Down,
            false,
        ),
    ];
    for (assumed, reports, state, still_assumed) in cases {
        let reports: Vec<Report> = reports.iter().map(|report| (*report).clone()).collect();
        let health = after(*assumed, &reports);
        assert_eq!(
            (health.state, health.assumed),
            (*state, *still_assumed),
            "{assumed} {reports:?}"
        );
    }
}

#[test]
fn the_reason_tells_the_count_that_decided() {
    let health = after(HealthState::Up, &[failed(), failed(), failed()]);
    assert_eq!(health.reason, "connection refused, 3 of 3");
}

#[test]
fn the_pace_follows_what_is_known() {
    let second = Duration::from_secs(1);
    assert_eq!(
        after(HealthState::Up, &[good()]).interval(&TIMING),
        5 * second
    );
    assert_eq!(
        after(HealthState::Up, &[good(), failed()]).interval(&TIMING),
        second
    );
    assert_eq!(
        after(HealthState::Up, &[failed(), failed(), failed()]).interval(&TIMING),
        2 * second
    );
    assert_eq!(
        after(HealthState::Down, &[failed(), good()]).interval(&TIMING),
        second
    );
}

#[test]
fn a_window_counts_good_answers_among_the_last() {
    let timing = CheckTiming {
        window: Some(Window { good: 3, of: 5 }),
        ..TIMING
    };
    let mut health = CheckHealth::assumed("tcp", HealthState::Up, "", Moment::START);
    let mut states = String::new();
    for answer in "gggggfffggg".chars() {
        let report = if answer == 'g' { good() } else { failed() };
        health.report(report, &timing, Moment::START);
        states.push(if health.state == HealthState::Up {
            'u'
        } else {
            'd'
        });
    }
    assert_eq!(states, "uuuuuuudddu");
    assert_eq!(
        health.reason,
        "status 200, 3 of the last 5 succeeded, 3 of 5 needed"
    );
}
