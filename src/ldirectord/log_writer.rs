//! Writes log lines on a thread of its own, so that a slow disk or syslog delays no probe.

use std::io;
use std::sync::mpsc as blocking;
use std::thread;
use std::time::Duration;

use jiff::Zoned;
use ldirectord_compat::journal::Journal;

/// How long the last lines may take.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

#[derive(Debug)]
enum LogEntry {
    Line(Zoned, String),
    TurnTo(Journal),
    /// Everything before it is written once this is answered.
    End(blocking::Sender<()>),
}

/// The way to the thread that writes.
#[derive(Debug, Clone)]
pub(super) struct LogWriter {
    entries: blocking::Sender<LogEntry>,
}

impl LogWriter {
    pub(super) fn start(mut journal: Journal) -> io::Result<Self> {
        let (entries, receiver) = blocking::channel();
        let write = move || {
            while let Ok(entry) = receiver.recv() {
                match entry {
                    // There is no place left to complain about a log that takes no lines.
                    LogEntry::Line(at, text) => {
                        let _ = journal.write(&at, &text);
                    }
                    LogEntry::TurnTo(other) => journal = other,
                    LogEntry::End(answer) => {
                        // Whoever waits may have lost patience.
                        let _ = answer.send(());
                        return;
                    }
                }
            }
        };
        thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(Self { entries })
    }

    /// Has a line written, with the time of now.
    pub(super) fn line(&self, text: String) {
        let _ = self.entries.send(LogEntry::Line(Zoned::now(), text));
    }

    /// Lines go there from now on.
    pub(super) fn turn_to(&self, journal: Journal) {
        let _ = self.entries.send(LogEntry::TurnTo(journal));
    }

    /// Waits until all lines are written.
    pub(super) fn end(self) {
        let (answer, written) = blocking::channel();
        let _ = self.entries.send(LogEntry::End(answer));
        // Lines that take longer are lost.
        let _ = written.recv_timeout(FLUSH_LIMIT);
    }
}
