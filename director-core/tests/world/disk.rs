//! Where a director's memory is kept: a disk that takes its time and may be full.

use std::time::Duration;

use director_core::director::Event;
use director_core::moment::Moment;
use director_core::persistent_state::PersistentState;

/// A disk that takes its time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    /// What it holds.
    pub(crate) saved: PersistentState,
    /// The number of that.
    pub(crate) revision: Option<u64>,
    /// How long a writing takes.
    pub(crate) takes: Duration,
    /// Whether it refuses to be written.
    pub(crate) fails: bool,
    /// What is being written, and when that is done.
    pub(crate) writing: Option<(Moment, u64, PersistentState)>,
}

impl Disk {
    /// What follows when a writing is done by now.
    pub(super) fn done(&mut self, now: Moment) -> Option<Event> {
        let (_, revision, saved) = self.writing.take_if(|(due, ..)| *due <= now)?;
        let failure = self.fails.then(|| "no space left on device".to_owned());
        if failure.is_none() {
            self.saved = saved;
            self.revision = Some(revision);
        }
        Some(Event::Persisted { revision, failure })
    }
}
