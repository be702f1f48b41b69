//! What the control interface may request of the event loop.

use tokio::sync::{mpsc, oneshot};

use super::input::{ApplyReply, Input, TrialEvent};
use crate::api::apply::ApplyRequest;
use crate::api::overrides::{OverrideOutcome, OverrideRequest};
use crate::api::takeover::{TakeOverOutcome, TakeOverRequest};
use crate::api::wire::UnfreezeOutcome;
use crate::api::{ApiError, Control, EventJournal, Overview, ReloadOutcome};

/// Hands requests to the event loop.
pub(super) struct LoopControl {
    pub(super) inputs: mpsc::UnboundedSender<Input>,
    pub(super) events: EventJournal,
}

impl LoopControl {
    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> Input,
    ) -> Result<T, ApiError> {
        let (answer, wait) = oneshot::channel();
        self.inputs
            .send(request(answer))
            .map_err(|_| ApiError::Stopping)?;
        wait.await.map_err(|_| ApiError::Stopping)
    }
}

impl Control for LoopControl {
    fn events(&self) -> &EventJournal {
        &self.events
    }

    async fn overview(&self) -> Result<Overview, ApiError> {
        self.ask(Input::Snapshot).await
    }

    async fn unfreeze(&self) -> Result<UnfreezeOutcome, ApiError> {
        self.ask(Input::Unfreeze).await
    }

    async fn take_over(&self, request: TakeOverRequest) -> Result<TakeOverOutcome, ApiError> {
        self.ask(|answer| Input::TakeOver(request, answer)).await?
    }

    async fn reload(&self, force: bool) -> Result<ReloadOutcome, ApiError> {
        let request = |answer| Input::Reload {
            answer: Some(answer),
            force,
        };
        self.ask(request).await
    }

    async fn set_override(&self, request: OverrideRequest) -> Result<OverrideOutcome, ApiError> {
        self.ask(|answer| Input::Override(request, answer)).await?
    }

    async fn apply(&self, request: ApplyRequest) -> Result<ReloadOutcome, ApiError> {
        let input = |answer: ApplyReply| Input::Trial(TrialEvent::Apply(request, answer));
        self.ask(input).await?
    }

    async fn end_trial(&self, stays: bool) -> Result<(), ApiError> {
        self.ask(|answer| Input::Trial(TrialEvent::End { stays, answer }))
            .await?
    }
}
