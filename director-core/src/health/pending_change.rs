//! Results that contradict the state of a check and have not changed it yet: what of it survives a restart, so that a
//! director that is killed between the second and the third failure needs one more, and not three.

use serde::{Deserialize, Serialize};

use super::{CheckHealth, HealthState, Report};
use crate::model::CheckTiming;
use crate::moment::Moment;

/// Results of a check that have not changed its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    /// The check, by its name.
    pub check: String,
    /// The state that the results contradict.
    pub state: HealthState,
    /// How many in a row do.
    pub streak: u32,
    /// The answers that count, the oldest first.
    pub answers: Vec<(Moment, Report)>,
}

impl PendingChange {
    /// Whether they say nothing any more: a director that had kept probing at its usual interval would have decided.
    fn has_lapsed(&self, timing: &CheckTiming, now: Moment) -> bool {
        let lasts = timing.every.saturating_mul(needed(timing, self.state));
        let last = self.answers.last();
        last.is_none_or(|(at, _)| now.since(*at) > lasts)
    }
}

/// How many results change this state, at most.
fn needed(timing: &CheckTiming, state: HealthState) -> u32 {
    match (timing.window, state) {
        (Some(window), _) => window.of,
        (None, HealthState::Up) => timing.fall,
        (None, HealthState::Down) => timing.rise,
    }
}

impl CheckHealth {
    /// What has not decided yet, if there is such.
    pub(crate) fn pending_change(&self, timing: &CheckTiming) -> Option<PendingChange> {
        let counted = timing.window.map_or(self.streak, |window| window.of);
        let counted = usize::try_from(counted).unwrap_or(usize::MAX);
        let answers = self.history.last_counted(counted);
        let is_mixed = timing.window.is_some_and(|window| {
            let (good, all) = self.history.good_in(window);
            good > 0 && good < all
        });
        let speaks = self.streak > 0 || is_mixed;
        speaks.then(|| PendingChange {
            check: self.name.clone(),
            state: self.state,
            streak: self.streak,
            answers,
        })
    }

    /// Whether an answer has changed what is undecided.
    pub(crate) fn pending_change_differs(&self, before: u32, timing: &CheckTiming) -> bool {
        self.streak != before || (timing.window.is_some() && self.pending_change(timing).is_some())
    }

    /// Goes on with what had not decided when the director before this one ended.
    pub(super) fn resume(
        &mut self,
        pending_change: PendingChange,
        timing: &CheckTiming,
        now: Moment,
    ) {
        // Of a server with another assumed state now, they say nothing.
        if pending_change.state != self.state || pending_change.has_lapsed(timing, now) {
            return;
        }
        self.streak = pending_change.streak;
        for (at, report) in pending_change.answers {
            self.keep(report, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Contact, Outcome, Phases};
    use super::*;
    use crate::model::Window;

    const EVERY: Duration = Duration::from_secs(5);
    const ROW: CheckTiming = CheckTiming {
        every: EVERY,
        every_while_changing: None,
        every_while_down: None,
        rise: 2,
        fall: 3,
        window: None,
        damping: None,
        start_spread: Duration::ZERO,
        jitter: 0,
        hold_connection: false,
        connects_between: None,
    };
    const WINDOW: CheckTiming = CheckTiming {
        window: Some(Window { good: 3, of: 5 }),
        ..ROW
    };

    fn report(is_good: bool) -> Report {
        let words = String::from("as told");
        Report {
            outcome: match is_good {
                true => Outcome::Good { detail: words },
                false => Outcome::Failed { reason: words },
            },
            took: Duration::ZERO,
            contact: Contact::default(),
            phases: Phases::default(),
        }
    }

    /// Answers one after another, `g` or `f`, from this moment on; gives the moment after the last.
    fn answer(
        health: &mut CheckHealth,
        timing: &CheckTiming,
        answers: &str,
        from: Moment,
    ) -> Moment {
        answers.chars().fold(from, |now, answer| {
            health.report(report(answer == 'g'), timing, now);
            now + EVERY
        })
    }

    fn up() -> CheckHealth {
        CheckHealth::assumed("page", HealthState::Up, "", Moment::START)
    }

    /// How many more failures take a server down after a restart that takes this long; at most nine are tried.
    fn failures_after(timing: &CheckTiming, answers: &str, away: Duration) -> usize {
        let mut health = up();
        let now = answer(&mut health, timing, answers, Moment::START);
        let pending_change = health.pending_change(timing);
        let mut next = up();
        if let Some(pending_change) = pending_change {
            next.resume(pending_change, timing, now + away);
        }
        let mut failures = 0;
        while next.state == HealthState::Up && failures < 9 {
            answer(&mut next, timing, "f", now + away);
            failures += 1;
        }
        failures
    }

    #[test]
    fn a_restart_between_failures_needs_no_more_of_them() {
        let shown = ["gggg", "ggf", "gff", "gffg"].map(|answers| {
            let here = failures_after(&ROW, answers, EVERY);
            (answers, here)
        });
        assert_eq!(shown, [("gggg", 3), ("ggf", 2), ("gff", 1), ("gffg", 3)]);
    }

    #[test]
    fn a_window_goes_on_where_it_was() {
        let shown = ["ggggg", "gggff", "gfgfg", "gggfg"]
            .map(|answers| (answers, failures_after(&WINDOW, answers, EVERY)));
        assert_eq!(
            shown,
            [("ggggg", 3), ("gggff", 1), ("gfgfg", 1), ("gggfg", 2)]
        );
    }

    #[test]
    fn what_is_too_old_counts_no_more() {
        assert_eq!(failures_after(&ROW, "gff", Duration::from_secs(11)), 3);
        assert_eq!(failures_after(&ROW, "gff", Duration::from_secs(10)), 1);
    }

    #[test]
    fn what_speaks_against_another_verdict_counts_not() {
        let mut health = up();
        answer(&mut health, &ROW, "gff", Moment::START);
        let mut down = CheckHealth::assumed("page", HealthState::Down, "", Moment::START);
        let pending_change = health.pending_change(&ROW);
        assert_eq!(pending_change.as_ref().map(|known| known.streak), Some(2));
        down.resume(
            pending_change.unwrap_or_else(|| unreachable!()),
            &ROW,
            Moment::START,
        );
        assert_eq!((down.streak, down.last()), (0, None));
    }
}
