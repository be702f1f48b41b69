//! Hands entries to a thread that writes them, so that a disk, a pipe or a socket that takes nothing delays no one else. The
//! queue is bounded: what does not fit is dropped and counted, and the writer gets the count where the entries are missing.
//!
//! Invariant: entries keep their order, and [`BackgroundWriter::push`] never waits for the writer.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How much may wait. One entry more than that may be in the queue, whatever its size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimit {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

/// What the thread gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<T> {
    Entry(T),
    /// So many entries are missing here.
    Dropped(u64),
}

/// The way to the thread. Clones lead to the same one.
#[derive(Debug)]
pub(crate) struct BackgroundWriter<T> {
    shared: Arc<SharedQueue<T>>,
}

impl<T> Clone for BackgroundWriter<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

#[derive(Debug)]
struct SharedQueue<T> {
    limit: QueueLimit,
    queue: Mutex<Queue<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Queue<T> {
    /// With their sizes in bytes.
    pieces: VecDeque<(Piece<T>, usize)>,
    bytes: usize,
    /// Entries that were dropped since the last one that fitted.
    dropped: u64,
    /// No more entries come.
    closed: bool,
    /// The thread has ended.
    ended: bool,
}

impl<T: Send + 'static> BackgroundWriter<T> {
    /// Starts a thread of this name that hands each piece to `write`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        name: &str,
        limit: QueueLimit,
        mut write: impl FnMut(Piece<T>) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(SharedQueue {
            limit,
            queue: Mutex::new(Queue {
                pieces: VecDeque::new(),
                bytes: 0,
                dropped: 0,
                closed: false,
                ended: false,
            }),
            changed: Condvar::new(),
        });
        let pieces = Pieces(Arc::clone(&shared));
        let run = move || {
            while let Some(piece) = pieces.next() {
                write(piece);
            }
        };
        thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { shared })
    }

    /// Has an entry of this size written after those before it, or drops it.
    pub(crate) fn push(&self, entry: T, bytes: usize) {
        let limit = self.shared.limit;
        let mut queue = self.shared.lock();
        if queue.closed || queue.ended {
            return;
        }
        if queue.pieces.len() >= limit.entries || queue.bytes >= limit.bytes {
            queue.dropped += 1;
            return;
        }
        let dropped = std::mem::take(&mut queue.dropped);
        if dropped > 0 {
            queue.pieces.push_back((Piece::Dropped(dropped), 0));
        }
        queue.pieces.push_back((Piece::Entry(entry), bytes));
        queue.bytes += bytes;
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// Takes no more entries and waits until the others are written, but not longer than `limit`. Returns whether they are.
    pub(crate) fn finish(&self, limit: Duration) -> bool {
        let mut queue = self.shared.lock();
        queue.closed = true;
        self.shared.changed.notify_all();
        let waiting = |queue: &mut Queue<T>| !queue.ended;
        let waited = self
            .shared
            .changed
            .wait_timeout_while(queue, limit, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }
}

impl<T> SharedQueue<T> {
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        // No code that may panic runs while the queue is locked.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread's end of the queue; the end of the thread is noted, even if it panics.
struct Pieces<T>(Arc<SharedQueue<T>>);

impl<T> Pieces<T> {
    /// Waits for the next piece; none when no more come.
    fn next(&self) -> Option<Piece<T>> {
        let mut queue = self.0.lock();
        loop {
            if let Some((piece, bytes)) = queue.pieces.pop_front() {
                queue.bytes -= bytes;
                return Some(piece);
            }
            match std::mem::take(&mut queue.dropped) {
                0 if queue.closed => return None,
                0 => {}
                dropped => return Some(Piece::Dropped(dropped)),
            }
            let waited = self.0.changed.wait(queue);
            queue = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<T> Drop for Pieces<T> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    const LIMIT: QueueLimit = QueueLimit {
        entries: 3,
        bytes: 100,
    };
    const LONG: Duration = Duration::from_secs(60);

    /// A writer that takes nothing until it is allowed to, and shows what it has written.
    fn stuck(
        limit: QueueLimit,
    ) -> (
        BackgroundWriter<u32>,
        mpsc::Sender<()>,
        mpsc::Receiver<Piece<u32>>,
    ) {
        let (allow, allowed) = mpsc::channel::<()>();
        let (written, pieces) = mpsc::channel();
        let writer = BackgroundWriter::start("test", limit, move |piece| {
            let _ = allowed.recv();
            let _ = written.send(piece);
        });
        (writer.unwrap(), allow, pieces)
    }

    #[test]
    fn a_writer_that_takes_nothing_delays_no_one_and_what_is_missing_is_counted_in_its_place() {
        let (writer, allow, pieces) = stuck(LIMIT);
        // Only the thread knows when it has taken the first one.
        writer.push(0, 1);
        while !writer.shared.lock().pieces.is_empty() {
            thread::yield_now();
        }
        for number in 1..10 {
            writer.push(number, 1);
        }
        let mut expected: Vec<_> = (0..4).map(Piece::Entry).collect();
        for _ in 0..expected.len() {
            allow.send(()).unwrap();
        }
        let written: Vec<_> = pieces.iter().take(4).collect();
        assert_eq!(written, expected);
        writer.push(10, 1);
        drop(allow);
        assert!(writer.finish(LONG));
        expected = vec![Piece::Dropped(6), Piece::Entry(10)];
        assert_eq!(pieces.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_count_is_given_even_when_nothing_more_comes() {
        let (writer, allow, pieces) = stuck(QueueLimit {
            entries: 0,
            ..LIMIT
        });
        writer.push(1, 1);
        drop(allow);
        assert!(writer.finish(LONG));
        assert_eq!(pieces.iter().collect::<Vec<_>>(), [Piece::Dropped(1)]);
    }

    #[test]
    fn bytes_are_limited_too_and_one_large_entry_fits() {
        let (writer, allow, pieces) = stuck(QueueLimit {
            entries: 100,
            bytes: 100,
        });
        writer.push(0, 1);
        while !writer.shared.lock().pieces.is_empty() {
            thread::yield_now();
        }
        writer.push(1, 1_000_000);
        writer.push(2, 1);
        drop(allow);
        assert!(writer.finish(LONG));
        let expected = [Piece::Entry(0), Piece::Entry(1), Piece::Dropped(1)];
        assert_eq!(pieces.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_end_does_not_wait_for_a_writer_that_is_stuck() {
        let (writer, _allow, _pieces) = stuck(LIMIT);
        writer.push(1, 1);
        let began = Instant::now();
        assert!(!writer.finish(Duration::from_millis(20)));
        assert!(began.elapsed() < LONG);
    }

    #[test]
    fn a_writer_that_panics_has_ended() {
        let writer = BackgroundWriter::start("test", LIMIT, |piece: Piece<u32>| {
            assert!(matches!(piece, Piece::Dropped(_)), "as a bug would");
        });
        let writer = writer.unwrap();
        writer.push(1, 1);
        assert!(writer.finish(LONG));
        writer.push(2, 1);
        assert!(writer.shared.lock().pieces.is_empty());
    }
}
