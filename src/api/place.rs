//! Where daemons listen, and which one is meant when none is named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use super::socket_file;
use crate::netns;

/// Where the daemon listens when it is not told otherwise, in each network namespace another place. A daemon in the place of
/// ldirectord listens beside it.
#[must_use]
pub fn default_socket() -> PathBuf {
    netns::default_path("/run/ipvsd/ipvsd.sock")
}

/// The default socket, or where there is none the only one beside its place of a daemon in this network namespace.
#[must_use]
pub fn likely_socket() -> PathBuf {
    only_socket(&default_socket(), serves_here)
}

/// The sockets of all daemons in this network namespace at the usual place.
#[must_use]
pub fn usual_sockets() -> Vec<PathBuf> {
    sockets(&default_socket(), serves_here)
}

fn only_socket(default: &Path, serves_here: impl Fn(&Path) -> bool) -> PathBuf {
    if default.exists() {
        return default.to_owned();
    }
    match sockets(default, serves_here).as_slice() {
        [only] => only.clone(),
        _ => default.to_owned(),
    }
}

fn sockets(default: &Path, serves_here: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = default.parent().map(fs::read_dir);
    let mut sockets: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .flat_map(|entries| entries.flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "sock"))
        .filter(|path| serves_here(path))
        .collect();
    sockets.sort();
    sockets
}

/// Whether the daemon behind a socket is in this network namespace; also when that cannot be told.
fn serves_here(socket: &Path) -> bool {
    let connection = match socket_file::connect(socket) {
        Ok(connection) => connection,
        // A daemon that was killed left it.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return false,
        Err(_) => return true,
    };
    let peer = getsockopt(&connection, PeerCredentials);
    peer.ok()
        .and_then(|peer| netns::is_shared_with(peer.pid()))
        .unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_socket_of_this_namespace_is_meant_and_else_the_default() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let default = path("ipvsd.sock");
        let elsewhere = |path: &Path| !path.ends_with("ipvsd@blue.sock");
        let only = || only_socket(&default, elsewhere);
        assert_eq!(only(), default);
        fs::write(path("ipvsd@blue.sock"), "").unwrap();
        fs::write(path("notes"), "").unwrap();
        assert_eq!(only(), default);
        fs::write(path("ldirectord.a.cf.sock"), "").unwrap();
        assert_eq!(only(), path("ldirectord.a.cf.sock"));
        fs::write(path("ldirectord.b.cf.sock"), "").unwrap();
        assert_eq!(only(), default);
        fs::remove_file(path("ldirectord.b.cf.sock")).unwrap();
        fs::write(&default, "").unwrap();
        assert_eq!(only(), default);
        assert_eq!(
            only_socket(&path("none/ipvsd.sock"), elsewhere),
            path("none/ipvsd.sock")
        );
    }

    #[test]
    fn a_daemon_of_this_namespace_is_known_by_its_socket() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ipvsd.sock");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(serves_here(&path));
        assert!(serves_here(&directory.path().join("none.sock")));
    }
}
