//! Reads definitions again, off the loop, and takes them over unless they have faults or a guard objects.

use std::sync::mpsc as blocking;

use director_core::diagnostic::Diagnostic;
use director_core::table::Table;
use tokio::sync::oneshot;

use super::super::kernel_thread::{self, Request};
use super::{EventLoop, Input, Looked, besides};
use crate::api::ReloadOutcome;
use crate::loader::{LoadError, Loaded};

/// What a change is weighed by.
#[derive(Debug)]
pub(in crate::daemon) enum Weighed {
    /// Somebody insists, and nothing speaks against it.
    Forced,
    /// The connections of the kernel's table just now, if it could be read.
    By(Option<Table>),
}

impl Weighed {
    /// Reads the table unless nobody needs it.
    pub(super) async fn now(force: bool, kernel: blocking::Sender<Request>) -> Self {
        match force {
            true => Self::Forced,
            false => Self::By(kernel_thread::look(kernel).await),
        }
    }
}

impl EventLoop {
    /// Definitions were read again: they come into force, unless they have faults or take out more than anybody can have
    /// meant.
    pub(super) fn take_over(
        &mut self,
        outcome: Result<Box<Loaded>, LoadError>,
        looked: Option<Looked>,
        weighed: Weighed,
    ) -> (ReloadOutcome, bool) {
        let refused = |diagnostics| ReloadOutcome {
            accepted: false,
            diagnostics,
        };
        let found = findings(&outcome);
        let loaded = match outcome {
            Ok(loaded) => loaded,
            Err(error) => {
                let goes_on = self.refuse(&error.report(), found.clone());
                return (refused(found), goes_on);
            }
        };
        let objections = match weighed {
            Weighed::Forced => Vec::new(),
            Weighed::By(counted) => {
                self.director
                    .objections(&loaded.model, counted.as_ref(), self.now())
            }
        };
        if objections.is_empty() {
            let told = ReloadOutcome {
                accepted: true,
                diagnostics: found,
            };
            return (told, self.adopt(*loaded, looked));
        }
        let place = &loaded.model.definitions().place;
        let faults = objections.iter().map(|objection| {
            Diagnostic::error(place, objection.to_string()).hint(objection.hint())
        });
        let faults: Vec<Diagnostic> = faults.collect();
        let goes_on = self.refuse(&loaded.report, faults.clone());
        (refused(faults), goes_on)
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
        let (settings, memory) = (self.settings.clone(), self.upkeep.memory());
        tracing::info!(definitions = %settings.definitions.display(), "reading the definitions again");
        self.files_being_read += 1;
        self.read(move || settings.load(&memory), true, answer, force)
    }

    /// Judges the definitions in force again, whose names stand for other addresses.
    pub(super) fn judge_again(&mut self) -> bool {
        match self.upkeep.judge_again() {
            Some(judge) if self.files_being_read == 0 => self.read(judge, false, None, false),
            _ => true,
        }
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
        self.readings += 1;
        let number = self.readings;
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || make().map(Box::new));
            // Whoever waits for an answer that cannot be had is told by its absence.
            let Ok(outcome) = read.await else { return };
            let looked = match &outcome {
                Ok(loaded) => besides::look(number, loaded, &inputs).await,
                Err(_) => None,
            };
            // That names stand for other addresses is nobody's slip.
            let weighed = Weighed::now(force || !of_files || outcome.is_err(), kernel).await;
            drop(inputs.send(Input::Read {
                number,
                of_files,
                outcome,
                looked,
                weighed,
                answer,
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
