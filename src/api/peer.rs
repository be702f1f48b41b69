//! Who is at the other end of the control socket, as the kernel tells (unix(7), `SO_PEERCRED`).

use std::time::Duration;

use nix::unistd::{Uid, User};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::clients::Rank;
use crate::blocking::BlockingPool;

/// Looks up users. Their database may be a network service that hangs.
static USERS: BlockingPool = BlockingPool::new("peer-users", 8);
/// How long the user database may take; the number of the user tells as much.
const NAME_LIMIT: Duration = Duration::from_secs(1);

/// The user of a client; none where the kernel does not tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeerUser(Option<u32>);

impl PeerUser {
    /// The user of a client that comes by TCP.
    pub(super) const UNKNOWN: Self = Self(None);

    pub(super) fn of(stream: &UnixStream) -> Self {
        let credentials = stream.peer_cred();
        Self(credentials.ok().map(|peer| peer.uid()))
    }

    pub(super) fn rank(self) -> Rank {
        match self.0 {
            Some(0) => Rank::Root,
            _ => Rank::Other,
        }
    }

    /// The author of what the client asks for: its user, and the name that it gives in addition.
    pub(super) async fn author(self, name: &str) -> String {
        let Some(uid) = self.0 else {
            return signed("unknown user", name);
        };
        let lookup = USERS.run(move || User::from_uid(Uid::from_raw(uid)));
        let found = timeout(NAME_LIMIT, lookup).await;
        let user = match found {
            Ok(Ok(Ok(Some(user)))) => user.name,
            _ => format!("user {uid}"),
        };
        signed(&user, name)
    }
}

fn signed(user: &str, name: &str) -> String {
    match name.trim() {
        "" => user.to_owned(),
        name if name == user => user.to_owned(),
        name => format!("{user} ({name})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_added_to_the_user_and_never_takes_its_place() {
        assert_eq!(signed("root", ""), "root");
        assert_eq!(signed("root", "root"), "root");
        assert_eq!(signed("root", "ann"), "root (ann)");
    }
}
