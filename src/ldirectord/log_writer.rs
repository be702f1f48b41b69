//! Writes log lines on a thread of its own, so that a slow disk or syslog delays no probe. What does not fit into its queue is
//! dropped, and a line says how many lines are missing.

use std::io;
use std::time::Duration;

use jiff::Zoned;
use ldirectord_compat::journal::Journal;

use crate::background_writer::{BackgroundWriter, Piece, QueueLimit};

/// How long the last lines may take.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);
/// Lines that may wait.
const LIMIT: QueueLimit = QueueLimit {
    entries: 32_768,
    bytes: 8 << 20,
};

#[derive(Debug)]
enum LogEntry {
    Line(Zoned, String),
    TurnTo(Journal),
}

/// The way to the thread that writes.
#[derive(Debug, Clone)]
pub(super) struct LogWriter {
    entries: BackgroundWriter<LogEntry>,
}

impl LogWriter {
    pub(super) fn start(mut journal: Journal) -> io::Result<Self> {
        let write = move |piece| match piece {
            // There is no place left to complain about a log that takes no lines.
            Piece::Entry(LogEntry::Line(at, text)) => {
                let _ = journal.write(&at, &text);
            }
            // A director without the log of its choice still directs.
            Piece::Entry(LogEntry::TurnTo(other)) => match other.probe() {
                Ok(()) => journal = other,
                Err(error) => {
                    let _ = journal.write_now(&error.to_string());
                }
            },
            Piece::Dropped(count) => {
                let _ = journal.write_now(&missing(count));
            }
        };
        let entries = BackgroundWriter::start("log", LIMIT, write)?;
        Ok(Self { entries })
    }

    /// Has a line written, with the time of now.
    pub(super) fn line(&self, text: String) {
        let bytes = text.len();
        self.entries.push(LogEntry::Line(Zoned::now(), text), bytes);
    }

    /// Lines go there from now on, if they can be written there.
    pub(super) fn turn_to(&self, journal: Journal) {
        self.entries.push(LogEntry::TurnTo(journal), 0);
    }

    /// Waits until all lines are written.
    pub(super) fn end(self) {
        // Lines that take longer are lost.
        let _ = self.entries.finish(FLUSH_LIMIT);
    }
}

fn missing(count: u64) -> String {
    let pid = std::process::id();
    format!(
        "Warning [{pid}]: {count} log lines are missing here, because the log was not written fast enough"
    )
}
