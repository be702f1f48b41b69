//! Time spans as people write them: `500ms`, `5s`, `1m30s`, `2h`, `1d`. The units are few and strict, since a slip such as
//! a month in place of a minute must not pass.

use std::time::Duration;

/// Longest span, so that sums of spans never overflow.
const LONGEST: Duration = Duration::from_secs(10_000 * 24 * 60 * 60);

/// Milliseconds in each unit, the longest first: parts are written in this order.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// What is wrong with a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DurationFault {
    /// A number alone.
    NoUnit,
    /// Not a span at all.
    NotATime,
    /// Longer than anything that makes sense.
    TooLong,
}

/// The span that a text means.
pub(super) fn parse(text: &str) -> Result<Duration, DurationFault> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DurationFault::NoUnit);
    }
    let mut rest = text;
    let mut milliseconds: u64 = 0;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let (digits, after) = split(rest, |c| c.is_ascii_digit());
        let (unit, after) = split(after, |c| c.is_ascii_alphabetic());
        // Searching on from the last unit keeps 30s1m and 1m1m out.
        let (_, size) = units
            .find(|(name, _)| *name == unit)
            .ok_or(DurationFault::NotATime)?;
        if digits.is_empty() {
            return Err(DurationFault::NotATime);
        }
        let part = digits
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(*size))
            .ok_or(DurationFault::TooLong)?;
        milliseconds = milliseconds
            .checked_add(part)
            .ok_or(DurationFault::TooLong)?;
        rest = after;
    }
    if text.is_empty() {
        return Err(DurationFault::NotATime);
    }
    let span = Duration::from_millis(milliseconds);
    if span > LONGEST {
        return Err(DurationFault::TooLong);
    }
    Ok(span)
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_sums_of_units_from_long_to_short() {
        for (text, milliseconds) in [
            ("5s", 5_000),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("1d1h1m1s1ms", 90_061_001),
            ("0s", 0),
        ] {
            assert_eq!(
                parse(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_for_its_own_reason() {
        assert_eq!(parse("5"), Err(DurationFault::NoUnit));
        assert_eq!(parse("99999999999d"), Err(DurationFault::TooLong));
        assert_eq!(parse("99999999999999999999s"), Err(DurationFault::TooLong));
        for text in [
            "",
            "s",
            "5 s",
            "1.5s",
            "-1s",
            "30s1m",
            "1m1m",
            "5S",
            "5 minutes",
            "5s3",
        ] {
            assert_eq!(parse(text), Err(DurationFault::NotATime), "{text}");
        }
    }
}
