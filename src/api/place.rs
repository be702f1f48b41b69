//! Where daemons listen, and which one is meant when none is named.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the daemon listens when it is not told otherwise. A daemon in the place of ldirectord listens beside it.
pub const DEFAULT_SOCKET: &str = "/run/ipvsd/ipvsd.sock";

/// The default socket, or the only one beside its place when there is none there.
#[must_use]
pub fn likely_socket() -> PathBuf {
    only_socket(Path::new(DEFAULT_SOCKET))
}

fn only_socket(default: &Path) -> PathBuf {
    let entries = default.parent().map(fs::read_dir);
    let sockets: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flat_map(|entries| entries.flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "sock"))
        .collect();
    match sockets.as_slice() {
        [only] => only.clone(),
        _ => default.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_socket_is_meant_and_else_the_default() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let default = path("ipvsd.sock");
        assert_eq!(only_socket(&default), default);
        fs::write(path("ldirectord.a.cf.sock"), "").unwrap();
        fs::write(path("notes"), "").unwrap();
        assert_eq!(only_socket(&default), path("ldirectord.a.cf.sock"));
        fs::write(&default, "").unwrap();
        assert_eq!(only_socket(&default), default);
        assert_eq!(
            only_socket(&path("none/ipvsd.sock")),
            path("none/ipvsd.sock")
        );
    }
}
