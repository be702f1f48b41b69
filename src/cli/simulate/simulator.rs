//! Plays a script: the core, a kernel in memory and servers that answer as they are told, on a virtual clock.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use director_core::director::{Director, Effect, Event, HostOutcome, HostRequest, HostResult};
use director_core::health::{Contact, Outcome, Phases, ProbeId, Report};
use director_core::model::{HostChange, Model, Probe, ProbeKind};
use director_core::moment::Moment;
use director_core::notify::Notification;
use director_core::overrides::{OverrideCommand, Target};
use director_core::table::Table;

use super::super::status::explain;
use super::script::{Script, ScriptStep, ServerAction};
use super::subjects::Subjects;
use crate::api::Overview;
use crate::api::wire::Status;
use crate::daemon::conflicts;
use crate::ipvs::{Kernel, MemoryKernel, ReadScope};

/// How long a simulated probe takes; it has to be something.
const PROBE_TIME: Duration = Duration::from_millis(1);

/// How a server answers.
#[derive(Debug, Clone)]
enum Behaviour {
    Fails(String),
    Flaps { interval: Duration, since: Moment },
}

pub(super) struct Simulator {
    director: Director,
    kernel: MemoryKernel,
    now: Moment,
    behaviours: BTreeMap<IpAddr, Behaviour>,
    probes: BTreeMap<ProbeId, Probe>,
    /// What agents and the sources of weights say.
    words: BTreeMap<IpAddr, String>,
    subjects: Subjects,
    model: Arc<Model>,
    definitions: PathBuf,
    timeline: String,
    shown: Table,
    /// What this machine was made to have other than the table.
    machine: Vec<HostChange>,
}

impl Simulator {
    /// A kernel with an empty table, and definitions that are loaded when the run begins.
    pub(super) fn new(model: Arc<Model>, definitions: PathBuf) -> Self {
        Self {
            director: Director::new(),
            kernel: MemoryKernel::new(),
            now: Moment::START,
            behaviours: BTreeMap::new(),
            probes: BTreeMap::new(),
            words: BTreeMap::new(),
            subjects: Subjects::of(&model),
            model,
            definitions,
            timeline: String::new(),
            shown: Table::default(),
            machine: Vec::new(),
        }
    }

    /// What happened, in the order of time.
    pub(super) fn timeline(&self) -> &str {
        &self.timeline
    }

    /// Plays the whole script.
    pub(super) fn run(&mut self, script: &Script) {
        for (_, step) in script.steps.iter().filter(|(at, _)| *at == Moment::START) {
            self.perform(step);
        }
        self.event(Event::Loaded {
            model: Arc::clone(&self.model),
            warnings: Vec::new(),
        });
        for (at, step) in script.steps.iter().filter(|(at, _)| *at > Moment::START) {
            self.run_until(*at);
            self.perform(step);
        }
        self.run_until(script.end);
    }

    fn perform(&mut self, step: &ScriptStep) {
        match step {
            ScriptStep::Server(server, act) => self.act(*server, act),
            ScriptStep::Override {
                words,
                command,
                force,
                replace,
            } => self.set_override(words, command, *force, *replace),
            ScriptStep::Explain(targets) => self.explain(targets),
        }
    }

    /// As the daemon does with an operator's order.
    fn set_override(&mut self, words: &str, command: &OverrideCommand, force: bool, replace: bool) {
        self.say(&format!("** {words}"));
        let mut refusals = Vec::new();
        if !replace {
            let name = |target: &Target| self.name(target);
            refusals.extend(conflicts(&self.director, command, name, self.now));
        }
        if !force {
            let counted = Some(self.kernel.table());
            let objections = self
                .director
                .objections_to_command(command, counted, self.now);
            let objections = objections.iter();
            refusals.extend(objections.map(|one| format!("{one}; {}", one.hint_for_overrides())));
        }
        for refusal in &refusals {
            self.say(&format!("refused: {refusal}"));
        }
        if refusals.is_empty() {
            self.event(Event::OverrideCommanded {
                command: command.clone(),
            });
        }
    }

    /// A server with its service, as people call it.
    fn name(&self, (service, server): &Target) -> String {
        let known = self.model.service(service);
        let name = known.map_or_else(|| service.to_string(), |known| known.name.clone());
        format!("{name} {server}")
    }

    /// What `ipvsctl explain` would say now.
    fn explain(&mut self, targets: &[Target]) {
        let snapshot = self.director.snapshot(self.now);
        let status = Status::of(&Overview::of(snapshot, self.definitions.clone()));
        for (service, server) in targets {
            let explained = explain(&status, &service.to_string(), &server.to_string());
            let (Ok(text) | Err(text)) = explained;
            for (place, line) in text.lines().enumerate() {
                match place {
                    0 => self.say(&format!("explain {line}")),
                    _ => self.timeline.push_str(&format!("{:>10}  {line}\n", "")),
                }
            }
        }
    }

    fn act(&mut self, server: IpAddr, act: &ServerAction) {
        match act {
            ServerAction::Fails(reason) => {
                self.say(&format!("** {server} fails: {reason}"));
                self.behaviours
                    .insert(server, Behaviour::Fails(reason.clone()));
            }
            ServerAction::Works => {
                self.say(&format!("** {server} works"));
                self.behaviours.remove(&server);
            }
            ServerAction::Flaps(interval) => {
                self.say(&format!("** {server} flaps every {interval:?}"));
                self.behaviours.insert(
                    server,
                    Behaviour::Flaps {
                        interval: *interval,
                        since: self.now,
                    },
                );
            }
            ServerAction::Says(words) => {
                self.say(&format!("** {server} says \"{words}\""));
                self.words.insert(server, words.clone());
            }
            ServerAction::Connections(active) => {
                self.say(&format!("** {server} has {active} active connections"));
                self.meddle(|entry| entry.connections.active = *active, server);
            }
            ServerAction::Weight(weight) => {
                self.say(&format!(
                    "** another program sets {server} to weight {weight}"
                ));
                self.meddle(|entry| entry.settings.weight = *weight, server);
            }
            ServerAction::Removed => {
                self.say(&format!("** another program removes {server}"));
                for service in self.kernel.table_mut().services.values_mut() {
                    service
                        .servers
                        .retain(|endpoint, _| endpoint.address != server);
                }
            }
        }
    }

    fn meddle(&mut self, change: impl Fn(&mut director_core::table::ServerEntry), server: IpAddr) {
        for service in self.kernel.table_mut().services.values_mut() {
            let concerned = service
                .servers
                .iter_mut()
                .filter(|(endpoint, _)| endpoint.address == server);
            concerned.for_each(|(_, entry)| change(entry));
        }
    }

    fn run_until(&mut self, end: Moment) {
        while let Some(next) = self.director.next_deadline().filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.event(Event::Woken);
        }
        self.now = end;
    }

    /// Hands over an event and everything that follows from it at this moment.
    fn event(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.director.handle(event, self.now) {
                self.carry_out(effect, &mut events);
            }
            if events.is_empty()
                && let Some((probe, question)) = self.probes.pop_first()
            {
                events.push(Event::Probed {
                    probe,
                    report: self.answer(&question),
                });
            }
        }
        self.show_table();
    }

    fn carry_out(&mut self, effect: Effect, events: &mut Vec<Event>) {
        match effect {
            Effect::ReadTable => events.push(match self.kernel.read_table(ReadScope::All) {
                Ok(table) => Event::TableRead { table },
                Err(error) => Event::ReadFailed {
                    message: error.to_string(),
                },
            }),
            Effect::Apply(plan) => {
                let failures = self.kernel.apply(&plan).failures;
                let services = plan.services();
                let observed = self
                    .kernel
                    .read_table(ReadScope::Services(&services))
                    .map_err(|error| error.to_string());
                events.push(Event::Applied {
                    services,
                    failures,
                    observed,
                });
            }
            Effect::Probe { id, probe } => {
                let _ = self.probes.insert(id, *probe);
            }
            Effect::ReconcileHost(request) => events.push(self.reconcile(request)),
            // The events speak of servers; the network of the simulated director always works.
            Effect::CheckNetwork { .. } => events.push(Event::NetworkChecked {
                reached: Some(true),
            }),
            Effect::Publish { file, number } => self.say(&format!("{file} holds {number}")),
            Effect::Tell(notice) => self.say(&notice.to_string()),
            Effect::Notification(Notification::Line(_)) => {}
            Effect::Notification(duty) => self.say(&duty.to_string()),
            Effect::Persist { .. } | Effect::Ready { .. } | Effect::Exit | Effect::Hold(_) => {}
        }
    }

    /// This machine gets these changes; what it had before is not known here.
    fn reconcile(&mut self, request: HostRequest) -> Event {
        let outcome = |change: &HostChange, result| HostOutcome {
            change: change.clone(),
            result,
        };
        let mut outcomes = Vec::new();
        let gone = self.machine.extract_if(.., |change| {
            let stays = request.wanted.contains(change) || request.kept.contains(change);
            !stays && request.undoes(change)
        });
        outcomes.extend(gone.map(|change| outcome(&change, HostResult::Undone(None))));
        for change in request.wanted {
            if matches!(change, HostChange::VipReplies { .. }) {
                // Which settings that takes depends on the interfaces of a real machine.
                outcomes.push(outcome(&change, HostResult::Unchanged));
            } else if !self.machine.contains(&change) {
                outcomes.push(outcome(&change, HostResult::Made(None)));
                self.machine.push(change);
            }
        }
        Event::HostReconciled { outcomes }
    }

    fn answer(&self, probe: &Probe) -> Report {
        let failure = match self.behaviours.get(&self.subjects.of_probe(probe)) {
            None => None,
            Some(Behaviour::Fails(reason)) => Some((reason.clone(), contact_in(reason))),
            Some(Behaviour::Flaps { interval, since }) => {
                let turns = self.now.since(*since).as_micros() / interval.as_micros().max(1);
                turns
                    .is_multiple_of(2)
                    .then(|| ("connection refused".to_owned(), Contact::Answered))
            }
        };
        let (outcome, contact) = match failure {
            Some((reason, contact)) => (Outcome::Failed { reason }, contact),
            None => {
                let detail = self.answer_to(probe);
                (Outcome::Good { detail }, Contact::Answered)
            }
        };
        Report {
            outcome,
            took: PROBE_TIME,
            contact,
            phases: Phases::default(),
        }
    }

    /// What a server that works says.
    fn answer_to(&self, probe: &Probe) -> String {
        match *probe.kind {
            // Whose words nobody has written says that all is well.
            ProbeKind::Advice(_) => self
                .words
                .get(&probe.address)
                .map_or_else(|| "ready".to_owned(), Clone::clone),
            _ => "answers".to_owned(),
        }
    }

    fn say(&mut self, words: &str) {
        self.timeline
            .push_str(&format!("{:>10}  {words}\n", self.now.to_string()));
    }

    /// One line a service, when the kernel's table has changed.
    fn show_table(&mut self) {
        let table = self.kernel.table();
        if table.same_settings(&self.shown) {
            return;
        }
        self.shown = table.clone();
        let mut lines = String::new();
        for (id, service) in &self.shown.services {
            let servers = service
                .servers
                .iter()
                .map(|(server, entry)| format!("{server}={}", entry.settings.weight));
            let servers: Vec<String> = servers.collect();
            let servers = if servers.is_empty() {
                "(no servers)".to_owned()
            } else {
                servers.join("  ")
            };
            lines.push_str(&format!(
                "{:>10}  == {id} {}  {servers}\n",
                "", service.scheduling.scheduler
            ));
        }
        self.timeline.push_str(&lines);
    }
}

/// A failure is an answer of the server unless its words, which are those of the log, say otherwise.
fn contact_in(reason: &str) -> Contact {
    let silent = ["no answer", "no route to host"];
    match silent.iter().any(|words| reason.starts_with(words)) {
        true => Contact::Silent,
        false => Contact::Answered,
    }
}
