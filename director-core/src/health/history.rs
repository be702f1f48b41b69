//! The last 64 answers of a real server, the newest last: what `status` shows and what a window counts.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::model::Window;
use crate::moment::Moment;

/// Answers that are kept.
pub const HISTORY_LENGTH: usize = 64;

/// The last answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    answers: VecDeque<(Moment, Report)>,
    /// A window counts answers from here on.
    #[serde(default)]
    counts_from: Moment,
}

impl History {
    /// Keeps an answer; the oldest goes when there is no room.
    pub(super) fn keep(&mut self, at: Moment, report: Report) {
        if self.answers.len() == HISTORY_LENGTH {
            self.answers.pop_front();
        }
        self.answers.push_back((at, report));
    }

    /// Has windows count only what comes from now on; what came before is still shown.
    pub(super) fn restart_windows(&mut self, now: Moment) {
        self.counts_from = now;
    }

    /// The last answer and when it came.
    #[must_use]
    pub fn last(&self) -> Option<&(Moment, Report)> {
        self.answers.back()
    }

    /// All answers kept, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(Moment, Report)> {
        self.answers.iter()
    }

    /// How many of the window's last answers are good, and how many it has of them. Answers that say nothing about the
    /// server are not counted.
    pub(super) fn good_in(&self, window: Window) -> (u32, u32) {
        let size = usize::try_from(window.of).unwrap_or(usize::MAX);
        let answers = self.counted().take(size);
        answers.fold((0, 0), |(good, all), (_, report)| {
            let is_good = report.outcome.is_good() == Some(true);
            (good + u32::from(is_good), all + 1)
        })
    }

    /// The last answers that count, so many at most, the oldest first.
    pub(super) fn last_counted(&self, size: usize) -> Vec<(Moment, Report)> {
        let mut answers: Vec<_> = self.counted().take(size).cloned().collect();
        answers.reverse();
        answers
    }

    /// Answers that say something about the server and that windows count, the newest first.
    fn counted(&self) -> impl Iterator<Item = &(Moment, Report)> {
        let answers = self.answers.iter().rev();
        answers
            .take_while(|(at, _)| *at >= self.counts_from)
            .filter(|(_, report)| report.outcome.is_good().is_some())
    }
}
