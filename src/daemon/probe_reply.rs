//! The answer that the director waits for after each probe: it comes also when the probe ends without one, as it does when
//! the system has no thread for it. Without an answer the server would never be asked again.

use std::time::Duration;

use director_core::director::Event;
use director_core::health::{Contact, Outcome, Phases, ProbeId, Report};
use tokio::sync::mpsc;

use super::input::Input;

/// Sends its report when it is dropped.
pub(super) struct ProbeReply {
    inputs: mpsc::UnboundedSender<Input>,
    probe: ProbeId,
    report: Option<Report>,
}

impl ProbeReply {
    /// Without a report yet.
    pub(super) fn new(inputs: mpsc::UnboundedSender<Input>, probe: ProbeId) -> Self {
        Self {
            inputs,
            probe,
            report: None,
        }
    }

    pub(super) fn give(&mut self, report: Report) {
        self.report = Some(report);
    }
}

impl Drop for ProbeReply {
    fn drop(&mut self) {
        let report = self.report.take().unwrap_or_else(|| Report {
            outcome: Outcome::LocalError {
                reason: "local error: the probe ended without a result".to_owned(),
            },
            took: Duration::ZERO,
            contact: Contact::NotAsked,
            phases: Phases::default(),
        });
        let probe = self.probe;
        // The loop may have ended.
        let _ = self
            .inputs
            .send(Input::Event(Event::Probed { probe, report }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_probe_that_panics_is_a_local_error() {
        let (inputs, mut received) = mpsc::unbounded_channel();
        let reply = ProbeReply::new(inputs, ProbeId(7));
        let ended = tokio::spawn(async move {
            let _reply = reply;
            assert!(std::hint::black_box(false), "as when there is no thread");
        });
        assert!(ended.await.is_err());
        let Some(Input::Event(Event::Probed { probe, report })) = received.recv().await else {
            panic!("no report");
        };
        assert_eq!((probe, report.outcome.is_good()), (ProbeId(7), None));
    }
}
