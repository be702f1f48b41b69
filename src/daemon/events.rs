//! The director's notices as events for clients: with the words and the fields of the log.

use director_core::director::Notice;
use director_core::model::Model;

use super::notices::{LogFields, fields, level};
use crate::api::{EventContent, EventKind};

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
        kind: kind(notice),
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

/// The kind of a notice.
fn kind(notice: &Notice) -> EventKind {
    match notice {
        Notice::HealthChanged { .. } => EventKind::ServerHealth,
        Notice::CheckChanged { .. } => EventKind::CheckHealth,
        Notice::Failing { .. } => EventKind::CheckFailing,
        Notice::Recovered { .. } => EventKind::CheckRecovered,
        Notice::LocalError { .. } => EventKind::CheckLocalError,
        Notice::Held { .. } => EventKind::ServerHeld,
        Notice::Released { .. } => EventKind::ServerReleased,
        Notice::ServiceStateChanged { .. } => EventKind::ServiceState,
        Notice::Shortage { .. } => EventKind::ServiceShortage,
        Notice::Tier { .. } => EventKind::ServiceTier,
        Notice::Draining { .. } => EventKind::DrainStarted,
        Notice::Drained { .. } => EventKind::DrainEnded,
        Notice::OverrideSet { .. } => EventKind::OverrideSet,
        Notice::OverrideCleared { .. } => EventKind::OverrideRemoved,
        Notice::OverrideIdle { .. } => EventKind::OverrideIdle,
        Notice::Advised { .. } => EventKind::AgentReport,
        Notice::AdviceLimited { .. } => EventKind::AgentLimited,
        Notice::Unheard { .. } => EventKind::AgentUnreachable,
        Notice::Change { .. } => EventKind::TableChange,
        Notice::Drift { .. } => EventKind::TableDrift,
        Notice::Refused { .. } => EventKind::TableRefused,
        Notice::Unreadable { .. } => EventKind::TableUnreadable,
        Notice::Loaded { .. } => EventKind::ConfigurationLoaded,
        Notice::LoadRefused { .. } => EventKind::ConfigurationRefused,
        Notice::Freeze(_) => EventKind::Freeze,
        Notice::Host { .. } => EventKind::HostChange,
        Notice::SettingsStay { .. } => EventKind::HostSettingsStay,
        Notice::Persist { .. } => EventKind::StateFile,
        Notice::Restored { .. } => EventKind::StateRestored,
        Notice::Stopping { .. } => EventKind::Stopping,
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
            kind: EventKind::ServerHealth,
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
