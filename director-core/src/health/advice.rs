//! What a server says of itself, by an agent or by the source of its weight, in the words of the HAProxy agent protocol
//! (HAProxy's configuration manual, `agent-check`): words between blanks, tabs and commas, up to the end of the line.
//!
//! | Word | Meaning |
//! |---|---|
//! | `75%` | that share of the defined weight |
//! | `ready` | the end of `drain` and `maint` |
//! | `drain` | no new connections |
//! | `maint` | out, as the service says of failed servers |
//! | `down`, `stopped`, `fail` | out likewise; what follows, or follows a `#`, is the reason |
//! | `up` | the end of `down`, `stopped` and `fail` |
//!
//! ipvsd gives at most 256 times the configured weight, whatever is said (`model/limits.rs`).
//!
//! What is not said stays as it was. A bare number, which that protocol has not, is a weight in place of the defined one.
//! Other words, such as `maxconn:100`, are passed over.

use serde::{Deserialize, Serialize};

use crate::model::largest_advised;
use crate::moment::Moment;

/// A server's own words, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// The weight; none while nothing was said about it.
    pub weight: Option<AdvisedWeight>,
    /// Whether it is to be in service.
    pub state: AdvisedState,
    /// It says that it does not work, and why.
    pub down: Option<String>,
    /// Since when this is its advice.
    pub since: Moment,
    /// The line that changed it last; one that says nothing new, or nothing of use, does not take its place.
    pub heard: String,
    /// Since when it is unreachable, and why.
    pub silent: Option<(Moment, String)>,
}

/// A weight that was advised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdvisedWeight {
    /// Per cent of the weight before it.
    Percent(u32),
    /// This weight.
    Exactly(u32),
}

/// Whether a server is to be in service, by its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum AdvisedState {
    /// Yes.
    #[default]
    Ready,
    /// It gets no new connections.
    Drain,
    /// It is out.
    Maintenance,
}

/// Largest share in per cent: HAProxy's, whose weights go to 256.
const LARGEST_PERCENT: u32 = 25_600;

impl AdvisedWeight {
    /// The weight after advice about one. A share of something is at least 1, so that rounding takes nobody out.
    #[must_use]
    pub fn of(self, weight: u32) -> u32 {
        match self {
            Self::Exactly(exactly) => exactly,
            Self::Percent(percent) => {
                let share = (u64::from(weight) * u64::from(percent) + 50) / 100;
                let least = u64::from(weight > 0 && percent > 0);
                u32::try_from(share.max(least)).unwrap_or(u32::MAX)
            }
        }
    }
}

impl Advice {
    /// No report so far.
    #[must_use]
    pub fn none(now: Moment) -> Self {
        Self {
            weight: None,
            state: AdvisedState::Ready,
            down: None,
            since: now,
            heard: String::new(),
            silent: None,
        }
    }

    /// Takes a line into account; says whether it changes anything.
    pub fn hear(&mut self, text: &str, now: Moment) -> bool {
        let line = text.split(['\r', '\n', '\0']).next().unwrap_or_default();
        let before = (self.weight, self.state, self.down.clone());
        self.silent = None;
        let (words, remark) = line
            .split_once('#')
            .map_or((line, ""), |(words, rest)| (words, rest.trim()));
        let mut rest = words.trim_start_matches(SEPARATORS);
        while !rest.is_empty() {
            let (word, after) = rest.split_once(SEPARATORS).unwrap_or((rest, ""));
            rest = after.trim_start_matches(SEPARATORS);
            match word.to_ascii_lowercase().as_str() {
                "ready" => self.state = AdvisedState::Ready,
                "drain" => self.state = AdvisedState::Drain,
                "maint" => self.state = AdvisedState::Maintenance,
                "up" => self.down = None,
                verb @ ("down" | "stopped" | "fail" | "failed") => {
                    let why = [rest.trim(), remark]
                        .into_iter()
                        .find(|text| !text.is_empty());
                    self.down =
                        Some(why.map_or_else(|| verb.to_owned(), |why| format!("{verb}: {why}")));
                    rest = "";
                }
                other => self.weight = weight(other).or(self.weight),
            }
        }
        let changed = before != (self.weight, self.state, self.down.clone());
        if changed || self.heard.is_empty() {
            line.trim().clone_into(&mut self.heard);
        }
        if changed {
            self.since = now;
        }
        changed
    }

    /// It is unreachable; its last report stays. Says whether that is new.
    pub fn miss(&mut self, why: &str, now: Moment) -> bool {
        let is_new = self.silent.is_none();
        self.silent.get_or_insert_with(|| (now, why.to_owned()));
        is_new
    }

    /// The weight that it wants in place of the configured one, if that is more than it may give.
    #[must_use]
    pub fn beyond_limit(&self, configured: u32) -> Option<u32> {
        match self.weight {
            Some(AdvisedWeight::Exactly(wanted)) => Some(wanted),
            _ => None,
        }
        .filter(|wanted| *wanted > largest_advised(configured))
    }

    /// Whether it wants no new connections.
    #[must_use]
    pub fn wants_nothing(&self) -> bool {
        self.down.is_some() || self.wants_rest()
    }

    /// Whether it wants no new connections for another reason than that it fails.
    #[must_use]
    pub fn wants_rest(&self) -> bool {
        let no_weight = matches!(
            self.weight,
            Some(AdvisedWeight::Percent(0) | AdvisedWeight::Exactly(0))
        );
        self.state != AdvisedState::Ready || no_weight
    }

    /// Whether it wants to be out, and not only without new connections.
    #[must_use]
    pub fn wants_out(&self) -> bool {
        self.down.is_some() || self.state == AdvisedState::Maintenance
    }
}

const SEPARATORS: [char; 3] = [' ', '\t', ','];

fn weight(word: &str) -> Option<AdvisedWeight> {
    match word.strip_suffix('%') {
        Some(percent) => {
            let percent = percent
                .parse()
                .ok()
                .filter(|percent| *percent <= LARGEST_PERCENT)?;
            Some(AdvisedWeight::Percent(percent))
        }
        None => word.parse().ok().map(AdvisedWeight::Exactly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lines come to, one after the other.
    fn after(lines: &[&str]) -> (Option<AdvisedWeight>, AdvisedState, Option<String>) {
        let mut advice = Advice::none(Moment::START);
        for line in lines {
            advice.hear(line, Moment::START);
        }
        (advice.weight, advice.state, advice.down)
    }

    #[test]
    fn the_words_of_the_protocol() {
        use AdvisedState::{Drain, Maintenance, Ready};
        use AdvisedWeight::{Exactly, Percent};
        let down = |why: &str| Some(why.to_owned());
        let cases: &[(&[&str], _)] = &[
            (&["75%\n"], (Some(Percent(75)), Ready, None)),
            (&["up,ready 50%\r\nrest"], (Some(Percent(50)), Ready, None)),
            (&["drain"], (None, Drain, None)),
            (&["MAINT\t30%"], (Some(Percent(30)), Maintenance, None)),
            (&["drain", "20%"], (Some(Percent(20)), Drain, None)),
            (&["maint", "ready"], (None, Ready, None)),
            (
                &["down#disk full\n"],
                (None, Ready, down("down: disk full")),
            ),
            (
                &["stopped # by the operator"],
                (None, Ready, down("stopped: by the operator")),
            ),
            (&["fail"], (None, Ready, down("fail"))),
            (&["down", "80%"], (Some(Percent(80)), Ready, down("down"))),
            (&["down", "up"], (None, Ready, None)),
            (
                &["ready maxconn:100 x 40%"],
                (Some(Percent(40)), Ready, None),
            ),
            (&["7"], (Some(Exactly(7)), Ready, None)),
            (&["50%", ""], (Some(Percent(50)), Ready, None)),
            (&["99999999%", "-1%", "4294967296"], (None, Ready, None)),
        ];
        for (lines, expected) in cases {
            assert_eq!(after(lines), *expected, "{lines:?}");
        }
    }

    #[test]
    fn a_share_is_rounded_and_takes_nobody_out() {
        let of = |percent, weight| AdvisedWeight::Percent(percent).of(weight);
        assert_eq!((of(80, 6), of(10, 1), of(0, 5), of(50, 0)), (5, 1, 0, 0));
        assert_eq!(of(25_600, u32::MAX), u32::MAX);
        assert_eq!(AdvisedWeight::Exactly(3).of(10), 3);
    }

    #[test]
    fn only_a_change_starts_again() {
        let mut advice = Advice::none(Moment::START);
        let later = Moment::START + std::time::Duration::from_secs(5);
        assert!(advice.hear("up 50%", Moment::START));
        assert!(!advice.hear("up 50%", later));
        assert!(advice.miss("connection refused", later) && !advice.miss("again", later));
        assert!(!advice.hear("50%", later) && advice.silent.is_none());
        assert_eq!(advice.since, Moment::START);
        // What stands is shown with the words that it stands by.
        assert!(!advice.hear("nothing of use", later));
        assert_eq!(advice.heard, "up 50%");
    }
}
