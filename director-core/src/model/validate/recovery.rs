//! What happens on failure and return: drain, slow start, the number of servers needed, and the guard.

use std::time::Duration;

use super::Findings;
use crate::definitions::{
    DrainDefinition, GuardDefinition, MinimumDefinition, Placed, ServiceDefinition,
    SlowStartDefinition,
};
use crate::model::{
    BelowMinimum, DEFAULT_DRAIN, DrainRule, Guard, Minimum, OnFailure, Quantity, RealServer,
    Recovery, Scheduling, SlowStart,
};

/// Time to the full weight when the definitions do not say.
pub const DEFAULT_SLOW_START: Duration = Duration::from_secs(60);
/// Share of the weight that a slow start begins with when the definitions do not say, per cent: Envoy's default.
pub const DEFAULT_SLOW_START_FROM: u32 = 10;
/// Steepest and flattest slow start.
const AGGRESSION: std::ops::RangeInclusive<f64> = 0.1..=10.0;

/// What a service does on failure and return.
pub(super) fn recovery(
    written: &ServiceDefinition,
    real_servers: &[RealServer],
    findings: &mut Findings,
) -> Recovery {
    let wanted = &written.recovery;
    Recovery {
        drain: wanted
            .drain
            .as_ref()
            .filter(|drain| !drain.off)
            .map(|drain| self::drain(drain, findings)),
        leaving: None,
        slow_start: wanted
            .slow_start
            .as_ref()
            .and_then(|slow_start| self::slow_start(slow_start, findings)),
        minimum: wanted
            .minimum_healthy
            .as_ref()
            .map(|minimum| self::minimum(minimum, written, real_servers, findings)),
    }
}

/// How what is no longer defined leaves: as a failed server does where nothing is said. Where those are removed, their clients
/// are told by a reset.
pub(super) fn leaving(
    written: &ServiceDefinition,
    drain: Option<DrainRule>,
    on_failure: OnFailure,
    scheduling: &Scheduling,
) -> Option<DrainRule> {
    // With weight 0 a server would keep its share of a hashing scheduler's clients, who are refused.
    let unsaid = written.recovery.drain.is_none()
        && on_failure != OnFailure::Remove
        && !scheduling.zero_turns_away();
    drain.or_else(|| unsaid.then_some(DEFAULT_DRAIN))
}

fn drain(written: &DrainDefinition, findings: &mut Findings) -> DrainRule {
    DrainRule {
        timeout: written
            .timeout
            .as_ref()
            .map(|timeout| drain_timeout(timeout, findings)),
        then: written
            .then
            .as_ref()
            .map_or_else(Default::default, |then| then.value),
    }
}

fn drain_timeout(timeout: &Placed<Duration>, findings: &mut Findings) -> Duration {
    if timeout.value.is_zero() {
        let message = "the drain timeout must be above zero";
        let hint = "write a duration such as 10m, or drain: off";
        findings.error(&timeout.place, message, hint);
    }
    timeout.value
}

fn slow_start(written: &SlowStartDefinition, findings: &mut Findings) -> Option<SlowStart> {
    let window = written
        .window
        .as_ref()
        .map_or(DEFAULT_SLOW_START, |window| {
            findings.positive(window.value, &window.place, "the slow-start window")
        });
    let aggression = match &written.aggression {
        None => 1.0,
        Some(text) => match text.value.parse::<f64>() {
            Ok(number) if AGGRESSION.contains(&number) => number,
            _ => {
                let message = format!("aggression {} is out of range", text.value);
                findings.error(
                    &text.place,
                    message,
                    "write 0.1 (slow at first) to 10 (steep at first); 1.0 is a straight line",
                );
                return None;
            }
        },
    };
    let from_percent = match &written.from {
        None => DEFAULT_SLOW_START_FROM,
        Some(percent) => match u32::try_from(percent.value) {
            Ok(share @ 1..=100) => share,
            _ => {
                let message = format!("slow start from {} % is out of range", percent.value);
                findings.error(&percent.place, message, "write 1% to 100%");
                return None;
            }
        },
    };
    Some(SlowStart {
        window,
        aggression,
        from_percent,
    })
}

fn minimum(
    written: &MinimumDefinition,
    service: &ServiceDefinition,
    real_servers: &[RealServer],
    findings: &mut Findings,
) -> Minimum {
    let default = Minimum::default();
    let mut is_valid = true;
    let mut read = |quantity: &Option<Placed<Quantity>>, what: &str| {
        let quantity = quantity.as_ref()?;
        let fault = match quantity.value {
            Quantity::Number(0) => Some("a minimum of 0 servers has no effect".to_owned()),
            Quantity::Percent(percent) if percent == 0 || percent > 100 => {
                Some(format!("{what} is {percent} %"))
            }
            _ => None,
        };
        if let Some(message) = fault {
            is_valid = false;
            findings.error(&quantity.place, message, "write 1 or more, or 1% to 100%");
        }
        Some(quantity.value)
    };
    let servers = read(&written.servers, "the share of servers").unwrap_or(default.servers);
    let back_at = read(&written.back_at, "the share of back_at").unwrap_or(servers);
    let below = written
        .below
        .as_ref()
        .map_or(default.below, |below| below.value);
    let tiers = real_servers.iter().filter(|server| server.weight > 0);
    let first = tiers.clone().map(|server| server.tier).min();
    let whole = tiers
        .clone()
        .filter(|server| Some(server.tier) == first)
        .count();
    let all = tiers.count();
    let place = written
        .servers
        .as_ref()
        .map_or(&written.place, |servers| &servers.place);
    if servers.at_least(whole) > all && all > 0 {
        findings.warning(
            place,
            format!("minimum_healthy needs {servers} servers, but only {all} are configured"),
            "lower the number, or add servers",
        );
    } else if let Some(back) = &written.back_at {
        if back_at.at_least(whole) < servers.at_least(whole) {
            findings.error(
                &back.place,
                format!("back_at: {back_at} is below the {servers} servers that are needed"),
                "write at least the number of servers",
            );
        } else if back_at.at_least(whole) > all && all > 0 {
            findings.warning(
                &back.place,
                format!(
                    "a shortage never ends: back_at needs {back_at} servers, but only {all} are configured"
                ),
                "lower back_at, or add servers",
            );
        }
    }
    let has_fallback = service.fallback.is_some() || service.recovery.fallback_pool.is_some();
    if below == BelowMinimum::Fallback && !has_fallback && is_valid {
        findings.warning(
            place,
            "this service has no fallback: with fewer servers than minimum_healthy the remaining ones go on serving",
            "add a fallback, or write below: keep_all or below: withdraw",
        );
    }
    if below == BelowMinimum::Withdraw && has_fallback {
        findings.warning(
            written.below.as_ref().map_or(place, |below| &below.place),
            "the fallback of this service never serves: with below: withdraw the service leaves the kernel instead",
            "remove the fallback, or write below: fallback",
        );
    }
    Minimum {
        servers,
        back_at,
        below,
    }
}

/// The limits of one change; none when every change is let through, which is how it is when nothing was written.
pub(super) fn guard(written: Option<&GuardDefinition>, findings: &mut Findings) -> Option<Guard> {
    let (servers, services, connections) = match written? {
        GuardDefinition::Off(_) => return None,
        GuardDefinition::Limits {
            servers,
            services,
            connections,
            ..
        } => (servers, services, connections),
    };
    let default = Guard::default();
    for quantity in [servers, services].into_iter().flatten() {
        if matches!(quantity.value, Quantity::Percent(percent) if percent > 100) {
            findings.error(
                &quantity.place,
                format!("{} is above 100%", quantity.value),
                "write a number, or 0% to 100%",
            );
        }
    }
    let of = |quantity: &Option<Placed<Quantity>>, default| {
        quantity.as_ref().map_or(default, |quantity| quantity.value)
    };
    Some(Guard {
        servers: of(servers, default.servers),
        services: of(services, default.services),
        connections: connections
            .as_ref()
            .map_or(default.connections, |connections| connections.value),
    })
}

/// A slow start where a weight does not mean a share is not carried out.
pub(super) fn lint_slow_start(
    written: &ServiceDefinition,
    scheduling: &Scheduling,
    findings: &mut Findings,
) {
    let Some(slow_start) = &written.recovery.slow_start else {
        return;
    };
    if !scheduling.weight_is_share() {
        let name = &scheduling.scheduler;
        findings.warning(
            &slow_start.place,
            format!("slow_start has no effect: scheduler {name} has no relative weights"),
            "use a scheduler such as wrr or wlc, or remove slow_start",
        );
    }
}
