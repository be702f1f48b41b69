//! The one thread that changes this machine besides the table: asking neighbours whether they have an address takes a
//! second, which delays nothing else.

use std::path::PathBuf;
use std::sync::mpsc as blocking;

use director_core::director::{Event, HostOutcome, HostResult};
use director_core::model::HostPiece;
use tokio::sync::mpsc;

use super::Input;
use crate::daemon::Settings;
use crate::host::{Keeper, memory_beside};

/// The way to the thread, which is started when there is something to do.
pub(super) struct HostThread {
    memory: PathBuf,
    inputs: mpsc::UnboundedSender<Input>,
    sender: Option<blocking::Sender<Vec<HostPiece>>>,
}

impl HostThread {
    pub(super) fn new(settings: &Settings, inputs: mpsc::UnboundedSender<Input>) -> Self {
        Self {
            memory: memory_beside(&settings.socket),
            inputs,
            sender: None,
        }
    }

    /// Whether a director before this one left something behind.
    pub(super) fn remembers(&self) -> bool {
        self.memory.exists()
    }

    /// Has the machine made so; the answer comes as an event.
    pub(super) fn settle(&mut self, wanted: Vec<HostPiece>) {
        if let Some(sender) = self.sender.as_ref()
            && sender.send(wanted.clone()).is_ok()
        {
            return;
        }
        let started = start(self.memory.clone(), self.inputs.clone());
        match started {
            Ok(sender) => {
                drop(sender.send(wanted));
                self.sender = Some(sender);
            }
            Err(error) => {
                let failed = |piece| HostOutcome {
                    piece,
                    result: HostResult::Failed(format!("a thread cannot be started: {error}")),
                };
                let outcomes = wanted.into_iter().map(failed).collect();
                drop(
                    self.inputs
                        .send(Input::Event(Event::HostSettled { outcomes })),
                );
            }
        }
    }
}

fn start(
    memory: PathBuf,
    inputs: mpsc::UnboundedSender<Input>,
) -> std::io::Result<blocking::Sender<Vec<HostPiece>>> {
    let (sender, requests) = blocking::channel::<Vec<HostPiece>>();
    std::thread::Builder::new()
        .name("host".to_owned())
        .spawn(move || {
            let mut keeper = Keeper::new(memory);
            while let Ok(wanted) = requests.recv() {
                let outcomes = keeper.settle(&wanted);
                let event = Event::HostSettled { outcomes };
                if inputs.send(Input::Event(event)).is_err() {
                    return;
                }
            }
        })?;
    Ok(sender)
}
