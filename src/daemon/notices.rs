//! The director's notices as log lines. The text is for people; the fields `service`, `server`, `from`, `to` and `reason`
//! have the same names in every line, for programs that read the log (`--log-format json`).

use std::borrow::Cow;

use director_core::diagnostic::Diagnostic;
use director_core::director::{FreezeNotice, HostResult, Notice};
use director_core::health::{HealthState, Transition};
use director_core::weight::{ServiceCondition, ServiceState};
use tracing::Level;

/// The stable fields of a line; those that are none are left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LogFields<'a> {
    pub(super) service: Option<Cow<'a, str>>,
    pub(super) server: Option<String>,
    pub(super) check: Option<&'a str>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) reason: Option<&'a str>,
}

/// Writes a line of this level with the fields that it has.
macro_rules! write_line {
    ($level:ident, $fields:expr, $notice:expr) => {
        tracing::event!(
            Level::$level,
            service = $fields.service.as_deref(),
            server = $fields.server,
            check = $fields.check,
            from = $fields.from,
            to = $fields.to,
            reason = $fields.reason,
            "{}",
            $notice
        )
    };
}

/// Writes a notice to the log.
pub(super) fn log(notice: &Notice) {
    if let Notice::HealthChanged {
        name,
        server,
        transition,
        previous_for,
        took,
        ..
    } = notice
    {
        let stood = previous_for.as_secs_f64();
        let took = took.as_secs_f64() * 1000.0;
        return health_change(name, &server.to_string(), transition, stood, took);
    }
    let fields = fields(notice);
    match level(notice) {
        Level::ERROR => write_line!(ERROR, fields, notice),
        Level::WARN => write_line!(WARN, fields, notice),
        _ => write_line!(INFO, fields, notice),
    }
    if let Notice::Loaded {
        warnings: findings, ..
    }
    | Notice::LoadRefused {
        diagnostics: findings,
    } = notice
    {
        diagnostics(findings);
    }
}

/// How much a notice matters.
pub(super) fn level(notice: &Notice) -> Level {
    match notice {
        Notice::LoadRefused { .. }
        | Notice::Refused { .. }
        | Notice::Unreadable { .. }
        | Notice::Freeze(FreezeNotice::Frozen { .. } | FreezeNotice::StillFrozen { .. })
        | Notice::Host {
            result: HostResult::Failed(_),
            ..
        } => Level::ERROR,
        Notice::HealthChanged {
            transition:
                Transition {
                    to: HealthState::Down,
                    ..
                },
            ..
        }
        | Notice::LocalError { .. }
        | Notice::Freeze(
            FreezeNotice::Unfrozen(_)
            | FreezeNotice::NetworkWorks { .. }
            | FreezeNotice::GatewayAnswers
            | FreezeNotice::NothingAnswers,
        )
        | Notice::Unheard { .. }
        | Notice::AdviceLimited { .. }
        | Notice::Held { .. }
        | Notice::Drift { .. }
        | Notice::OverrideSet { .. }
        | Notice::OverrideIdle { .. }
        | Notice::Shortage {
            shortage: Some(_), ..
        }
        | Notice::Persist { failure: Some(_) }
        | Notice::Host {
            result: HostResult::Waits(_),
            ..
        }
        | Notice::ServiceStateChanged {
            to:
                ServiceCondition {
                    state: ServiceState::OnFallback | ServiceState::Down | ServiceState::Frozen,
                    ..
                },
            ..
        } => Level::WARN,
        Notice::Loaded { .. }
        | Notice::HealthChanged { .. }
        | Notice::Change { .. }
        | Notice::Host { .. }
        | Notice::Released { .. }
        | Notice::Shortage { .. }
        | Notice::Tier { .. }
        | Notice::Draining { .. }
        | Notice::Drained { .. }
        | Notice::OverrideCleared { .. }
        | Notice::ServiceStateChanged { .. }
        | Notice::Stopping { .. }
        | Notice::SettingsStay { .. }
        | Notice::CheckChanged { .. }
        | Notice::Restored { .. }
        | Notice::Persist { failure: None }
        | Notice::Advised { .. }
        | Notice::Failing { .. }
        | Notice::Recovered { .. } => Level::INFO,
    }
}

/// The stable fields of a notice.
pub(super) fn fields(notice: &Notice) -> LogFields<'_> {
    match notice {
        Notice::HealthChanged {
            name,
            server,
            transition,
            ..
        } => LogFields {
            from: Some(transition.from.to_string()),
            to: Some(transition.to.to_string()),
            reason: Some(&transition.reason),
            ..of_server(name, server)
        },
        Notice::CheckChanged {
            name,
            server,
            check,
            transition,
        } => LogFields {
            check: Some(check),
            from: Some(transition.from.to_string()),
            to: Some(transition.to.to_string()),
            reason: Some(&transition.reason),
            ..of_server(name, server)
        },
        Notice::Failing {
            name,
            server,
            reason,
            ..
        }
        | Notice::LocalError {
            name,
            server,
            reason,
        }
        | Notice::Unheard {
            name,
            server,
            reason,
            ..
        } => LogFields {
            reason: Some(reason),
            ..of_server(name, server)
        },
        Notice::OverrideSet {
            name,
            server,
            override_,
            ..
        }
        | Notice::OverrideIdle {
            name,
            server,
            override_,
            ..
        }
        | Notice::OverrideCleared {
            name,
            server,
            override_,
            ..
        } => LogFields {
            reason: Some(&override_.reason),
            ..of_server(name, server)
        },
        Notice::Recovered { name, server, .. }
        | Notice::Advised { name, server, .. }
        | Notice::AdviceLimited { name, server, .. }
        | Notice::Held { name, server, .. }
        | Notice::Released { name, server }
        | Notice::Draining { name, server, .. }
        | Notice::Drained { name, server, .. } => of_server(name, server),
        Notice::Tier { name, from, to, .. } => LogFields {
            service: Some(name.into()),
            from: Some(from.to_string()),
            to: Some(to.to_string()),
            ..LogFields::default()
        },
        Notice::ServiceStateChanged { name, from, to, .. } => LogFields {
            service: Some(name.into()),
            from: from.map(|from| from.to_string()),
            to: Some(to.state.to_string()),
            ..LogFields::default()
        },
        Notice::Shortage { name, .. } => LogFields {
            service: Some(name.into()),
            ..LogFields::default()
        },
        Notice::Drift { step, .. } | Notice::Change { step, .. } => LogFields {
            service: Some(step.op.service().to_string().into()),
            server: step.op.server().map(|server| server.to_string()),
            reason: Some(&step.reason),
            ..LogFields::default()
        },
        Notice::Host {
            reason: because, ..
        } => LogFields {
            reason: Some(because),
            ..LogFields::default()
        },
        Notice::Loaded { .. }
        | Notice::LoadRefused { .. }
        | Notice::Freeze(_)
        | Notice::Refused { .. }
        | Notice::Unreadable { .. }
        | Notice::Restored { .. }
        | Notice::Persist { .. }
        | Notice::Stopping { .. }
        | Notice::SettingsStay { .. } => LogFields::default(),
    }
}

fn of_server<'a>(service: &'a str, server: &impl ToString) -> LogFields<'a> {
    LogFields {
        service: Some(service.into()),
        server: Some(server.to_string()),
        ..LogFields::default()
    }
}

fn health_change(
    service: &str,
    server: &str,
    transition: &Transition,
    stood_seconds: f64,
    took_ms: f64,
) {
    let Transition {
        from,
        was_assumed: assumed,
        to,
        reason,
    } = transition;
    let (stood_seconds, took_ms) = (format!("{stood_seconds:.1}"), format!("{took_ms:.1}"));
    match to {
        HealthState::Up => tracing::info!(
            service, server, %from, assumed, %to, reason, stood_seconds, took_ms, "real server is up"
        ),
        HealthState::Down => tracing::warn!(
            service, server, %from, assumed, %to, reason, stood_seconds, took_ms, "real server is down"
        ),
    }
}

fn diagnostics(findings: &[Diagnostic]) {
    for finding in findings {
        if finding.is_error() {
            tracing::error!("{finding}");
        } else {
            tracing::warn!("{finding}");
        }
    }
}

#[cfg(test)]
mod tests {
    use director_core::model::Endpoint;

    use super::*;

    #[test]
    fn a_line_about_a_server_has_its_stable_fields() {
        let notice = Notice::LocalError {
            name: "web".to_owned(),
            server: Endpoint {
                address: "10.0.0.1".parse().unwrap(),
                port: 80,
            },
            reason: "no descriptors".to_owned(),
        };
        let expected = LogFields {
            service: Some("web".into()),
            server: Some("10.0.0.1:80".to_owned()),
            reason: Some("no descriptors"),
            ..LogFields::default()
        };
        assert_eq!(fields(&notice), expected);
        assert_eq!(level(&notice), Level::WARN);
    }

    #[test]
    fn a_change_of_tiers_says_from_and_to() {
        let notice = Notice::Tier {
            name: "web".to_owned(),
            service: director_core::model::ServiceId::Mark {
                family: director_core::model::Family::Ipv4,
                mark: 5,
            },
            from: 1,
            to: 2,
        };
        let fields = fields(&notice);
        assert_eq!(
            (fields.from.as_deref(), fields.to.as_deref()),
            (Some("1"), Some("2"))
        );
    }
}
