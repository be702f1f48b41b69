//! Wiring: makes the adapters, starts the loop, and ends with an exit status. What happens in between is decided by
//! [`director_core::director::Director`]; see [`event_loop`].

mod config_refresh;
mod counters;
mod error;
mod event_loop;
mod events;
mod file_limit;
mod guarded_start;
mod host_thread;
mod input;
mod kernel_thread;
mod locks;
mod loop_control;
mod maintenance_watch;
mod metrics_endpoint;
#[cfg(test)]
mod metrics_tests;
mod notices;
mod observer;
mod other_managers;
mod override_replies;
mod peer_watch;
mod probe_reply;
mod publisher;
mod recorder;
mod settings;
mod signals;
mod state_store;
mod systemd;
mod table_socket;
mod table_users;

pub use error::DaemonError;
pub(crate) use override_replies::conflicts;
pub use recorder::{RecordedEvent, decision};
pub use settings::{Settings, TableKind};
pub(crate) use table_users::{TableUser, table_users};

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::api::{EventJournal, Listener};
use crate::ipvs::{Kernel, KernelError, MemoryKernel, NetlinkKernel, ObservedKernel, ReadScope};
use crate::ldirectord::{self, LdirectordProcess};
use crate::loader::{self, Dialect, LoadError, Loaded, NameCache};
use crate::program;
use crate::store::{SavedState, StateFile, StoreError};

use config_refresh::ConfigRefresh;
use event_loop::EventLoop;
use guarded_start::FirstConfiguration;
use input::Input;
use locks::Locks;
use loop_control::LoopControl;
use recorder::Recorder;
use signals::EarlySignals;
use state_store::open_store;

/// How long the runtime may take to end after the director has: a probe that runs a program ends it with its children when
/// its task is dropped, and a name service or a disk that does not answer shall not hold up the end.
pub const LAST_WORK: Duration = Duration::from_secs(1);

/// How long a start waits for the name service, which usually answers at once. What is in service without it shall not be late, and
/// names that are resolved later come as a change.
const START_NAME_WAIT: Duration = Duration::from_millis(250);

/// Why a daemon has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaemonEnd {
    /// It was told to stop.
    Stopped,
    /// It observed, and is to be started again in its place as the manager of the table.
    TakesOver,
}

/// Runs the daemon until it is told to stop, or to take over the table that it observes.
///
/// # Errors
/// When it cannot begin: a configuration that is not valid, a kernel without IPVS, a socket that cannot be made.
pub async fn run(settings: Settings) -> Result<DaemonEnd, DaemonError> {
    let early_signals = EarlySignals::keep().map_err(DaemonError::Signals)?;
    let names = NameCache::lasting();
    let file = settings.state.clone().map(StateFile::new);
    let saved = file.as_ref().map(StateFile::read);
    let mut loaded =
        begin_with(&settings, &names, saved.as_ref()).map_err(DaemonError::Definitions)?;
    // The programs of ldirectord.cf and keepalived.conf run with all that those give them.
    if loaded.dialect == Dialect::Yaml {
        program::confine();
    }
    let locks = Locks::take(&settings).await?;
    // A daemon before this one may have written its state until now.
    let saved = file.as_ref().map(StateFile::read);
    if locks.waited() {
        loaded = begin_with(&settings, &names, saved.as_ref()).map_err(DaemonError::Definitions)?;
    }
    let left = left_by(saved.as_ref());
    let before = left.and_then(SavedState::definitions);
    let mut kernel = open_kernel(settings.table).map_err(DaemonError::Kernel)?;
    let info = kernel.info().map_err(DaemonError::Kernel)?;
    let [major, minor, patch] = info.version;
    tracing::info!(configuration = %settings.configuration.display(), ipvs = %format_args!("{major}.{minor}.{patch}"), "starting");

    // A table that cannot be read now is read again by the director.
    let table = kernel.read_table(ReadScope::All).unwrap_or_default();
    let former_names = || load_with_former_names(&settings, left?);
    let first = FirstConfiguration::guarded(loaded, left, before.as_ref(), &table, former_names);

    let recorder = settings.recording.as_deref().and_then(Recorder::begin);
    let (inputs, receiver) = mpsc::unbounded_channel();
    let events = EventJournal::default();
    let api = listen(&settings, &inputs, &events)?;
    signals::forward(early_signals, inputs.clone()).map_err(DaemonError::Signals)?;

    let kernel = kernel_thread::start(kernel, inputs.clone()).map_err(DaemonError::Thread)?;
    let ldirectord = begin(&settings, &first.loaded, &inputs)?;
    let config_refresh = ConfigRefresh::new(inputs.clone(), names, settings.role.as_ref());
    // A state that cannot be read is set aside by a daemon that writes its own.
    let is_usable = |saved: &Result<_, _>| !settings.table.is_observed() || saved.is_ok();
    let store = match file.zip(saved).filter(|(_, saved)| is_usable(saved)) {
        Some((file, saved)) => Some(open_store(file, saved, &inputs)?),
        None => None,
    };
    if settings.table.is_observed() {
        let actual = NetlinkKernel::open().map_err(DaemonError::Kernel)?;
        observer::watch(Box::new(actual), inputs.clone()).map_err(DaemonError::Thread)?;
    }
    let event_loop = EventLoop::new(
        settings,
        inputs,
        kernel,
        ldirectord,
        recorder,
        config_refresh,
        store,
    );
    let event_loop = event_loop.reporting_to(events);
    let (locks, end) = event_loop.run(receiver, first, locks).await;
    if let Some(api) = api {
        api.abort();
        // Its socket is gone before another daemon may begin.
        let _ = api.await;
    }
    drop(locks);
    Ok(end)
}

fn open_kernel(table: TableKind) -> Result<Box<dyn Kernel>, KernelError> {
    Ok(match table {
        TableKind::Ipvs => Box::new(NetlinkKernel::open()?),
        TableKind::Observed => {
            tracing::warn!(
                "observing only (--observe): ipvsd changes nothing; ipvsctl diff shows what it would change, ipvsctl takeover starts \
                 managing the table"
            );
            Box::new(ObservedKernel::new(Box::new(NetlinkKernel::open()?))?)
        }
        TableKind::Memory => {
            tracing::warn!(
                "the table is in memory: IPVS and this machine are not changed, and no client is served (--kernel memory)"
            );
            Box::new(MemoryKernel::new())
        }
    })
}

/// Ends what programs have left behind. To be called when no runtime runs any more.
pub fn end_programs() {
    program::end_leftovers();
}

/// Takes from this process what neither it nor its programs need. To be called first, before any thread is started.
///
/// # Errors
/// When the system refuses it; this process works all the same.
pub fn narrow_process() -> std::io::Result<()> {
    program::narrow_this_process()
}

/// What a director before this one has left.
fn left_by(saved: Option<&Result<Option<SavedState>, StoreError>>) -> Option<&SavedState> {
    saved.and_then(|saved| saved.as_ref().ok()?.as_ref())
}

/// The configuration, read with what a director before this one has left.
fn begin_with(
    settings: &Settings,
    names: &NameCache,
    saved: Option<&Result<Option<SavedState>, StoreError>>,
) -> Result<Loaded, LoadError> {
    let memory = |former| loader::LoadContext {
        names: names.clone(),
        name_wait: START_NAME_WAIT,
        former,
    };
    let left = left_by(saved);
    if let Some(left) = left {
        names.remember(&left.names);
    }
    let Some(former) = left.and_then(SavedState::definitions) else {
        return settings.load(&memory(None));
    };
    let loaded = settings.load(&memory(Some(Arc::new(former))));
    loaded.or_else(|_| settings.load(&memory(None)))
}

/// The configuration with the addresses that its names had before.
fn load_with_former_names(settings: &Settings, left: &SavedState) -> Option<Loaded> {
    let memory = loader::LoadContext {
        names: NameCache::fixed(&left.names),
        name_wait: START_NAME_WAIT,
        former: left.definitions().map(Arc::new),
    };
    settings.load(&memory).ok()
}

/// Opens the control socket. Whoever starts ldirectord asks for no socket, so there it does not keep us from the work.
fn listen(
    settings: &Settings,
    inputs: &mpsc::UnboundedSender<Input>,
    events: &EventJournal,
) -> Result<Option<JoinHandle<()>>, DaemonError> {
    let control = Arc::new(LoopControl {
        inputs: inputs.clone(),
        events: events.clone(),
    });
    match Listener::bind(&settings.socket, file_limit::raise()) {
        Ok(listener) => Ok(Some(tokio::spawn(listener.serve(control)))),
        Err(error) if settings.role.is_some() => {
            tracing::warn!("ipvsctl cannot reach this daemon: {error}");
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
