//! The checks of a service: their names, when they probe, and how results determine a state.

use std::time::Duration;

use super::{DEFAULT_EVERY, DEFAULT_FALL, DEFAULT_RISE, Findings};
use crate::definitions::{
    CheckDefinition, CheckKindDefinition, DampingDefinition, Placed, ServiceDefinition,
    WindowDefinition,
};
use crate::model::{Check, CheckTiming, ConnectsBetween, Damping, Protocol, Window};

/// Answers that a window may look at: as many as are kept.
const LARGEST_WINDOW: u64 = 64;

/// Largest jitter in per cent: more would make of an interval anything.
const LARGEST_JITTER: u64 = 50;

/// All checks of a service, each with a name of its own.
pub(super) fn checks(written: &ServiceDefinition, findings: &mut Findings) -> Vec<Check> {
    named(&all_of(written).collect::<Vec<_>>(), findings)
}

/// These checks, each with a name of its own.
pub(super) fn named(written: &[&CheckDefinition], findings: &mut Findings) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    let several = written.len() > 1;
    for definition in written.iter().copied() {
        if let Some(kind) = definition
            .kind
            .as_ref()
            .filter(|kind| several && is_fixed(&kind.value))
        {
            findings.error(
                &kind.place,
                "a check that sends no probe cannot be one of several",
                "remove it, or make it the only check",
            );
        }
        if let Some(hold) =
            (definition.hold_connection.as_ref()).filter(|hold| hold.value && !may_hold(definition))
        {
            findings.error(
                &hold.place,
                "hold_connection needs a check over TCP",
                "remove hold_connection, or use a check over TCP",
            );
        }
        let taken = |name: &str| checks.iter().any(|known| known.name == name);
        if let Some(name) = definition.name.as_ref().filter(|name| taken(&name.value)) {
            findings.error(
                &name.place,
                format!("two checks are named {}", name.value),
                "set name to a different value on each check",
            );
        }
        let word = definition.name.as_ref().map_or_else(
            || kind_word(definition).to_owned(),
            |name| name.value.clone(),
        );
        let name = (1..)
            .map(|number| match number {
                1 => word.clone(),
                number => format!("{word}-{number}"),
            })
            .find(|name| !taken(name));
        checks.push(Check {
            name: name.unwrap_or(word),
            timing: timing(definition, findings),
        });
    }
    checks
}

/// The check of a fallback.
pub(super) fn single(definition: &CheckDefinition, findings: &mut Findings) -> Check {
    Check {
        name: kind_word(definition).to_owned(),
        timing: timing(definition, findings),
    }
}

/// Every check of a service as written.
pub(super) fn all_of(written: &ServiceDefinition) -> impl Iterator<Item = &CheckDefinition> {
    std::iter::once(&written.check).chain(&written.judging.further_checks)
}

fn is_fixed(kind: &CheckKindDefinition) -> bool {
    matches!(
        kind,
        CheckKindDefinition::AlwaysUp | CheckKindDefinition::AlwaysDown
    )
}

/// Whether a check may have a port to hold a connection to; for the default check that is known later.
fn may_hold(check: &CheckDefinition) -> bool {
    check.connects_between.is_some()
        || match check.kind.as_ref().map(|kind| &kind.value) {
            None | Some(CheckKindDefinition::Connect | CheckKindDefinition::Http(_)) => true,
            Some(CheckKindDefinition::Protocol(check)) => {
                let row = check.protocol.row();
                check.transport != Some(Protocol::Udp) && row.transports.contains(&Protocol::Tcp)
            }
            Some(_) => false,
        }
}

/// What a check without a name is called.
pub(super) fn kind_word(check: &CheckDefinition) -> &'static str {
    match check.kind.as_ref().map(|kind| &kind.value) {
        None | Some(CheckKindDefinition::Connect) => "tcp",
        Some(CheckKindDefinition::AlwaysUp) => "none",
        Some(CheckKindDefinition::AlwaysDown) => "always_down",
        Some(CheckKindDefinition::Ping { .. }) => "ping",
        Some(CheckKindDefinition::Http(http)) if http.tls => "https",
        Some(CheckKindDefinition::Http(_)) => "http",
        Some(CheckKindDefinition::Command(_)) => "command",
        Some(CheckKindDefinition::Protocol(check)) => check.protocol.row().form(check.tls).name,
    }
}

/// The timing of a check; what is not valid is reported and replaced by its default, since no model comes of it.
fn timing(check: &CheckDefinition, findings: &mut Findings) -> CheckTiming {
    let every = span(check.every.as_ref(), "the check interval", findings);
    if let Some(window) = &check.window
        && let Some(other) = check.rise.as_ref().or(check.fall.as_ref())
    {
        let message = "rise and fall have no effect with a window";
        findings.warning(
            &other.place,
            message,
            format!("remove this key, or the window at {}", window.place),
        );
    }
    CheckTiming {
        every: every.unwrap_or(DEFAULT_EVERY),
        every_while_changing: span(
            check.every_while_changing.as_ref(),
            "the interval of every_while_changing",
            findings,
        ),
        every_while_down: span(
            check.every_while_down.as_ref(),
            "the interval of every_while_down",
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
        start_spread: check
            .start_spread
            .as_ref()
            .map_or(Duration::ZERO, |spread| spread.value),
        jitter: jitter(check.jitter.as_ref(), findings),
        hold_connection: check
            .hold_connection
            .as_ref()
            .is_some_and(|hold| hold.value),
        connects_between: check.connects_between.map(|between| ConnectsBetween {
            count: u32::try_from(between.count).unwrap_or(u32::MAX),
            timeout: between.timeout,
        }),
    }
}

fn jitter(written: Option<&Placed<u64>>, findings: &mut Findings) -> u32 {
    let Some(written) = written else {
        return 0;
    };
    if written.value > LARGEST_JITTER {
        let message = format!("jitter of {} % is too large", written.value);
        let hint = format!("write 0 to {LARGEST_JITTER}");
        findings.error(&written.place, message, hint);
    }
    u32::try_from(written.value.min(LARGEST_JITTER)).unwrap_or(0)
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
            let message = format!("{what} is {}, out of range", written.value);
            findings.error(&written.place, message, "write 1 or more");
            default
        }
    }
}

fn window(written: &Placed<WindowDefinition>, findings: &mut Findings) -> Option<Window> {
    let WindowDefinition { good, of } = written.value;
    if good == 0 || good > of || of > LARGEST_WINDOW {
        let message = format!("a window of {good} successes in {of} probes is impossible");
        findings.error(
            &written.place,
            message,
            format!("write 1 to {LARGEST_WINDOW} for of, and at most as many for good"),
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
    findings.positive(half_life, &written.place, "the half-life of damping");
    if release_below == 0 || release_below >= hold_above {
        let message = format!(
            "damping with hold_above {hold_above} and release_below {release_below} is impossible"
        );
        findings.error(
            &written.place,
            message,
            "write a release_below of at least 1 that is below hold_above",
        );
        return None;
    }
    Some(Damping {
        half_life,
        hold_above: u32::try_from(hold_above).ok()?,
        release_below: u32::try_from(release_below).ok()?,
    })
}
