//! The maintenance directory, seen from the loop: a watch begins with each new configuration, and what it finds become
//! overrides.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use director_core::director::Event;
use director_core::overrides::NewOverride;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::input::{Input, MaintenanceChange, StartedWatch};
use crate::loader::Loaded;
use crate::maintenance::{self, DirectoryWatch, Watched};

/// The number of the latest watch.
static LATEST: AtomicU64 = AtomicU64::new(0);
/// How long a new configuration waits for the first scan of the maintenance directory.
const FIRST_SCAN_LIMIT: Duration = Duration::from_secs(3);

/// The watch of the configuration in force.
#[derive(Debug, Default)]
pub(super) struct MaintenanceWatch {
    current: Option<StartedWatch>,
}

impl MaintenanceWatch {
    /// Takes over the watch of a new configuration. Returns the event of its first scan, which comes after the event of
    /// the configuration.
    pub(super) fn adopt(&mut self, started: Option<StartedWatch>) -> Option<Event> {
        let former = std::mem::replace(&mut self.current, started);
        match &self.current {
            Some(watch) => Some(event_of(watch.first.clone())),
            None => former.map(|_| event_of(Vec::new())),
        }
    }

    /// The event of a change; none when the watch that found it is no longer in force.
    pub(super) fn event(&self, change: MaintenanceChange) -> Option<Event> {
        let current = self.current.as_ref().map(|watch| watch.number);
        (current == Some(change.watch)).then(|| event_of(change.overrides))
    }
}

/// Starts the watch of a configuration and waits for its first scan, so that no server in maintenance gets traffic in
/// between. None where the configuration has no maintenance directory.
pub(super) async fn start(
    loaded: &Loaded,
    inputs: &mpsc::UnboundedSender<Input>,
) -> Option<StartedWatch> {
    let directory = loaded.alerts.maintenance_directory.clone()?;
    let inputs = inputs.clone();
    let number = LATEST.fetch_add(1, Ordering::Relaxed);
    let report = move |overrides| {
        let change = MaintenanceChange {
            watch: number,
            overrides,
        };
        // The loop may have ended.
        let _ = inputs.send(Input::Maintenance(change));
    };
    let (watch, first) = DirectoryWatch::start(Watched::new(directory, &loaded.model), report);
    let first = match timeout(FIRST_SCAN_LIMIT, first).await {
        Ok(first) => first.unwrap_or_default(),
        Err(_) => {
            tracing::warn!(
                "the maintenance directory does not answer; its overrides are applied when it does"
            );
            Vec::new()
        }
    };
    Some(StartedWatch {
        number,
        _watch: watch,
        first,
    })
}

fn event_of(overrides: Vec<NewOverride>) -> Event {
    Event::FileOverrides {
        author: maintenance::AUTHOR.to_owned(),
        overrides,
    }
}
