//! The pause before a failed notification is sent again.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

/// Waits before the next attempt; ends early when the notifier stops, or is gone.
pub(super) async fn pause_unless_stopping(pause: Duration, stopping: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = sleep(pause) => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
}
