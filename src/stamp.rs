//! Whether a file may have changed since it was read, told without reading it. What a change means is for those who watch.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

/// Time stamps of files are coarse: a file that is younger than this may change without showing it.
const YOUNG: Duration = Duration::from_secs(2);

/// Which file it was, how large, and when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of a file of which this is known.
    pub(crate) fn of(about: &Metadata) -> Self {
        Self {
            device: about.dev(),
            inode: about.ino(),
            size: about.size(),
            written: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        }
    }

    /// Whether the file certainly has the content that it had when its stamp was `known`. A file of the future counts as
    /// young.
    pub(crate) fn is_still(&self, known: &Self, about: &Metadata) -> bool {
        let age = about
            .modified()
            .map(|written| SystemTime::now().duration_since(written));
        self == known && age.is_ok_and(|age| age.unwrap_or_default() >= YOUNG)
    }
}
