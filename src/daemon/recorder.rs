//! Writes every event with its moment to a file, one JSON object a line, and what the director decided on it, so that what
//! it did can be done again exactly and compared (`ipvsctl replay`). In the place of each secret stands a number.

use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::SecretNumbers;
use director_core::director::{Effect, Event};
use director_core::model::validate::validate;
use director_core::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::background_writer::{BackgroundWriter, Piece, QueueLimit};
use crate::trusted_file;

/// It tells all of a site's servers, so that it is its owner's alone.
const MODE: u32 = 0o600;

/// One line of a recording: an event, or what was decided on the events of the lines before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// When it reached the director.
    pub at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// The next event follows before the director decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided: Vec<String>,
    /// So many lines are missing here: the file was not written fast enough.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

impl RecordedEvent {
    /// A line of this moment that says nothing yet.
    #[must_use]
    pub fn at(at: Moment) -> Self {
        Self {
            at,
            event: None,
            more: false,
            decided: Vec::new(),
            dropped: 0,
        }
    }
}

// serde passes a reference.
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A decision in words; none for probes, reload_count and what is kept, which are the machine's breathing.
#[must_use]
pub fn decision(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Publish { file, number } => Some(format!("{file} holds {number}")),
        Effect::Tell(notice) => Some(notice.to_string()),
        Effect::Ready { refused: 0 } => Some("the kernel holds the desired table".to_owned()),
        Effect::Ready { refused } => Some(format!(
            "the kernel holds the desired table without {refused} refused changes"
        )),
        Effect::Exit => Some("the end".to_owned()),
        Effect::Notification(duty) => Some(duty.to_string()),
        Effect::Apply(plan) => {
            let steps: Vec<String> = plan.steps.iter().map(ToString::to_string).collect();
            Some(format!("changes the kernel: {}", steps.join("; ")))
        }
        _ => None,
    }
}

/// Lines that may wait. A new configuration is one line, of some megabytes where it is large.
const LIMIT: QueueLimit = QueueLimit {
    entries: 100_000,
    bytes: 32 << 20,
};
/// How long the last lines may take at the end.
const FINISH_LIMIT: Duration = Duration::from_secs(1);

/// Hands lines to a thread, since a disk that is slow or a pipe that is not read must not stop the loop.
#[derive(Debug)]
pub(super) struct Recorder {
    lines: BackgroundWriter<RecordedLine>,
    secrets: SecretNumbers,
}

#[derive(Debug)]
struct RecordedLine {
    at: Moment,
    text: Vec<u8>,
}

impl Recorder {
    /// A recording, unless its file cannot be written: that prevents no start, as a full disk later stops no daemon.
    pub(super) fn begin(path: &Path) -> Option<Self> {
        Self::create(path)
            .inspect_err(|error| {
                tracing::error!(file = %path.display(), %error, "cannot write the recording; ipvsd runs without it");
            })
            .ok()
    }

    /// Begins a recording; what the file held before is gone. Only its owner may read it: it tells all of a site's servers.
    fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = trusted_file::open(path, options.write(true).create(true))?;
        // It may be there already, with another mode.
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.set_len(0)?;
        Self::start(file)
    }

    fn start(to: impl Write + Send + 'static) -> io::Result<Self> {
        let mut file = RecordingFile {
            to: Some(to),
            last: Moment::START,
        };
        let write = move |piece| file.take(piece);
        Ok(Self {
            lines: BackgroundWriter::start("recording", LIMIT, write)?,
            secrets: SecretNumbers::default(),
        })
    }

    /// Records an event before it is handled; with `more`, the director decides after a later one.
    pub(super) fn record(&mut self, at: Moment, event: &Event, more: bool) {
        let event = Some(self.shown(event));
        self.write(RecordedEvent {
            event,
            more,
            ..RecordedEvent::at(at)
        });
    }

    /// Records what was decided on it.
    pub(super) fn decided(&self, at: Moment, effects: &[Effect]) {
        let decided: Vec<String> = effects.iter().filter_map(decision).collect();
        if !decided.is_empty() {
            self.write(RecordedEvent {
                decided,
                ..RecordedEvent::at(at)
            });
        }
    }

    /// Waits until the lines are written, for a short time.
    pub(super) fn finish(&self) {
        if !self.lines.finish(FINISH_LIMIT) {
            tracing::warn!("the end of the recording could not be written before the stop");
        }
    }

    /// The event with a number in the place of each secret.
    fn shown(&mut self, event: &Event) -> Event {
        if let Event::Loaded { model, warnings } = event {
            let definitions = model.definitions().with_numbered_secrets(&mut self.secrets);
            if let (Some(model), _) = validate(&definitions) {
                return Event::Loaded {
                    model: Arc::new(model),
                    warnings: warnings.clone(),
                };
            }
        }
        event.clone()
    }

    fn write(&self, line: RecordedEvent) {
        let at = line.at;
        match text(&line) {
            Ok(text) => {
                let bytes = text.len();
                self.lines.push(RecordedLine { at, text }, bytes);
            }
            Err(error) => tracing::warn!("an event cannot be recorded: {error}"),
        }
    }
}

fn text(line: &RecordedEvent) -> serde_json::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    Ok(text)
}

/// The end of the queue.
struct RecordingFile<W> {
    /// None after a failure.
    to: Option<W>,
    /// The moment of the last line.
    last: Moment,
}

impl<W: Write> RecordingFile<W> {
    fn take(&mut self, piece: Piece<RecordedLine>) {
        let Some(to) = &mut self.to else { return };
        let text = match piece {
            Piece::Entry(RecordedLine { at, text }) => {
                self.last = at;
                text
            }
            Piece::Dropped(dropped) => {
                tracing::warn!(
                    dropped,
                    "the recording lacks lines, because its file was not written fast enough"
                );
                let line = RecordedEvent {
                    dropped,
                    ..RecordedEvent::at(self.last)
                };
                text(&line).unwrap_or_default()
            }
        };
        if let Err(error) = to.write_all(&text) {
            tracing::warn!(%error, "cannot write the recording, stopping it");
            self.to = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;
    use nix::unistd::{mkfifo, pipe};

    use super::*;

    #[test]
    fn a_recording_that_cannot_be_written_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Recorder::begin(&directory.path().join("missing/file")).is_none());
        assert!(Recorder::begin(&directory.path().join("file")).is_some());
    }

    #[test]
    fn a_recording_that_is_not_read_delays_no_event_and_says_what_it_lacks() {
        let (from, to) = pipe().unwrap();
        let mut recorder = Recorder::start(File::from(to)).unwrap();
        let events = LIMIT.entries as u64 + 50_000;
        for _ in 0..events {
            recorder.record(Moment::START, &Event::Woken, false);
        }
        recorder.finish();
        drop(recorder);
        let mut text = String::new();
        File::from(from).read_to_string(&mut text).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<RecordedEvent> = lines.collect();
        let dropped: u64 = lines.iter().map(|line| line.dropped).sum();
        let recorded = lines.iter().filter(|line| line.event.is_some()).count();
        assert!(dropped > 0);
        assert_eq!(recorded as u64 + dropped, events);
    }

    #[test]
    fn a_fifo_that_no_program_reads_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        assert!(Recorder::create(&fifo).is_err());
    }

    #[test]
    fn a_recording_is_its_owners_alone_and_goes_through_no_link() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("old"), "content").unwrap();
        fs::set_permissions(path("old"), Permissions::from_mode(0o644)).unwrap();
        symlink(path("old"), path("link")).unwrap();
        assert!(Recorder::create(&path("link")).is_err());
        assert_eq!(fs::read(path("old")).unwrap(), b"content");
        for name in ["old", "new"] {
            Recorder::create(&path(name)).unwrap();
            let about = fs::metadata(path(name)).unwrap();
            assert_eq!(
                (about.permissions().mode() & 0o777, about.len()),
                (0o600, 0)
            );
        }
    }
}
