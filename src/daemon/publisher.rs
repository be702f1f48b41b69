//! Writes the numbers that services publish (`publish`), each in a file of its own and on a thread of its own, since disks may hang.
//! A file is replaced as a whole, so that a reader finds the former number or the new one. What cannot be written is tried again:
//! others act on what a file says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::trusted_file;

/// Pause before files that could not be written are tried again.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// The latest number for each file.
type Numbers = BTreeMap<String, i32>;

/// The way to the files. Its thread begins with the first number.
#[derive(Debug)]
pub(super) struct Publisher {
    pause: Duration,
    waiting: Option<Arc<WaitingNumbers>>,
}

#[derive(Debug, Default)]
struct WaitingNumbers {
    state: Mutex<WaitingState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct WaitingState {
    numbers: Numbers,
    /// No more numbers come.
    closed: bool,
    /// The thread has ended.
    ended: bool,
}

impl Default for Publisher {
    fn default() -> Self {
        Self::trying_again_after(TRY_AGAIN)
    }
}

impl Publisher {
    fn trying_again_after(pause: Duration) -> Self {
        Self {
            pause,
            waiting: None,
        }
    }

    /// Has a file hold this number.
    pub(super) fn publish(&mut self, file: String, number: i32) {
        if self.waiting.is_none() {
            let waiting = Arc::new(WaitingNumbers::default());
            let (shared, pause) = (Arc::clone(&waiting), self.pause);
            let thread = thread::Builder::new().name("publish".to_owned());
            if let Err(error) = thread.spawn(move || write_all(&shared, pause)) {
                tracing::error!(%file, "cannot publish {number}: cannot start a thread: {error}");
                return;
            }
            self.waiting = Some(waiting);
        }
        if let Some(waiting) = &self.waiting {
            waiting.lock().numbers.insert(file, number);
            waiting.changed.notify_all();
        }
    }

    /// Writes what waits, until time is up.
    pub(super) fn finish(&self, limit: Duration) {
        if let Some(waiting) = &self.waiting {
            let mut state = waiting.lock();
            state.closed = true;
            waiting.changed.notify_all();
            // What is not written by then was reported.
            let _ = (waiting.changed).wait_timeout_while(state, limit, |state| !state.ended);
        }
    }
}

impl WaitingNumbers {
    fn lock(&self) -> MutexGuard<'_, WaitingState> {
        // No code that may panic runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers that have come, and whether no more come. Waits for them, with a `pause` not longer than that.
    fn next(&self, pause: Option<Duration>) -> (Numbers, bool) {
        let is_idle = |state: &mut WaitingState| state.numbers.is_empty() && !state.closed;
        let state = self.lock();
        let mut state = match pause {
            Some(pause) => {
                let waited = self.changed.wait_timeout_while(state, pause, is_idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = self.changed.wait_while(state, is_idle);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        };
        (std::mem::take(&mut state.numbers), state.closed)
    }
}

fn write_all(waiting: &WaitingNumbers, pause: Duration) {
    let mut left = Numbers::new();
    let mut reported = BTreeSet::new();
    loop {
        let (numbers, closed) = waiting.next((!left.is_empty()).then_some(pause));
        left.extend(numbers);
        left.retain(|file, number| !is_written(file, *number, &mut reported));
        if closed {
            waiting.lock().ended = true;
            waiting.changed.notify_all();
            return;
        }
    }
}

/// Writes a number; says whether that is done. A file that cannot be written is reported once until it can.
fn is_written(file: &str, number: i32, reported: &mut BTreeSet<String>) -> bool {
    let text = format!("{number}\n");
    match trusted_file::replace_for_all(Path::new(file), text.as_bytes()) {
        Ok(()) => {
            if reported.remove(file) {
                tracing::info!(file, "published {number} after it could not be written");
            }
            true
        }
        Err(error) => {
            if reported.insert(file.to_owned()) {
                tracing::error!(
                    file,
                    "cannot publish {number}: {error}; trying again, and programs that read {file} see the former state until then"
                );
            }
            false
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

    #[test]
    fn what_cannot_be_written_is_tried_again_with_the_latest_number() {
        let directory = tempfile::tempdir().unwrap();
        let (obstacle, file) = (directory.path().join("a"), directory.path().join("a/b"));
        fs::write(&obstacle, "").unwrap();
        let mut publisher = Publisher::trying_again_after(Duration::from_millis(5));
        for number in [-10, -50] {
            publisher.publish(file.to_str().unwrap().to_owned(), number);
        }
        fs::remove_file(&obstacle).unwrap();
        let began = std::time::Instant::now();
        while fs::read_to_string(&file).ok().as_deref() != Some("-50\n") {
            assert!(began.elapsed() < Duration::from_secs(20));
            thread::yield_now();
        }
    }
}
