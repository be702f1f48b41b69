//! Departing servers, drains and shortages as lines below the table of a service.

use super::span::{line, span};
use super::view::StatusView;
use crate::api::departing::{DepartingServer, DrainState};
use crate::api::wire::{ServerStatus, ServiceStatus, Status};

/// The lines of one service.
pub(super) fn of_service(service: &ServiceStatus, view: &StatusView, text: &mut String) {
    if let Some(shortage) = &service.shortage {
        view.sentence(text, &format!("  SHORTAGE: {shortage}"));
    }
    for server in service.real_servers.iter().chain(&service.fallback) {
        if let Some(drain) = &server.drain {
            view.sentence(text, &format!("  {}", draining(server, drain)));
        }
    }
    for server in &service.departing {
        view.sentence(text, &format!("  {}", departing(server)));
    }
}

/// The services that are no longer defined.
pub(super) fn services(status: &Status, view: &StatusView, text: &mut String) {
    for service in &status.departing {
        text.push('\n');
        line(
            text,
            &format!("{}  no longer configured, draining", service.listen),
        );
        for server in &service.servers {
            view.sentence(text, &format!("  {}", departing(server)));
        }
    }
}

fn draining(server: &ServerStatus, drain: &DrainState) -> String {
    let active = server.active;
    format!("{} {}", server.address, state(drain, active))
}

fn departing(server: &DepartingServer) -> String {
    format!(
        "{} is no longer configured, {}",
        server.address,
        state_of(server)
    )
}

/// What a departing server does, and how long it stays.
pub(super) fn state_of(server: &DepartingServer) -> String {
    match &server.drain {
        Some(drain) => state(drain, server.active),
        None => "serving until the other servers are checked".to_owned(),
    }
}

fn state(drain: &DrainState, active: u32) -> String {
    let since = span(drain.age_seconds);
    match (drain.state.as_str(), drain.seconds_left) {
        ("waiting", Some(left)) => {
            format!("draining for {since}: {active} active, {} left", span(left))
        }
        ("waiting", None) => format!("draining for {since}: {active} active, no limit"),
        ("empty", _) => "drained".to_owned(),
        _ => format!("not drained in time, {active} active"),
    }
}
