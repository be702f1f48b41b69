//! Writes every event with its moment to a file, one JSON object a line, so that what the director did can be done again
//! exactly (`ipvsctl replay`). Secrets are masked by their own type.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use director_core::director::Event;
use director_core::moment::Moment;
use serde::{Deserialize, Serialize};

/// One line of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// When it reached the director.
    pub at: Moment,
    /// What happened.
    pub event: Event,
}

/// An open recording.
#[derive(Debug)]
pub(super) struct Recorder {
    file: BufWriter<File>,
}

impl Recorder {
    /// Begins a recording; what the file held before is gone. Only its owner may read it: it tells all of a site's servers.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self {
            file: BufWriter::new(file),
        })
    }

    /// Writes one event through to the file, so that nothing is missing after a crash.
    pub(super) fn record(&mut self, at: Moment, event: &Event) -> io::Result<()> {
        serde_json::to_writer(
            &mut self.file,
            &RecordedEvent {
                at,
                event: event.clone(),
            },
        )?;
        self.file.write_all(b"\n")?;
        self.file.flush()
    }
}
