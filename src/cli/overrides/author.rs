//! Who gives an override when no name is given.

/// The user who called sudo; nothing without it, since the daemon knows the user who asks.
pub(super) fn behind_sudo() -> String {
    std::env::var("SUDO_USER").unwrap_or_default()
}
