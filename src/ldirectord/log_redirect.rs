//! Leads the log lines of the rest of the program, such as those about mails, into the log of the instance. Before there is
//! one they go to standard error, which the command that starts the daemon shows.

use std::io::{self, Write};
use std::sync::OnceLock;

use super::log_writer::LogWriter;

/// There is one log for the process, as there is one subscriber to the lines of the program.
static LOG: OnceLock<LogWriter> = OnceLock::new();

/// From now on lines go to this log.
pub(super) fn redirect_to(log: &LogWriter) {
    // A second instance in one process there is none.
    let _ = LOG.set(log.clone());
}

/// Takes lines wherever they have to go now; to `early` while there is no log of the instance.
pub fn log_redirect(early: impl Write) -> impl Write {
    LogRedirect { early }
}

struct LogRedirect<W> {
    early: W,
}

impl<W: Write> Write for LogRedirect<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match LOG.get() {
            Some(log) => {
                let text = String::from_utf8_lossy(bytes);
                for line in text.lines().filter(|line| !line.is_empty()) {
                    log.line(line.to_owned());
                }
                Ok(bytes.len())
            }
            None => self.early.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
