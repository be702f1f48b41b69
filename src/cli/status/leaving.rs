//! Whoever leaves, and what is too few, as lines below the table of a service.

use super::table::{line, span};
use crate::api::leaving::{DrainState, Leaving};
use crate::api::wire::{Server, Service, Status};

/// The lines of one service.
pub(super) fn of_service(service: &Service, text: &mut String) {
    if let Some(shortage) = &service.shortage {
        line(text, &format!("  TOO FEW: {shortage}"));
    }
    for server in service.real_servers.iter().chain(&service.fallback) {
        if let Some(drain) = &server.drain {
            line(text, &format!("  {}", drains(server, drain)));
        }
    }
    for server in &service.leaving {
        line(text, &format!("  {}", leaves(server)));
    }
}

/// The services that are no longer defined.
pub(super) fn services(status: &Status, text: &mut String) {
    for service in &status.leaving {
        text.push('\n');
        line(
            text,
            &format!("{}  no longer defined, drains", service.listen),
        );
        for server in &service.servers {
            line(text, &format!("  {}", leaves(server)));
        }
    }
}

fn drains(server: &Server, drain: &DrainState) -> String {
    let active = server.active;
    format!("{} {}", server.address, state(drain, active))
}

fn leaves(server: &Leaving) -> String {
    let state = match &server.drain {
        Some(drain) => state(drain, server.active),
        None => "serves until the others have been asked".to_owned(),
    };
    format!("{} is no longer defined, {state}", server.address)
}

fn state(drain: &DrainState, active: u32) -> String {
    let since = span(drain.seconds);
    match (drain.state.as_str(), drain.seconds_left) {
        ("waiting", Some(left)) => {
            format!("drains for {since}: {active} active, {} left", span(left))
        }
        ("waiting", None) => format!("drains for {since}: {active} active, no limit"),
        ("empty", _) => "is drained".to_owned(),
        _ => format!("was not drained in time, {active} active"),
    }
}
