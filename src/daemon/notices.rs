//! The director's notices as log lines: one for each transition, with service, server, from, to, reason and duration as
//! fields.

use director_core::diagnostic::Diagnostic;
use director_core::director::{FreezeNotice, HostResult, Notice};
use director_core::health::{HealthState, Transition};

/// Writes a notice to the log.
pub(super) fn log(notice: &Notice) {
    match notice {
        Notice::Loaded { warnings, .. } => {
            tracing::info!("{notice}");
            diagnostics(warnings);
        }
        Notice::LoadRefused {
            diagnostics: findings,
        } => {
            tracing::error!("{notice}");
            diagnostics(findings);
        }
        Notice::HealthChanged {
            name,
            server,
            transition,
            previous_for,
            took,
            ..
        } => {
            verdict(
                name,
                &server.to_string(),
                transition,
                previous_for.as_secs_f64(),
                took.as_secs_f64() * 1000.0,
            );
        }
        Notice::Freeze(FreezeNotice::Frozen { .. } | FreezeNotice::StillFrozen { .. }) => {
            tracing::error!("{notice}")
        }
        Notice::LocalError { .. }
        | Notice::Freeze(FreezeNotice::Unfrozen(_))
        | Notice::Unheard { .. }
        | Notice::Held { .. }
        | Notice::Drift { .. }
        | Notice::OverrideSet { .. }
        | Notice::Shortage {
            shortage: Some(_), ..
        }
        | Notice::Persist { failure: Some(_) }
        | Notice::Host {
            result: HostResult::Waits(_),
            ..
        }
        | Notice::Availability {
            available: false, ..
        } => tracing::warn!("{notice}"),
        Notice::Host {
            result: HostResult::Failed(_),
            ..
        } => tracing::error!("{notice}"),
        Notice::Change { .. }
        | Notice::Host { .. }
        | Notice::Released { .. }
        | Notice::Shortage { .. }
        | Notice::Tier { .. }
        | Notice::Draining { .. }
        | Notice::Drained { .. }
        | Notice::OverrideCleared { .. }
        | Notice::Availability { .. }
        | Notice::Stopping { .. }
        | Notice::CheckChanged { .. }
        | Notice::Restored { .. }
        | Notice::Persist { failure: None }
        | Notice::Advised { .. }
        | Notice::Failing { .. }
        | Notice::Recovered { .. } => tracing::info!("{notice}"),
        Notice::Refused { .. } | Notice::Unreadable { .. } => tracing::error!("{notice}"),
    }
}

fn verdict(service: &str, server: &str, transition: &Transition, stood_seconds: f64, took_ms: f64) {
    let Transition {
        from,
        was_assumed,
        to,
        reason,
    } = transition;
    let (stood_seconds, took_ms) = (format!("{stood_seconds:.1}"), format!("{took_ms:.1}"));
    match to {
        HealthState::Up => tracing::info!(
            service, server, %from, presumed = was_assumed, %to, reason, stood_seconds, took_ms, "real server is up"
        ),
        HealthState::Down => tracing::warn!(
            service, server, %from, presumed = was_assumed, %to, reason, stood_seconds, took_ms, "real server is down"
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
