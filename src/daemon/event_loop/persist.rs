//! Persistence of what the director remembers: overrides are answered once they are on the disk.

use std::time::Duration;

use director_core::definitions::HostName;
use director_core::director::Event;
use director_core::persistent_state::PersistentState;
use tokio::time::timeout;

use super::{ENDING, EventLoop, UNREQUESTED};
use crate::daemon::input::Input;
use crate::loader::Loaded;
use crate::store::{LastGood, StateSnapshot};

/// How long the end waits for the state file.
const LAST_WRITE_LIMIT: Duration = Duration::from_secs(3);

impl EventLoop {
    /// Notes the services as they are valid now, where a broken one is to keep its last configuration or the next start is
    /// guarded. Returns whether they differ from before.
    pub(super) fn note_last_good(&mut self, loaded: &Loaded) -> bool {
        let wanted = loaded.settings.isolate || loaded.model.guard().is_some();
        let wanted = wanted && self.store.is_some();
        let services = &loaded.model.definitions().services;
        let now = wanted.then(|| LastGood::of(services)).flatten();
        let before = std::mem::replace(&mut self.last_good, now);
        self.last_good != before
    }

    /// The services of this configuration are what the next start compares its own with.
    pub(super) fn remember(&mut self, loaded: &Loaded) {
        if self.note_last_good(loaded) {
            self.keep(UNREQUESTED, self.director.persistent_state());
        }
    }

    /// Notes what host names stand for now. Returns whether that differs from before.
    pub(super) fn note_names(&mut self, loaded: &Loaded) -> bool {
        let known = loaded.definitions.names.iter();
        let known = known.filter(|name| !name.addresses.is_empty() || !name.records.is_empty());
        let now = known.map(|name| HostName {
            failure: None,
            ..name.clone()
        });
        let before = std::mem::replace(&mut self.names, now.collect());
        self.names != before
    }

    /// Gives the director the state of the daemon before it.
    pub(super) fn restore(&mut self) {
        if let Some(store) = &self.store {
            let memory = store.saved.memory.clone();
            self.dispatch(Event::Restored { saved: memory });
        }
    }

    /// State was written, or could not be.
    pub(super) fn kept(&mut self, revision: u64, failure: Option<String>) {
        if let (UNREQUESTED, Some(failure)) = (revision, &failure) {
            tracing::error!(
                "cannot save the last valid state of services with errors, a restart loses it: {failure}"
            );
        }
        self.dispatch(Event::Persisted {
            revision,
            failure: failure.clone(),
        });
        let now = self.now();
        self.override_replies
            .persisted(revision, failure, &self.director, now);
    }

    pub(super) fn keep(&self, revision: u64, memory: PersistentState) {
        let Some(store) = &self.store else { return };
        if self.observes() && !self.takes_over {
            // The state belongs to a daemon that manages a table. For this one it is as if it was kept.
            let kept = Event::Persisted {
                revision,
                failure: None,
            };
            let _ = self.inputs.send(Input::Event(kept));
            return;
        }
        let moment = self.now();
        let written = StateSnapshot {
            revision,
            memory,
            moment,
            last_good: self.last_good.clone(),
            names: self.names.clone(),
        };
        if !store.writer.write(written) {
            let failure = Some("the thread that writes the state file has ended".to_owned());
            let kept = Event::Persisted { revision, failure };
            // This loop takes it.
            let _ = self.inputs.send(Input::Event(kept));
        }
    }

    /// Writes the state for the next daemon.
    pub(super) async fn leave(&mut self) {
        self.keep(u64::MAX, self.director.persistent_state());
        let Some(store) = self.store.take() else {
            return;
        };
        let finished = ENDING.run(|| store.writer.finish());
        if timeout(LAST_WRITE_LIMIT, finished).await.is_err() {
            tracing::warn!("the disk is slow; the latest overrides and health may be lost");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use director_core::moment::Moment;

    use super::*;
    use crate::store::StateFile;

    #[test]
    fn services_are_kept_without_their_secrets() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::new(directory.path().join("state.json"));
        let text = "services: [{listen: 'tcp://192.0.2.1:143', forwarding: nat, real_servers: [10.0.0.1], check: {imap: \
                    {login: probe, password: opensesame}}}]";
        let definitions = directory.path().join("definitions.yaml");
        fs::write(&definitions, text).unwrap();
        let loaded = crate::loader::load(&definitions).unwrap();
        let services = &loaded.definitions.services;
        let kept = StateSnapshot {
            revision: UNREQUESTED,
            memory: PersistentState::default(),
            moment: Moment::START,
            last_good: LastGood::of(services),
            names: Vec::new(),
        };
        file.write(kept).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(!text.contains("opensesame") && text.contains("***"));
        let saved = file.read().unwrap().unwrap();
        let mut back = saved.definitions().unwrap().services;
        assert_ne!(&back, services);
        back[0].know_secrets_of(&services[0]);
        assert_eq!(&back, services);
    }
}
