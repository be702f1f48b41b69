//! Values behind keywords. What keepalived cannot read it ignores, and so does ipvsd, with a warning.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::time::Duration;

use director_core::definitions::Placed;

use crate::findings::Findings;
use crate::tree::Entry;
use crate::words::PlacedWord;

/// The number behind a keyword, when it is in the range. Of a word with other signs keepalived takes the digits before them, and
/// zero without any.
pub(super) fn number(
    entry: &Entry,
    range: RangeInclusive<u64>,
    findings: &mut Findings,
) -> Option<Placed<u64>> {
    let word = given(entry, findings)?;
    let end = word.text.find(|c: char| !c.is_ascii_digit());
    let digits = &word.text[..end.unwrap_or(word.text.len())];
    let number = match digits {
        "" if word.text.starts_with(['-', '+']) => None,
        "" => Some(0),
        digits => digits.parse::<u64>().ok(),
    };
    let Some(number) = number.filter(|number| range.contains(number)) else {
        out_of_range(entry, word, &range, findings);
        return None;
    };
    if end.is_some() || digits.is_empty() {
        let message = format!("{} is no number; keepalived reads {number}", word.text);
        findings.faulty(
            &word.place,
            message,
            format!("write {} {number}", entry.name),
        );
    }
    Some(Placed::new(number, word.place.clone()))
}

/// The same for a keyword with which keepalived takes nothing but digits.
pub(super) fn exact_number(
    entry: &Entry,
    range: RangeInclusive<u64>,
    findings: &mut Findings,
) -> Option<Placed<u64>> {
    let word = given(entry, findings)?;
    let number = word
        .text
        .parse::<u64>()
        .ok()
        .filter(|number| range.contains(number));
    if number.is_none() {
        out_of_range(entry, word, &range, findings);
    }
    number.map(|number| Placed::new(number, word.place.clone()))
}

fn out_of_range(
    entry: &Entry,
    word: &PlacedWord,
    range: &RangeInclusive<u64>,
    findings: &mut Findings,
) {
    let hint = format!("write a number from {} to {}", range.start(), range.end());
    ignored(entry, word, hint, findings);
}

/// The time behind a keyword, in seconds with or without a decimal point.
pub(super) fn seconds(
    entry: &Entry,
    least: Duration,
    findings: &mut Findings,
) -> Option<Placed<Duration>> {
    let word = given(entry, findings)?;
    let time = decimal(&word.text).filter(|time| *time >= least);
    if time.is_none() {
        ignored(entry, word, "write seconds, such as 3 or 0.5", findings);
    }
    time.map(|time| Placed::new(time, word.place.clone()))
}

/// Seconds with up to six decimal places, without a float's rounding.
fn decimal(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let seconds = if whole.is_empty() {
        0
    } else {
        whole.parse::<u64>().ok()?
    };
    let micros: u64 = format!("{fraction:0<6.6}").parse().ok()?;
    Some(Duration::from_secs(seconds) + Duration::from_micros(micros))
}

/// `true`, `false` and their like behind a keyword; true when there is nothing.
pub(super) fn switch(entry: &Entry, findings: &mut Findings) -> Option<Placed<bool>> {
    let Some(word) = entry.value() else {
        return Some(Placed::new(true, entry.place.clone()));
    };
    let value = match word.text.as_str() {
        "true" | "on" | "yes" => true,
        "false" | "off" | "no" => false,
        _ => {
            ignored(entry, word, "write true or false", findings);
            return None;
        }
    };
    Some(Placed::new(value, word.place.clone()))
}

/// The text behind a keyword.
pub(super) fn text(entry: &Entry, findings: &mut Findings) -> Option<Placed<String>> {
    let word = given(entry, findings)?;
    Some(Placed::new(word.text.clone(), word.place.clone()))
}

/// The address behind a keyword.
pub(super) fn address_of(entry: &Entry, findings: &mut Findings) -> Option<Placed<IpAddr>> {
    let word = given(entry, findings)?;
    let address = address(&word.text);
    if address.is_none() {
        ignored(entry, word, "write an IPv4 or IPv6 address", findings);
    }
    address.map(|address| Placed::new(address, word.place.clone()))
}

fn given<'e>(entry: &'e Entry, findings: &mut Findings) -> Option<&'e PlacedWord> {
    let word = entry.value();
    if word.is_none() {
        let message = format!("{} has no value and is ignored", entry.name);
        findings.faulty(&entry.place, message, "add the value, or remove the line");
    }
    word
}

/// Reports a value that keepalived ignores.
pub(super) fn ignored(
    entry: &Entry,
    word: &PlacedWord,
    hint: impl Into<String>,
    findings: &mut Findings,
) {
    let message = format!(
        "{} is no value of {}; keepalived ignores the line",
        word.text, entry.name
    );
    findings.faulty(&word.place, message, hint);
}

/// An address, without the mask or the end of a range that may follow it.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let end = text.find(['/', '-']).unwrap_or(text.len());
    let text = &text[..end];
    let v4 = text.parse::<Ipv4Addr>().map(IpAddr::V4);
    v4.or_else(|_| text.parse::<Ipv6Addr>().map(IpAddr::V6))
        .ok()
}

/// A port, or none for zero and where nothing is written.
///
/// # Errors
/// When it is not a number up to 65535.
pub(super) fn port(word: Option<&PlacedWord>) -> Result<Option<Placed<u16>>, &PlacedWord> {
    let Some(word) = word else {
        return Ok(None);
    };
    if word.text.bytes().all(|byte| byte == b'0') {
        return Ok(None);
    }
    let number = word.text.parse::<u16>().map_err(|_| word)?;
    Ok(Some(Placed::new(number, word.place.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_decimal_places() {
        let micros = |text: &str| decimal(text).map(|time| time.as_micros());
        assert_eq!(micros("3"), Some(3_000_000));
        assert_eq!(micros("0.5"), Some(500_000));
        assert_eq!(micros("1.2345678"), Some(1_234_567));
        assert_eq!(micros(".25"), Some(250_000));
        for text in ["", ".", "-1", "1s", "1.x"] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_may_have_a_mask() {
        assert_eq!(address("192.0.2.1/24"), "192.0.2.1".parse().ok());
        assert_eq!(address("2001:db8::1-5"), "2001:db8::1".parse().ok());
        assert_eq!(address("www.example.org"), None);
    }
}
