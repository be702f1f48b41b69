//! Reloads: reads the configuration off the loop and adopts it unless it has errors or exceeds the safety limits.

use std::sync::mpsc as blocking;

use director_core::diagnostic::Diagnostic;
use tokio::sync::oneshot;

use super::EventLoop;
use crate::api::ReloadOutcome;
use crate::daemon::guarded_start;
use crate::daemon::input::{FinishedLoad, Input, SafetyCheck, StartedWatch};
use crate::daemon::kernel_thread::{self, KernelRequest};
use crate::daemon::maintenance_watch;
use crate::loader::{LoadError, Loaded};

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
        let refused = |diagnostics| ReloadOutcome {
            accepted: false,
            diagnostics,
        };
        let found = findings(&outcome);
        let loaded = match outcome {
            Ok(loaded) => loaded,
            Err(error) => {
                self.refuse(&error.report(), found.clone());
                return refused(found);
            }
        };
        let objections = match safety {
            SafetyCheck::Forced => Vec::new(),
            SafetyCheck::By(_) if !self.lost_to_a_name(&loaded).is_empty() => {
                let faults = self.lost_to_a_name(&loaded);
                self.refuse(&loaded.report, faults.clone());
                return refused(faults);
            }
            SafetyCheck::By(counted) => {
                self.director
                    .objections(&loaded.model, counted.as_ref(), self.now())
            }
        };
        if objections.is_empty() {
            self.adopt(*loaded, watch);
            return ReloadOutcome {
                accepted: true,
                diagnostics: found,
            };
        }
        let faults = guarded_start::in_words(&loaded, &objections);
        self.refuse(&loaded.report, faults.clone());
        refused(faults)
    }

    /// Services in force that the new configuration lacks, while a VIP in it is a host name without an address: perhaps they
    /// are meant. A mistyped name shall not leave a running service without checks.
    fn lost_to_a_name(&self, loaded: &Loaded) -> Vec<Diagnostic> {
        let former = self
            .in_force
            .iter()
            .flat_map(|former| former.model.services());
        let lost: Vec<&str> = former
            .filter(|service| loaded.model.holds(&service.id))
            .map(|service| service.name.as_str())
            .collect();
        let waiting = loaded.model.waiting().iter().filter(|_| !lost.is_empty());
        let place = &loaded.model.definitions().place;
        waiting
            .map(|service| {
                let message = format!(
                    "the VIP {} of service {} has no address, and running services are no longer configured: {}",
                    service.host,
                    service.name,
                    lost.join(", ")
                );
                Diagnostic::error(place, message).hint(
                    "correct the name; or run ipvsctl reload --force, which leaves these services in the kernel unchecked \
                     until the name has an address",
                )
            })
            .collect()
    }

    /// Reads the configuration again.
    pub(super) fn reload(&mut self, answer: Option<oneshot::Sender<ReloadOutcome>>, force: bool) {
        if let Some(refused) = self.while_on_trial() {
            if let Some(answer) = answer {
                let _ = answer.send(refused);
            }
            return;
        }
        let (settings, memory) = (self.settings.clone(), self.config_refresh.memory());
        tracing::info!(configuration = %settings.configuration.display(), "reloading the configuration");
        self.pending_reads += 1;
        self.read(move || settings.load(&memory), true, answer, force);
    }

    /// Validates the configuration in force again, whose names have other addresses now; after pending reads, which may have
    /// resolved the names before.
    pub(super) fn revalidate(&mut self) {
        self.names_changed = self.pending_reads > 0;
        if let Some(validate) = self.config_refresh.revalidate()
            && !self.names_changed
        {
            self.read(validate, false, None, false);
        }
    }

    /// The files of the configuration were read.
    pub(super) fn files_read(&mut self, reading: FinishedLoad) {
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
            self.reload(answer, matches!(safety, SafetyCheck::Forced));
            return;
        }
        // A configuration was applied in the meantime.
        let told = match self.while_on_trial() {
            Some(refused) => refused,
            None => {
                self.latest_adopted = number;
                self.take_over(outcome, watch, safety)
            }
        };
        if let Some(answer) = answer {
            let _ = answer.send(told);
        }
        if self.names_changed {
            self.revalidate();
        }
    }

    /// The names of the configuration in force were resolved again. The safety limits hold for what DNS changes, too: an answer
    /// that lacks most servers is more often a mistake than meant.
    pub(super) fn names_read(&mut self, reading: FinishedLoad) {
        // A reading that has begun since knew the names or not.
        if reading.number < self.reload_count {
            self.revalidate();
            return;
        }
        if let (Ok(loaded), SafetyCheck::By(counted)) = (&reading.outcome, &reading.safety) {
            let now = self.now();
            let objections = self
                .director
                .objections(&loaded.model, counted.as_ref(), now);
            if !objections.is_empty() {
                let faults = guarded_start::in_words(loaded, &objections);
                self.refuse(&loaded.report, faults);
                tracing::warn!(
                    "host names changed; their new addresses are not used, and the servers in force stay"
                );
                return;
            }
        }
        self.take_over(reading.outcome, reading.watch, SafetyCheck::Forced);
    }

    /// Loads a configuration off the loop, since names may have to be resolved; the outcome returns as an input.
    fn read(
        &mut self,
        make: impl FnOnce() -> Result<Loaded, LoadError> + Send + 'static,
        of_files: bool,
        answer: Option<oneshot::Sender<ReloadOutcome>>,
        force: bool,
    ) {
        let (inputs, kernel) = (self.inputs.clone(), self.kernel.clone());
        self.reload_count += 1;
        let number = self.reload_count;
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || make().map(Box::new));
            // A client that waits sees the end of the connection.
            let Ok(outcome) = read.await else { return };
            let watch = match &outcome {
                Ok(loaded) => maintenance_watch::start(number, loaded, &inputs).await,
                Err(_) => None,
            };
            let safety = SafetyCheck::definitions(force, &outcome, kernel).await;
            let reading = FinishedLoad {
                number,
                outcome,
                watch,
                safety,
                answer,
            };
            let input = if of_files {
                Input::FilesRead(reading)
            } else {
                Input::NamesRead(reading)
            };
            // The loop may have ended.
            let _ = inputs.send(input);
        });
    }
}

fn findings(outcome: &Result<Box<Loaded>, LoadError>) -> Vec<Diagnostic> {
    match outcome {
        Ok(loaded) => loaded.report.diagnostics.clone(),
        Err(error) => error.report().diagnostics,
    }
}
