//! The loop: one task owns the director, hands it everything that happens, and carries out what it wishes.
//!
//! ```text
//!   signals ─┐                                       ┌─▶ kernel thread ─┐
//!   control ─┼─▶ inputs ─▶ Director::handle ─▶ effects┼─▶ probe tasks ───┼─▶ inputs
//!   deadline ┤                                       ├─▶ log, systemd   │
//!   files ───┘                                       └─▶ alerts         │
//! ```

mod dispatch;
mod effects;
mod lifetime;
mod names;
#[cfg(test)]
mod names_tests;
mod observing;
mod overrides;
mod overview;
mod persist;
mod reload;
#[cfg(test)]
mod reload_tests;
mod trial;

use std::sync::Arc;
use std::sync::mpsc as blocking;

use director_core::definitions::HostName;
use director_core::diagnostic::Diagnostic;
use director_core::director::{Director, Event};
use director_core::moment::Moment;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::config_refresh::ConfigRefresh;
use super::counters::LoopCounters;
use super::file_limit;
use super::guarded_start::FirstConfiguration;
use super::host_thread::HostThread;
use super::input::{Input, StartedWatch};
use super::kernel_thread::{KernelCounters, KernelRequest, KernelThread};
use super::locks::Locks;
use super::maintenance_watch::{self, MaintenanceWatch};
use super::metrics_endpoint::MetricsEndpoint;
use super::observer::Observation;
use super::override_replies::OverrideReplies;
use super::peer_watch::PeerWatch;
use super::probe_reply::PanickedProbes;
use super::publisher::Publisher;
use super::recorder::Recorder;
use super::settings::Settings;
use super::state_store::StateStore;
use super::systemd::ServiceManager;
use crate::api::EventJournal;
use crate::api::wire::UnfreezeOutcome;
use crate::blocking::BlockingPool;
use crate::ldirectord::LdirectordProcess;
use crate::loader::{LoadReport, Loaded, exposure, reported};
use crate::notify::{Notifier, NotifySettings};
use crate::probe::{Gate, Holder, ProbeSettings};
use crate::store::LastGood;
use reload::ReloadRequest;

/// Looks at the modes of files.
static FILE_MODES: BlockingPool = BlockingPool::new("file-modes", 2);

/// What has to be waited for at the end, with a limit each.
static ENDING: BlockingPool = BlockingPool::new("ending", 4);

/// The revision of state that the director has not asked to write; its own begin with 1.
const UNREQUESTED: u64 = 0;

/// Definitions on trial.
struct Trial {
    number: u64,
    ends: Moment,
    former: Box<Loaded>,
}

/// The loop and all that it needs.
pub(super) struct EventLoop {
    director: Director,
    started: Instant,
    /// The moment at which the director's clock stood then.
    began: Moment,
    settings: Settings,
    inputs: mpsc::UnboundedSender<Input>,
    kernel: blocking::Sender<KernelRequest>,
    kernel_counters: Arc<KernelCounters>,
    counters: LoopCounters,
    metrics: MetricsEndpoint,
    peer: PeerWatch,
    publisher: Publisher,
    events: EventJournal,
    probe_settings: Arc<ProbeSettings>,
    gate: Gate,
    panicked_probes: PanickedProbes,
    holder: Holder,
    ldirectord: Option<LdirectordProcess>,
    recorder: Option<Recorder>,
    service_manager: ServiceManager,
    notifier: Notifier,
    maintenance: MaintenanceWatch,
    config_refresh: ConfigRefresh,
    store: Option<StateStore>,
    /// Services as they were when they were last good, as they are kept.
    last_good: Option<LastGood>,
    /// What the host names of the configuration stand for, as it is kept.
    names: Vec<HostName>,
    override_replies: OverrideReplies,
    /// The configuration in force.
    in_force: Option<Box<Loaded>>,
    trial: Option<Trial>,
    /// The director wishes to exit.
    exiting: bool,
    /// What is known of the table that another program manages.
    observation: Option<Observation>,
    /// The end is the beginning of a daemon that manages the observed table.
    takes_over: bool,
    host: HostThread,
    /// Readings of the configuration so far.
    reload_count: u64,
    /// One of them reads the files just now.
    reads_files: bool,
    /// The files are to be read again after that.
    next_reload: Option<ReloadRequest>,
    /// Names stand for other addresses since one of them began.
    names_changed: bool,
    /// New addresses of names that the safety limits refuse.
    refused_names: Vec<Diagnostic>,
    /// Held to the end.
    locks: Option<Locks>,
}

impl EventLoop {
    pub(super) fn new(
        settings: Settings,
        inputs: mpsc::UnboundedSender<Input>,
        kernel: KernelThread,
        ldirectord: Option<LdirectordProcess>,
        recorder: Option<Recorder>,
        config_refresh: ConfigRefresh,
        store: Option<StateStore>,
    ) -> Self {
        let host = HostThread::new(&settings, inputs.clone());
        let gate = Gate::new(file_limit::raise());
        let probe_settings = Arc::new(ProbeSettings::default());
        Self {
            director: Director::new(),
            started: Instant::now(),
            began: store
                .as_ref()
                .map_or(Moment::START, |store| store.saved.moment),
            settings,
            holder: holder(gate.clone(), ProbeSettings::clone(&probe_settings), &inputs),
            gate,
            panicked_probes: PanickedProbes::default(),
            metrics: MetricsEndpoint::new(inputs.clone()),
            peer: PeerWatch::new(inputs.clone()),
            publisher: Publisher::default(),
            events: EventJournal::default(),
            inputs,
            kernel: kernel.requests,
            kernel_counters: kernel.counters,
            counters: LoopCounters::default(),
            probe_settings,
            ldirectord,
            recorder,
            service_manager: ServiceManager::of_this_process(),
            notifier: Notifier::new(NotifySettings::default()),
            maintenance: MaintenanceWatch::default(),
            config_refresh,
            last_good: store
                .as_ref()
                .and_then(|store| store.saved.last_good.clone()),
            names: store
                .as_ref()
                .map_or_else(Vec::new, |store| store.saved.names.clone()),
            store,
            override_replies: OverrideReplies::default(),
            in_force: None,
            trial: None,
            exiting: false,
            observation: None,
            takes_over: false,
            host,
            reload_count: 0,
            reads_files: false,
            next_reload: None,
            names_changed: false,
            refused_names: Vec::new(),
            locks: None,
        }
    }

    /// Adds what it reports to these events.
    pub(super) fn reporting_to(self, events: EventJournal) -> Self {
        Self { events, ..self }
    }

    async fn run_loop(
        &mut self,
        mut receiver: mpsc::UnboundedReceiver<Input>,
        first: FirstConfiguration,
    ) {
        let FirstConfiguration { loaded, refused } = first;
        self.probe_settings.watch_pauses();
        let watch = maintenance_watch::start(&loaded, &self.inputs).await;
        self.restore();
        if self.host.has_journal() {
            self.dispatch(Event::HostJournalFound);
        }
        let report = loaded.report.clone();
        self.adopt(loaded, watch);
        if !refused.is_empty() {
            self.refuse(&report, refused);
        }
        // What was received behind results of probes.
        let mut next = None;
        while !self.exiting {
            if let Some(input) = next.take() {
                self.take(input);
                continue;
            }
            let input = tokio::select! {
                input = receiver.recv() => match input {
                    Some(Input::Event(result @ Event::Probed { .. })) => {
                        next = self.dispatch_results(result, &mut receiver);
                        continue;
                    }
                    Some(input) => input,
                    None => break,
                },
                () = until(self.started, self.began, self.director.next_deadline()) => Input::Event(Event::Woken),
                () = self.service_manager.watchdog_due() => {
                    self.service_manager.feed_watchdog();
                    continue;
                }
            };
            self.take(input);
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Event(Event::Persisted { revision, failure }) => self.kept(revision, failure),
            Input::Event(event) => self.dispatch(event),
            Input::ActualTable(table) => self.actual_table_read(table),
            Input::TakeOver(request, reply) => self.begin_takeover(request, reply),
            Input::TakeOverNow(reply) => self.end_takeover(reply),
            Input::Snapshot(answer) => {
                // The client may have gone in the meantime.
                let _ = answer.send(self.overview());
            }
            Input::Reload { answer, force } => self.reload(answer, force),
            Input::FilesChanged => {
                tracing::info!("the configuration has changed on disk");
                self.reload(None, false);
            }
            Input::NamesChanged => self.revalidate(),
            Input::Trial(turn) => self.trial_event(turn),
            Input::Override(request, reply) => self.check_override(request, reply),
            Input::OverrideChecked(checked) => self.apply_override(checked),
            Input::Unfreeze(answer) => {
                let was_frozen = self.director.snapshot(self.now()).frozen.is_some();
                self.dispatch(Event::Unfreeze);
                let _ = answer.send(UnfreezeOutcome { was_frozen });
            }
            Input::Signal(signal) => self.received_signal(signal),
            Input::ConfigFile(change) => {
                let reload = self
                    .ldirectord
                    .as_mut()
                    .is_some_and(|ldirectord| ldirectord.file_changed(change));
                if reload {
                    self.reload(None, false);
                }
            }
            Input::Maintenance(change) => {
                if let Some(event) = self.maintenance.event(change) {
                    self.dispatch(event);
                }
            }
            Input::FilesRead(reading) => self.files_read(reading),
            Input::NamesRead(reading) => self.names_read(reading),
        }
    }

    /// A configuration that was read is in force from now on.
    fn adopt(&mut self, loaded: Loaded, watch: Option<StartedWatch>) {
        self.config_refresh.adopt(&loaded);
        self.refused_names.clear();
        warn_of_exposure(loaded.clone());
        let other_forms = self.note_last_good(&loaded) | self.note_names(&loaded);
        self.in_force = Some(Box::new(loaded.clone()));
        if let (Some(ldirectord), Some(process)) = (&mut self.ldirectord, &loaded.process) {
            ldirectord.adopt(&loaded.model, process, &loaded.report.text);
        }
        if let (Some(locks), Some(_)) = (&self.locks, &self.settings.role) {
            let services = loaded.model.services().iter();
            locks.share_table(services.map(|service| service.id.to_string()).collect());
        }
        self.probe_settings.set_vips(loaded.model.vips());
        self.counters.keep_services_of(&loaded.model);
        self.metrics.adopt(loaded.settings.metrics);
        self.peer.adopt(loaded.settings.peer);
        let alerts = Event::AlertsLoaded {
            alerts: Arc::new(loaded.alerts),
        };
        let definitions = Event::Loaded {
            model: loaded.model,
            warnings: reported(&loaded.report.diagnostics),
        };
        // A new configuration makes the director read the table first, so the overrides are in time for what follows.
        let orders = self.maintenance.adopt(watch);
        let events = [Some(alerts), Some(definitions), orders];
        for event in events.into_iter().flatten() {
            self.dispatch(event);
        }
        if other_forms {
            self.keep(UNREQUESTED, self.director.persistent_state());
        }
    }

    /// The previous configuration stays in force.
    fn refuse(&mut self, report: &LoadReport, diagnostics: Vec<Diagnostic>) {
        self.config_refresh.refuse(report);
        if let Some(ldirectord) = &mut self.ldirectord {
            ldirectord.refuse(&report.text);
        }
        self.dispatch(Event::LoadRefused { diagnostics });
    }

    fn now(&self) -> Moment {
        self.began + self.started.elapsed()
    }
}

/// Holds connections to servers and tells the loop when one ends.
fn holder(gate: Gate, settings: ProbeSettings, inputs: &mpsc::UnboundedSender<Input>) -> Holder {
    let inputs = inputs.clone();
    Holder::new(gate, settings, move |peer| {
        // The loop may have ended.
        let _ = inputs.send(Input::Event(Event::Hinted { peer }));
    })
}

/// Waits for a deadline; for ever when there is none.
async fn until(started: Instant, began: Moment, deadline: Option<Moment>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(started + deadline.since(began)).await,
        None => std::future::pending().await,
    }
}

/// Warns of files of the configuration that all users can change or read, off the loop: a file system may hang.
fn warn_of_exposure(loaded: Loaded) {
    tokio::spawn(async move {
        let found = FILE_MODES.run(move || exposure(&loaded)).await;
        for finding in found.into_iter().flatten() {
            tracing::warn!("{}: {}", finding.place, finding.message);
        }
    });
}
