//! The daemon's state as a table for people: one line a real server, with the reason for its health.

use director_core::health::HealthState;
use director_core::weight::ServiceState;

use super::departing;
use super::head::head;
use super::lines::{active_override, one_check, refusal};
use super::span::{line, span};
use super::view::{Colour, StatusView};
use crate::api::wire::{ServerHealth, ServerStatus, ServiceStatus, Status};

/// The titles of a service's table. A column without content is left out.
const TITLES: [&str; 8] = [
    "REAL SERVER",
    "HOST",
    "WEIGHT",
    "HEALTH",
    "SINCE",
    "NEXT",
    "ACTIVE/INACT",
    "LAST PROBE",
];
/// The column that says whether a server is up.
const HEALTH: usize = 3;

/// A row of the table, and how bad it is.
struct Row {
    cells: [String; 8],
    /// How long the last probe took, where the line has room for it.
    took: String,
    colour: Option<Colour>,
}

pub(super) fn render(status: &Status, view: &StatusView) -> String {
    let mut text = String::new();
    head(status, view, &mut text);
    let shown = |service: &&ServiceStatus| !view.only_down || service.state != ServiceState::Up;
    for service in status.services.iter().filter(shown) {
        text.push('\n');
        one_service(service, view, &mut text);
    }
    departing::services(status, view, &mut text);
    text
}

/// `tcp 192.0.2.10:80  wrr  (web)  DEGRADED, 2 of 3 up, since 02:13:45 (4m05s)`.
fn title(service: &ServiceStatus, view: &StatusView) -> String {
    let name = match service.name == service.listen {
        true => String::new(),
        false => format!("  ({})", service.name),
    };
    let state = match service.state {
        ServiceState::Up => service.state.to_string(),
        other => other.to_string().to_uppercase(),
    };
    let state = view.paint(&state, service.state.into());
    let since = service
        .state_age_seconds
        .map_or_else(String::new, |age| format!(", {}", view.since(age)));
    let absent = match service.in_kernel {
        true => "",
        false => "  NOT IN THE KERNEL",
    };
    format!(
        "{}  {}{name}  {state}, {} of {} up{since}{absent}",
        service.listen, service.scheduler, service.servers_up, service.servers_all
    )
}

fn one_service(service: &ServiceStatus, view: &StatusView, text: &mut String) {
    line(text, &title(service, view));
    refusal(service.refused.as_ref(), view, text);
    let factor = service.weight_factor;
    let servers = service
        .real_servers
        .iter()
        .map(|server| (server, factor, ""));
    let fallback = service
        .fallback
        .iter()
        .map(|server| (server, 1, "fallback"));
    let shown: Vec<_> = servers
        .chain(fallback)
        .filter(|(server, ..)| !view.only_down || needs_attention(server))
        .collect();
    let mut rows = vec![Row {
        cells: TITLES.map(str::to_owned),
        took: String::new(),
        colour: None,
    }];
    rows.extend(
        shown
            .iter()
            .map(|(server, factor, note)| row(server, *factor, note)),
    );
    for column in 0..TITLES.len() {
        if rows.iter().skip(1).all(|row| row.cells[column].is_empty()) {
            rows[0].cells[column].clear();
        }
    }
    if !shown.is_empty() {
        table(&rows, view, text);
    }
    for (server, ..) in shown {
        if server.checks.len() > 1 {
            for check in &server.checks {
                one_check(&server.address, check, view, text);
            }
        }
        for status in &server.overrides {
            active_override(&server.address, status, view, text);
        }
        refusal(server.refused.as_ref(), view, text);
    }
    departing::of_service(service, view, text);
}

/// Whether a server is down, fails, is overridden, or is not in the kernel as it should be; or is a fallback that serves.
fn needs_attention(server: &ServerStatus) -> bool {
    let differs = server.weight != server.desired_weight || server.refused.is_some();
    let health = server.health.as_ref();
    let serves_as_fallback = health.is_none() && server.weight.is_some();
    differs
        || serves_as_fallback
        || !server.overrides.is_empty()
        || health.is_some_and(|health| {
            health.state == HealthState::Down
                || health.failing.is_some()
                || held_back(server, health)
        })
}

/// A weight of the kernel in the measure of the configuration: `1`, or `0.37` during a slow start.
fn configured(weight: u32, factor: u32) -> String {
    let whole = weight / factor.max(1);
    if whole * factor.max(1) == weight {
        return whole.to_string();
    }
    format!("{:.2}", f64::from(weight) / f64::from(factor))
}

fn row(server: &ServerStatus, factor: u32, note: &str) -> Row {
    let shown = |weight| configured(weight, factor);
    let weight = match (server.weight, server.desired_weight) {
        (Some(now), Some(wanted)) if now != wanted => format!("{}->{}", shown(now), shown(wanted)),
        (Some(now), _) => shown(now),
        (None, Some(wanted)) => format!("-->{}", shown(wanted)),
        (None, None) => "-".to_owned(),
    };
    let health = server.health.as_ref();
    let last = health.and_then(|health| health.last_result.as_ref());
    Row {
        colour: health.map(|health| colour(server, health)),
        took: last.map_or_else(String::new, |last| format!(", {:.1} ms", last.took_ms)),
        cells: [
            server.address.clone(),
            server.host.clone().unwrap_or_default(),
            weight,
            match health {
                Some(health) => health_words(server, health),
                None if server.weight.is_some() => format!("{note}, in use"),
                None => note.to_owned(),
            },
            health.map_or_else(String::new, |health| span(health.age_seconds)),
            server
                .next_probe_in_seconds
                .map_or_else(String::new, |next| format!("{next:.1} s")),
            match server.weight {
                Some(_) => format!("{}/{}", server.active, server.inactive),
                None => String::new(),
            },
            match (health, last) {
                (_, Some(last)) => last.detail.clone(),
                (Some(health), None) => health.reason.clone(),
                (None, None) => String::new(),
            },
        ],
    }
}

/// `up`, `up, failing 2 of 3`, `down?` while it is only assumed, `up, override`.
fn health_words(server: &ServerStatus, health: &ServerHealth) -> String {
    let assumed = if health.assumed { "?" } else { "" };
    let state = format!("{}{assumed}", health.state);
    match (server.overrides.is_empty(), health.failing) {
        (false, _) => format!("{}, override", health.state),
        (true, Some(failing)) => {
            format!("{state}, failing {} of {}", failing.failures, failing.limit)
        }
        (true, None) if health.held_for_seconds.is_some() => format!("{state}, flapping"),
        (true, None) if held_back(server, health) => format!("{state}, held back"),
        (true, None) => state,
    }
}

/// Whether a server that is up does not serve, because it flaps, or because its agent or weight source wants that.
fn held_back(server: &ServerStatus, health: &ServerHealth) -> bool {
    let advised = server
        .chain
        .iter()
        .any(|link| matches!(link.link.as_str(), "agent" | "weight") && link.weight == Some(0));
    health.state == HealthState::Up && (health.held_for_seconds.is_some() || advised)
}

fn colour(server: &ServerStatus, health: &ServerHealth) -> Colour {
    match health.state {
        HealthState::Down if !health.assumed => Colour::Bad,
        HealthState::Down => Colour::Warning,
        HealthState::Up
            if health.failing.is_some()
                || !server.overrides.is_empty()
                || held_back(server, health) =>
        {
            Colour::Warning
        }
        HealthState::Up => Colour::Good,
    }
}

/// The rows with their columns padded to the same width, cut at the width of the view. Empty columns are left out.
fn table(rows: &[Row], view: &StatusView, text: &mut String) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row.cells[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    for row in rows {
        let mut shown = String::new();
        let mut health = 0..0;
        for (column, (cell, width)) in row.cells.iter().zip(&widths).enumerate() {
            if *width > 0 {
                shown.push_str("  ");
                let start = shown.len();
                shown.push_str(cell);
                if column == HEALTH {
                    health = start..shown.len();
                }
                let padding = width.saturating_sub(cell.chars().count());
                shown.extend(std::iter::repeat_n(' ', padding));
            }
        }
        let mut shown = match view.fits(&shown, &row.took) {
            true => format!("{}{}", shown.trim_end(), row.took),
            false => view.cut(shown.trim_end()),
        };
        if let Some((cell, colour)) = shown.get(health.clone()).zip(row.colour) {
            let painted = view.paint(cell, colour);
            shown.replace_range(health, &painted);
        }
        line(text, &shown);
    }
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
}
