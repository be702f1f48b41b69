//! Who gives an order when no name is given.

use nix::unistd::{Uid, User};

/// The login name of whoever typed the command, behind sudo, too.
pub(super) fn login_name() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|name| !name.is_empty());
    let by_id = || {
        let user = User::from_uid(Uid::current()).ok().flatten();
        user.map(|user| user.name)
    };
    named("SUDO_USER")
        .or_else(by_id)
        .or_else(|| named("USER"))
        .unwrap_or_else(|| format!("user {}", Uid::current()))
}
