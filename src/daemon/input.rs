//! Everything that reaches the loop, as data.

use director_core::director::Event;
use director_core::overrides::NewOverride;
use director_core::table::Table;
use tokio::sync::oneshot;

use crate::api::apply::ApplyRequest;
use crate::api::overrides::{OverrideOutcome, OverrideRequest};
use crate::api::takeover::{TakeOverOutcome, TakeOverRequest};
use crate::api::wire::UnfreezeOutcome;
use crate::api::{ApiError, Overview, ReloadOutcome};
use crate::ldirectord::ConfigChange;
use crate::loader::{LoadError, Loaded};
use crate::maintenance::DirectoryWatch;

/// Everything that reaches the loop: events for the director, and requests of those who watch it.
#[derive(Debug)]
pub(super) enum Input {
    Event(Event),
    Snapshot(oneshot::Sender<Overview>),
    /// Reload the configuration; `force` skips the safety limits.
    Reload {
        answer: Option<oneshot::Sender<ReloadOutcome>>,
        force: bool,
    },
    Override(OverrideRequest, OverrideReply),
    /// The same, with the connections by which it is judged.
    OverrideChecked(CheckedOverride),
    Trial(TrialEvent),
    Unfreeze(oneshot::Sender<UnfreezeOutcome>),
    /// The table of the program that is observed.
    ActualTable(Table),
    /// Manage the table that was observed.
    TakeOver(TakeOverRequest, TakeOverReply),
    /// The same, when no other program manages it any more.
    TakeOverNow(TakeOverReply),
    Signal(ReceivedSignal),
    ConfigFile(ConfigChange),
    /// Maintenance files have come or gone.
    Maintenance(MaintenanceChange),
    /// The content of the configuration's files has changed.
    FilesChanged,
    /// Host names of the configuration stand for other addresses, or can no longer be resolved.
    NamesChanged,
    /// The files of the configuration were read again.
    FilesRead(FinishedLoad),
    /// The host names of the configuration were resolved again.
    NamesRead(FinishedLoad),
}

/// Receives the outcome of a request.
pub(super) type OverrideReply = oneshot::Sender<Result<OverrideOutcome, ApiError>>;

/// Receives the outcome of a takeover.
pub(super) type TakeOverReply = oneshot::Sender<Result<TakeOverOutcome, ApiError>>;

/// Who waits to hear what became of it.
pub(super) type ApplyReply = oneshot::Sender<Result<ReloadOutcome, ApiError>>;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReceivedSignal {
    /// Reload the configuration.
    Hangup,
    /// The director is to stop; the name of the signal.
    Stop(&'static str),
}

/// A watch that has scanned its directory once.
#[derive(Debug)]
pub(super) struct StartedWatch {
    pub(super) number: u64,
    pub(super) _watch: DirectoryWatch,
    pub(super) first: Vec<NewOverride>,
}

/// Overrides that follow from the files that a watch has found.
#[derive(Debug)]
pub(super) struct MaintenanceChange {
    pub(super) watch: u64,
    pub(super) overrides: Vec<NewOverride>,
}

/// The connections with which a change is compared with the safety limits.
#[derive(Debug)]
pub(super) enum SafetyCheck {
    /// `--force` was given.
    Forced,
    /// The connections of the kernel's table just now, if it could be read.
    By(Option<Table>),
}

/// A configuration that was read.
#[derive(Debug)]
pub(super) struct FinishedLoad {
    /// Which reading it was.
    pub(super) number: u64,
    pub(super) outcome: Result<Box<Loaded>, LoadError>,
    pub(super) watch: Option<StartedWatch>,
    pub(super) safety: SafetyCheck,
    pub(super) answers: Vec<oneshot::Sender<ReloadOutcome>>,
}

/// A requested override with the connections that the safety limits need.
#[derive(Debug)]
pub(super) struct CheckedOverride {
    pub(super) request: OverrideRequest,
    pub(super) reply: OverrideReply,
    pub(super) safety: SafetyCheck,
}

/// What becomes of a trial.
#[derive(Debug)]
pub(super) enum TrialEvent {
    Apply(ApplyRequest, ApplyReply),
    Read {
        outcome: Result<Box<Loaded>, LoadError>,
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
