//! What the control interface may ask of the daemon.

use std::future::Future;

use super::apply::ApplyRequest;
use super::error::ApiError;
use super::events::EventJournal;
use super::overrides::{OverrideOutcome, OverrideRequest};
use super::overview::Overview;
use super::takeover::{TakeOverOutcome, TakeOverRequest};
use super::wire::{ReloadOutcome, UnfreezeOutcome};

/// What the interface may ask of the daemon.
pub trait Control: Send + Sync + 'static {
    /// What the daemon has reported.
    fn events(&self) -> &EventJournal;
    /// The daemon's state now.
    fn overview(&self) -> impl Future<Output = Result<Overview, ApiError>> + Send;
    /// Reloads the configuration; `force` skips the safety limits.
    fn reload(&self, force: bool) -> impl Future<Output = Result<ReloadOutcome, ApiError>> + Send;
    /// Ends a freeze of health.
    fn unfreeze(&self) -> impl Future<Output = Result<UnfreezeOutcome, ApiError>> + Send;
    /// Manages the table that was only observed; the daemon starts again.
    fn take_over(
        &self,
        request: TakeOverRequest,
    ) -> impl Future<Output = Result<TakeOverOutcome, ApiError>> + Send;
    /// Gives or lifts an order; the answer comes when it is kept.
    fn set_override(
        &self,
        request: OverrideRequest,
    ) -> impl Future<Output = Result<OverrideOutcome, ApiError>> + Send;
    /// Applies the configuration that lies beside that of the daemon.
    fn apply(
        &self,
        request: ApplyRequest,
    ) -> impl Future<Output = Result<ReloadOutcome, ApiError>> + Send;
    /// Ends a trial: the configuration on trial stays, or the previous one returns.
    fn end_trial(&self, stays: bool) -> impl Future<Output = Result<(), ApiError>> + Send;
}
