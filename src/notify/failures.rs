//! Counts the messages that did not reach their target.

use std::sync::atomic::{AtomicU64, Ordering};

use director_core::model::HookWay;

/// How many were given up, or dropped because too many waited.
#[derive(Debug, Default)]
pub(super) struct FailureCounters {
    pub(super) mail: FailureCounter,
    pub(super) webhook: FailureCounter,
    pub(super) command: FailureCounter,
    pub(super) fallback_command: FailureCounter,
}

#[derive(Debug, Default)]
pub(super) struct FailureCounter(AtomicU64);

impl FailureCounter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl FailureCounters {
    pub(super) fn of(&self, way: &HookWay) -> &FailureCounter {
        match way {
            HookWay::Mail { .. } => &self.mail,
            HookWay::Webhook { .. } => &self.webhook,
            HookWay::Command(_) => &self.command,
        }
    }

    /// Each way with its number.
    pub(super) fn all(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("mail", self.mail.count()),
            ("webhook", self.webhook.count()),
            ("command", self.command.count()),
            ("fallback_command", self.fallback_command.count()),
        ]
    }
}
