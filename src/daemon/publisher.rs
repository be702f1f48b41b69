//! Writes the numbers that services publish (`publish`), each in a file of its own and on a thread of its own, since disks may hang.
//! A file is replaced as a whole, so that a reader finds the former number or the new one.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use crate::background_writer::{BackgroundWriter, Piece, QueueLimit};
use crate::trusted_file;

/// Numbers that wait for a slow disk at most.
const LIMIT: QueueLimit = QueueLimit {
    entries: 10_000,
    bytes: 1 << 20,
};

/// A file and its number.
#[derive(Debug, PartialEq, Eq)]
struct PublishedNumber {
    file: String,
    number: i32,
}

/// The way to the files. Its thread begins with the first number.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    numbers: Option<BackgroundWriter<PublishedNumber>>,
}

impl Publisher {
    /// Has a file hold this number.
    pub(super) fn publish(&mut self, file: String, number: i32) {
        if self.numbers.is_none() {
            let mut failing = BTreeSet::new();
            let write = move |piece| write(piece, &mut failing);
            match BackgroundWriter::start("publish", LIMIT, write) {
                Ok(numbers) => self.numbers = Some(numbers),
                Err(error) => {
                    tracing::error!(%file, "cannot publish {number}: cannot start a thread: {error}");
                    return;
                }
            }
        }
        if let Some(numbers) = &self.numbers {
            let bytes = file.len();
            numbers.push(PublishedNumber { file, number }, bytes);
        }
    }

    /// Writes what waits, until time is up.
    pub(super) fn finish(&self, limit: Duration) {
        if let Some(numbers) = &self.numbers {
            numbers.finish(limit);
        }
    }
}

/// Writes a number; a file that cannot be written is named once until it can.
fn write(piece: Piece<PublishedNumber>, failing: &mut BTreeSet<String>) {
    let PublishedNumber { file, number } = match piece {
        Piece::Entry(entry) => entry,
        Piece::Dropped(count) => {
            tracing::error!("the disk is too slow for `publish`: {count} numbers are not written");
            return;
        }
    };
    let text = format!("{number}\n");
    match trusted_file::replace_for_all(Path::new(&file), text.as_bytes()) {
        Ok(()) => {
            failing.remove(&file);
        }
        Err(error) => {
            if failing.insert(file.clone()) {
                tracing::error!(
                    %file,
                    "cannot publish {number}: {error}; programs that read {file} see the former state"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_last_number_stays_in_a_file_that_all_may_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("web");
        let mut publisher = Publisher::default();
        for number in [0, -50, -10] {
            publisher.publish(file.to_str().unwrap().to_owned(), number);
        }
        publisher.finish(Duration::from_secs(20));
        assert_eq!(fs::read_to_string(&file).unwrap(), "-10\n");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }

    #[test]
    fn a_file_that_cannot_be_written_keeps_no_other_from_it() {
        let directory = tempfile::tempdir().unwrap();
        let (bad, good) = (directory.path().join("a/b"), directory.path().join("web"));
        fs::write(directory.path().join("a"), "").unwrap();
        let mut publisher = Publisher::default();
        for file in [&bad, &good] {
            publisher.publish(file.to_str().unwrap().to_owned(), 0);
        }
        publisher.finish(Duration::from_secs(20));
        assert_eq!(fs::read_to_string(&good).unwrap(), "0\n");
    }
}
