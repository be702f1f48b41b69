//! The one thread that changes this machine besides the table: asking neighbours whether they have an address takes a
//! second, which delays nothing else.

use std::path::PathBuf;
use std::sync::mpsc as blocking;

use director_core::director::{Event, HostOutcome, HostResult, Unwanted};
use director_core::model::HostChange;
use tokio::sync::mpsc;

use super::input::Input;
use crate::daemon::Settings;
use crate::machine::director::{journal_beside, reconcile};

/// What the thread is asked for.
#[derive(Debug, Clone)]
struct HostRequest {
    wanted: Vec<HostChange>,
    unwanted: Unwanted,
}

/// The way to the thread, which is started when there is something to do.
pub(super) struct HostThread {
    journal: PathBuf,
    inputs: mpsc::UnboundedSender<Input>,
    sender: Option<blocking::Sender<HostRequest>>,
}

impl HostThread {
    pub(super) fn new(settings: &Settings, inputs: mpsc::UnboundedSender<Input>) -> Self {
        Self {
            journal: journal_beside(&settings.socket),
            inputs,
            sender: None,
        }
    }

    /// Whether a director before this one left changes behind.
    pub(super) fn has_journal(&self) -> bool {
        self.journal.exists()
    }

    /// Has the changes made; the answer comes as an event.
    pub(super) fn reconcile(&mut self, wanted: Vec<HostChange>, unwanted: Unwanted) {
        let request = HostRequest { wanted, unwanted };
        if let Some(sender) = self.sender.as_ref()
            && sender.send(request.clone()).is_ok()
        {
            return;
        }
        let started = start(self.journal.clone(), self.inputs.clone());
        match started {
            Ok(sender) => {
                // A thread that has just started takes it.
                let _ = sender.send(request);
                self.sender = Some(sender);
            }
            Err(error) => {
                let failed = |change| HostOutcome {
                    change,
                    result: HostResult::Failed(format!("cannot start a thread: {error}")),
                };
                let outcomes = request.wanted.into_iter().map(failed).collect();
                let event = Event::HostReconciled { outcomes };
                // The loop that asks here still takes events.
                let _ = self.inputs.send(Input::Event(event));
            }
        }
    }
}

fn start(
    journal: PathBuf,
    inputs: mpsc::UnboundedSender<Input>,
) -> std::io::Result<blocking::Sender<HostRequest>> {
    let (sender, requests) = blocking::channel::<HostRequest>();
    std::thread::Builder::new()
        .name("host".to_owned())
        .spawn(move || {
            while let Ok(HostRequest { wanted, unwanted }) = requests.recv() {
                let outcomes = reconcile(&journal, &wanted, unwanted);
                let event = Event::HostReconciled { outcomes };
                if inputs.send(Input::Event(event)).is_err() {
                    return;
                }
            }
        })?;
    Ok(sender)
}
