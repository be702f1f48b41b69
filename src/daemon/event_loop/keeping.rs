//! What the director wants to have kept, and the orders that are answered when they are.

use std::time::Duration;

use director_core::director::Event;
use director_core::memory::Memory;
use tokio::time::timeout;

use super::{EventLoop, Input};
use crate::api::ApiError;
use crate::api::orders::OrderRequest;
use crate::daemon::desk;
use crate::store::Written;

/// How long the end waits for the state file.
const LAST_WRITING: Duration = Duration::from_secs(3);

impl EventLoop {
    /// The director begins with what one before it has left.
    pub(super) fn recall(&mut self) {
        if let Some(keeper) = &self.keeper {
            let memory = keeper.left.memory.clone();
            self.happened(Event::Remembered { memory });
        }
    }

    /// Somebody gives or lifts an order.
    pub(super) fn ordered(&mut self, request: &OrderRequest, answer: desk::Answer) -> bool {
        let snapshot = self.director.snapshot(self.now());
        match desk::understand(request, &snapshot) {
            Ok(understood) => {
                let now = self.now();
                if let Some(why) = desk::refusal(&self.director, &understood, request.force, now) {
                    tracing::warn!(author = %request.author, "an order is refused: {why}");
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
    pub(super) fn kept(&mut self, revision: u64, failure: Option<String>) -> bool {
        let goes_on = self.happened(Event::Kept {
            revision,
            failure: failure.clone(),
        });
        let now = self.now();
        self.desk.kept(revision, failure, &self.director, now);
        goes_on
    }

    pub(super) fn keep(&self, revision: u64, memory: Memory) {
        let Some(keeper) = &self.keeper else { return };
        let moment = self.now();
        let written = Written {
            revision,
            memory,
            moment,
        };
        if !keeper.writer.write(written) {
            let failure = Some("the thread that writes the state file has ended".to_owned());
            let kept = Event::Kept { revision, failure };
            drop(self.inputs.send(Input::Event(kept)));
        }
    }

    /// Leaves for the next director what this one knows.
    pub(super) async fn leave(&mut self) {
        self.keep(u64::MAX, self.director.memory());
        let Some(keeper) = self.keeper.take() else {
            return;
        };
        let finished = tokio::task::spawn_blocking(|| keeper.writer.finish());
        if timeout(LAST_WRITING, finished).await.is_err() {
            tracing::warn!("the disk is slow; the newest orders and verdicts may be lost");
        }
    }
}
