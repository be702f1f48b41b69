//! Gets the bytes of a configuration file, or one clear reason why there are none. Nothing is read before it is known to be
//! a file of a sensible size: a device, a pipe or a disk image given by mistake is named and left alone.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

use crate::regular_file;

/// Bytes of the largest file that is read. A thousand services with ten servers each take half a mebibyte.
pub const SIZE_LIMIT: u64 = 16 << 20;

/// The name of standard input.
pub const STANDARD_INPUT: &str = "-";

/// Why a file gives no text.
#[derive(Debug, Error)]
pub enum SourceError {
    /// There is nothing by this name.
    #[error("the file does not exist")]
    Missing(#[source] io::Error),
    /// The file may not be read.
    #[error("permission denied")]
    Denied(#[source] io::Error),
    #[error("this is a directory, not a file")]
    Directory,
    /// A device, pipe or socket.
    #[error("this is a device, a pipe or a socket, not a file")]
    Special,
    #[error("the file has {size} bytes; the limit is {SIZE_LIMIT}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
    },
    /// Nothing in it but blanks.
    #[error("the file is empty")]
    Empty,
    #[error("the file is not text: line {line} contains {what}")]
    Binary {
        /// The line of the first byte that no text holds, from 1.
        line: usize,
        what: &'static str,
    },
    /// The system reported an error of another kind.
    #[error("the file cannot be read: {0}")]
    Failed(#[source] io::Error),
}

impl SourceError {
    /// What the operator can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing(_) => {
                "check the path; examples/nat-round-robin.yaml is a first configuration"
            }
            Self::Denied(_) => "run as a user who may read it, or change its mode with chmod",
            Self::Directory => "write the name of a file in it",
            Self::Special => "write the configuration to a regular file",
            Self::TooLarge { .. } => "check that this is the file you mean",
            Self::Empty => "define at least one service; examples/nat-round-robin.yaml shows how",
            Self::Binary { .. } => "use a text file in UTF-8: YAML or an ldirectord.cf",
            Self::Failed(_) => "check the file and its disk",
        }
    }
}

/// Reads the whole file.
///
/// # Errors
/// As [`SourceError`] says.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    if path == Path::new(STANDARD_INPUT) {
        return whole(io::stdin());
    }
    let about = fs::metadata(path).map_err(SourceError::from)?;
    if about.is_dir() {
        return Err(SourceError::Directory);
    }
    if !about.is_file() {
        return Err(SourceError::Special);
    }
    if about.len() > SIZE_LIMIT {
        return Err(SourceError::TooLarge { size: about.len() });
    }
    whole(regular_file::open(path)?)
}

/// All bytes of a source, which may be longer than was seen before, or endless.
fn whole(source: impl Read) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    source
        .take(SIZE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(SourceError::from)?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(SourceError::TooLarge {
            size: bytes.len() as u64,
        });
    }
    judge(&bytes)?;
    Ok(bytes)
}

impl From<io::Error> for SourceError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A path through something that is no directory names nothing either.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing(error),
            io::ErrorKind::PermissionDenied => Self::Denied(error),
            _ => Self::Failed(error),
        }
    }
}

/// Whether the bytes may be text of either dialect.
fn judge(bytes: &[u8]) -> Result<(), SourceError> {
    if bytes.trim_ascii().is_empty() {
        return Err(SourceError::Empty);
    }
    match bytes.iter().position(|byte| *byte == 0) {
        None => Ok(()),
        Some(position) => Err(SourceError::Binary {
            line: line_of(bytes, position),
            what: "a zero byte",
        }),
    }
}

/// The bytes as text in UTF-8, without a byte order mark.
///
/// # Errors
/// When they are not UTF-8.
pub(super) fn text(bytes: &[u8]) -> Result<&str, SourceError> {
    let text = std::str::from_utf8(bytes).map_err(|error| SourceError::Binary {
        line: line_of(bytes, error.valid_up_to()),
        what: "bytes that are not UTF-8",
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn line_of(bytes: &[u8], position: usize) -> usize {
    1 + bytes
        .iter()
        .take(position)
        .filter(|byte| **byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn written(bytes: &[u8]) -> Result<Vec<u8>, SourceError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("definitions.yaml");
        fs::write(&path, bytes).unwrap();
        read(&path)
    }

    #[test]
    fn each_kind_of_unreadable_file_is_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(
            read(directory.path()),
            Err(SourceError::Directory)
        ));
        assert!(matches!(
            read(&directory.path().join("none")),
            Err(SourceError::Missing(_))
        ));
        assert!(matches!(
            read(Path::new("/dev/zero")),
            Err(SourceError::Special)
        ));
        assert!(matches!(written(b""), Err(SourceError::Empty)));
        assert!(matches!(written(b" \n\n"), Err(SourceError::Empty)));
        assert!(matches!(
            written(b"a\nb\0c"),
            Err(SourceError::Binary { line: 2, .. })
        ));
        assert!(matches!(
            text(b"a\n\n\xff"),
            Err(SourceError::Binary { line: 3, .. })
        ));
    }

    #[test]
    fn a_refusal_of_the_system_is_told_from_a_failure() {
        // As root every file may be read, so the kinds of error stand for the files.
        let denied = SourceError::from(io::Error::from(io::ErrorKind::PermissionDenied));
        assert!(matches!(denied, SourceError::Denied(_)), "{denied}");
        let failed = SourceError::from(io::Error::from(io::ErrorKind::Interrupted));
        assert!(matches!(failed, SourceError::Failed(_)), "{failed}");
    }

    #[test]
    fn a_file_above_the_limit_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large.yaml");
        File::create(&path).unwrap().set_len(100 << 20).unwrap();
        assert!(matches!(
            read(&path),
            Err(SourceError::TooLarge { size: 104_857_600 })
        ));
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(text(b"\xef\xbb\xbfa: 1\n").unwrap(), "a: 1\n");
    }
}
