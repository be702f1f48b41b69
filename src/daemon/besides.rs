//! What is done besides the table, seen from the loop: one adapter carries out duties, another watches for maintenance
//! files. Both begin and end with the daemon; the watch begins anew with each new definitions.

use std::time::Duration;

use director_core::director::Event;
use director_core::notify::Notification;
use director_core::overrides::NewOverride;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Input;
use crate::alert::{AlertSettings, Alerts};
use crate::loader::Loaded;
use crate::maintenance::{self, Watch, Watched};

/// How long the end waits for mails and lines that are still on their way.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long new definitions wait for the first look at the maintenance directory.
const FIRST_LOOK: Duration = Duration::from_secs(3);

/// A watch that has looked once.
#[derive(Debug)]
pub(super) struct Looked {
    number: u64,
    _watch: Watch,
    first: Vec<NewOverride>,
}

/// Orders that a watch has seen.
#[derive(Debug)]
pub(super) struct Seen {
    watch: u64,
    instructions: Vec<NewOverride>,
}

/// Everything that is done besides the table.
pub(super) struct Besides {
    alerts: Alerts,
    watch: Option<Looked>,
}

impl Besides {
    pub(super) fn new() -> Self {
        Self {
            alerts: Alerts::new(AlertSettings::default()),
            watch: None,
        }
    }

    /// Takes over the watch of new definitions; what follows from its first look is an event to come after theirs.
    pub(super) fn adopt(&mut self, looked: Option<Looked>) -> Option<Event> {
        let former = std::mem::replace(&mut self.watch, looked);
        match &self.watch {
            Some(looked) => Some(ordered(looked.first.clone())),
            None => former.map(|_| ordered(Vec::new())),
        }
    }

    /// What follows from something seen; nothing when the watch that saw it is no longer in force.
    pub(super) fn seen(&self, seen: Seen) -> Option<Event> {
        let in_force = self.watch.as_ref().map(|watch| watch.number);
        (in_force == Some(seen.watch)).then(|| ordered(seen.instructions))
    }

    pub(super) fn carry_out(&mut self, duty: Notification) {
        self.alerts.carry_out(duty);
    }

    pub(super) async fn finish(self) {
        self.alerts.finish(LAST_WORDS).await;
    }
}

/// Begins to watch for these definitions and looks once, so that nobody comes into service who is to stay out.
pub(super) async fn look(
    number: u64,
    loaded: &Loaded,
    inputs: &mpsc::UnboundedSender<Input>,
) -> Option<Looked> {
    let directory = loaded.alerts.maintenance_directory.clone()?;
    let inputs = inputs.clone();
    let say = move |instructions| {
        let seen = Seen {
            watch: number,
            instructions,
        };
        // Nobody listens any more when the loop has ended.
        drop(inputs.send(Input::Ordered(seen)));
    };
    let (watch, first) = Watch::start(Watched::new(directory, &loaded.model), say);
    let first = match timeout(FIRST_LOOK, first).await {
        Ok(first) => first.unwrap_or_default(),
        Err(_) => {
            tracing::warn!(
                "the maintenance directory does not answer; its overrides are applied when it does"
            );
            Vec::new()
        }
    };
    Some(Looked {
        number,
        _watch: watch,
        first,
    })
}

fn ordered(instructions: Vec<NewOverride>) -> Event {
    Event::FileOverrides {
        author: maintenance::AUTHOR.to_owned(),
        overrides: instructions,
    }
}
