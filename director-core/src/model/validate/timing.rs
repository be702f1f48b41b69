//! When probes run, and how answers make a verdict.

use std::time::Duration;

use super::{DEFAULT_EVERY, DEFAULT_FALL, DEFAULT_RISE, Findings};
use crate::definitions::{CheckDefinition, DampingDefinition, Placed, WindowDefinition};
use crate::model::{CheckTiming, Damping, Window};

/// Answers that a window may look at: as many as are kept.
const LARGEST_WINDOW: u64 = 64;

/// The timing of a check; what is not valid is reported and replaced by its default, since no model comes of it.
pub(super) fn timing(check: &CheckDefinition, findings: &mut Findings) -> CheckTiming {
    let every = span(
        check.every.as_ref(),
        "the time between two probes",
        findings,
    );
    if let Some(window) = &check.window
        && let Some(other) = check.rise.as_ref().or(check.fall.as_ref())
    {
        let message = "a window decides in place of rise and fall";
        findings.warning(
            &other.place,
            message,
            format!("leave this out, or the window at {}", window.place),
        );
    }
    CheckTiming {
        every: every.unwrap_or(DEFAULT_EVERY),
        every_while_changing: span(
            check.every_while_changing.as_ref(),
            "the time between two probes while answers change",
            findings,
        ),
        every_while_down: span(
            check.every_while_down.as_ref(),
            "the time between two probes while a server is down",
            findings,
        ),
        rise: count(check.rise.as_ref(), DEFAULT_RISE, "rise", findings),
        fall: count(check.fall.as_ref(), DEFAULT_FALL, "fall", findings),
        window: check
            .window
            .as_ref()
            .and_then(|window| self::window(window, findings)),
        damping: check
            .damping
            .as_ref()
            .and_then(|damping| self::damping(damping, findings)),
    }
}

fn span(
    written: Option<&Placed<Duration>>,
    what: &str,
    findings: &mut Findings,
) -> Option<Duration> {
    written.map(|span| findings.positive(span.value, &span.place, what))
}

fn count(written: Option<&Placed<u64>>, default: u32, what: &str, findings: &mut Findings) -> u32 {
    let Some(written) = written else {
        return default;
    };
    match u32::try_from(written.value) {
        Ok(count) if count > 0 => count,
        _ => {
            let message = format!("{what} is {}, which cannot be counted", written.value);
            findings.error(&written.place, message, "write a number from 1 on");
            default
        }
    }
}

fn window(written: &Placed<WindowDefinition>, findings: &mut Findings) -> Option<Window> {
    let WindowDefinition { good, of } = written.value;
    if good == 0 || good > of || of > LARGEST_WINDOW {
        let message = format!("a window of {good} good answers among {of} cannot decide");
        findings.error(
            &written.place,
            message,
            format!("write 1 to {LARGEST_WINDOW} answers, and at most as many good ones"),
        );
        return None;
    }
    Some(Window {
        good: u32::try_from(good).ok()?,
        of: u32::try_from(of).ok()?,
    })
}

fn damping(written: &Placed<DampingDefinition>, findings: &mut Findings) -> Option<Damping> {
    let DampingDefinition {
        half_life,
        hold_above,
        release_below,
    } = written.value;
    findings.positive(half_life, &written.place, "the half-life of the damping");
    if release_below == 0 || release_below >= hold_above {
        let message = format!(
            "damping that holds at {hold_above} changes and releases below {release_below} cannot work"
        );
        findings.error(
            &written.place,
            message,
            "release below at least 1, and below less than it holds at",
        );
        return None;
    }
    Some(Damping {
        half_life,
        hold_above: u32::try_from(hold_above).ok()?,
        release_below: u32::try_from(release_below).ok()?,
    })
}
