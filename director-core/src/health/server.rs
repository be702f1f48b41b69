//! What is known about a real server in one virtual service: the verdicts of its checks, and the one verdict that they
//! make together.
//!
//! With `all`, a server is up while all of its checks are; with `any`, while one is. A presumption counts until the checks
//! that matter have decided: one check that is down decides `all`, one that is up decides `any`. A server that has had a
//! verdict always has one, also when a check of it has not asked yet.

use serde::{Deserialize, Serialize};

use super::{CheckHealth, Penalty, Report, Transition, Verdict};
use crate::model::{Check, Combine};
use crate::moment::Moment;

/// What is known about a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Verdict or presumption.
    pub verdict: Verdict,
    /// No report has decided yet.
    pub presumed: bool,
    /// Since when the verdict stands.
    pub since: Moment,
    /// Why the verdict is what it is.
    pub reason: String,
    /// What its changes of verdict have cost it.
    pub penalty: Penalty,
    /// What each check knows, in the order of the service's checks; none when nobody asks.
    pub checks: Vec<CheckHealth>,
}

/// What a report has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turned {
    /// The verdict over the server.
    pub server: Option<Transition>,
    /// The verdict of the check.
    pub check: Option<Transition>,
}

impl Health {
    /// A server of which only the kernel's table is known, and that nobody asks.
    #[must_use]
    pub fn presumed(verdict: Verdict, reason: &str, now: Moment) -> Self {
        Self {
            verdict,
            presumed: true,
            since: now,
            reason: reason.to_owned(),
            penalty: Penalty::default(),
            checks: Vec::new(),
        }
    }

    /// The same with checks, each of which knows no more.
    #[must_use]
    pub fn asked_by(mut self, checks: &[Check]) -> Self {
        let fresh = |check: &Check| CheckHealth {
            presumed: self.presumed,
            ..CheckHealth::presumed(&check.name, self.verdict, &self.reason, self.since)
        };
        self.checks = checks.iter().map(fresh).collect();
        self
    }

    /// Takes over the checks of new definitions: one that has the name of a former one goes on as that, and so does an
    /// only one; one that is new presumes what is believed of the server.
    pub(crate) fn rearrange(&mut self, checks: &[Check], combine: Combine, now: Moment) {
        let former = std::mem::take(&mut self.checks);
        let only = (former.len() == 1 && checks.len() == 1)
            .then(|| former.first())
            .flatten();
        let taken = |check: &Check| {
            let known = former.iter().find(|known| known.name == check.name);
            let mut taken = known.or(only).cloned().unwrap_or_else(|| {
                CheckHealth::presumed(&check.name, self.verdict, &self.reason, now)
            });
            taken.name.clone_from(&check.name);
            taken
        };
        self.checks = checks.iter().map(taken).collect();
        let (verdict, presumed) = self.together(combine);
        if verdict != self.verdict {
            self.since = now;
            self.reason = "its checks were redefined".to_owned();
        }
        (self.verdict, self.presumed) = (verdict, presumed);
    }

    /// The last report of any check and when it came.
    #[must_use]
    pub fn last(&self) -> Option<&(Moment, Report)> {
        let last = self.checks.iter().filter_map(CheckHealth::last);
        last.max_by_key(|(at, _)| *at)
    }

    /// Reports in a row that speak against the verdict of the check which doubts most.
    #[must_use]
    pub fn against(&self) -> u32 {
        let against = self.checks.iter().map(|check| check.against);
        against.max().unwrap_or(0)
    }

    /// Whether it may take connections: up, and not held out for changing too often.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.verdict == Verdict::Up && self.penalty.held_until().is_none()
    }

    /// Takes a report of one of its checks into account; says what changed, if anything did.
    pub fn report(
        &mut self,
        checks: &[Check],
        combine: Combine,
        check: usize,
        report: Report,
        now: Moment,
    ) -> Turned {
        let (Some(definition), Some(own)) = (checks.get(check), self.checks.get_mut(check)) else {
            return Turned::default();
        };
        let Some(turn) = own.report(report, &definition.timing, now) else {
            return Turned::default();
        };
        let (verdict, presumed) = self.together(combine);
        if (verdict, presumed) == (self.verdict, self.presumed) {
            return Turned {
                server: None,
                check: Some(turn),
            };
        }
        let transition = Transition {
            from: self.verdict,
            was_presumed: self.presumed,
            to: verdict,
            reason: self.reason_in_words(checks, combine, check, verdict, &turn),
        };
        if let Some(damping) = (definition.timing.damping.as_ref())
            .filter(|_| verdict != self.verdict && !self.presumed)
        {
            self.penalty.change(damping, now);
        }
        // What was presumed and is confirmed holds for as long as it was presumed.
        if verdict != self.verdict {
            self.since = now;
        }
        (self.verdict, self.presumed) = (verdict, presumed);
        self.reason.clone_from(&transition.reason);
        Turned {
            server: Some(transition),
            check: Some(turn),
        }
    }

    /// The verdict that the checks make, and whether it is a presumption.
    fn together(&self, combine: Combine) -> (Verdict, bool) {
        // What one check alone decides: down with `all`, up with `any`.
        let alone = match combine {
            Combine::All => Verdict::Down,
            Combine::Any => Verdict::Up,
        };
        let deciding = || self.checks.iter().filter(|check| check.verdict == alone);
        if deciding().next().is_some() {
            return (
                alone,
                self.presumed && deciding().all(|check| check.presumed),
            );
        }
        let other = match alone {
            Verdict::Up => Verdict::Down,
            Verdict::Down => Verdict::Up,
        };
        let unsure = self.checks.iter().any(|check| check.presumed);
        (other, self.presumed && unsure)
    }

    fn reason_in_words(
        &self,
        checks: &[Check],
        combine: Combine,
        check: usize,
        verdict: Verdict,
        turn: &Transition,
    ) -> String {
        let all = checks.len();
        if all < 2 {
            return turn.reason.clone();
        }
        let name = &checks[check].name;
        let agreeing = (self.checks.iter())
            .filter(|known| known.verdict == verdict)
            .count();
        let needed = match combine {
            Combine::All => "all have to be up",
            Combine::Any => "any will do",
        };
        format!(
            "check {name}: {}; {agreeing} of {all} checks {verdict}, {needed}",
            turn.reason
        )
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Outcome, Phases};
    use super::*;
    use crate::model::{CheckTiming, Damping};

    struct Judged {
        checks: Vec<Check>,
        combine: Combine,
    }

    fn service(checks: usize, combine: Combine, damping: Option<Damping>) -> Judged {
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
        };
        let check = |number| Check {
            name: format!("c{number}"),
            timing,
        };
        Judged {
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
            phases: Phases::default(),
        }
    }

    /// Answers as a word: `0g1f` is check 0 good, check 1 failed. The verdict after each, `?` behind a presumption.
    fn story(combine: Combine, presumed: Verdict, answers: &str) -> String {
        let service = service(2, combine, None);
        let mut health = Health::presumed(presumed, "", Moment::START).asked_by(&service.checks);
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
            told += &health.verdict.to_string();
            told += if health.presumed { "? " } else { " " };
        }
        told.trim_end().to_owned()
    }

    #[test]
    fn all_checks_have_to_be_up() {
        let all = |presumed, answers| story(Combine::All, presumed, answers);
        assert_eq!(all(Verdict::Up, "0g1g1f1g"), "up? up down up");
        assert_eq!(all(Verdict::Up, "0f0g"), "down up");
        assert_eq!(all(Verdict::Down, "0g1g"), "down? up");
        assert_eq!(all(Verdict::Down, "0f"), "down");
    }

    #[test]
    fn any_check_will_do() {
        let any = |presumed, answers| story(Combine::Any, presumed, answers);
        assert_eq!(any(Verdict::Up, "0g0f1f1g"), "up up down up");
        assert_eq!(any(Verdict::Down, "0f1g"), "down? up");
        assert_eq!(any(Verdict::Down, "0f1f"), "down? down");
    }

    #[test]
    fn the_reason_names_the_check_that_decided() {
        let service = service(2, Combine::All, None);
        let mut health = Health::presumed(Verdict::Up, "", Moment::START).asked_by(&service.checks);
        let turned = health.report(
            &service.checks,
            service.combine,
            1,
            report(false),
            Moment::START,
        );
        assert_eq!(
            turned.server.map(|turn| turn.reason),
            Some(
                "check c1: connection refused, 1 of 1; 1 of 2 checks down, all have to be up"
                    .into()
            )
        );
    }

    #[test]
    fn new_checks_presume_what_is_believed_and_former_ones_go_on() {
        let service = service(3, Combine::All, None);
        let [first, second, third] = [0, 1, 2].map(|place| service.checks[place].clone());
        let mut health = Health::presumed(Verdict::Up, "", Moment::START).asked_by(&service.checks);
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
        health.rearrange(&[third, second.clone()], Combine::All, Moment::START);
        assert_eq!((health.verdict, health.presumed), (Verdict::Down, false));
        health.rearrange(&[first, second], Combine::Any, Moment::START);
        assert_eq!(health.checks[0].verdict, Verdict::Down, "new again");
        let known: Vec<bool> = health
            .checks
            .iter()
            .map(|check| check.last().is_some())
            .collect();
        assert_eq!(known, [false, true]);
    }

    #[test]
    fn a_server_that_changes_too_often_is_held_out_until_it_is_calm() {
        let damping = Damping {
            half_life: Duration::from_secs(60),
            hold_above: 3,
            release_below: 1,
        };
        let service = service(1, Combine::All, Some(damping));
        let mut health = Health::presumed(Verdict::Up, "", Moment::START).asked_by(&service.checks);
        let mut now = Moment::START;
        for good in [true, false, true, false, true] {
            now = now + Duration::from_secs(1);
            health.report(&service.checks, service.combine, 0, report(good), now);
        }
        assert_eq!(health.verdict, Verdict::Up);
        assert!(!health.is_available(), "four changes in four seconds");
        let released = health.penalty.held_until().unwrap();
        let held = released.since(now);
        assert!(
            held > Duration::from_secs(100) && held < Duration::from_secs(121),
            "{held:?}"
        );
        assert!(health.penalty.release(released) && health.is_available());
    }
}
