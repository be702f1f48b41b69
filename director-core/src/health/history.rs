//! The last 64 answers of a real server, the newest last: what `status` shows and what a window counts.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Report;
use super::answer::CompactAnswer;
use crate::model::Window;
use crate::moment::Moment;

/// Answers that are kept.
pub const HISTORY_LENGTH: usize = 64;

/// The last answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Moment, Report)>", into = "Vec<(Moment, Report)>")]
pub struct History {
    answers: VecDeque<CompactAnswer>,
    /// The words of the answers, each once. An answer has the number of its words.
    words: Vec<Words>,
    /// The newest answer as it came.
    last: Option<(Moment, Report)>,
    /// So many of the newest answers count for a window.
    counted: usize,
}

/// Words of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Words {
    text: Box<str>,
    /// How many answers have them.
    uses: u8,
}

impl History {
    /// Keeps an answer; the oldest goes when there is no room.
    pub(super) fn keep(&mut self, at: Moment, report: Report) {
        if self.answers.len() == HISTORY_LENGTH {
            self.forget_oldest();
        }
        let words = self.number_of(report.outcome.words());
        self.answers
            .push_back(CompactAnswer::new(at, &report, words));
        self.counted = (self.counted + 1).min(self.answers.len());
        self.last = Some((at, report));
    }

    /// Has windows count only what comes from now on; what came before is still shown.
    pub(super) fn restart_windows(&mut self) {
        self.counted = 0;
    }

    /// The last answer and when it came.
    #[must_use]
    pub fn last(&self) -> Option<&(Moment, Report)> {
        self.last.as_ref()
    }

    /// All answers kept, the oldest first. Times within a probe are rounded to a thousandth, but for the last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Moment, Report)> {
        let newest = self.answers.len().saturating_sub(1);
        let answers = self.answers.iter().enumerate();
        answers.map(move |(place, answer)| match &self.last {
            Some(last) if place == newest => last.clone(),
            _ => (answer.at(), self.report(*answer)),
        })
    }

    /// Whether a good answer came at this moment or later.
    pub(super) fn any_good_since(&self, since: Moment) -> bool {
        let mut answers = self.answers.iter();
        answers.any(|answer| answer.at() >= since && answer.is_good() == Some(true))
    }

    /// How many of the window's last answers are good, and how many it has of them. Answers that say nothing about the
    /// server are not counted.
    pub(super) fn good_in(&self, window: Window) -> (u32, u32) {
        let size = usize::try_from(window.of).unwrap_or(usize::MAX);
        let answers = self.counted().take(size);
        answers.fold((0, 0), |(good, all), answer| {
            (good + u32::from(answer.is_good() == Some(true)), all + 1)
        })
    }

    /// The last answers that count, so many at most, the oldest first.
    pub(super) fn last_counted(&self, size: usize) -> Vec<(Moment, Report)> {
        let answers = self.counted().take(size);
        let mut answers: Vec<_> = answers
            .map(|answer| (answer.at(), self.report(answer)))
            .collect();
        answers.reverse();
        answers
    }

    /// Answers that say something about the server and that windows count, the newest first.
    fn counted(&self) -> impl Iterator<Item = CompactAnswer> {
        let answers = self.answers.iter().rev().take(self.counted);
        answers.copied().filter(|answer| answer.is_good().is_some())
    }

    fn report(&self, answer: CompactAnswer) -> Report {
        let words = self.words.get(answer.words());
        answer.report(words.map_or("", |words| &words.text))
    }

    /// The number of these words for one more answer. There are as many numbers as answers.
    fn number_of(&mut self, text: &str) -> u8 {
        let mut known = self.words.iter();
        let place = known
            .position(|words| words.uses > 0 && &*words.text == text)
            .or_else(|| self.words.iter().position(|words| words.uses == 0))
            .unwrap_or_else(|| {
                self.words.push(Words {
                    text: Box::default(),
                    uses: 0,
                });
                self.words.len() - 1
            });
        if let Some(words) = self.words.get_mut(place) {
            if words.uses == 0 {
                words.text = text.into();
            }
            words.uses += 1;
        }
        u8::try_from(place).unwrap_or(u8::MAX)
    }

    fn forget_oldest(&mut self) {
        let oldest = self.answers.pop_front();
        if let Some(words) = oldest.and_then(|oldest| self.words.get_mut(oldest.words())) {
            words.uses -= 1;
            if words.uses == 0 {
                words.text = Box::default();
            }
        }
    }
}

impl From<Vec<(Moment, Report)>> for History {
    fn from(answers: Vec<(Moment, Report)>) -> Self {
        let mut history = Self::default();
        for (at, report) in answers {
            history.keep(at, report);
        }
        history
    }
}

impl From<History> for Vec<(Moment, Report)> {
    fn from(history: History) -> Self {
        history.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Contact, Outcome, Phases};
    use super::*;

    fn failed(reason: String) -> Report {
        Report {
            outcome: Outcome::Failed { reason },
            took: Duration::from_millis(3),
            contact: Contact::Answered,
            phases: Phases::default(),
        }
    }

    #[test]
    fn the_last_answers_keep_their_words_however_often_these_change() {
        let mut history = History::default();
        let answer = |number: u64| {
            // Some words come again and again, others once.
            let words = match number % 3 {
                0 => "connection refused".to_owned(),
                _ => format!("answer {number}"),
            };
            (
                Moment::after_start(Duration::from_secs(number)),
                failed(words),
            )
        };
        for number in 0..1000 {
            let (at, report) = answer(number);
            history.keep(at, report);
            let first = (number + 1).saturating_sub(HISTORY_LENGTH as u64);
            assert!(history.iter().eq((first..=number).map(answer)));
            assert!(history.words.len() <= HISTORY_LENGTH);
        }
        let again = History::from(Vec::from(history.clone()));
        assert!(again.iter().eq(history.iter()));
    }

    #[test]
    fn a_window_counts_what_came_since_it_began_again() {
        let mut history = History::default();
        let window = Window { good: 3, of: 5 };
        let keep = |history: &mut History, times| {
            (0..times).for_each(|_| history.keep(Moment::START, failed(String::new())));
        };
        keep(&mut history, 70);
        assert_eq!(history.good_in(window), (0, 5));
        history.restart_windows();
        assert_eq!(history.good_in(window), (0, 0));
        keep(&mut history, 2);
        assert_eq!(
            (history.good_in(window), history.iter().count()),
            ((0, 2), 64)
        );
        keep(&mut history, 90);
        assert_eq!(history.good_in(window), (0, 5));
    }
}
