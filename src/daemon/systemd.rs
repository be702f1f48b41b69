//! Tells the service manager how the daemon fares, when there is one that listens (sd_notify(3)).

use sd_notify::NotifyState;

/// The kernel holds the desired table.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The daemon is about to end.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// One line for `systemctl status`.
pub(super) fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "cannot notify the service manager");
    }
}
