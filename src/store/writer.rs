//! The thread that writes the state file, so that a slow disk delays nobody.

use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;

use director_core::moment::Moment;
use director_core::saved_state::SavedState;

use super::{LastGood, StateFile};

/// A memory to be written.
#[derive(Debug)]
pub struct Written {
    /// Its number.
    pub revision: u64,
    /// All of it.
    pub saved: SavedState,
    /// The director's moment.
    pub moment: Moment,
    /// Services as they were when they were last good.
    pub last_good: Option<LastGood>,
}

/// The thread.
#[derive(Debug)]
pub struct Writer {
    memories: mpsc::Sender<Written>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread; it tells what became of each memory, by its number.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        file: StateFile,
        tell: impl Fn(u64, Option<String>) + Send + 'static,
    ) -> io::Result<Self> {
        let (memories, waiting) = mpsc::channel::<Written>();
        let thread = std::thread::Builder::new()
            .name("state".to_owned())
            .spawn(move || {
                while let Ok(written) = waiting.recv() {
                    let revision = written.revision;
                    let outcome = file.write(written);
                    tell(revision, outcome.err().map(|error| error.to_string()));
                }
            })?;
        Ok(Self { memories, thread })
    }

    /// Has a memory written after those before it; false when the thread has ended.
    #[must_use]
    pub fn write(&self, written: Written) -> bool {
        self.memories.send(written).is_ok()
    }

    /// Waits until everything is written. Blocks.
    pub fn finish(self) {
        let Self { memories, thread } = self;
        drop(memories);
        // A thread that panicked has said so.
        drop(thread.join());
    }
}
