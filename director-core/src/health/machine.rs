//! The health machine of one check of one real server in one virtual service. What several of them say together is
//! [`super::Health`]'s work.
//!
//! ```text
//!              rise good in a row
//!   Down ─────────────────────────────▶ Up
//!    ▲                                   │
//!    └───────────────────────────────────┘
//!              fall failures in a row
//! ```
//! With a window, the count of good ones among the last answers decides in place of rise and fall. A server begins with a
//! presumption taken from the kernel's table: in service there means presumed up, anything else
//! presumed down. A presumption becomes a verdict by the reports that the diagram names, or by the first report that
//! agrees with it. Reports that say nothing about the server ([`Outcome::Unable`]) change nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rhythm::question;
use super::{History, Outcome, Report};
use crate::model::{CheckTiming, Probe};
use crate::moment::Moment;

/// The judgement over a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It takes connections.
    Up,
    /// It does not.
    Down,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Down => "down",
        })
    }
}

/// A change of verdict, or a presumption that became one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// What was believed before.
    pub from: Verdict,
    /// Whether that was a presumption only.
    pub was_presumed: bool,
    /// The verdict now.
    pub to: Verdict,
    /// Why, with the count that decided: `connection refused, 3 of 3`.
    pub reason: String,
}

/// What one check knows about a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckHealth {
    /// The check, by its name.
    pub name: String,
    /// Verdict or presumption.
    pub verdict: Verdict,
    /// No report has decided yet.
    pub presumed: bool,
    /// Since when the verdict stands.
    pub since: Moment,
    /// Reports in a row that speak against the verdict.
    pub against: u32,
    /// Why the verdict is what it is.
    pub reason: String,
    /// The last answers.
    pub history: History,
    /// The last failure: when, and in what words.
    pub last_failure: Option<(Moment, String)>,
    /// Since when it was up before it went down.
    pub was_up_since: Option<Moment>,
    /// Whether that was a presumption.
    #[serde(default)]
    pub was_presumed: bool,
    /// What is asked, as a number; none while that is not known. It is made of a whole question, secrets and all, and so
    /// goes nowhere.
    #[serde(skip)]
    pub(super) question: Option<u64>,
}

impl CheckHealth {
    /// A check that has not asked yet.
    #[must_use]
    pub fn presumed(name: &str, verdict: Verdict, reason: &str, now: Moment) -> Self {
        Self {
            name: name.to_owned(),
            verdict,
            presumed: true,
            since: now,
            against: 0,
            reason: reason.to_owned(),
            history: History::default(),
            last_failure: None,
            was_up_since: None,
            was_presumed: false,
            question: None,
        }
    }

    /// What it asks from now on. Answers to another question say nothing about this one: what they led to is presumed.
    pub(super) fn ask(&mut self, probe: &Probe) {
        let question = Some(question(probe));
        if self.question.is_some() && self.question != question {
            self.presumed = true;
            self.against = 0;
        }
        self.question = question;
    }

    /// Presumes that it is up where it knew, until the next good answer.
    pub(super) fn doubt(&mut self) {
        self.presumed |= self.verdict == Verdict::Up;
    }

    /// Failures in a row of a server that is up.
    #[must_use]
    pub fn failures(&self) -> u32 {
        match self.verdict {
            Verdict::Up => self.against,
            Verdict::Down => 0,
        }
    }

    /// Failures that count towards a turn to down, and how many make one.
    #[must_use]
    pub fn failures_of(&self, timing: &CheckTiming) -> (u32, u32) {
        let Some(window) = timing.window else {
            return (self.failures(), timing.fall);
        };
        let (good, answers) = self.history.good_in(window);
        (answers - good, window.of - window.good + 1)
    }

    /// The last report and when it came.
    #[must_use]
    pub fn last(&self) -> Option<&(Moment, Report)> {
        self.history.last()
    }

    /// The time to the next probe after this report.
    #[must_use]
    pub fn pace(&self, timing: &CheckTiming) -> Duration {
        let changing = timing.every_while_changing.filter(|_| self.against > 0);
        let down = timing
            .every_while_down
            .filter(|_| self.verdict == Verdict::Down);
        changing.or(down).unwrap_or(timing.every)
    }

    /// Takes a report into account; says what changed, if anything did.
    pub fn report(
        &mut self,
        report: Report,
        timing: &CheckTiming,
        now: Moment,
    ) -> Option<Transition> {
        let good = report.outcome.is_good();
        let words = report.outcome.words().to_owned();
        self.keep(report, now);
        let reported = if good? { Verdict::Up } else { Verdict::Down };
        if reported == self.verdict {
            self.against = 0;
            return self.presumed.then(|| self.turn(reported, words, now));
        }
        self.against = self.against.saturating_add(1);
        let count = self.decides(reported, timing)?;
        Some(self.turn(reported, format!("{words}, {count}"), now))
    }

    /// Keeps a report without judging it.
    pub(super) fn keep(&mut self, report: Report, now: Moment) {
        if let Outcome::Failed { reason } = &report.outcome {
            self.last_failure = Some((now, reason.clone()));
        }
        self.history.keep(now, report);
    }

    /// Forgets what speaks against the verdict, and the turn to down itself when it came at `since` or later.
    pub(super) fn take_back(&mut self, since: Moment) {
        self.against = 0;
        if self.verdict == Verdict::Down
            && self.since >= since
            && let Some(up_since) = self.was_up_since.take()
        {
            self.verdict = Verdict::Up;
            // What had not answered before has not answered now.
            self.presumed = self.was_presumed;
            self.since = up_since;
            "as it was before all servers failed at once".clone_into(&mut self.reason);
        }
    }

    /// The count that makes a verdict of what was reported; none while it does not suffice.
    fn decides(&self, reported: Verdict, timing: &CheckTiming) -> Option<String> {
        let Some(window) = timing.window else {
            let needed = match reported {
                Verdict::Up => timing.rise,
                Verdict::Down => timing.fall,
            };
            return (self.against >= needed).then(|| format!("{} of {needed}", self.against));
        };
        let (good, answers) = self.history.good_in(window);
        // Answers that are still to come may be good, but those that a server needs to come up must have come.
        let possible = good + window.of.saturating_sub(answers);
        let decided = match reported {
            Verdict::Up => good >= window.good,
            Verdict::Down => possible < window.good,
        };
        decided.then(|| {
            format!(
                "{good} of the last {answers} good, {} of {} needed",
                window.good, window.of
            )
        })
    }

    fn turn(&mut self, to: Verdict, reason: String, now: Moment) -> Transition {
        let transition = Transition {
            from: self.verdict,
            was_presumed: self.presumed,
            to,
            reason: reason.clone(),
        };
        // What was presumed and is confirmed holds for as long as it was presumed.
        if to != self.verdict {
            self.was_up_since = (to == Verdict::Down).then_some(self.since);
            self.was_presumed = self.presumed;
            self.since = now;
        }
        self.verdict = to;
        self.presumed = false;
        self.against = 0;
        self.reason = reason;
        transition
    }
}

#[cfg(test)]
mod tests {
    use super::super::Phases;
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

    fn good() -> Report {
        Report {
            outcome: Outcome::Good {
                detail: "status 200".into(),
            },
            took: Duration::ZERO,
            phases: Phases::default(),
        }
    }

    fn failed() -> Report {
        Report {
            outcome: Outcome::Failed {
                reason: "connection refused".into(),
            },
            took: Duration::ZERO,
            phases: Phases::default(),
        }
    }

    fn unable() -> Report {
        Report {
            outcome: Outcome::Unable {
                reason: "out of descriptors".into(),
            },
            took: Duration::ZERO,
            phases: Phases::default(),
        }
    }

    fn after(presumed: Verdict, reports: &[Report]) -> CheckHealth {
        let mut health = CheckHealth::presumed("tcp", presumed, "", Moment::START);
        for report in reports {
            health.report(report.clone(), &TIMING, Moment::START);
        }
        health
    }

    #[test]
    fn the_whole_transition_table() {
        let (g, f, u) = (good(), failed(), unable());
        let cases: &[(Verdict, Vec<&Report>, Verdict, bool)] = &[
            (Verdict::Up, vec![], Verdict::Up, true),
            (Verdict::Up, vec![&g], Verdict::Up, false),
            (Verdict::Up, vec![&f, &f], Verdict::Up, true),
            (Verdict::Up, vec![&f, &f, &f], Verdict::Down, false),
            (Verdict::Up, vec![&f, &f, &g, &f, &f], Verdict::Up, false),
            (Verdict::Up, vec![&f, &u, &f, &u, &f], Verdict::Down, false),
            (Verdict::Up, vec![&u, &u, &u, &u], Verdict::Up, true),
            (Verdict::Down, vec![], Verdict::Down, true),
            (Verdict::Down, vec![&f], Verdict::Down, false),
            (Verdict::Down, vec![&g], Verdict::Down, true),
            (Verdict::Down, vec![&g, &g], Verdict::Up, false),
            (Verdict::Down, vec![&g, &f, &g], Verdict::Down, false),
        ];
        for (presumed, reports, verdict, still_presumed) in cases {
            let reports: Vec<Report> = reports.iter().map(|report| (*report).clone()).collect();
            let health = after(*presumed, &reports);
            assert_eq!(
                (health.verdict, health.presumed),
                (*verdict, *still_presumed),
                "{presumed} {reports:?}"
            );
        }
    }

    #[test]
    fn the_reason_tells_the_count_that_decided() {
        let health = after(Verdict::Up, &[failed(), failed(), failed()]);
        assert_eq!(health.reason, "connection refused, 3 of 3");
    }

    #[test]
    fn the_pace_follows_what_is_known() {
        let second = Duration::from_secs(1);
        assert_eq!(after(Verdict::Up, &[good()]).pace(&TIMING), 5 * second);
        assert_eq!(
            after(Verdict::Up, &[good(), failed()]).pace(&TIMING),
            second
        );
        assert_eq!(
            after(Verdict::Up, &[failed(), failed(), failed()]).pace(&TIMING),
            2 * second
        );
        assert_eq!(
            after(Verdict::Down, &[failed(), good()]).pace(&TIMING),
            second
        );
    }

    #[test]
    fn a_window_counts_good_answers_among_the_last() {
        let timing = CheckTiming {
            window: Some(Window { good: 3, of: 5 }),
            ..TIMING
        };
        let mut health = CheckHealth::presumed("tcp", Verdict::Up, "", Moment::START);
        let mut verdicts = String::new();
        for answer in "gggggfffggg".chars() {
            let report = if answer == 'g' { good() } else { failed() };
            health.report(report, &timing, Moment::START);
            verdicts.push(if health.verdict == Verdict::Up {
                'u'
            } else {
                'd'
            });
        }
        assert_eq!(verdicts, "uuuuuuudddu");
        assert_eq!(
            health.reason,
            "status 200, 3 of the last 5 good, 3 of 5 needed"
        );
    }
}
