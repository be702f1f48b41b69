//! The daemon's state as a table for people: one line a real server, with the reason for its health.

use super::departing;
use crate::api::overrides::OverrideStatus;
use crate::api::wire::{CheckStatus, KernelRefusal, ServerStatus, ServiceStatus, Status};
use director_core::health::FreezeScope;

const TITLES: [&str; 8] = [
    "",
    "REAL SERVER",
    "WEIGHT",
    "HEALTH",
    "SINCE",
    "LAST PROBE",
    "NEXT",
    "ACTIVE/INACT",
];

pub(super) fn render(status: &Status) -> String {
    let mut text = String::new();
    head(status, &mut text);
    for service in &status.services {
        text.push('\n');
        one_service(service, &mut text);
    }
    departing::services(status, &mut text);
    text
}

fn head(status: &Status, text: &mut String) {
    let loaded = status.loaded_seconds_ago.map_or_else(
        || "not loaded yet".to_owned(),
        |age| format!("loaded {} ago", span(age)),
    );
    let read = status.table_read_seconds_ago.map_or_else(
        || "not known".to_owned(),
        |age| format!("read {} ago", span(age)),
    );
    line(
        text,
        &format!(
            "ipvsd {}: configuration {loaded}, kernel table {read}",
            status.version
        ),
    );
    if let Some(left) = status.trial_seconds_left {
        line(
            text,
            &format!(
                "  ON TRIAL: the previous configuration returns in {} unless confirmed: ipvsctl confirm",
                span(left)
            ),
        );
    }
    if let Some(error) = &status.kernel_error {
        line(text, &format!("  KERNEL: {error}"));
    }
    if let Some(error) = &status.state_error {
        line(
            text,
            &format!("  STATE: overrides and health will not survive a restart: {error}"),
        );
    }
    let undefined = status.overrides.iter().filter(|active| !active.defined);
    for active in undefined {
        let listen = &active.server.listen;
        let address = format!("{listen} {} (not configured)", active.server.address);
        active_override(&address, &active.status, text);
    }
    if let Some(frozen) = &status.frozen {
        let left = frozen
            .seconds_left
            .map_or_else(String::new, |left| format!(", {} left", span(left)));
        let others = match frozen.scope {
            FreezeScope::All | FreezeScope::CutOff => "",
            FreezeScope::WithoutReplacement => {
                " except for services with a fallback or `below: withdraw`"
            }
        };
        line(
            text,
            &format!(
                "  FROZEN: all {} servers failed at once {} ago ({}); health is frozen{others}{left}. If the servers really are down: \
                 ipvsctl unfreeze",
                frozen.servers,
                span(frozen.age_seconds),
                frozen.last_failure
            ),
        );
    }
    for error in &status.host_errors {
        line(text, &format!("  HOST: {error}"));
    }
    if let Some(refused) = &status.refused {
        line(
            text,
            &format!(
                "  REFUSED {} ago: the new configuration has errors; the previous one stays in force",
                span(refused.seconds_ago)
            ),
        );
        for finding in &refused.diagnostics {
            line(text, &format!("    {finding}"));
        }
    }
    for block in &status.isolated {
        let fate = match block.kept {
            0 => "left out",
            _ => "kept as it was when last valid",
        };
        line(
            text,
            &format!("  BROKEN: {} at {}, {fate}", block.name, block.place),
        );
        for finding in &block.faults {
            line(text, &format!("    {finding}"));
        }
    }
    for name in &status.names {
        let Some(failure) = &name.failure else {
            continue;
        };
        let addresses: Vec<String> = name.addresses.iter().map(ToString::to_string).collect();
        let fate = match addresses.as_slice() {
            [] => "has no address yet".to_owned(),
            known => format!("keeps {}", known.join(" and ")),
        };
        line(
            text,
            &format!("  NOT RESOLVED: {} {fate}: {failure}", name.name),
        );
    }
    for service in &status.waiting {
        line(
            text,
            &format!(
                "  WAITING: service {}, until its VIP {} is resolved",
                service.name, service.host
            ),
        );
    }
    if status.services.is_empty() {
        line(text, "  no virtual services are configured");
    }
}

fn one_service(service: &ServiceStatus, text: &mut String) {
    let name = if service.name == service.listen {
        String::new()
    } else {
        format!("  ({})", service.name)
    };
    let absent = if service.in_kernel {
        ""
    } else {
        "  NOT IN THE KERNEL"
    };
    line(
        text,
        &format!("{}  {}{name}{absent}", service.listen, service.scheduler),
    );
    refusal(service.refused.as_ref(), text);
    let factor = service.weight_factor;
    let mut rows: Vec<[String; 8]> = vec![TITLES.map(str::to_owned)];
    rows.extend(
        service
            .real_servers
            .iter()
            .map(|server| row(server, factor, "")),
    );
    rows.extend(
        service
            .fallback
            .iter()
            .map(|server| row(server, 1, "fallback")),
    );
    for cells in aligned(&rows) {
        line(text, &cells);
    }
    for server in service.real_servers.iter().chain(&service.fallback) {
        if server.checks.len() > 1 {
            for check in &server.checks {
                one_check(&server.address, check, text);
            }
        }
        for status in &server.overrides {
            active_override(&server.address, status, text);
        }
        refusal(server.refused.as_ref(), text);
    }
    departing::of_service(service, text);
}

/// A weight of the kernel in the measure of the configuration: `1`, or `0.37` during a slow start.
fn configured(weight: u32, factor: u32) -> String {
    let whole = weight / factor.max(1);
    if whole * factor.max(1) == weight {
        return whole.to_string();
    }
    format!("{:.2}", f64::from(weight) / f64::from(factor))
}

fn row(server: &ServerStatus, factor: u32, note: &str) -> [String; 8] {
    let shown = |weight| configured(weight, factor);
    let weight = match (server.weight, server.desired_weight) {
        (Some(now), Some(wanted)) if now != wanted => format!("{}->{}", shown(now), shown(wanted)),
        (Some(now), _) => shown(now),
        (None, Some(wanted)) => format!("-->{}", shown(wanted)),
        (None, None) => "-".to_owned(),
    };
    let health = server.health.as_ref();
    let last = health.and_then(|health| health.last_result.as_ref());
    [
        String::new(),
        server.address.clone(),
        weight,
        match health {
            Some(health) if !server.overrides.is_empty() => format!("{}, override", health.state),
            Some(health) if health.assumed => format!("{}?", health.state),
            Some(health) => health.state.to_string(),
            None if server.weight.is_some() => format!("{note}, in use"),
            None => note.to_owned(),
        },
        health.map_or_else(String::new, |health| span(health.age_seconds)),
        match (health, last) {
            (_, Some(last)) => format!("{}, {:.1} ms", last.detail, last.took_ms),
            (Some(health), None) => health.reason.clone(),
            (None, None) => String::new(),
        },
        server
            .next_probe_in_seconds
            .map_or_else(String::new, |next| format!("{next:.1} s")),
        if server.weight.is_some() {
            format!("{}/{}", server.active, server.inactive)
        } else {
            String::new()
        },
    ]
}

/// One of several checks of a server.
fn one_check(address: &str, check: &CheckStatus, text: &mut String) {
    let assumed = if check.assumed { "?" } else { "" };
    let last = check.last_result.as_ref().map_or_else(
        || check.reason.clone(),
        |last| format!("{}, {:.1} ms", last.detail, last.took_ms),
    );
    line(
        text,
        &format!(
            "  {address} check {}: {}{assumed} for {}: {last}",
            check.name,
            check.state,
            span(check.age_seconds)
        ),
    );
}

fn active_override(address: &str, status: &OverrideStatus, text: &mut String) {
    let end = status
        .expires_in_seconds
        .map_or_else(String::new, |left| format!(", {} left", span(left)));
    line(
        text,
        &format!(
            "  OVERRIDE: {address} {} since {} by {}: {}{end}",
            status.kind,
            span(status.age_seconds),
            status.author,
            status.reason
        ),
    );
}

fn refusal(refused: Option<&KernelRefusal>, text: &mut String) {
    let Some(refused) = refused else { return };
    line(
        text,
        &format!(
            "  REFUSED BY THE KERNEL: {}: {} (attempt {}, next in {})",
            refused.operation,
            refused.message,
            refused.attempts,
            span(refused.retry_in_seconds)
        ),
    );
}

/// The rows with their columns padded to the same width, trailing blanks cut.
fn aligned(rows: &[[String; 8]]) -> Vec<String> {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    let pad = |row: &[String; 8]| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| padded(cell, *width));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(pad).collect()
}

/// A text with blanks behind it up to a width. Widths in format strings end at 65535, and then they panic.
pub(super) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    text.to_owned() + &" ".repeat(missing)
}

/// A time span as an operator says it: `12.3 s`, `4m05s`, `3h12m`, `2d04h`.
pub(in crate::cli) fn span(seconds: f64) -> String {
    // Whole seconds from here on; a span is never negative.
    let whole = seconds.max(0.0) as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3_600..86_400 => format!("{}h{:02}m", whole / 3_600, whole / 60 % 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole / 3_600 % 24),
    }
}

pub(super) fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_shown_as_they_are_configured() {
        let shown = [(200, 100), (37, 100), (0, 100), (5, 1), (150, 2)];
        let shown = shown.map(|(weight, factor)| configured(weight, factor));
        assert_eq!(shown, ["2", "0.37", "0", "5", "75"]);
    }

    #[test]
    fn a_cell_may_be_as_wide_as_it_likes() {
        let wide = "x".repeat(100_000);
        let row = |cell: &str| [cell, "b", "", "", "", "", "", ""].map(str::to_owned);
        let rows = aligned(&[row(&wide), row("a")]);
        assert_eq!(rows[0], format!("{wide}  b"));
        assert_eq!(rows[1], format!("a{}b", " ".repeat(100_001)));
    }

    #[test]
    fn spans_read_as_people_say_them() {
        let shown: Vec<String> = [0.25, 59.9, 245.0, 11_520.0, 187_200.0].map(span).into();
        assert_eq!(shown, ["0.2 s", "59.9 s", "4m05s", "3h12m", "2d04h"]);
    }
}
