//! What the director wants to have kept, and the orders that are answered when they are.

use std::time::Duration;

use director_core::director::Event;
use director_core::saved_state::SavedState;
use tokio::time::timeout;

use super::{EventLoop, GuardCheck, Input};
use crate::api::ApiError;
use crate::api::overrides::OverrideRequest;
use crate::daemon::desk;
use crate::loader::Loaded;
use crate::store::{LastGood, Written};

/// How long the end waits for the state file.
const LAST_WRITING: Duration = Duration::from_secs(3);

/// The number of a memory for which the director has not asked; its own begin with 1.
pub(super) const OF_OUR_OWN: u64 = 0;

/// An order of which nobody has said yet whether it takes out too much.
#[derive(Debug)]
pub(in crate::daemon) struct Order {
    request: OverrideRequest,
    answer: desk::Answer,
    weighed: GuardCheck,
}

impl EventLoop {
    /// Notes the services as they are good now, where a broken one is to be kept as it was; says whether they are others.
    pub(super) fn note_last_good(&mut self, loaded: &Loaded) -> bool {
        let wanted = loaded.settings.isolate && self.keeper.is_some();
        let services = &loaded.model.definitions().services;
        let now = wanted.then(|| LastGood::of(services)).flatten();
        let before = std::mem::replace(&mut self.last_good, now);
        self.last_good != before
    }

    /// The director begins with what one before it has left.
    pub(super) fn recall(&mut self) {
        if let Some(keeper) = &self.keeper {
            let saved = keeper.left.saved.clone();
            self.happened(Event::Restored { saved });
        }
    }

    /// Somebody gives or lifts an order: it is judged by the connections that there are now.
    pub(super) fn weigh(&self, request: OverrideRequest, answer: desk::Answer) -> bool {
        let (inputs, kernel) = (self.inputs.clone(), self.kernel.clone());
        // Nothing speaks against lifting an order.
        let is_guarded = request.kind.is_some() && self.director.is_guarded();
        tokio::spawn(async move {
            let weighed = GuardCheck::now(request.force, is_guarded, kernel).await;
            drop(inputs.send(Input::OverrideChecked(Order {
                request,
                answer,
                weighed,
            })));
        });
        true
    }

    /// The order is given or lifted, unless it takes out more than anybody can have meant.
    pub(super) fn ordered(&mut self, order: Order) -> bool {
        let Order {
            request,
            answer,
            weighed,
        } = order;
        let snapshot = self.director.snapshot(self.now());
        match desk::understand(&request, &snapshot) {
            Ok(understood) => {
                let now = self.now();
                if let Some(why) = desk::refusal(&self.director, &understood, &weighed, now) {
                    tracing::warn!(author = %request.author, "override refused: {why}");
                    drop(answer.send(Err(ApiError::Refused(why))));
                    return true;
                }
                let (event, concerns) = understood.split();
                let goes_on = self.happened(event);
                let now = self.now();
                self.desk.taken(concerns, answer, &self.director, now);
                goes_on
            }
            Err(words) => {
                drop(answer.send(Err(ApiError::Refused(words))));
                true
            }
        }
    }

    /// A memory is kept, or could not be.
    pub(super) fn persisted(&mut self, revision: u64, failure: Option<String>) -> bool {
        if let (OF_OUR_OWN, Some(failure)) = (revision, &failure) {
            tracing::error!(
                "what a broken service is to be kept as is lost at a restart: {failure}"
            );
        }
        let goes_on = self.happened(Event::Persisted {
            revision,
            failure: failure.clone(),
        });
        let now = self.now();
        self.desk.kept(revision, failure, &self.director, now);
        goes_on
    }

    pub(super) fn persist(&self, revision: u64, saved: SavedState) {
        let Some(keeper) = &self.keeper else { return };
        let moment = self.now();
        let written = Written {
            revision,
            saved,
            moment,
            last_good: self.last_good.clone(),
        };
        if !keeper.writer.write(written) {
            let failure = Some("the thread that writes the state file has ended".to_owned());
            let kept = Event::Persisted { revision, failure };
            drop(self.inputs.send(Input::Event(kept)));
        }
    }

    /// Leaves for the next director what this one knows.
    pub(super) async fn leave(&mut self) {
        self.persist(u64::MAX, self.director.saved_state());
        let Some(keeper) = self.keeper.take() else {
            return;
        };
        let finished = tokio::task::spawn_blocking(|| keeper.writer.finish());
        if timeout(LAST_WRITING, finished).await.is_err() {
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
        let kept = Written {
            revision: OF_OUR_OWN,
            saved: SavedState::default(),
            moment: Moment::START,
            last_good: LastGood::of(services),
        };
        file.write(kept).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(!text.contains("opensesame") && text.contains("***"));
        let left = file.read().unwrap().unwrap();
        let mut back = left.definitions().unwrap().services;
        assert_ne!(&back, services);
        back[0].know_secrets_of(&services[0]);
        assert_eq!(&back, services);
    }
}
