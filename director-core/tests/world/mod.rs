//! A small world for tests: definitions in one line each, a kernel in memory that can refuse, and real servers that
//! answer as they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, Definitions, ForwardingDefinition, Host,
    JudgingDefinition, ListenDefinition, Placed, PortDefinition, RealServerDefinition,
    RecoveryDefinition, ServiceDefinition,
};
use director_core::diagnostic::Place;
use director_core::director::{Director, Effect, Event, Notice};
use director_core::duties::Duty;
use director_core::health::{Outcome, Phases, ProbeId, Report, Verdict};
use director_core::model::validate::validate;
use director_core::model::{
    Endpoint, MarkRange, Model, OnFailure, OnStop, Probe, Protocol, ServiceId,
};
use director_core::moment::Moment;
use director_core::plan::{Op, OpFailure, Plan};
use director_core::table::Table;

/// The marks of probes by the clients' road.
pub(crate) const MARKS: MarkRange = MarkRange::USUAL;

/// One virtual service in short: VIP, real servers with weights, and what happens on failure and stop.
#[derive(Debug, Clone)]
pub(crate) struct Brief {
    pub(crate) vip: &'static str,
    pub(crate) servers: Vec<(&'static str, i64)>,
    pub(crate) fallback: Option<&'static str>,
    pub(crate) fall: u64,
    pub(crate) on_failure: OnFailure,
    pub(crate) on_stop: OnStop,
    pub(crate) recovery: RecoveryDefinition,
    /// Tiers of servers that are not in the first.
    pub(crate) tiers: Vec<(&'static str, u64)>,
    /// Changes the check where a story needs another one.
    pub(crate) tune: fn(&mut CheckDefinition),
    /// Adds what else makes the verdict.
    pub(crate) judge: fn(&mut JudgingDefinition),
}

impl Brief {
    pub(crate) fn new(vip: &'static str, servers: &[(&'static str, i64)]) -> Self {
        Self {
            vip,
            servers: servers.to_vec(),
            fallback: None,
            fall: 1,
            on_failure: OnFailure::Remove,
            on_stop: OnStop::Keep,
            recovery: RecoveryDefinition::default(),
            tiers: Vec::new(),
            tune: |_| {},
            judge: |_| {},
        }
    }
}

pub(crate) fn place() -> Place {
    Place::new(&Arc::from("test"), 1, 1, 1)
}

pub(crate) fn placed<T>(value: T) -> Placed<T> {
    Placed::new(value, place())
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse::<IpAddr>()
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

pub(crate) fn service_id(vip: &str) -> ServiceId {
    ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: address(vip),
        port: 80,
    }
}

pub(crate) fn endpoint(text: &str) -> Endpoint {
    Endpoint {
        address: address(text),
        port: 80,
    }
}

pub(crate) fn server(text: &str, weight: i64) -> RealServerDefinition {
    RealServerDefinition {
        place: place(),
        host: placed(Host::Address(address(text))),
        last: None,
        port: None,
        forwarding: None,
        weight: Some(placed(weight)),
        tier: None,
        upper_threshold: None,
        lower_threshold: None,
        request: None,
        receive: None,
    }
}

fn tier(brief: &Brief, server: &str) -> Option<u64> {
    let named = brief.tiers.iter().find(|(name, _)| *name == server);
    named.map(|(_, tier)| *tier)
}

fn service(brief: &Brief) -> ServiceDefinition {
    let mut check = CheckDefinition {
        kind: Some(placed(CheckKindDefinition::Connect)),
        every: Some(placed(Duration::from_secs(1))),
        fall: Some(placed(brief.fall)),
        ..CheckDefinition::default()
    };
    (brief.tune)(&mut check);
    let mut judging = JudgingDefinition::default();
    (brief.judge)(&mut judging);
    ServiceDefinition {
        place: place(),
        name: None,
        listen: placed(ListenDefinition::Address {
            protocol: Protocol::Tcp,
            host: Host::Address(address(brief.vip)),
            port: PortDefinition::Number(80),
            family: None,
        }),
        scheduler: Some(placed("wrr".to_owned())),
        scheduler_flags: Vec::new(),
        persistence: None,
        mask: None,
        persistence_engine: None,
        one_packet: None,
        forwarding: Some(placed(ForwardingDefinition::Masq)),
        check,
        judging,
        on_failure: Some(placed(brief.on_failure)),
        on_stop: Some(placed(brief.on_stop)),
        real_servers: brief
            .servers
            .iter()
            .map(|(text, weight)| RealServerDefinition {
                tier: tier(brief, text).map(placed),
                ..server(text, *weight)
            })
            .collect(),
        fallback: brief.fallback.map(|text| server(text, 1)),
        recovery: brief.recovery.clone(),
    }
}

pub(crate) fn model(briefs: &[Brief]) -> Arc<Model> {
    let definitions = Definitions {
        place: place(),
        probe_marks: Some(placed((MARKS.first.into(), MARKS.last.into()))),
        services: briefs.iter().map(service).collect(),
        ..Definitions::empty()
    };
    let (model, findings) = validate(&definitions);
    assert!(model.is_some(), "{findings:?}");
    Arc::new(model.unwrap_or_else(Model::empty))
}

/// A director with everything around it, on a virtual clock.
pub(crate) struct World {
    pub(crate) director: Director,
    pub(crate) now: Moment,
    pub(crate) kernel: Table,
    /// Servers that do not answer.
    pub(crate) dead: BTreeSet<IpAddr>,
    /// Ports of theirs at which nobody answers, though the server lives.
    pub(crate) closed: BTreeSet<(IpAddr, u16)>,
    /// Questions are never answered.
    pub(crate) mute: bool,
    /// Operations that the kernel refuses, by what they print.
    pub(crate) refuse: Box<dyn FnMut(&Op) -> bool>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) duties: Vec<Duty>,
    /// Operations carried out.
    pub(crate) writes: Vec<Op>,
    pub(crate) ready: bool,
    pub(crate) exited: bool,
    /// Called with the kernel's table after every single operation.
    pub(crate) watch: Box<dyn FnMut(&Table)>,
    /// A server that got weight while its verdict was down.
    pub(crate) raised_known_bad: Option<Op>,
    questions: BTreeMap<ProbeId, Probe>,
}

impl World {
    pub(crate) fn new(kernel: Table) -> Self {
        Self {
            director: Director::new(),
            now: Moment::START,
            kernel,
            dead: BTreeSet::new(),
            closed: BTreeSet::new(),
            mute: false,
            refuse: Box::new(|_| false),
            notices: Vec::new(),
            duties: Vec::new(),
            writes: Vec::new(),
            ready: false,
            exited: false,
            watch: Box::new(|_| {}),
            raised_known_bad: None,
            questions: BTreeMap::new(),
        }
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
            for effect in self.director.handle(event, self.now) {
                self.carry_out(effect, &mut events);
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

    /// Lets the virtual clock run, deadline by deadline.
    pub(crate) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self
            .director
            .next_deadline()
            .filter(|next| *next <= end && !self.exited)
        {
            assert!(
                next >= self.now || self.director.next_deadline() != Some(next) || next == self.now
            );
            let before = self.now;
            self.now = next.max(self.now);
            self.event(Event::Woken);
            if self.now == before {
                // A deadline in the past must lead to work, or the director would spin.
                assert!(
                    self.director
                        .next_deadline()
                        .is_none_or(|next| next > self.now),
                    "the director spins"
                );
            }
        }
        self.now = end;
    }

    pub(crate) fn weight(&self, vip: &str, server: &str) -> Option<u32> {
        let entry = self.kernel.services.get(&service_id(vip))?;
        entry
            .servers
            .get(&endpoint(server))
            .map(|entry| entry.settings.weight)
    }

    fn answer(&self, probe: &Probe) -> Report {
        let asked = probe.road.map_or(probe.address, |road| road.toward);
        let closed = self.closed.contains(&(asked, probe.port));
        let outcome = if closed || self.dead.contains(&asked) {
            Outcome::Failed {
                reason: "connection refused".to_owned(),
            }
        } else {
            Outcome::Good {
                detail: "connected".to_owned(),
            }
        };
        Report {
            outcome,
            took: Duration::from_millis(1),
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
                if let Some(road) = probe.road {
                    let standing = self.kernel.services.iter().any(|(id, entry)| {
                        matches!(id, ServiceId::Mark { mark, .. } if *mark == road.mark)
                            && entry
                                .servers
                                .keys()
                                .any(|server| server.address == road.toward)
                    });
                    assert!(standing, "asked {} without its helper", road.toward);
                }
                assert!(
                    self.questions.insert(id, probe).is_none(),
                    "a second question while one is open"
                );
            }
            Effect::Tell(notice) => self.notices.push(notice),
            Effect::Duty(duty) => self.duties.push(duty),
            Effect::Ready => self.ready = true,
            Effect::Exit => self.exited = true,
        }
    }

    fn raises_known_bad(&self, op: &Op) -> bool {
        let raised = match op {
            Op::AddServer { settings, .. } => settings.weight > 0,
            Op::EditServer { from, to, .. } => to.weight > from.weight,
            _ => false,
        };
        let snapshot = self.director.snapshot(self.now);
        let services = snapshot
            .services
            .iter()
            .filter(|service| service.id == op.service());
        let bad = services.flat_map(|service| &service.servers).any(|server| {
            Some(server.endpoint) == op.server()
                && server
                    .health
                    .as_ref()
                    .is_some_and(|health| health.verdict == Verdict::Down)
        });
        raised && bad
    }

    /// The executor's contract: a stage leaves out services in which an operation of an earlier stage failed.
    fn apply(&mut self, plan: &Plan) -> Event {
        let mut failures: Vec<OpFailure> = Vec::new();
        let mut failed_before = BTreeSet::new();
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
            if self.raises_known_bad(&step.op) {
                self.raised_known_bad = Some(step.op.clone());
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
