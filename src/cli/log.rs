//! The log lines of a daemon on their way to standard error. A thread writes them: a pipe or a terminal that is not read
//! stops no probe, no client and no signal. Lines that do not fit into the queue are dropped, and a line says how many.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic;
use std::time::Duration;

use jiff::Timestamp;

use crate::background_writer::{BackgroundWriter, Piece, QueueLimit};

/// How long the last lines may take at the end.
const FINISH_LIMIT: Duration = Duration::from_secs(1);
/// Lines that may wait. A start with thousands of servers writes a line for each within moments.
const LIMIT: QueueLimit = QueueLimit {
    entries: 32_768,
    bytes: 8 << 20,
};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// Plain text
    Text,
    /// One JSON object per line
    Json,
}

/// The queue of lines.
#[derive(Debug, Clone)]
pub(super) struct LogOutput {
    lines: BackgroundWriter<Vec<u8>>,
}

impl LogOutput {
    /// A log on standard error.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn standard_error(format: LogFormat) -> io::Result<Self> {
        Self::start(format, io::stderr())
    }

    fn start(format: LogFormat, mut to: impl Write + Send + 'static) -> io::Result<Self> {
        let write = move |piece| {
            let line = match piece {
                Piece::Entry(line) => line,
                Piece::Dropped(count) => missing(format, count, Timestamp::now()).into_bytes(),
            };
            // There is no place left to report this.
            let _ = to.write_all(&line);
        };
        let lines = BackgroundWriter::start("log", LIMIT, write)?;
        Ok(Self { lines })
    }

    /// Waits until the lines are written, for a short time. Returns whether they are.
    pub(super) fn finish(&self) -> bool {
        self.lines.finish(FINISH_LIMIT)
    }
}

/// Takes one line at a time, as the formatter of the log writes them.
impl Write for LogOutput {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.push(line.to_vec(), line.len());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line that stands for dropped ones, in the form of the others.
fn missing(format: LogFormat, count: u64, now: Timestamp) -> String {
    let lines = if count == 1 { "line is" } else { "lines are" };
    let message =
        format!("{count} log {lines} missing here, because the log was not read fast enough");
    match format {
        LogFormat::Text => format!("{now:.6}  WARN {message}\n"),
        LogFormat::Json => format!(
            "{}\n",
            serde_json::json!({
                "timestamp": format!("{now:.6}"),
                "level": "WARN",
                "fields": {"message": message, "dropped": count},
            })
        ),
    }
}

/// Leads panics into the log. Written to standard error by the thread that panics, they would wait for its reader.
pub(super) fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let backtrace = Backtrace::capture();
        let text = panic.to_string().replace('\n', " ");
        match backtrace.status() {
            BacktraceStatus::Captured => tracing::error!("internal error: {text}\n{backtrace}"),
            _ => tracing::error!("internal error: {text}"),
        }
    }));
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;

    use nix::unistd::pipe;

    use super::*;

    const LINE: &[u8] = b"a line of the log that is as long as such lines are\n";

    #[test]
    fn a_pipe_that_is_not_read_delays_no_line_and_the_missing_ones_are_counted() {
        let (from, to) = pipe().unwrap();
        let mut log = LogOutput::start(LogFormat::Text, File::from(to)).unwrap();
        let written = 2 * LIMIT.entries;
        for _ in 0..written {
            log.write_all(LINE).unwrap();
        }
        assert!(!log.finish(), "no one reads");
        let mut text = String::new();
        drop(log);
        File::from(from).read_to_string(&mut text).unwrap();
        let (missing, lines): (Vec<&str>, Vec<&str>) = text
            .lines()
            .partition(|line| line.contains("log lines are missing here"));
        assert!(!missing.is_empty());
        let counts = missing
            .iter()
            .map(|line| line.split_whitespace().nth(2).unwrap());
        let missing: usize = counts.map(|count| count.parse::<usize>().unwrap()).sum();
        assert_eq!(lines.len() + missing, written);
    }

    #[test]
    fn the_line_for_missing_ones_has_the_form_of_the_others() {
        let now = "2026-11-30T09:24:08.641955Z".parse().unwrap();
        assert_eq!(
            missing(LogFormat::Text, 1, now),
            "2026-11-30T09:24:08.641955Z  WARN 1 log line is missing here, because the log was not read fast enough\n"
        );
        let json: serde_json::Value =
            serde_json::from_str(&missing(LogFormat::Json, 2, now)).unwrap();
        assert_eq!(json["timestamp"], "2026-11-30T09:24:08.641955Z");
        assert_eq!(json["fields"]["dropped"], 2);
    }
}
