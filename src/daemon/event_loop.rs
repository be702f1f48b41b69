//! The loop: one task owns the director, hands it everything that happens, and carries out what it wishes.
//!
//! ```text
//!   signals ─┐                                       ┌─▶ kernel thread ─┐
//!   control ─┼─▶ inputs ─▶ Director::handle ─▶ effects┼─▶ probe tasks ───┼─▶ inputs
//!   deadline ┤                                       ├─▶ log, systemd   │
//!   files ───┘                                       └─▶ alerts         │
//! ```

mod persist;
mod reading;
mod trial;

pub(super) use persist::Order;
pub(super) use reading::{GuardCheck, Reading};
pub(super) use trial::{Answer as ApplyAnswer, Turn};

use std::io;
use std::sync::Arc;
use std::sync::mpsc as blocking;

use director_core::diagnostic::Diagnostic;
use director_core::director::{Director, Effect, Event, Notice};
use director_core::health::ProbeId;
use director_core::model::Probe;
use director_core::moment::Moment;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::besides::{self, Besides, Looked};
use super::desk::Desk;
use super::host_thread::HostThread;
use super::kernel_thread::Request;
use super::recorder::Recorder;
use super::roads::roads_of;
use super::signals::Signal;
use super::upkeep::Upkeep;
use super::{Input, Keeper, Settings, notices, systemd};
use crate::api::Overview;
use crate::api::wire::UnfreezeOutcome;
use crate::ldirectord::Manners;
use crate::loader::{Loaded, Report};
use crate::probe::{self, Holder, ProbeSettings, Roads};
use crate::store::LastGood;
use persist::OF_OUR_OWN;

/// The loop and all that it needs.
pub(super) struct EventLoop {
    director: Director,
    started: Instant,
    /// The moment at which the director's clock stood then.
    began: Moment,
    settings: Settings,
    inputs: mpsc::UnboundedSender<Input>,
    kernel: blocking::Sender<Request>,
    probe_settings: Arc<ProbeSettings>,
    holder: Holder,
    manners: Option<Manners>,
    recorder: Option<Recorder>,
    besides: Besides,
    upkeep: Upkeep,
    keeper: Option<Keeper>,
    /// Services as they were when they were last good, as they are kept.
    last_good: Option<LastGood>,
    desk: Desk,
    /// The definitions in force.
    in_force: Option<Box<Loaded>>,
    trial: Option<trial::Trial>,
    host: HostThread,
    /// Readings of the definitions so far.
    readings: u64,
    /// Those of them that read files and have not ended yet.
    files_being_read: u64,
    /// The last of them that came into force, or was to.
    files_taken: u64,
    /// Names stand for other addresses since one of them began.
    names_changed: bool,
}

impl EventLoop {
    pub(super) fn new(
        settings: Settings,
        inputs: mpsc::UnboundedSender<Input>,
        kernel: blocking::Sender<Request>,
        manners: Option<Manners>,
        recorder: Option<Recorder>,
        upkeep: Upkeep,
        keeper: Option<Keeper>,
    ) -> Self {
        let probe_settings = ProbeSettings::default();
        probe_settings.record_changes_in(settings.socket.with_extension("changed"));
        let host = HostThread::new(&settings, inputs.clone());
        Self {
            director: Director::new(),
            started: Instant::now(),
            began: keeper
                .as_ref()
                .map_or(Moment::START, |keeper| keeper.left.moment),
            settings,
            holder: super::holder(&inputs),
            inputs,
            kernel,
            probe_settings: Arc::new(probe_settings),
            manners,
            recorder,
            besides: Besides::new(),
            upkeep,
            last_good: keeper
                .as_ref()
                .and_then(|keeper| keeper.left.last_good.clone()),
            keeper,
            desk: Desk::default(),
            in_force: None,
            trial: None,
            host,
            readings: 0,
            files_being_read: 0,
            files_taken: 0,
            names_changed: false,
        }
    }

    /// Runs until the director wishes to exit.
    pub(super) async fn run(mut self, receiver: mpsc::UnboundedReceiver<Input>, first: Loaded) {
        self.go_on(receiver, first).await;
        self.probe_settings.open_roads(Roads::default());
        self.leave().await;
        self.besides.finish().await;
        if let Some(manners) = self.manners {
            // Others may have to be waited for.
            drop(tokio::task::spawn_blocking(|| manners.end()).await);
        }
    }

    async fn go_on(&mut self, mut receiver: mpsc::UnboundedReceiver<Input>, first: Loaded) {
        let looked = besides::look(self.readings, &first, &self.inputs).await;
        self.recall();
        if self.host.remembers() {
            self.happened(Event::HostRestored);
        }
        let mut goes_on = self.adopt(first, looked);
        while goes_on {
            let input = tokio::select! {
                input = receiver.recv() => match input {
                    Some(input) => input,
                    None => break,
                },
                () = until(self.started, self.began, self.director.next_deadline()) => Input::Event(Event::Woken),
            };
            goes_on = self.take(input);
        }
    }

    fn take(&mut self, input: Input) -> bool {
        match input {
            Input::Event(Event::Persisted { revision, failure }) => {
                self.persisted(revision, failure)
            }
            Input::Event(event) => self.happened(event),
            Input::Snapshot(answer) => {
                // Whoever asked may have gone in the meantime.
                drop(answer.send(Overview {
                    snapshot: self.director.snapshot(self.now()),
                    configuration: self.settings.configuration.clone(),
                    trial_left: self.trial_left(),
                }));
                true
            }
            Input::Reload { answer, force } => self.reload(answer, force),
            Input::FilesChanged => {
                tracing::info!("the configuration has changed on disk");
                self.reload(None, false)
            }
            Input::NamesChanged => self.judge_again(),
            Input::Trial(turn) => self.tried(turn),
            Input::Override(request, answer) => self.weigh(request, answer),
            Input::OverrideChecked(order) => self.ordered(order),
            Input::Unfreeze(answer) => {
                let was_frozen = self.director.snapshot(self.now()).frozen.is_some();
                let goes_on = self.happened(Event::Unfreeze);
                drop(answer.send(UnfreezeOutcome { was_frozen }));
                goes_on
            }
            Input::Signal(signal) => self.signalled(signal),
            Input::Seen(seen) => {
                let reload = self
                    .manners
                    .as_mut()
                    .is_some_and(|manners| manners.seen(seen));
                !reload || self.reload(None, false)
            }
            Input::Ordered(seen) => match self.besides.seen(seen) {
                Some(event) => self.happened(event),
                None => true,
            },
            Input::FilesRead(reading) => self.files_read(reading),
            Input::NamesRead(reading) => self.names_read(reading),
        }
    }

    fn signalled(&mut self, signal: Signal) -> bool {
        match signal {
            Signal::Hangup => {
                if let Some(manners) = &self.manners {
                    manners.hangup();
                }
                self.reload(None, false)
            }
            Signal::Stop(name) => {
                let now = self.now();
                if let Some(manners) = &mut self.manners {
                    manners.stop_on(name, &self.director.snapshot(now));
                }
                self.happened(Event::StopRequested)
            }
        }
    }

    /// Definitions that were read are in force from now on.
    fn adopt(&mut self, loaded: Loaded, looked: Option<Looked>) -> bool {
        self.upkeep.adopt(&loaded);
        let other_forms = self.note_last_good(&loaded);
        self.in_force = Some(Box::new(loaded.clone()));
        if let (Some(manners), Some(process)) = (&mut self.manners, &loaded.process) {
            manners.adopt(&loaded.model, process, &loaded.report.text);
        }
        self.probe_settings.open_roads(roads_of(&loaded.model));
        let alerts = Event::AlertsLoaded {
            alerts: Arc::new(loaded.alerts),
        };
        let definitions = Event::Loaded {
            model: Arc::new(loaded.model),
            warnings: loaded.report.diagnostics,
        };
        // New definitions make the director read the table first, so the orders are in time for whatever follows.
        let orders = self.besides.adopt(looked);
        let events = [Some(alerts), Some(definitions), orders];
        let mut goes_on = true;
        for event in events.into_iter().flatten() {
            goes_on &= self.happened(event);
        }
        if other_forms {
            self.persist(OF_OUR_OWN, self.director.saved_state());
        }
        goes_on
    }

    /// The former definitions stay in force.
    fn refuse(&mut self, report: &Report, diagnostics: Vec<Diagnostic>) -> bool {
        self.upkeep.refuse(report);
        if let Some(manners) = &mut self.manners {
            manners.refuse(&report.text);
        }
        self.happened(Event::LoadRefused { diagnostics })
    }

    fn now(&self) -> Moment {
        self.began + self.started.elapsed()
    }

    /// Hands an event to the director and carries out its wishes; false when the end has come.
    fn happened(&mut self, event: Event) -> bool {
        let now = self.now();
        self.record(|recorder| recorder.record(now, &event));
        let effects = self.director.handle(event, now);
        self.record(|recorder| recorder.decided(now, &effects));
        let mut goes_on = true;
        for effect in effects {
            goes_on &= self.carry_out(effect);
        }
        goes_on
    }

    fn record(&mut self, write: impl FnOnce(&mut Recorder) -> io::Result<()>) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        if let Err(error) = write(recorder) {
            tracing::warn!(%error, "the recording ends here: it cannot be written");
            self.recorder = None;
        }
    }

    fn carry_out(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::ReadTable => self.ask_kernel(Request::Read),
            Effect::Apply(plan) => self.ask_kernel(Request::Apply(plan)),
            Effect::Probe { id, probe } => self.probe(id, probe),
            Effect::Persist { revision, saved } => self.persist(revision, saved),
            Effect::Hold(peers) => self.holder.hold(&peers),
            Effect::SettleHost(wanted) => self.host.settle(wanted),
            Effect::Tell(notice) => self.tell(&notice),
            Effect::Notification(duty) => self.besides.carry_out(duty),
            Effect::Ready => {
                tracing::info!("the kernel holds the desired table");
                systemd::ready();
                systemd::status(&format!(
                    "directing by {}",
                    self.settings.configuration.display()
                ));
            }
            Effect::Exit => {
                systemd::stopping();
                return false;
            }
        }
        true
    }

    /// Tells the operator, in the words of whom he believes to have started.
    fn tell(&mut self, notice: &Notice) {
        match &mut self.manners {
            Some(manners) => {
                manners.tell(notice);
                if manners.is_verbose() {
                    notices::log(notice);
                }
            }
            None => notices::log(notice),
        }
    }

    fn ask_kernel(&self, request: Request) {
        if self.kernel.send(request).is_err() {
            let message = "the thread that talks to the kernel has ended".to_owned();
            drop(
                self.inputs
                    .send(Input::Event(Event::ReadFailed { message })),
            );
        }
    }

    fn probe(&self, id: ProbeId, probe: Probe) {
        let (inputs, settings) = (self.inputs.clone(), Arc::clone(&self.probe_settings));
        tokio::spawn(async move {
            let report = probe::run(&probe, &settings).await;
            drop(inputs.send(Input::Event(Event::Probed { probe: id, report })));
        });
    }
}

/// Waits for a deadline; for ever when there is none.
async fn until(started: Instant, began: Moment, deadline: Option<Moment>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(started + deadline.since(began)).await,
        None => std::future::pending().await,
    }
}
