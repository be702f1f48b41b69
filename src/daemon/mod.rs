//! Wiring: makes the adapters, starts the loop, and ends with an exit status. What happens in between is decided by
//! [`director_core::director::Director`]; see [`event_loop`].

mod config_refresh;
mod error;
mod event_loop;
mod host_thread;
mod kernel_thread;
mod maintenance_watch;
mod notices;
mod override_replies;
mod recorder;
mod settings;
mod signals;
mod systemd;

pub use error::DaemonError;
pub use recorder::{RecordedEvent, decision};
pub use settings::Settings;

use std::sync::Arc;
use std::time::Duration;

use director_core::director::Event;
use director_core::memory::Memory;
use director_core::moment::Moment;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::api::apply::ApplyRequest;
use crate::api::overrides::{OverrideOutcome, OverrideRequest};
use crate::api::wire::UnfreezeOutcome;
use crate::api::{ApiError, Control, Listener, Overview, ReloadOutcome};
use crate::ipvs::{Kernel, NetlinkKernel};
use crate::ldirectord::{self, ConfigChange, LdirectordProcess};
use crate::loader::{self, LoadError, Loaded, NameCache};
use crate::probe::Holder;
use crate::store::{SavedState, StateFile, StateWriter, StoreError};

use config_refresh::ConfigRefresh;
use event_loop::{ApplyReply, EventLoop, TrialEvent};
use recorder::Recorder;
use signals::ReceivedSignal;

/// How long the runtime may take to end after the director has: a probe that runs a program ends it with its children when
/// its task is dropped, and a name service or a disk that does not answer shall not hold up the end.
pub const LAST_WORK: Duration = Duration::from_secs(1);

/// Everything that reaches the loop: events for the director, and requests of those who watch it.
#[derive(Debug)]
enum Input {
    Event(Event),
    Snapshot(oneshot::Sender<Overview>),
    /// Reload the configuration; `force` skips the safety limits.
    Reload {
        answer: Option<oneshot::Sender<ReloadOutcome>>,
        force: bool,
    },
    Override(OverrideRequest, override_replies::OverrideReply),
    /// The same, with the connections by which it is judged.
    OverrideChecked(event_loop::CheckedOverride),
    Trial(event_loop::TrialEvent),
    Unfreeze(oneshot::Sender<UnfreezeOutcome>),
    Signal(ReceivedSignal),
    ConfigFile(ConfigChange),
    /// Maintenance files have come or gone.
    Maintenance(maintenance_watch::MaintenanceChange),
    /// The content of the configuration's files has changed.
    FilesChanged,
    /// Host names of the configuration stand for other addresses, or can no longer be resolved.
    NamesChanged,
    /// The files of the configuration were read again.
    FilesRead(event_loop::FinishedLoad),
    /// The host names of the configuration were resolved again.
    NamesRead(event_loop::FinishedLoad),
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// When it cannot begin: a configuration that is not valid, a kernel without IPVS, a socket that cannot be made.
pub async fn run(settings: Settings) -> Result<(), DaemonError> {
    let names = NameCache::lasting();
    let file = settings.state.clone().map(StateFile::new);
    let saved = file.as_ref().map(StateFile::read);
    let loaded = begin_with(&settings, &names, saved.as_ref()).map_err(DaemonError::Definitions)?;
    let mut kernel = NetlinkKernel::open().map_err(DaemonError::Kernel)?;
    let info = kernel.info().map_err(DaemonError::Kernel)?;
    let [major, minor, patch] = info.version;
    tracing::info!(configuration = %settings.configuration.display(), ipvs = %format_args!("{major}.{minor}.{patch}"), "starting");

    let recorder = settings
        .recording
        .as_deref()
        .map(Recorder::create)
        .transpose();
    let recorder = recorder.map_err(DaemonError::Recording)?;
    let (inputs, receiver) = mpsc::unbounded_channel();
    let api = listen(&settings, &inputs)?;
    signals::forward(inputs.clone()).map_err(DaemonError::Signals)?;

    let kernel =
        kernel_thread::start(Box::new(kernel), inputs.clone()).map_err(DaemonError::Thread)?;
    let ldirectord = begin(&settings, &loaded, &inputs)?;
    let config_refresh = ConfigRefresh::new(inputs.clone(), names, settings.role.as_ref());
    let store = match file.zip(saved) {
        Some((file, saved)) => Some(open_store(file, saved, &inputs)?),
        None => None,
    };
    let event_loop = EventLoop::new(
        settings,
        inputs,
        kernel,
        ldirectord,
        recorder,
        config_refresh,
        store,
    );
    event_loop.run(receiver, loaded).await;
    if let Some(api) = api {
        api.abort();
    }
    Ok(())
}

/// What keeps a director's memory, and what one before it has left.
struct StateStore {
    writer: StateWriter,
    saved: SavedState,
}

/// Loads the first configuration. A broken service keeps the configuration that the daemon before this one had, where that is
/// known and still valid.
fn begin_with(
    settings: &Settings,
    names: &NameCache,
    saved: Option<&Result<Option<SavedState>, StoreError>>,
) -> Result<Loaded, LoadError> {
    let memory = |former| loader::LoadContext {
        names: names.clone(),
        former,
    };
    let former = saved
        .and_then(|saved| saved.as_ref().ok()?.as_ref())
        .and_then(SavedState::definitions);
    let Some(former) = former else {
        return settings.load(&memory(None));
    };
    let loaded = settings.load(&memory(Some(Arc::new(former))));
    loaded.or_else(|_| settings.load(&memory(None)))
}

/// Takes what a director before this one has left and starts to keep what this one will leave. A file that cannot be used
/// does not keep us from the work.
fn open_store(
    file: StateFile,
    saved: Result<Option<SavedState>, StoreError>,
    inputs: &mpsc::UnboundedSender<Input>,
) -> Result<StateStore, DaemonError> {
    let saved = saved.unwrap_or_else(|error| {
        match file.set_aside() {
            Ok(aside) => tracing::error!(
                aside = %aside.display(),
                "what was remembered is lost, beginning without it: {error}"
            ),
            Err(_) => tracing::error!("what was remembered is lost, beginning without it: {error}"),
        }
        None
    });
    let inputs = inputs.clone();
    let tell = move |revision, failure| {
        // Nobody listens any more when the loop has ended.
        drop(inputs.send(Input::Event(Event::Kept { revision, failure })));
    };
    let writer = StateWriter::start(file, tell).map_err(DaemonError::Thread)?;
    let saved = saved.unwrap_or_else(|| SavedState {
        memory: Memory::default(),
        moment: Moment::START,
        last_good: None,
    });
    Ok(StateStore { writer, saved })
}

/// Opens the control socket. Whoever starts ldirectord asks for no socket, so there it does not keep us from the work.
fn listen(
    settings: &Settings,
    inputs: &mpsc::UnboundedSender<Input>,
) -> Result<Option<JoinHandle<()>>, DaemonError> {
    let control = Arc::new(LoopControl {
        inputs: inputs.clone(),
    });
    match Listener::bind(&settings.socket) {
        Ok(listener) => Ok(Some(tokio::spawn(listener.serve(control)))),
        Err(error) if settings.role.is_some() => {
            tracing::warn!("ipvsctl cannot ask this daemon: {error}");
            Ok(None)
        }
        Err(error) => Err(DaemonError::Control(error)),
    }
}

/// Takes the place of ldirectord, where that is wanted, and watches its configuration.
fn begin(
    settings: &Settings,
    loaded: &Loaded,
    inputs: &mpsc::UnboundedSender<Input>,
) -> Result<Option<LdirectordProcess>, DaemonError> {
    let (Some(role), Some(process)) = (&settings.role, &loaded.process) else {
        return Ok(None);
    };
    let ldirectord = LdirectordProcess::begin(role.clone(), process, &loaded.report.diagnostics)
        .map_err(DaemonError::LdirectordProcess)?;
    let inputs = inputs.clone();
    let tell = move |seen| inputs.send(Input::ConfigFile(seen)).is_ok();
    ldirectord::watch(settings.configuration.clone(), tell).map_err(DaemonError::Thread)?;
    Ok(Some(ldirectord))
}

/// What the control interface may ask of the loop.
struct LoopControl {
    inputs: mpsc::UnboundedSender<Input>,
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
    async fn overview(&self) -> Result<Overview, ApiError> {
        self.ask(Input::Snapshot).await
    }

    async fn unfreeze(&self) -> Result<UnfreezeOutcome, ApiError> {
        self.ask(Input::Unfreeze).await
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

/// Holds connections to servers and tells the loop when one ends.
fn holder(inputs: &mpsc::UnboundedSender<Input>) -> Holder {
    let inputs = inputs.clone();
    Holder::new(move |peer| {
        // Nobody listens any more when the loop has ended.
        drop(inputs.send(Input::Event(Event::Hinted { peer })));
    })
}
