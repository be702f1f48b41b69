//! The director's notices as events for clients: with the words and the fields of the log.

use director_core::director::Notice;
use director_core::model::Model;

use super::notices::{LogFields, fields, level};
use crate::api::EventContent;

/// The event that a notice makes. What is about the kernel's table gets the name that the service has in this model, as all other
/// events have it.
pub(super) fn event(notice: &Notice, model: Option<&Model>) -> EventContent {
    let in_table = match notice {
        Notice::Change { step, .. } | Notice::Drift { step, .. } => Some(step.op.service()),
        _ => None,
    };
    let named = in_table.and_then(|id| model?.service(&id));
    let LogFields {
        service,
        server,
        check,
        from,
        to,
        reason,
    } = fields(notice);
    EventContent {
        kind: kind(notice).to_owned(),
        level: level(notice).as_str().to_lowercase(),
        service: match named {
            Some(named) => Some(named.name.clone()),
            None => service.map(Into::into),
        },
        server,
        check: check.map(str::to_owned),
        from,
        to,
        reason: reason.map(str::to_owned),
        message: notice.to_string(),
    }
}

/// The kind of a notice in one word.
fn kind(notice: &Notice) -> &'static str {
    match notice {
        Notice::HealthChanged { .. } => "server_health",
        Notice::CheckChanged { .. } => "check_health",
        Notice::Failing { .. } => "check_failing",
        Notice::Recovered { .. } => "check_recovered",
        Notice::LocalError { .. } => "check_local_error",
        Notice::Held { .. } => "server_held",
        Notice::Released { .. } => "server_released",
        Notice::ServiceStateChanged { .. } => "service_state",
        Notice::Shortage { .. } => "service_shortage",
        Notice::Tier { .. } => "service_tier",
        Notice::Draining { .. } => "drain_started",
        Notice::Drained { .. } => "drain_ended",
        Notice::OverrideSet { .. } => "override_set",
        Notice::OverrideCleared { .. } => "override_removed",
        Notice::OverrideIdle { .. } => "override_idle",
        Notice::Advised { .. } => "agent_report",
        Notice::AdviceLimited { .. } => "agent_limited",
        Notice::Unheard { .. } => "agent_unreachable",
        Notice::Change { .. } => "table_change",
        Notice::Drift { .. } => "table_drift",
        Notice::Refused { .. } => "table_refused",
        Notice::Unreadable { .. } => "table_unreadable",
        Notice::Loaded { .. } => "configuration_loaded",
        Notice::LoadRefused { .. } => "configuration_refused",
        Notice::Freeze(_) => "freeze",
        Notice::Host { .. } => "host_change",
        Notice::SettingsStay { .. } => "host_settings_stay",
        Notice::Persist { .. } => "state_file",
        Notice::Restored { .. } => "state_restored",
        Notice::Stopping { .. } => "stopping",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use director_core::health::{HealthState, Transition};
    use director_core::model::{Endpoint, Family, ServiceId};

    use super::*;

    #[test]
    fn a_server_that_fails_is_an_event_with_its_stable_fields() {
        let notice = Notice::HealthChanged {
            name: "web".to_owned(),
            service: ServiceId::Mark {
                family: Family::Ipv4,
                mark: 5,
            },
            server: Endpoint {
                address: "10.0.0.1".parse().unwrap(),
                port: 80,
            },
            transition: Transition {
                from: HealthState::Up,
                was_assumed: false,
                to: HealthState::Down,
                reason: "connection refused, 3 of 3".to_owned(),
            },
            previous_for: Duration::from_secs(60),
            took: Duration::from_millis(1),
        };
        let text = |text: &str| Some(text.to_owned());
        let expected = EventContent {
            kind: "server_health".to_owned(),
            level: "warn".to_owned(),
            service: text("web"),
            server: text("10.0.0.1:80"),
            check: None,
            from: text("up"),
            to: text("down"),
            reason: text("connection refused, 3 of 3"),
            message: notice.to_string(),
        };
        assert_eq!(event(&notice, None), expected);
    }
}
