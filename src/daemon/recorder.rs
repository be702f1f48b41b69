//! Writes every event with its moment to a file, one JSON object a line, and what the director decided on it, so that what
//! it did can be done again exactly and compared (`ipvsctl replay`). In the place of each secret stands a number.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use director_core::definitions::SecretNumbers;
use director_core::director::{Effect, Event};
use director_core::model::validate::validate;
use director_core::moment::Moment;
use serde::{Deserialize, Serialize};

use crate::trusted_file;

/// It tells all of a site's servers, so that it is its owner's alone.
const MODE: u32 = 0o600;

/// One line of a recording: an event, or what was decided on the event of the line before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// When it reached the director.
    pub at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided: Vec<String>,
}

/// A decision in words; none for probes, reload_count and what is kept, which are the machine's breathing.
#[must_use]
pub fn decision(effect: &Effect) -> Option<String> {
    match effect {
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

#[derive(Debug)]
pub(super) struct Recorder {
    file: BufWriter<File>,
    secrets: SecretNumbers,
}

impl Recorder {
    /// Begins a recording; what the file held before is gone. Only its owner may read it: it tells all of a site's servers.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = trusted_file::open(path, options.write(true).create(true))?;
        // It may be there already, with another mode.
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.set_len(0)?;
        Ok(Self {
            file: BufWriter::new(file),
            secrets: SecretNumbers::default(),
        })
    }

    /// Writes one event through to the file before it is handled, so that nothing is missing after a crash.
    pub(super) fn record(&mut self, at: Moment, event: &Event) -> io::Result<()> {
        let event = Some(self.shown(event));
        let decided = Vec::new();
        self.write(&RecordedEvent { at, event, decided })
    }

    /// Writes what was decided on it.
    pub(super) fn decided(&mut self, at: Moment, effects: &[Effect]) -> io::Result<()> {
        let decided: Vec<String> = effects.iter().filter_map(decision).collect();
        if decided.is_empty() {
            return Ok(());
        }
        let event = None;
        self.write(&RecordedEvent { at, event, decided })
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

    fn write(&mut self, line: &RecordedEvent) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file.write_all(b"\n")?;
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

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
