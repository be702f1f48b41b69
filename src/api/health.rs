//! What health pages say: whether the daemon is ready, and the state of a service with the reason, in one line each.

use axum::http::StatusCode;
use director_core::health::HealthState;
use director_core::naming::is_service;
use director_core::snapshot::{ServerView, ServiceView};
use director_core::weight::ServiceState;

use super::metrics;
use super::overview::Overview;
use super::values::escaped;
use super::wire::why_unresolved;

/// A status and the line of text with it.
pub(super) type Page = (StatusCode, String);

/// Servers that are named at most.
const NAMED: usize = 3;

/// Whether a configuration is in force and the kernel's table is known.
pub(super) fn ready(overview: &Overview) -> Page {
    let snapshot = &overview.snapshot;
    let why = if snapshot.loaded_at.is_none() {
        "no configuration is in force".to_owned()
    } else if let Some(error) = &snapshot.unreadable {
        error.clone()
    } else if snapshot.observed_at.is_none() {
        "the kernel's table was not read yet".to_owned()
    } else {
        return page(StatusCode::OK, "ready");
    };
    page(
        StatusCode::SERVICE_UNAVAILABLE,
        &format!("not ready: {why}"),
    )
}

/// The state of the service of this name, or that listens there; of several the worst. None where there is none.
pub(super) fn service(overview: &Overview, wanted: &str) -> Option<Page> {
    let snapshot = &overview.snapshot;
    let services = snapshot.services.iter();
    let known = services
        .zip(metrics::service_labels(overview))
        .filter(|(view, label)| {
            label == wanted || is_service(&view.name, &view.id.to_string(), wanted)
        })
        .map(|(view, label)| {
            let text = format!("{label}: {}{}", view.condition, reasons(view));
            page(status(view.condition.state), &text)
        });
    let waiting = snapshot.waiting.iter();
    let waiting = waiting
        .filter(|service| service.name == wanted)
        .map(|service| {
            let why = why_unresolved(&snapshot.names, &service.host);
            let text = format!(
                "{}: waiting until its VIP {} is resolved: {why}",
                service.name, service.host
            );
            page(StatusCode::SERVICE_UNAVAILABLE, &text)
        });
    known.chain(waiting).max_by_key(|(status, _)| *status)
}

fn status(state: ServiceState) -> StatusCode {
    match state {
        ServiceState::Up => StatusCode::OK,
        ServiceState::Degraded | ServiceState::Frozen => StatusCode::TOO_MANY_REQUESTS,
        ServiceState::OnFallback | ServiceState::Down | ServiceState::Unknown => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// One line: names and what servers say may hold others.
pub(super) fn page(status: StatusCode, text: &str) -> Page {
    (status, escaped(text) + "\n")
}

/// Why a service is not up: what the kernel refuses, and the first servers that do not serve.
fn reasons(service: &ServiceView) -> String {
    if service.condition.state == ServiceState::Up {
        return String::new();
    }
    let refused = service
        .retry
        .iter()
        .map(|retry| retry.failure.message.clone());
    let servers = service.servers.iter().filter_map(reason);
    let unresolved = service.unresolved.iter();
    let unresolved = unresolved.map(|server| format!("{server} has no address"));
    let all: Vec<String> = refused.chain(servers).chain(unresolved).collect();
    let mut text: String = all
        .iter()
        .take(NAMED)
        .map(|reason| format!("; {reason}"))
        .collect();
    if all.len() > NAMED {
        text += &format!("; and {} more", all.len() - NAMED);
    }
    text
}

fn serves(server: &ServerView) -> bool {
    (server.desired).is_some_and(|settings| settings.weight > 0)
}

/// Why a server does not serve; none where it does.
fn reason(server: &ServerView) -> Option<String> {
    let address = server.endpoint;
    let mut overrides = server.overrides.iter();
    if let Some(override_) = overrides.find(|one| one.kind.takes_out()) {
        return Some(format!("{address} {override_} ({})", override_.author));
    }
    if let Some(retry) = &server.retry {
        return Some(format!("{address} {}", retry.failure.message));
    }
    let health = server.health.as_ref()?;
    match health.state {
        HealthState::Down => Some(format!("{address} down: {}", health.reason)),
        HealthState::Up if !health.is_available() && !serves(server) => {
            Some(format!("{address} down: it changes too often"))
        }
        HealthState::Up => None,
    }
}
