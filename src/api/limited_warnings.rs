//! Warnings about clients, of which there may be many: one a minute.

use std::time::Duration;

use tokio::time::Instant;

/// Pause between two warnings.
const WARN_AGAIN: Duration = Duration::from_secs(60);

/// When the last warning was written.
#[derive(Debug, Default)]
pub(super) struct LimitedWarnings(Option<Instant>);

impl LimitedWarnings {
    /// Writes a warning unless there was one a short time ago.
    pub(super) fn warn(&mut self, text: &str) {
        if self.0.is_none_or(|last| last.elapsed() >= WARN_AGAIN) {
            self.0 = Some(Instant::now());
            tracing::warn!("{text}");
        }
    }
}
