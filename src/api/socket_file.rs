//! The file of the control socket: created with its mode before any client can connect, and created again when it has gone.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};

use nix::fcntl::AT_FDCWD;
use nix::sys::stat::{FchmodatFlags, Mode, fchmodat};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;

use super::error::ApiError;
use crate::trusted_file;

/// The socket is open to its owner and group.
const MODE: u32 = 0o660;
/// Clients that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// The file of a socket that this process listens on. It goes when this is dropped, unless another file has its name by then.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    /// Device and number of the file.
    identity: (u64, u64),
}

impl SocketFile {
    /// Creates the socket, its directory included. A socket that a daemon left behind is replaced, and no other file.
    ///
    /// # Errors
    /// When another daemon listens there, something else has that name, or the socket cannot be created.
    pub(super) fn bind(path: &Path) -> Result<(UnixListener, Self), ApiError> {
        if is_served(path) {
            return Err(ApiError::Occupied {
                path: path.to_owned(),
            });
        }
        match path.symlink_metadata() {
            Ok(about) if !about.file_type().is_socket() => Err(ApiError::NotASocket {
                path: path.to_owned(),
            }),
            Ok(_) => create(path, true),
            Err(_) => create(path, false),
        }
    }

    /// Listens again when the file has gone; none while it is there.
    pub(super) fn bind_again(&self) -> Option<Result<(UnixListener, Self), ApiError>> {
        match self.path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Self::bind(&self.path)),
            _ => None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|there| there == self.identity) {
            // Gone already is as good.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a process listens on the socket of this name. Does not wait, even for one that accepts no clients.
fn is_served(path: &Path) -> bool {
    match connect(path) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// Connects without waiting.
///
/// # Errors
/// When no process listens there, or (`WouldBlock`) it has more clients waiting than it accepts.
pub(super) fn connect(path: &Path) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(socket)
}

fn create(path: &Path, replaces: bool) -> Result<(UnixListener, SocketFile), ApiError> {
    let failed = |source| ApiError::Bind {
        path: path.to_owned(),
        source,
    };
    let directory = trusted_file::directory_of(path);
    trusted_file::create_directory(directory).map_err(failed)?;
    if let Some(why) = trusted_file::exposed(directory) {
        tracing::warn!(
            "the control socket is not safe: {why}; use a directory that only root can write to, such as /run/ipvsd"
        );
    }
    if replaces {
        fs::remove_file(path).map_err(failed)?;
    }
    let listener = listen(path).map_err(failed)?;
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(path).map_err(failed)?,
    };
    Ok((UnixListener::from_std(listener).map_err(failed)?, file))
}

fn listen(path: &Path) -> io::Result<StdListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    // No client can connect before this process listens, so none finds another mode.
    let mode = Mode::from_bits_truncate(MODE);
    fchmodat(AT_FDCWD, path, mode, FchmodatFlags::NoFollowSymlink)?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(StdListener::from(socket))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let about = path.symlink_metadata()?;
    Ok((about.dev(), about.ino()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn only_a_socket_that_no_process_serves_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let bind = |name: &str| SocketFile::bind(&path(name));
        let kept = bind("below/s.sock").unwrap();
        let again = bind("below/s.sock").unwrap_err();
        assert!(matches!(again, ApiError::Occupied { .. }), "{again}");
        assert_eq!(
            path("below/s.sock").metadata().unwrap().mode() & 0o777,
            0o660
        );
        drop(kept);
        assert!(!path("below/s.sock").exists());
        drop(StdListener::bind(path("left.sock")).unwrap());
        assert!(bind("left.sock").is_ok());
        for name in ["file", "link", "directory"] {
            match name {
                "file" => fs::write(path(name), "keep").unwrap(),
                "link" => symlink(path("file"), path(name)).unwrap(),
                _ => fs::create_dir(path(name)).unwrap(),
            }
            let refused = bind(name).unwrap_err();
            assert!(matches!(refused, ApiError::NotASocket { .. }), "{refused}");
        }
        assert_eq!(fs::read_to_string(path("file")).unwrap(), "keep");
    }

    #[tokio::test]
    async fn a_file_that_has_gone_is_created_again_and_one_of_another_program_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.sock");
        let (_listener, file) = SocketFile::bind(&path).unwrap();
        assert!(file.bind_again().is_none());
        fs::remove_file(&path).unwrap();
        let (_again, new) = file.bind_again().unwrap().unwrap();
        assert!(is_served(&path));
        drop(file);
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
        let _other = StdListener::bind(&path).unwrap();
        assert!(new.bind_again().is_none());
        drop(new);
        assert!(path.exists());
    }
}
