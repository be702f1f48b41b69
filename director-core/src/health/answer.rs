//! One answer of a server in 16 bytes, as [`super::History`] keeps it: 64 answers of 10,000 servers are 10 MB, and would be 90 MB as
//! reports. Times within a probe are rounded to a thousandth of themselves; when it came, and what came of it, are exact.

use std::time::Duration;

use super::{Contact, Outcome, Phases, Report};
use crate::moment::Moment;

/// Bits for what came of it (2), for the contact (2) and for the number of its words (6).
const TAG_BITS: u32 = 10;
/// Bits of a time that are kept exactly.
const DIGITS: u32 = 11;
/// No such part.
const NONE: u16 = u16::MAX;

/// An answer; its words are in a list of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CompactAnswer {
    /// Microseconds (54 bits, 570 years) and the tag.
    at_and_tag: u64,
    took: u16,
    connect: u16,
    tls: u16,
    first_byte: u16,
}

impl CompactAnswer {
    /// The answer with the words of this number, below 64.
    pub(super) fn new(at: Moment, report: &Report, words: u8) -> Self {
        let micros = u64::try_from(at.since_start().as_micros()).unwrap_or(u64::MAX);
        let micros = micros.min(u64::MAX >> TAG_BITS);
        let outcome = match report.outcome {
            Outcome::Good { .. } => 0,
            Outcome::Failed { .. } => 1,
            Outcome::LocalError { .. } => 2,
        };
        let contact = match report.contact {
            Contact::Answered => 0,
            Contact::Silent => 1,
            Contact::NotAsked => 2,
        };
        let tag = outcome | contact << 2 | u64::from(words & 63) << 4;
        let Phases {
            connect,
            tls,
            first_byte,
        } = report.phases;
        let part = |part: Option<Duration>| part.map_or(NONE, rounded);
        Self {
            at_and_tag: micros << TAG_BITS | tag,
            took: rounded(report.took),
            connect: part(connect),
            tls: part(tls),
            first_byte: part(first_byte),
        }
    }

    /// When it came.
    pub(super) fn at(self) -> Moment {
        Moment::after_start(Duration::from_micros(self.at_and_tag >> TAG_BITS))
    }

    /// Whether the server is good; none when the answer says nothing about it.
    pub(super) fn is_good(self) -> Option<bool> {
        match self.at_and_tag & 3 {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        }
    }

    /// The number of its words.
    pub(super) fn words(self) -> usize {
        usize::from((self.at_and_tag >> 4) as u8 & 63)
    }

    /// The answer as a report, with these words.
    pub(super) fn report(self, words: &str) -> Report {
        let words = words.to_owned();
        let part = |part: u16| (part != NONE).then(|| span(part));
        Report {
            outcome: match self.is_good() {
                Some(true) => Outcome::Good { detail: words },
                Some(false) => Outcome::Failed { reason: words },
                None => Outcome::LocalError { reason: words },
            },
            took: span(self.took),
            contact: match self.at_and_tag >> 2 & 3 {
                0 => Contact::Answered,
                1 => Contact::Silent,
                _ => Contact::NotAsked,
            },
            phases: Phases {
                connect: part(self.connect),
                tls: part(self.tls),
                first_byte: part(self.first_byte),
            },
        }
    }
}

/// A time as eleven digits of its microseconds and an exponent, at most 12 days.
fn rounded(span: Duration) -> u16 {
    let longest = u64::from(u32::MAX) << 8;
    let micros = u64::try_from(span.as_micros()).map_or(longest, |micros| micros.min(longest));
    let exponent = (u64::BITS - micros.leading_zeros()).saturating_sub(DIGITS);
    let half = (1 << exponent) >> 1;
    let digits = (micros + half) >> exponent;
    // Rounding up may need one digit more.
    let (digits, exponent) = match digits >> DIGITS {
        0 => (digits, exponent),
        _ => (digits >> 1, exponent + 1),
    };
    // Both fit: the digits have 11 bits, and the exponent of the longest time is 30.
    (exponent << DIGITS) as u16 | digits as u16
}

fn span(rounded: u16) -> Duration {
    let digits = u64::from(rounded & ((1 << DIGITS) - 1));
    Duration::from_micros(digits << (rounded >> DIGITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_a_thousandth() {
        assert_eq!(std::mem::size_of::<CompactAnswer>(), 16);
        let micros = (0..4200).chain((0..40).map(|power| 1 << power));
        for micros in
            micros.flat_map(|micros: u64| [micros, micros + micros / 3, micros * 2 - micros / 9])
        {
            let kept = span(rounded(Duration::from_micros(micros)));
            let off = kept.as_micros().abs_diff(micros.into());
            let longest = u128::from(u32::MAX) << 8;
            assert!(
                off * 2000 <= micros.into() || u128::from(micros) > longest,
                "{micros} µs became {kept:?}"
            );
        }
        assert!(span(rounded(Duration::MAX)) > Duration::from_secs(12 * 24 * 3600));
    }

    #[test]
    fn an_answer_keeps_what_a_report_says() {
        let contacts = [Contact::Answered, Contact::Silent, Contact::NotAsked];
        let outcomes = [
            Outcome::Good {
                detail: "200 OK".to_owned(),
            },
            Outcome::Failed {
                reason: "refused".to_owned(),
            },
            Outcome::LocalError {
                reason: "no route".to_owned(),
            },
        ];
        let parts = [None, Some(Duration::ZERO), Some(Duration::from_millis(1))];
        for (number, outcome) in (61..).zip(outcomes) {
            for (contact, part) in contacts.into_iter().zip(parts) {
                let report = Report {
                    outcome: outcome.clone(),
                    took: Duration::from_micros(1234),
                    contact,
                    phases: Phases {
                        connect: part,
                        tls: None,
                        first_byte: part,
                    },
                };
                let at = Moment::after_start(Duration::from_micros(987_654_321_012_345));
                let answer = CompactAnswer::new(at, &report, number);
                assert_eq!((answer.at(), answer.words()), (at, usize::from(number)));
                assert_eq!(answer.is_good(), outcome.is_good());
                assert_eq!(answer.report(outcome.words()), report);
            }
        }
    }
}
