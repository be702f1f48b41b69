//! Files that this program trusts: only root or its own user owns them, and no other user can write them. A symbolic link at
//! the end of a path is never followed, so that no other user can lead this program to a file of its choice.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;

/// Directories that this program creates are open to its user and group.
const DIRECTORY_MODE: u32 = 0o750;
/// Files that it writes are its user's alone.
const MODE: u32 = 0o600;
/// The same of a file that is published.
const MODE_FOR_ALL: u32 = 0o644;
/// Others than the owner may write (inode(7)).
const WRITABLE_BY_OTHERS: u32 = 0o022;
const WRITABLE_BY_ALL: u32 = 0o002;
/// Bytes of the largest file that is read.
const LARGEST: u64 = 256 << 20;

/// The content of a file that may be trusted.
///
/// # Errors
/// When there is none, or another user may have written it.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path, OpenOptions::new().read(true))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused(format!("it has more than {LARGEST} bytes")));
    }
    Ok(bytes)
}

/// Opens a file that may be trusted, with these options. Opening waits for nothing, even where the file is a pipe.
///
/// # Errors
/// When it cannot be opened, or another user may have written it.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let opened = options.mode(MODE).custom_flags(flags.bits()).open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        Some(errno) if errno == Errno::ELOOP as i32 => {
            refused("it is a symbolic link; use the file itself".to_owned())
        }
        _ => error,
    })?;
    distrust(&file.metadata()?, geteuid().as_raw()).map_or(Ok(file), |why| Err(refused(why)))
}

/// Replaces a file as a whole; when this returns, it is on the disk. Its directory is created where it is missing.
///
/// # Errors
/// When it cannot be written; the former file is as it was.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    replace_as(path, text, MODE)
}

/// The same for a file that all users may read.
///
/// # Errors
/// When it cannot be written; the former file is as it was.
pub(crate) fn replace_for_all(path: &Path, text: &[u8]) -> io::Result<()> {
    replace_as(path, text, MODE_FOR_ALL)
}

fn replace_as(path: &Path, text: &[u8], mode: u32) -> io::Result<()> {
    let directory = directory_of(path);
    create_directory(directory)?;
    let mut name = path.to_owned().into_os_string();
    name.push(".new");
    let new = PathBuf::from(name);
    // A file left behind, or a link that another user has put there, is removed and never written.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // Without this the new name may be lost with the host's power, though not the file.
    File::open(directory)?.sync_all()
}

/// Creates a directory and those above it where they are missing.
///
/// # Errors
/// When it cannot be created.
pub(crate) fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(directory)
}

/// The directory of a file.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Why other users can exchange files of this directory, if they can.
pub(crate) fn exposed(directory: &Path) -> Option<String> {
    let about = fs::metadata(directory).ok()?;
    let (uid, mode) = (about.uid(), about.mode() & 0o7777);
    let is_foreign = uid != 0 && uid != geteuid().as_raw();
    (is_foreign || mode & WRITABLE_BY_ALL != 0).then(|| {
        format!(
            "other users can write to {} (owner {uid}, mode {mode:04o})",
            directory.display()
        )
    })
}

/// Why a file is not trusted by this user.
fn distrust(about: &Metadata, user: u32) -> Option<String> {
    let (uid, mode) = (about.uid(), about.mode() & 0o7777);
    if !about.is_file() {
        return Some("it is not a regular file".to_owned());
    }
    if uid != 0 && uid != user {
        return Some(format!(
            "it belongs to user {uid}, and only files of root or of user {user} are trusted; remove it, or change its owner"
        ));
    }
    // The group of root holds no other user.
    let others = match about.gid() {
        0 => WRITABLE_BY_ALL,
        _ => WRITABLE_BY_OTHERS,
    };
    (mode & others != 0).then(|| {
        format!("other users can write it (mode {mode:04o}); check its content and run chmod go-w")
    })
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

#[cfg(test)]
mod tests;
