//! `ipvsctl apply`: takes a configuration that lies beside that of the daemon, for good or on trial. While a trial runs, the
//! daemon's own file is not read: a restart, a roll-back and the end of the time all lead back to it.

use std::time::Duration;

use director_core::diagnostic::{Diagnostic, Place};
use director_core::moment::Moment;
use tokio::sync::oneshot;

use super::{EventLoop, Input, SafetyCheck, StartedWatch, maintenance_watch};
use crate::api::apply::{ApplyRequest, candidate};
use crate::api::{ApiError, ReloadOutcome};
use crate::loader::Loaded;

/// Who waits to hear what became of it.
pub(in crate::daemon) type ApplyReply = oneshot::Sender<Result<ReloadOutcome, ApiError>>;

/// Why nobody else's are applied.
const ON_TRIAL: &str =
    "a configuration is on trial already; say ipvsctl confirm or ipvsctl rollback first";

pub(super) struct Trial {
    number: u64,
    ends: Moment,
    former: Box<Loaded>,
}

/// What becomes of a trial.
#[derive(Debug)]
pub(in crate::daemon) enum TrialEvent {
    Apply(ApplyRequest, ApplyReply),
    Read {
        outcome: Result<Box<Loaded>, crate::loader::LoadError>,
        watch: Option<StartedWatch>,
        safety: SafetyCheck,
        request: ApplyRequest,
        answer: ApplyReply,
    },
    /// The operator ends it: what is on trial stays, or the previous configuration returns.
    End {
        stays: bool,
        answer: oneshot::Sender<Result<(), ApiError>>,
    },
    /// The time of the trial with this number is over.
    TimeOver(u64),
    /// The previous configuration returns.
    Return {
        former: Box<Loaded>,
        watch: Option<StartedWatch>,
    },
}

impl EventLoop {
    pub(super) fn trial_event(&mut self, turn: TrialEvent) -> bool {
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
                    drop(answer.send(Err(ApiError::Refused(ON_TRIAL.to_owned()))));
                    return true;
                }
                let former = self.in_force.clone();
                let (told, running) = self.take_over(outcome, watch, safety);
                if let (true, Some(former)) = (told.accepted, former) {
                    self.begin_trial(former, &request);
                }
                drop(answer.send(Ok(told)));
                running
            }
            TrialEvent::End { stays, answer } => {
                let ended = match self.trial.take() {
                    Some(trial) => {
                        self.end(trial, stays);
                        Ok(())
                    }
                    None => Err(ApiError::Refused("no configuration is on trial".to_owned())),
                };
                drop(answer.send(ended));
                true
            }
            TrialEvent::TimeOver(number) => {
                if let Some(trial) = self.trial.take_if(|trial| trial.number == number) {
                    tracing::warn!("the configuration on trial was not confirmed in time");
                    self.end(trial, false);
                }
                true
            }
            TrialEvent::Return { former, watch } => self.adopt(*former, watch),
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
                    .hint("say ipvsctl confirm or ipvsctl rollback first"),
            ],
        })
    }

    fn apply(&mut self, request: ApplyRequest, answer: ApplyReply) -> bool {
        let refusal = if self.settings.role.is_some() {
            Some("this daemon stands in ldirectord's place and follows its own file; change that")
        } else if self.trial.is_some() {
            Some(ON_TRIAL)
        } else {
            None
        };
        if let Some(words) = refusal {
            drop(answer.send(Err(ApiError::Refused(words.to_owned()))));
            return true;
        }
        let mut settings = self.settings.clone();
        settings.configuration = candidate(&settings.configuration);
        self.reload_count += 1;
        let (inputs, number) = (self.inputs.clone(), self.reload_count);
        let kernel = self.kernel.clone();
        let memory = self.config_refresh.memory();
        tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || settings.load(&memory).map(Box::new));
            let Ok(outcome) = read.await else { return };
            let watch = match &outcome {
                Ok(loaded) => maintenance_watch::start(number, loaded, &inputs).await,
                Err(_) => None,
            };
            let safety = SafetyCheck::definitions(request.force, &outcome, kernel).await;
            drop(inputs.send(Input::Trial(TrialEvent::Read {
                outcome,
                watch,
                safety,
                request,
                answer,
            })));
        });
        true
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
        self.trial = Some(Trial {
            number,
            ends: self.now() + time,
            former,
        });
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            drop(inputs.send(Input::Trial(TrialEvent::TimeOver(number))));
        });
    }

    fn end(&mut self, trial: Trial, stays: bool) {
        if stays {
            tracing::info!("the configuration on trial is confirmed");
            return;
        }
        tracing::warn!("the previous configuration returns");
        self.reload_count += 1;
        let (inputs, number) = (self.inputs.clone(), self.reload_count);
        let former = trial.former;
        tokio::spawn(async move {
            let watch = maintenance_watch::start(number, &former, &inputs).await;
            drop(inputs.send(Input::Trial(TrialEvent::Return { former, watch })));
        });
    }
}
