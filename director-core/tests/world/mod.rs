//! A small world for tests: definitions in one line each, a kernel in memory that can refuse, and real servers that
//! answer as they are told.

mod brief;
mod bystander;
mod disk;
mod machine;

pub(crate) use brief::*;
use bystander::Bystander;
pub(crate) use disk::Disk;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use machine::Machine;

use director_core::director::{Director, Effect, Event, Notice};
use director_core::health::{Contact, Outcome, Phases, ProbeId, Report};
use director_core::model::{MarkRange, Probe, ProbeKind, ServiceId};
use director_core::moment::Moment;
use director_core::notify::Notification;
use director_core::plan::{Op, OpFailure, Plan};
use director_core::table::Table;

/// The marks of probes by the clients' road.
pub(crate) const MARKS: MarkRange = MarkRange::USUAL;

/// A director with everything around it, on a virtual clock.
pub(crate) struct World {
    pub(crate) director: Director,
    pub(crate) now: Moment,
    pub(crate) kernel: Table,
    /// Servers that do not answer.
    pub(crate) dead: BTreeSet<IpAddr>,
    /// Ports of theirs that refuse connections, though the server lives.
    pub(crate) closed: BTreeSet<(IpAddr, u16)>,
    /// Servers that this director cannot ask, for want of a descriptor or the like.
    pub(crate) not_asked: BTreeSet<IpAddr>,
    /// Servers to which this director has no route.
    pub(crate) without_route: BTreeSet<IpAddr>,
    /// Whether a gateway or a fallback server answers; none when there is nothing to ask.
    pub(crate) network: Option<bool>,
    /// The fallback servers of the last check of the network.
    pub(crate) network_checks: Vec<BTreeSet<SocketAddr>>,
    /// Whom connections are held to.
    pub(crate) held: BTreeSet<SocketAddr>,
    /// What the files of services hold.
    pub(crate) published: BTreeMap<String, i32>,
    /// What agents and files say, by address.
    pub(crate) advice: BTreeMap<IpAddr, &'static str>,
    /// Questions are never answered.
    pub(crate) mute: bool,
    /// Operations that the kernel refuses, by what they print.
    pub(crate) refuse: Box<dyn FnMut(&Op) -> bool>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) alerts: Vec<Notification>,
    /// Operations carried out.
    pub(crate) writes: Vec<Op>,
    pub(crate) ready: bool,
    pub(crate) exited: bool,
    /// Called with the kernel's table after every single operation.
    pub(crate) watch: Box<dyn FnMut(&Table)>,
    /// Who sees what goes wrong.
    pub(crate) bystander: Bystander,
    /// Whether that one looks at every operation, which takes a look at all servers.
    pub(crate) is_watched: bool,
    /// Where the director's memory is kept.
    pub(crate) disk: Disk,
    /// Wishes and operations that are still carried out before the director is killed; it lives on when nothing is said.
    pub(crate) lives: Option<usize>,
    pub(crate) machine: Machine,
    /// All answers of a moment are noted before the director decides, as under load.
    pub(crate) together: bool,
    /// After how many decisions one is compared with what the director would decide about all services.
    pub(crate) compares_every: usize,
    decisions: usize,
    questions: BTreeMap<ProbeId, Probe>,
    /// Questions so far.
    pub(crate) asked: usize,
}

impl World {
    pub(crate) fn new(kernel: Table) -> Self {
        Self {
            director: Director::new(),
            now: Moment::START,
            kernel,
            dead: BTreeSet::new(),
            closed: BTreeSet::new(),
            not_asked: BTreeSet::new(),
            without_route: BTreeSet::new(),
            network: None,
            network_checks: Vec::new(),
            held: BTreeSet::new(),
            published: BTreeMap::new(),
            advice: BTreeMap::new(),
            mute: false,
            refuse: Box::new(|_| false),
            notices: Vec::new(),
            alerts: Vec::new(),
            writes: Vec::new(),
            ready: false,
            exited: false,
            watch: Box::new(|_| {}),
            bystander: Bystander::new(),
            is_watched: true,
            disk: Disk::default(),
            lives: None,
            machine: Machine::default(),
            together: false,
            compares_every: 1,
            decisions: 0,
            questions: BTreeMap::new(),
            asked: 0,
        }
    }

    /// Whether the director was killed.
    pub(crate) fn killed(&self) -> bool {
        self.lives == Some(0)
    }

    /// One wish or operation more is carried out; false when the director was killed before it.
    fn lives_on(&mut self) -> bool {
        if let Some(lives) = &mut self.lives {
            *lives = lives.saturating_sub(1);
        }
        !self.killed()
    }

    pub(crate) fn load(&mut self, briefs: &[Brief]) {
        self.event(Event::Loaded {
            model: model(briefs),
            warnings: Vec::new(),
        });
    }

    /// Hands over an event and carries out everything that follows from it at this moment, answers to probes included.
    pub(crate) fn event(&mut self, event: Event) {
        let mut events = vec![event];
        let mut turns = 0;
        while let Some(event) = events.pop() {
            turns += 1;
            assert!(turns < 10_000, "the director does not come to rest");
            for effect in self.handle(event) {
                if !self.lives_on() {
                    return;
                }
                self.carry_out(effect, &mut events);
            }
            if self.killed() {
                return;
            }
            if events.is_empty() {
                events.extend(self.disk.done(self.now));
            }
            if events.is_empty()
                && !self.mute
                && let Some((id, probe)) = self.questions.pop_first()
            {
                events.push(Event::Probed {
                    probe: id,
                    report: self.answer(&probe),
                });
            }
        }
    }

    /// The event, and all other answers of this moment where they are noted together.
    fn handle(&mut self, event: Event) -> Vec<Effect> {
        let is_answer = matches!(event, Event::Probed { .. });
        let mut effects = Vec::new();
        self.note(event, &mut effects);
        while is_answer
            && self.together
            && let Some((probe, asked)) = self.questions.pop_first()
        {
            let report = self.answer(&asked);
            self.note(Event::Probed { probe, report }, &mut effects);
        }
        self.director.decide(self.now, &mut effects);
        self.decisions += 1;
        if self.decisions.is_multiple_of(self.compares_every) {
            self.assert_nothing_was_missed();
        }
        effects
    }

    /// Incremental equals full: what the director decides about the services that an event has changed is what it would decide about
    /// all of them.
    fn assert_nothing_was_missed(&self) {
        let again = |about_all| self.director.clone().decide_again(about_all, self.now);
        assert_eq!(
            again(false),
            again(true),
            "an event changed more services than the director looked at"
        );
    }

    fn note(&mut self, event: Event, effects: &mut Vec<Effect>) {
        self.bystander.sees(&event, &self.director, self.now);
        self.director.note(event, self.now, effects);
    }

    /// Lets the virtual clock run, deadline by deadline.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self
            .next_deadline()
            .filter(|next| *next <= end && !self.exited && !self.killed())
        {
            let before = self.now;
            self.now = next.max(self.now);
            self.event(Event::Woken);
            if self.now == before {
                // A deadline in the past must lead to work, or the director would spin.
                assert!(
                    self.killed() || self.next_deadline().is_none_or(|next| next > self.now),
                    "the director spins"
                );
            }
        }
        self.now = end;
    }

    /// When something happens next.
    fn next_deadline(&self) -> Option<Moment> {
        let written = self.disk.writing.as_ref().map(|(due, ..)| *due);
        let deadlines = [self.director.next_deadline(), written];
        deadlines.into_iter().flatten().min()
    }

    pub(crate) fn weight(&self, vip: &str, server: &str) -> Option<u32> {
        let entry = self.kernel.services.get(&service_id(vip))?;
        entry
            .servers
            .get(&endpoint(server))
            .map(|entry| entry.settings.weight)
    }

    fn answer(&mut self, probe: &Probe) -> Report {
        let said = self.advice.get(&probe.address).copied();
        let asked = probe
            .vip_path
            .map_or(probe.address, |vip_path| vip_path.toward);
        let closed = self.closed.contains(&(asked, probe.port));
        let failed = |reason: &str| Outcome::Failed {
            reason: reason.to_owned(),
        };
        let (outcome, contact) = if self.not_asked.contains(&asked) {
            let reason = "local error: too many open files".to_owned();
            (Outcome::LocalError { reason }, Contact::NotAsked)
        } else if self.without_route.contains(&asked) {
            let reason = "local error: network is unreachable".to_owned();
            (Outcome::LocalError { reason }, Contact::Silent)
        } else if self.dead.contains(&asked) {
            (failed("no answer within 1 s"), Contact::Silent)
        } else if closed {
            (failed("connection refused"), Contact::Answered)
        } else {
            let detail = said
                .filter(|_| matches!(*probe.kind, ProbeKind::Advice(_)))
                .unwrap_or("connected")
                .to_string();
            (Outcome::Good { detail }, Contact::Answered)
        };
        self.bystander.hears(probe, &outcome);
        Report {
            outcome,
            took: Duration::from_millis(1),
            contact,
            phases: Phases::default(),
        }
    }

    fn carry_out(&mut self, effect: Effect, events: &mut Vec<Event>) {
        match effect {
            Effect::ReadTable => events.push(Event::TableRead {
                table: self.kernel.clone(),
            }),
            Effect::Apply(plan) => events.push(self.apply(&plan)),
            Effect::Probe { id, probe } => {
                if let Some(vip_path) = probe.vip_path {
                    let standing = self.kernel.services.iter().any(|(id, entry)| {
                        matches!(id, ServiceId::Mark { mark, .. } if *mark == vip_path.mark)
                            && entry
                                .servers
                                .keys()
                                .any(|server| server.address == vip_path.toward)
                    });
                    assert!(standing, "asked {} without its helper", vip_path.toward);
                    let prepared =
                        !probe.address.is_ipv4() || self.machine.is_prepared(vip_path.toward);
                    assert!(prepared, "asked {} without its settings", vip_path.toward);
                }
                self.asked += 1;
                assert!(
                    self.questions.insert(id, *probe).is_none(),
                    "a second question while one is open"
                );
            }
            Effect::CheckNetwork { fallbacks } => {
                self.network_checks.push(fallbacks);
                let reached = self.network;
                events.push(Event::NetworkChecked { reached });
            }
            Effect::Persist { revision, saved } => {
                let due = self.now + self.disk.takes;
                assert!(
                    self.disk.writing.replace((due, revision, saved)).is_none(),
                    "two memories on their way"
                );
            }
            Effect::Publish { file, number } => {
                self.published.insert(file, number);
            }
            Effect::Hold(peers) => self.held = peers,
            Effect::ReconcileHost(request) => events.extend(self.machine.take(request)),
            Effect::Tell(notice) => self.notices.push(notice),
            Effect::Notification(notification) => self.alerts.push(notification),
            Effect::Ready { .. } => self.ready = true,
            Effect::Exit => self.exited = true,
        }
    }

    /// The executor's contract: a stage leaves out services in which an operation of an earlier stage failed.
    fn apply(&mut self, plan: &Plan) -> Event {
        let mut failures: Vec<OpFailure> = Vec::new();
        let mut failed_before = BTreeSet::new();
        self.bystander.begins(&self.kernel);
        let mut stage = None;
        for step in &plan.steps {
            if stage != Some(step.op.stage()) {
                stage = Some(step.op.stage());
                failed_before = failures.iter().map(OpFailure::service).collect();
            }
            if failed_before.contains(&step.op.service()) {
                continue;
            }
            if (self.refuse)(&step.op) {
                failures.push(OpFailure {
                    op: step.op.clone(),
                    errno: 12,
                    message: "no memory".to_owned(),
                });
                continue;
            }
            if !self.lives_on() {
                break;
            }
            if self.is_watched {
                self.bystander
                    .watches(&step.op, &self.kernel, &self.director, self.now);
            }
            step.op.apply_to(&mut self.kernel);
            self.writes.push(step.op.clone());
            (self.watch)(&self.kernel);
        }
        let services = plan.services();
        let observed = self
            .kernel
            .services
            .iter()
            .filter(|(id, _)| services.contains(id));
        let observed = Table {
            services: observed.map(|(id, entry)| (*id, entry.clone())).collect(),
        };
        Event::Applied {
            services,
            failures,
            observed: Ok(observed),
        }
    }
}
