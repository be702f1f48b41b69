//! Why nothing was heard of an agent or of the source of a weight.

use std::io;

use super::words::words;

/// Bytes that a line may have; HAProxy reads no more than a buffer of 16 KiB.
pub(super) const LONGEST: usize = 16 * 1024;

/// Why nothing was said.
#[derive(Debug, thiserror::Error)]
pub(super) enum AdviceError {
    #[error("it is empty")]
    Silence,
    /// No end of it.
    #[error("its line is longer than {LONGEST} bytes")]
    TooLong,
    /// The file cannot be read.
    #[error("cannot read {path}: {}", words(.source))]
    Unreadable { path: String, source: io::Error },
}
