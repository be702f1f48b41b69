//! `ipvsctl apply`: takes a configuration that lies beside that of the daemon, for good or on trial. While a trial runs, the
//! daemon's own file is not read: a restart, a roll-back and the end of the time all lead back to it.

use std::time::Duration;

use director_core::diagnostic::{Diagnostic, Place};
use director_core::director::Event;

use super::reload::off_the_loop;
use super::{EventLoop, Trial};
use crate::api::apply::{ApplyRequest, candidate};
use crate::api::{ApiError, ReloadOutcome};
use crate::daemon::input::{ApplyReply, Input, SafetyCheck, TrialEvent};
use crate::daemon::maintenance_watch;
use crate::loader::{LoadError, Loaded, SourceError};

/// Why nobody else's are applied.
const ON_TRIAL: &str =
    "a configuration is already on trial; run ipvsctl confirm or ipvsctl rollback first";

impl EventLoop {
    pub(super) fn trial_event(&mut self, turn: TrialEvent) {
        match turn {
            TrialEvent::Apply(request, answer) => self.apply(request, answer),
            TrialEvent::Read {
                outcome,
                watch,
                safety,
                request,
                answer,
            } => {
                // Somebody else's came into force meanwhile.
                if self.trial.is_some() {
                    let _ = answer.send(Err(ApiError::Refused(ON_TRIAL.to_owned())));
                    return;
                }
                let former = self.in_force.clone();
                // The daemon goes on to follow its own files, whatever the candidate says.
                let told = match self.adopt_if_valid(outcome, watch, safety) {
                    Ok(adopted) => adopted,
                    Err(refused) => {
                        let diagnostics = refused.faults.clone();
                        self.dispatch(Event::LoadRefused { diagnostics });
                        refused.outcome()
                    }
                };
                // Names that were read meanwhile are those of the former configuration.
                self.reload_count += u64::from(told.accepted);
                if let (true, Some(former)) = (told.accepted, former) {
                    self.begin_trial(former, &request);
                }
                let _ = answer.send(Ok(told));
            }
            TrialEvent::End { stays, answer } => {
                let ended = match self.trial.take() {
                    Some(trial) => {
                        self.end(trial, stays);
                        Ok(())
                    }
                    None => Err(ApiError::Refused("no configuration is on trial".to_owned())),
                };
                let _ = answer.send(ended);
            }
            TrialEvent::TimeOver(number) => {
                if let Some(trial) = self.trial.take_if(|trial| trial.number == number) {
                    tracing::warn!("the configuration on trial was not confirmed in time");
                    self.end(trial, false);
                }
            }
            TrialEvent::Return { former, watch } => {
                // Names that were read meanwhile are those of the configuration on trial.
                self.reload_count += 1;
                self.adopt(*former, watch);
            }
        }
    }

    /// Time left to the configuration on trial.
    pub(super) fn trial_left(&self) -> Option<Duration> {
        let trial = self.trial.as_ref()?;
        Some(trial.ends.since(self.now()))
    }

    /// Why the daemon's own file is not read now.
    pub(super) fn while_on_trial(&self) -> Option<ReloadOutcome> {
        let left = self.trial_left()?;
        let message = format!(
            "a configuration is on trial for {} s more, and this file is not read until then",
            left.as_secs()
        );
        tracing::warn!("{message}");
        let file = std::sync::Arc::from(self.settings.configuration.to_string_lossy());
        Some(ReloadOutcome {
            accepted: false,
            diagnostics: vec![
                Diagnostic::error(&Place::whole_file(&file), message)
                    .hint("run ipvsctl confirm or ipvsctl rollback first"),
            ],
        })
    }

    fn apply(&mut self, request: ApplyRequest, answer: ApplyReply) {
        let refusal = if self.settings.role.is_some() {
            Some("this daemon runs as ldirectord and follows its own file; change that file")
        } else if self.trial.is_some() {
            Some(ON_TRIAL)
        } else {
            None
        };
        if let Some(words) = refusal {
            let _ = answer.send(Err(ApiError::Refused(words.to_owned())));
            return;
        }
        let mut settings = self.settings.clone();
        settings.configuration = candidate(&settings.configuration);
        let (inputs, kernel) = (self.inputs.clone(), self.kernel.clone());
        let memory = self.load_context(request.force);
        tokio::spawn(async move {
            let file = settings.configuration.clone();
            let outcome = off_the_loop(move || settings.load(&memory), &file).await;
            if is_missing(&outcome) {
                let words = format!(
                    "there is no candidate configuration {}; run ipvsctl apply FILE",
                    file.display()
                );
                let _ = answer.send(Err(ApiError::Refused(words)));
                return;
            }
            let watch = match &outcome {
                Ok(loaded) => maintenance_watch::start(loaded, &inputs).await,
                Err(_) => None,
            };
            let safety = SafetyCheck::definitions(request.force, &outcome, kernel).await;
            let _ = inputs.send(Input::Trial(TrialEvent::Read {
                outcome,
                watch,
                safety,
                request,
                answer,
            }));
        });
    }

    /// The applied configuration is in force, for good where no time is given.
    fn begin_trial(&mut self, former: Box<Loaded>, request: &ApplyRequest) {
        let time = request
            .confirm_seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let Some(time) = time else {
            tracing::info!("the applied configuration is in force");
            return;
        };
        self.reload_count += 1;
        let (inputs, number) = (self.inputs.clone(), self.reload_count);
        let seconds = time.as_secs();
        tracing::warn!(seconds, "a configuration is on trial until it is confirmed");
        // A restart leads back to the former, so it is the one to remember.
        self.remember(&former);
        self.trial = Some(Trial {
            number,
            ends: self.now() + time,
            former,
        });
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let _ = inputs.send(Input::Trial(TrialEvent::TimeOver(number)));
        });
    }

    fn end(&mut self, trial: Trial, stays: bool) {
        if stays {
            tracing::info!("the configuration on trial is confirmed");
            if let Some(confirmed) = self.in_force.clone() {
                self.remember(&confirmed);
            }
            return;
        }
        tracing::warn!("the previous configuration returns");
        self.reload_count += 1;
        let inputs = self.inputs.clone();
        let former = trial.former;
        tokio::spawn(async move {
            let watch = maintenance_watch::start(&former, &inputs).await;
            let _ = inputs.send(Input::Trial(TrialEvent::Return { former, watch }));
        });
    }
}

fn is_missing(outcome: &Result<Box<Loaded>, LoadError>) -> bool {
    use LoadError::Unreadable;
    matches!(
        outcome,
        Err(Unreadable {
            source: SourceError::Missing(_),
            ..
        })
    )
}
