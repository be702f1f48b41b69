//! The answer that the director waits for after each probe: it comes also when the probe ends without one, as it does when
//! the system has no thread for it. Without an answer the server would never be asked again.
//!
//! A probe that panics is a fault of ipvsd. When it panics twice in a row, what the server sends has brought it about, and the
//! server has failed: no answer may keep it in service.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
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
    panicked: PanickedProbes,
}

/// Probes that panicked when they ran last. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct PanickedProbes(Arc<Mutex<HashSet<ProbeId>>>);

impl PanickedProbes {
    /// Notes how a probe ended. Returns whether it has panicked twice in a row.
    fn note(&self, probe: ProbeId, panics: bool) -> bool {
        let mut panicked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if panics {
            !panicked.insert(probe)
        } else {
            panicked.remove(&probe);
            false
        }
    }
}

impl ProbeReply {
    /// Without a report yet.
    pub(super) fn new(
        inputs: mpsc::UnboundedSender<Input>,
        probe: ProbeId,
        panicked: PanickedProbes,
    ) -> Self {
        Self {
            inputs,
            probe,
            report: None,
            panicked,
        }
    }

    pub(super) fn give(&mut self, report: Report) {
        self.report = Some(report);
    }
}

impl Drop for ProbeReply {
    fn drop(&mut self) {
        let again = self.panicked.note(self.probe, thread::panicking());
        let report = self.report.take().unwrap_or_else(|| without_result(again));
        let probe = self.probe;
        // The loop may have ended.
        let _ = self
            .inputs
            .send(Input::Event(Event::Probed { probe, report }));
    }
}

fn without_result(panicked_again: bool) -> Report {
    let (outcome, contact) = match panicked_again {
        true => {
            let reason =
                "the probe crashed twice in a row; this is a bug in ipvsd, report it with the log";
            let reason = reason.to_owned();
            (Outcome::Failed { reason }, Contact::Answered)
        }
        false => {
            let reason = "local error: the probe ended without a result".to_owned();
            (Outcome::LocalError { reason }, Contact::NotAsked)
        }
    };
    Report {
        outcome,
        took: Duration::ZERO,
        contact,
        phases: Phases::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the loop gets of a probe that panics, or has this report.
    async fn reported(panicked: &PanickedProbes, report: Option<Report>) -> Option<bool> {
        let (inputs, mut received) = mpsc::unbounded_channel();
        let mut reply = ProbeReply::new(inputs, ProbeId(7), panicked.clone());
        let panics = report.is_none();
        let ended = tokio::spawn(async move {
            match report {
                Some(report) => reply.give(report),
                None => assert!(std::hint::black_box(false), "as a bug would"),
            }
        });
        assert_eq!(ended.await.is_err(), panics);
        let Some(Input::Event(Event::Probed { probe, report })) = received.recv().await else {
            panic!("no report");
        };
        assert_eq!(probe, ProbeId(7));
        report.outcome.is_good()
    }

    #[tokio::test]
    async fn a_probe_that_panics_is_a_local_error_and_a_failure_the_second_time_in_a_row() {
        let panicked = PanickedProbes::default();
        assert_eq!(reported(&panicked, None).await, None);
        let good = Report {
            outcome: Outcome::Good {
                detail: String::new(),
            },
            ..without_result(false)
        };
        assert_eq!(reported(&panicked, Some(good)).await, Some(true));
        assert_eq!(reported(&panicked, None).await, None);
        assert_eq!(reported(&panicked, None).await, Some(false));
        assert_eq!(reported(&panicked, None).await, Some(false));
    }

    #[tokio::test]
    async fn a_probe_that_ends_without_a_panic_is_a_local_error_each_time() {
        let panicked = PanickedProbes::default();
        for _ in 0..3 {
            let (inputs, mut received) = mpsc::unbounded_channel();
            drop(ProbeReply::new(inputs, ProbeId(7), panicked.clone()));
            let Some(Input::Event(Event::Probed { report, .. })) = received.recv().await else {
                panic!("no report");
            };
            assert_eq!(report.outcome.is_good(), None);
        }
    }
}
