//! The one thread that changes this machine other than the table: asking neighbours whether they have addresses takes a
//! second, which delays nothing else. A newer request interrupts it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc as blocking;

use director_core::director::{Event, HostOutcome, HostRequest, HostResult};
use director_core::model::HostChange;
use tokio::sync::mpsc;

use super::input::Input;
use crate::daemon::{Settings, TableKind};
use crate::machine::director::{Keeper, journal_beside, watch_addresses};

/// The way to the thread, which is started when there is something to do.
pub(super) struct HostThread {
    table: TableKind,
    journal: PathBuf,
    inputs: mpsc::UnboundedSender<Input>,
    sender: Option<blocking::Sender<HostRequest>>,
    /// Whether changes of the addresses are reported to the loop.
    watches: bool,
    /// Requests that the thread has not begun with.
    waiting: Arc<AtomicUsize>,
}

impl HostThread {
    pub(super) fn new(settings: &Settings, inputs: mpsc::UnboundedSender<Input>) -> Self {
        Self {
            table: settings.table,
            journal: journal_beside(&settings.socket),
            inputs,
            sender: None,
            watches: false,
            waiting: Arc::default(),
        }
    }

    /// Whether a director before this one left changes behind.
    pub(super) fn has_journal(&self) -> bool {
        self.table == TableKind::Ipvs && self.journal.exists()
    }

    /// Has the changes made; the answer comes as an event.
    pub(super) fn reconcile(&mut self, request: HostRequest) {
        if self.table != TableKind::Ipvs {
            let mut request = request;
            // Nothing says that they run.
            let is_sync = |change: &HostChange| {
                matches!(
                    change,
                    HostChange::SyncDaemon(_) | HostChange::SyncFollower(_)
                )
            };
            request.wanted.retain(|change| !is_sync(change));
            self.answer(request, HostResult::Unchanged);
            return;
        }
        self.watch_addresses(&request);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if let Some(sender) = self.sender.as_ref()
            && sender.send(request.clone()).is_ok()
        {
            return;
        }
        // What a thread before this one has left undone is not waiting any more.
        self.waiting = Arc::new(AtomicUsize::new(1));
        let keeper = Keeper::new(self.journal.clone());
        let started = start(keeper, Arc::clone(&self.waiting), self.inputs.clone());
        match started {
            Ok(sender) => {
                // A thread that has just started takes it.
                let _ = sender.send(request);
                self.sender = Some(sender);
            }
            Err(error) => {
                let words = format!("cannot start a thread: {error}");
                self.answer(request, HostResult::Failed(words));
            }
        }
    }

    /// Has the loop hear of changes of the addresses, once something follows them. Without that, each resync looks.
    fn watch_addresses(&mut self, request: &HostRequest) {
        let follows = |change: &HostChange| matches!(change, HostChange::SyncFollower(_));
        if self.watches || !request.wanted.iter().any(follows) {
            return;
        }
        let inputs = self.inputs.clone();
        let report = move || inputs.send(Input::Event(Event::AddressesChanged)).is_ok();
        match watch_addresses(report) {
            Ok(()) => self.watches = true,
            Err(error) => {
                tracing::warn!("sync daemons follow the VIP only at each resync: {error}")
            }
        }
    }

    /// Says this of all that is wanted.
    fn answer(&self, request: HostRequest, result: HostResult) {
        let outcome = |change| HostOutcome {
            change,
            result: result.clone(),
        };
        let outcomes = request.wanted.into_iter().map(outcome).collect();
        let event = Event::HostReconciled { outcomes };
        // The loop that asks here still takes events.
        let _ = self.inputs.send(Input::Event(event));
    }
}

fn start(
    mut keeper: Keeper,
    waiting: Arc<AtomicUsize>,
    inputs: mpsc::UnboundedSender<Input>,
) -> std::io::Result<blocking::Sender<HostRequest>> {
    let (sender, requests) = blocking::channel::<HostRequest>();
    std::thread::Builder::new()
        .name("host".to_owned())
        .spawn(move || {
            let superseded = || waiting.load(Ordering::Relaxed) > 0;
            while let Ok(request) = requests.recv() {
                waiting.fetch_sub(1, Ordering::Relaxed);
                let outcomes = keeper.reconcile(&request, &superseded);
                let event = Event::HostReconciled { outcomes };
                if inputs.send(Input::Event(event)).is_err() {
                    return;
                }
            }
        })?;
    Ok(sender)
}
