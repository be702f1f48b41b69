//! Reads definitions again, off the loop, and takes them over unless they have faults or a guard objects.

use std::sync::mpsc as blocking;

use director_core::diagnostic::Diagnostic;
use director_core::table::Table;
use tokio::sync::oneshot;

use super::super::kernel_thread::{self, KernelRequest};
use super::{EventLoop, Input, StartedWatch, maintenance_watch};
use crate::api::ReloadOutcome;
use crate::loader::{LoadError, Loaded};

/// What a change is safety by.
#[derive(Debug)]
pub(in crate::daemon) enum SafetyCheck {
    /// Somebody insists, and nothing speaks against it.
    Forced,
    /// The connections of the kernel's table just now, if it could be read.
    By(Option<Table>),
}

impl SafetyCheck {
    /// Reads the table unless somebody insists, or nothing is guarded.
    pub(super) async fn now(
        force: bool,
        is_guarded: bool,
        kernel: blocking::Sender<KernelRequest>,
    ) -> Self {
        match (force, is_guarded) {
            (true, _) => Self::Forced,
            (false, true) => Self::By(kernel_thread::look(kernel).await),
            (false, false) => Self::By(None),
        }
    }

    /// The same for definitions that were read.
    pub(super) async fn definitions(
        force: bool,
        outcome: &Result<Box<Loaded>, LoadError>,
        kernel: blocking::Sender<KernelRequest>,
    ) -> Self {
        let guard = outcome
            .as_ref()
            .ok()
            .and_then(|loaded| loaded.model.guard());
        Self::now(force, guard.is_some(), kernel).await
    }
}

/// Definitions that were read.
#[derive(Debug)]
pub(in crate::daemon) struct FinishedLoad {
    /// Which reading it was.
    number: u64,
    outcome: Result<Box<Loaded>, LoadError>,
    watch: Option<StartedWatch>,
    safety: SafetyCheck,
    answer: Option<oneshot::Sender<ReloadOutcome>>,
}

impl EventLoop {
    /// Definitions were read again: they come into force, unless they have faults or take out more than anybody can have
    /// meant.
    pub(super) fn take_over(
        &mut self,
        outcome: Result<Box<Loaded>, LoadError>,
        watch: Option<StartedWatch>,
        safety: SafetyCheck,
    ) -> (ReloadOutcome, bool) {
        let refused = |diagnostics| ReloadOutcome {
            accepted: false,
            diagnostics,
        };
        let found = findings(&outcome);
        let loaded = match outcome {
            Ok(loaded) => loaded,
            Err(error) => {
                let running = self.refuse(&error.report(), found.clone());
                return (refused(found), running);
            }
        };
        let objections = match safety {
            SafetyCheck::Forced => Vec::new(),
            SafetyCheck::By(counted) => {
                self.director
                    .objections(&loaded.model, counted.as_ref(), self.now())
            }
        };
        if objections.is_empty() {
            let told = ReloadOutcome {
                accepted: true,
                diagnostics: found,
            };
            return (told, self.adopt(*loaded, watch));
        }
        let place = &loaded.model.definitions().place;
        let faults = objections.iter().map(|objection| {
            Diagnostic::error(place, objection.to_string()).hint(objection.hint())
        });
        let faults: Vec<Diagnostic> = faults.collect();
        let running = self.refuse(&loaded.report, faults.clone());
        (refused(faults), running)
    }

    /// Reads the definitions again.
    pub(super) fn reload(
        &mut self,
        answer: Option<oneshot::Sender<ReloadOutcome>>,
        force: bool,
    ) -> bool {
        if let Some(refused) = self.while_on_trial() {
            if let Some(answer) = answer {
                drop(answer.send(refused));
            }
            return true;
        }
        let (settings, memory) = (self.settings.clone(), self.config_refresh.memory());
        tracing::info!(configuration = %settings.configuration.display(), "reloading the configuration");
        self.pending_reads += 1;
        self.read(move || settings.load(&memory), true, answer, force)
    }

    /// Judges the definitions in force again, whose names stand for other addresses; after those that are being read, since
    /// they may have asked for the names before that.
    pub(super) fn revalidate(&mut self) -> bool {
        self.names_changed = self.pending_reads > 0;
        match self.config_refresh.revalidate() {
            Some(judge) if !self.names_changed => self.read(judge, false, None, false),
            _ => true,
        }
    }

    /// The files of the definitions were read.
    pub(super) fn files_read(&mut self, reading: FinishedLoad) -> bool {
        self.pending_reads -= 1;
        let FinishedLoad {
            number,
            outcome,
            watch,
            safety,
            answer,
        } = reading;
        // What was read later is in force already; the files are what counts now.
        if number < self.latest_adopted {
            return self.reload(answer, matches!(safety, SafetyCheck::Forced));
        }
        // Somebody has applied definitions meanwhile.
        let (told, mut running) = match self.while_on_trial() {
            Some(refused) => (refused, true),
            None => {
                self.latest_adopted = number;
                self.take_over(outcome, watch, safety)
            }
        };
        if let Some(answer) = answer {
            drop(answer.send(told));
        }
        if self.names_changed {
            running &= self.revalidate();
        }
        running
    }

    /// The names of the definitions in force were asked for again. That they stand for other addresses is nobody's slip.
    pub(super) fn names_read(&mut self, reading: FinishedLoad) -> bool {
        // A reading that has begun since knew the names or not.
        if reading.number < self.reload_count {
            return self.revalidate();
        }
        let (_, running) = self.take_over(reading.outcome, reading.watch, SafetyCheck::Forced);
        running
    }

    /// Has definitions made off the loop, since names may have to be resolved; the outcome returns as an input.
    fn read(
        &mut self,
        make: impl FnOnce() -> Result<Loaded, LoadError> + Send + 'static,
        of_files: bool,
        answer: Option<oneshot::Sender<ReloadOutcome>>,
        force: bool,
    ) -> bool {
        let (inputs, kernel) = (self.inputs.clone(), self.kernel.clone());
        self.reload_count += 1;
        let number = self.reload_count;
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || make().map(Box::new));
            // Whoever waits for an answer that cannot be had is told by its absence.
            let Ok(outcome) = read.await else { return };
            let watch = match &outcome {
                Ok(loaded) => maintenance_watch::start(number, loaded, &inputs).await,
                Err(_) => None,
            };
            let safety = SafetyCheck::definitions(force || !of_files, &outcome, kernel).await;
            let reading = FinishedLoad {
                number,
                outcome,
                watch,
                safety,
                answer,
            };
            drop(inputs.send(match of_files {
                true => Input::FilesRead(reading),
                false => Input::NamesRead(reading),
            }));
        });
        true
    }
}

fn findings(outcome: &Result<Box<Loaded>, LoadError>) -> Vec<Diagnostic> {
    match outcome {
        Ok(loaded) => loaded.report.diagnostics.clone(),
        Err(error) => error.report().diagnostics,
    }
}
