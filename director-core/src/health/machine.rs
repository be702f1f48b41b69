//! The health machine of one real server in one virtual service.
//!
//! ```text
//!              rise good in a row
//!   Down ─────────────────────────────▶ Up
//!    ▲                                   │
//!    └───────────────────────────────────┘
//!              fall failures in a row
//! ```
//! A server begins with a presumption taken from the kernel's table: in service there means presumed up, anything else
//! presumed down. A presumption becomes a verdict by the reports that the diagram names, or by the first report that
//! agrees with it. Reports that say nothing about the server ([`Outcome::Unable`]) change nothing.

use serde::{Deserialize, Serialize};

use super::{Outcome, Report};
use crate::model::CheckTiming;
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

/// What is known about a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
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
    /// The last report and when it came.
    pub last: Option<(Moment, Report)>,
}

impl Health {
    /// A server of which only the kernel's table is known.
    #[must_use]
    pub fn presumed(verdict: Verdict, reason: &str, now: Moment) -> Self {
        Self {
            verdict,
            presumed: true,
            since: now,
            against: 0,
            reason: reason.to_owned(),
            last: None,
        }
    }

    /// Failures in a row of a server that is up.
    #[must_use]
    pub fn failures(&self) -> u32 {
        match self.verdict {
            Verdict::Up => self.against,
            Verdict::Down => 0,
        }
    }

    /// Takes a report into account; says what changed, if anything did.
    pub fn report(
        &mut self,
        report: Report,
        timing: &CheckTiming,
        now: Moment,
    ) -> Option<Transition> {
        let reported = match &report.outcome {
            Outcome::Good { .. } => Some(Verdict::Up),
            Outcome::Failed { .. } => Some(Verdict::Down),
            Outcome::Unable { .. } => None,
        };
        let words = report.outcome.words().to_owned();
        self.last = Some((now, report));
        let reported = reported?;
        if reported == self.verdict {
            return self.confirm(words, now);
        }
        self.against = self.against.saturating_add(1);
        let needed = match reported {
            Verdict::Up => timing.rise,
            Verdict::Down => timing.fall,
        };
        (self.against >= needed).then(|| {
            self.turn(
                reported,
                format!("{words}, {} of {needed}", self.against),
                now,
            )
        })
    }

    fn confirm(&mut self, words: String, now: Moment) -> Option<Transition> {
        self.against = 0;
        if !self.presumed {
            return None;
        }
        Some(self.turn(self.verdict, words, now))
    }

    fn turn(&mut self, to: Verdict, reason: String, now: Moment) -> Transition {
        let transition = Transition {
            from: self.verdict,
            was_presumed: self.presumed,
            to,
            reason: reason.clone(),
        };
        *self = Self {
            verdict: to,
            presumed: false,
            since: now,
            against: 0,
            reason,
            last: self.last.take(),
        };
        transition
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TIMING: CheckTiming = CheckTiming {
        every: Duration::from_secs(5),
        rise: 2,
        fall: 3,
    };

    fn good() -> Report {
        Report {
            outcome: Outcome::Good {
                detail: "status 200".into(),
            },
            took: Duration::ZERO,
        }
    }

    fn failed() -> Report {
        Report {
            outcome: Outcome::Failed {
                reason: "connection refused".into(),
            },
            took: Duration::ZERO,
        }
    }

    fn unable() -> Report {
        Report {
            outcome: Outcome::Unable {
                reason: "out of descriptors".into(),
            },
            took: Duration::ZERO,
        }
    }

    fn after(presumed: Verdict, reports: &[Report]) -> Health {
        let mut health = Health::presumed(presumed, "", Moment::START);
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
}
