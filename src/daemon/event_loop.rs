//! The loop: one task owns the director, hands it everything that happens, and carries out what it wishes.
//!
//! ```text
//!   signals ─┐                                       ┌─▶ kernel thread ─┐
//!   control ─┼─▶ inputs ─▶ Director::handle ─▶ effects┼─▶ probe tasks ───┼─▶ inputs
//!   deadline ┘                                       └─▶ log, systemd   │
//! ```

use std::sync::Arc;
use std::sync::mpsc as blocking;

use director_core::director::{Director, Effect, Event};
use director_core::health::ProbeId;
use director_core::model::Probe;
use director_core::moment::Moment;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::kernel_thread::Request;
use super::{Input, Settings, notices, systemd};
use crate::api::ReloadOutcome;
use crate::loader::{self, LoadError, Loaded};
use crate::probe::{self, ProbeSettings};

/// The loop and all that it needs.
pub(super) struct EventLoop {
    director: Director,
    started: Instant,
    settings: Settings,
    inputs: mpsc::UnboundedSender<Input>,
    kernel: blocking::Sender<Request>,
    probe_settings: Arc<ProbeSettings>,
}

impl EventLoop {
    pub(super) fn new(
        settings: Settings,
        inputs: mpsc::UnboundedSender<Input>,
        kernel: blocking::Sender<Request>,
        probe_settings: ProbeSettings,
    ) -> Self {
        Self {
            director: Director::new(),
            started: Instant::now(),
            settings,
            inputs,
            kernel,
            probe_settings: Arc::new(probe_settings),
        }
    }

    /// Runs until the director wishes to exit.
    pub(super) async fn run(mut self, mut receiver: mpsc::UnboundedReceiver<Input>, first: Event) {
        let mut goes_on = self.happened(first);
        while goes_on {
            let input = tokio::select! {
                input = receiver.recv() => match input {
                    Some(input) => input,
                    None => return,
                },
                () = until(self.started, self.director.next_deadline()) => Input::Event(Event::Woken),
            };
            goes_on = self.take(input);
        }
    }

    fn take(&mut self, input: Input) -> bool {
        match input {
            Input::Event(event) => self.happened(event),
            Input::Snapshot(answer) => {
                // Whoever asked may have gone in the meantime.
                drop(answer.send(self.director.snapshot(self.now())));
                true
            }
            Input::Reload(answer) => self.reload(answer),
        }
    }

    fn now(&self) -> Moment {
        Moment::after_start(self.started.elapsed())
    }

    /// Hands an event to the director and carries out its wishes; false when the end has come.
    fn happened(&mut self, event: Event) -> bool {
        let mut goes_on = true;
        for effect in self.director.handle(event, self.now()) {
            goes_on &= self.carry_out(effect);
        }
        goes_on
    }

    fn carry_out(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::ReadTable => self.ask_kernel(Request::Read),
            Effect::Apply(plan) => self.ask_kernel(Request::Apply(plan)),
            Effect::Probe { id, probe } => self.probe(id, probe),
            Effect::Tell(notice) => notices::log(&notice),
            Effect::Ready => {
                tracing::info!("the kernel holds the desired table");
                systemd::ready();
                systemd::status(&format!(
                    "directing by {}",
                    self.settings.definitions.display()
                ));
            }
            Effect::Exit => {
                systemd::stopping();
                return false;
            }
        }
        true
    }

    fn ask_kernel(&self, request: Request) {
        if self.kernel.send(request).is_err() {
            let message = "the thread that talks to the kernel has ended".to_owned();
            drop(
                self.inputs
                    .send(Input::Event(Event::ReadFailed { message })),
            );
        }
    }

    fn probe(&self, id: ProbeId, probe: Probe) {
        let (inputs, settings) = (self.inputs.clone(), Arc::clone(&self.probe_settings));
        tokio::spawn(async move {
            let report = probe::run(&probe, &settings).await;
            drop(inputs.send(Input::Event(Event::Probed { probe: id, report })));
        });
    }

    /// Reads the definitions again, off the loop since names may have to be resolved; the outcome returns as an event.
    fn reload(&mut self, answer: Option<oneshot::Sender<ReloadOutcome>>) -> bool {
        let (inputs, file) = (self.inputs.clone(), self.settings.definitions.clone());
        tracing::info!(definitions = %file.display(), "reading the definitions again");
        tokio::task::spawn_blocking(move || {
            let (event, outcome) = match loader::load(&file) {
                Ok(loaded) => accepted(loaded),
                Err(error) => refused(&error),
            };
            drop(inputs.send(Input::Event(event)));
            if let Some(answer) = answer {
                drop(answer.send(outcome));
            }
        });
        true
    }
}

fn accepted(loaded: Loaded) -> (Event, ReloadOutcome) {
    let warnings = loaded.report.diagnostics;
    let outcome = ReloadOutcome {
        accepted: true,
        diagnostics: warnings.clone(),
    };
    (
        Event::Loaded {
            model: Arc::new(loaded.model),
            warnings,
        },
        outcome,
    )
}

fn refused(error: &LoadError) -> (Event, ReloadOutcome) {
    let diagnostics = error.report().diagnostics;
    let outcome = ReloadOutcome {
        accepted: false,
        diagnostics: diagnostics.clone(),
    };
    (Event::LoadRefused { diagnostics }, outcome)
}

/// Waits for a deadline; for ever when there is none.
async fn until(started: Instant, deadline: Option<Moment>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(started + deadline.since_start()).await,
        None => std::future::pending().await,
    }
}
