//! The thread that writes the state file, so that a slow disk delays nobody.

use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;

use director_core::definitions::HostName;
use director_core::moment::Moment;
use director_core::persistent_state::PersistentState;

use super::{LastGood, StateFile};

/// A memory to be written.
#[derive(Debug)]
pub struct StateSnapshot {
    pub revision: u64,
    pub memory: PersistentState,
    pub moment: Moment,
    /// Services as they were when they were last good.
    pub last_good: Option<LastGood>,
    /// What the host names of the configuration stand for.
    pub names: Vec<HostName>,
}

#[derive(Debug)]
pub struct StateWriter {
    memories: mpsc::Sender<StateSnapshot>,
    thread: JoinHandle<()>,
}

impl StateWriter {
    /// Starts the thread; it tells what became of each memory, by its number.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        file: StateFile,
        tell: impl Fn(u64, Option<String>) + Send + 'static,
    ) -> io::Result<Self> {
        let (memories, waiting) = mpsc::channel::<StateSnapshot>();
        let thread = std::thread::Builder::new()
            .name("state".to_owned())
            .spawn(move || {
                while let Ok(snapshot) = waiting.recv() {
                    let revision = snapshot.revision;
                    let outcome = file.write(snapshot);
                    tell(revision, outcome.err().map(|error| error.to_string()));
                }
            })?;
        Ok(Self { memories, thread })
    }

    /// Has a memory written after those before it; false when the thread has ended.
    #[must_use]
    pub fn write(&self, snapshot: StateSnapshot) -> bool {
        self.memories.send(snapshot).is_ok()
    }

    /// Waits until everything is written. Blocks.
    pub fn finish(self) {
        let Self { memories, thread } = self;
        drop(memories);
        // A thread that panicked has said so.
        let _ = thread.join();
    }
}
