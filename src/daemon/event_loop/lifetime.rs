//! The life of the loop: from the first configuration to what has to be finished at the end, and the signals that end it.

use std::time::Duration;

use director_core::director::Event;
use tokio::sync::mpsc;

use super::{ENDING, EventLoop};
use crate::daemon::DaemonEnd;
use crate::daemon::guarded_start::FirstConfiguration;
use crate::daemon::input::{Input, ReceivedSignal};
use crate::daemon::locks::Locks;
use crate::daemon::observer::Observation;

/// How long the end waits for numbers that are published.
const PUBLISH_FINISH_LIMIT: Duration = Duration::from_secs(1);
/// How long the end waits for mails and lines that are still to be sent.
const NOTIFY_FINISH_LIMIT: Duration = Duration::from_secs(5);

impl EventLoop {
    /// Runs until the director wishes to exit.
    pub(in crate::daemon) async fn run(
        mut self,
        receiver: mpsc::UnboundedReceiver<Input>,
        first: FirstConfiguration,
        locks: Locks,
    ) -> (Option<Locks>, DaemonEnd) {
        self.locks = Some(locks);
        self.observation = self.observes().then(|| Observation::begin(self.now()));
        self.run_loop(receiver, first).await;
        self.leave().await;
        self.publisher.finish(PUBLISH_FINISH_LIMIT);
        self.notifier.finish(NOTIFY_FINISH_LIMIT).await;
        if let Some(ldirectord) = self.ldirectord {
            // Others may have to be waited for.
            let _ = ENDING.run(|| ldirectord.end()).await;
        }
        if let Some(recorder) = &self.recorder {
            recorder.finish();
        }
        self.service_manager.finish();
        let end = match self.takes_over {
            true => DaemonEnd::TakesOver,
            false => DaemonEnd::Stopped,
        };
        (self.locks, end)
    }

    pub(super) fn received_signal(&mut self, signal: ReceivedSignal) {
        match signal {
            ReceivedSignal::Hangup => {
                if let Some(ldirectord) = &self.ldirectord {
                    ldirectord.hangup();
                }
                self.reload(None, false);
            }
            ReceivedSignal::Stop(name) => {
                if let Some(locks) = &mut self.locks {
                    locks.stopping();
                }
                let now = self.now();
                if let Some(ldirectord) = &mut self.ldirectord {
                    ldirectord.stop_on(name, &self.director.snapshot(now));
                }
                self.dispatch(Event::StopRequested);
            }
        }
    }
}
