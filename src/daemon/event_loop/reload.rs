//! Reloads: reads the configuration off the loop and adopts it unless it has errors or exceeds the safety limits.

use std::path::Path;
use std::sync::mpsc as blocking;

use director_core::diagnostic::Diagnostic;
use director_core::director::Event;
use tokio::sync::oneshot;

use super::EventLoop;
use crate::api::ReloadOutcome;
use crate::blocking::BlockingPool;
use crate::daemon::guarded_start;
use crate::daemon::input::{FinishedLoad, Input, SafetyCheck, StartedWatch};
use crate::daemon::kernel_thread::{self, KernelRequest};
use crate::daemon::maintenance_watch;
use crate::loader::{LoadError, LoadReport, Loaded, lost_to_names, reported};

/// Reads configurations. Each takes memory, and may wait for the name service for some seconds.
static LOADING: BlockingPool = BlockingPool::new("loading", 2);

/// A request to read the files, or several of them.
#[derive(Debug, Default)]
pub(super) struct ReloadRequest {
    answers: Vec<oneshot::Sender<ReloadOutcome>>,
    /// One of them skips the safety limits.
    force: bool,
}

impl ReloadRequest {
    fn join(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.force |= other.force;
    }
}

/// A configuration that is not adopted, and why.
pub(super) struct RefusedReload {
    report: LoadReport,
    pub(super) faults: Vec<Diagnostic>,
}

impl RefusedReload {
    pub(super) fn outcome(self) -> ReloadOutcome {
        ReloadOutcome {
            accepted: false,
            diagnostics: self.faults,
        }
    }
}

impl SafetyCheck {
    /// Reads the table unless `--force` was given or there are no limits.
    pub(super) async fn now(
        force: bool,
        is_guarded: bool,
        kernel: blocking::Sender<KernelRequest>,
    ) -> Self {
        if force {
            Self::Forced
        } else if is_guarded {
            Self::By(kernel_thread::look(kernel).await)
        } else {
            Self::By(None)
        }
    }

    /// The same for a configuration that was read.
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

impl EventLoop {
    /// Adopts a configuration that was read unless it has errors or exceeds the safety limits.
    pub(super) fn take_over(
        &mut self,
        outcome: Result<Box<Loaded>, LoadError>,
        watch: Option<StartedWatch>,
        safety: SafetyCheck,
    ) -> ReloadOutcome {
        let adopted = self.adopt_if_valid(outcome, watch, safety);
        adopted.unwrap_or_else(|refused| {
            self.refuse(&refused.report, refused.faults.clone());
            refused.outcome()
        })
    }

    /// The same, and what follows from a refusal is left to the caller.
    pub(super) fn adopt_if_valid(
        &mut self,
        outcome: Result<Box<Loaded>, LoadError>,
        watch: Option<StartedWatch>,
        safety: SafetyCheck,
    ) -> Result<ReloadOutcome, Box<RefusedReload>> {
        let found = findings(&outcome);
        let loaded = outcome.map_err(|error| {
            Box::new(RefusedReload {
                report: error.report(),
                faults: found.clone(),
            })
        })?;
        let is_forced = matches!(safety, SafetyCheck::Forced);
        let faults = match safety {
            SafetyCheck::Forced => Vec::new(),
            SafetyCheck::By(counted) => {
                let in_force = self.in_force.as_ref();
                let lost = in_force.map(|in_force| lost_to_names(&loaded, &in_force.model));
                lost.filter(|lost| !lost.is_empty()).unwrap_or_else(|| {
                    let now = self.now();
                    let director = &self.director;
                    let objections = director.objections(&loaded.model, counted.as_ref(), now);
                    guarded_start::in_words(&loaded, &objections)
                })
            }
        };
        if !faults.is_empty() {
            let report = loaded.report;
            return Err(Box::new(RefusedReload { report, faults }));
        }
        if is_forced {
            self.dispatch(Event::LimitsSkipped);
        }
        self.adopt(*loaded, watch);
        Ok(ReloadOutcome {
            accepted: true,
            diagnostics: found,
        })
    }

    /// Reads the configuration again.
    pub(super) fn reload(&mut self, answer: Option<oneshot::Sender<ReloadOutcome>>, force: bool) {
        if let Some(refused) = self.while_on_trial() {
            if let Some(answer) = answer {
                let _ = answer.send(refused);
            }
            return;
        }
        let request = ReloadRequest {
            answers: answer.into_iter().collect(),
            force,
        };
        self.reload_or_wait(request);
    }

    /// Reads the files now, or once more when they have been read: they may have changed since that began. However many
    /// requests come meanwhile, one more reading answers them all.
    fn reload_or_wait(&mut self, request: ReloadRequest) {
        if self.reads_files {
            self.next_reload.get_or_insert_default().join(request);
            return;
        }
        let settings = self.settings.clone();
        let memory = self.load_context(request.force);
        tracing::info!(configuration = %settings.configuration.display(), "reloading the configuration");
        self.reads_files = true;
        self.read(move || settings.load(&memory), Some(request));
    }

    /// The files of the configuration were read.
    pub(super) fn files_read(&mut self, reading: FinishedLoad) {
        self.reads_files = false;
        let FinishedLoad {
            outcome,
            watch,
            safety,
            answers,
            ..
        } = reading;
        // A configuration was applied in the meantime.
        let told = match self.while_on_trial() {
            Some(refused) => refused,
            None => self.take_over(outcome, watch, safety),
        };
        for answer in answers {
            let _ = answer.send(told.clone());
        }
        if let Some(next) = self.next_reload.take() {
            self.reload_or_wait(next);
        } else if self.names_changed {
            self.revalidate();
        }
    }

    /// Loads a configuration off the loop, since names may have to be resolved; the outcome returns as an input.
    pub(super) fn read(
        &mut self,
        make: impl FnOnce() -> Result<Loaded, LoadError> + Send + 'static,
        of_files: Option<ReloadRequest>,
    ) {
        let (inputs, kernel) = (self.inputs.clone(), self.kernel.clone());
        self.reload_count += 1;
        let number = self.reload_count;
        let file = self.settings.configuration.clone();
        tokio::spawn(async move {
            let outcome = off_the_loop(make, &file).await;
            let watch = match &outcome {
                Ok(loaded) => maintenance_watch::start(loaded, &inputs).await,
                Err(_) => None,
            };
            let force = of_files.as_ref().is_some_and(|request| request.force);
            let safety = SafetyCheck::definitions(force, &outcome, kernel).await;
            let input = match of_files {
                Some(_) => Input::FilesRead,
                None => Input::NamesRead,
            };
            let input = input(FinishedLoad {
                number,
                outcome,
                watch,
                safety,
                answers: of_files.unwrap_or_default().answers,
            });
            // The loop may have ended.
            let _ = inputs.send(input);
        });
    }
}

/// Reads a configuration on a thread of its own. Without a thread the configuration cannot be read, as without its file.
pub(super) async fn off_the_loop(
    make: impl FnOnce() -> Result<Loaded, LoadError> + Send + 'static,
    file: &Path,
) -> Result<Box<Loaded>, LoadError> {
    let read = LOADING.run(move || make().map(Box::new)).await;
    read.unwrap_or_else(|error| Err(LoadError::failed(file, error)))
}

fn findings(outcome: &Result<Box<Loaded>, LoadError>) -> Vec<Diagnostic> {
    match outcome {
        Ok(loaded) => reported(&loaded.report.diagnostics),
        Err(error) => reported(&error.report().diagnostics),
    }
}
