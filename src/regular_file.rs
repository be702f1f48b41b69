//! Reads regular files and nothing else. A FIFO in the place of a file would be waited for without end, a device may give
//! bytes without end, and some devices act when they are opened: each of them is an error at once.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

/// Opens a file for reading.
///
/// # Errors
/// When it is no regular file, or cannot be opened.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Before it is opened, for devices that act then; and again after, since the name may mean something else by now.
    check(&fs::metadata(path)?)?;
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(flags.bits()).open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// When it is no regular file, has more bytes, or cannot be read.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("it has more than {limit} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

fn check(about: &Metadata) -> io::Result<()> {
    if about.is_dir() {
        let message = "it is a directory, not a file";
        return Err(io::Error::new(ErrorKind::IsADirectory, message));
    }
    if !about.is_file() {
        let message = "it is a pipe, a device or a socket, not a file";
        return Err(io::Error::new(ErrorKind::InvalidInput, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn only_a_regular_file_of_a_sensible_size_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let kind = |path: &Path, limit| read(path, limit).unwrap_err().kind();
        assert_eq!(kind(&path, 4), ErrorKind::FileTooLarge);
        assert_eq!(kind(directory.path(), 5), ErrorKind::IsADirectory);
        assert_eq!(kind(Path::new("/dev/zero"), 5), ErrorKind::InvalidInput);
        assert_eq!(kind(&directory.path().join("none"), 5), ErrorKind::NotFound);
        // Without a writer an ordinary open waits for one.
        let fifo = directory.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        assert_eq!(kind(&fifo, 5), ErrorKind::InvalidInput);
    }
}
