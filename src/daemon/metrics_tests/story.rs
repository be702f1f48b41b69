//! A director with services of every kind, a kernel in memory, and servers that answer at once.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use director_core::director::{Differences, Director, Effect, Event, HostOutcome, HostResult};
use director_core::health::{Contact, Outcome, Phases, Report};
use director_core::model::{HostChange, Probe};
use director_core::moment::Moment;
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind};

use crate::api::peer_status::PeerStatus;
use crate::api::takeover::ObservationStatus;
use crate::api::{Counters, Overview};
use crate::daemon::counters::LoopCounters;
use crate::daemon::kernel_thread::{KernelCounters, apply};
use crate::ipvs::{Kernel, MemoryKernel, ReadScope};
use crate::loader::{LoadContext, NameCache, load_with};

/// A name shared by two services, one with everything that needs an escape, a mark, IPv6, a server without an address, a pool
/// of fallbacks, a fallback that is a real server, and a scheduler that this kernel does not have.
pub(super) const CONFIGURATION: &str = r#"
director: {freeze: off, sync: {interface: eth1, id: 7}}
defaults: {service: {forwarding: nat, scheduler: wrr, check: {tcp: , every: 5s, fall: 1}}}
services:
  - name: web
    listen: [tcp://192.0.2.10:80, tcp://192.0.2.10:8080]
    real_servers: [10.0.0.11:80, {address: 10.0.0.12:80, weight: 3}, 10.0.0.13:80]
  - name: "quote \" back \\ slash\nline"
    listen: fwmark:5
    check: {tcp: , every: 5s, fall: 9}
    real_servers: [10.0.0.21:80]
  - name: six
    listen: "udp://[2001:db8::10]:53"
    check: ping
    real_servers: ["[2001:db8::21]:53"]
  - name: pool
    listen: tcp://192.0.2.11:80
    real_servers: [10.0.0.31:80, nowhere.invalid:80]
    fallback: [10.0.0.98:80, 10.0.0.99:80]
  - name: refused
    listen: tcp://192.0.2.12:80
    scheduler: mh
    real_servers: [10.0.0.41:80]
    fallback: 10.0.0.41:80
"#;

/// A director with a kernel in memory and servers that answer at once.
pub(super) struct Story {
    director: Director,
    now: Moment,
    kernel: MemoryKernel,
    dead: BTreeSet<IpAddr>,
    counters: LoopCounters,
    kernel_counters: KernelCounters,
}

impl Story {
    pub(super) fn new() -> Self {
        Self {
            director: Director::new(),
            now: Moment::START,
            kernel: MemoryKernel::new().without_scheduler("mh"),
            dead: BTreeSet::new(),
            counters: LoopCounters::default(),
            kernel_counters: KernelCounters::default(),
        }
    }

    pub(super) fn load(&mut self, text: &str) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ipvsd.yaml");
        std::fs::write(&file, text).unwrap();
        // Nothing waits for the name, which no server has.
        let context = LoadContext {
            names: NameCache::default(),
            name_wait: Duration::from_millis(1),
            former: None,
        };
        let loaded = load_with(&file, None, &context).unwrap();
        self.event(Event::Loaded {
            model: loaded.model,
            warnings: Vec::new(),
        });
    }

    fn event(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            if let Event::Probed { probe, report } = &event {
                let services = self.director.checked_services(*probe);
                self.counters.probed(services, report);
            }
            for effect in self.director.handle(event, self.now) {
                events.extend(self.carry_out(effect));
            }
        }
    }

    fn carry_out(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::ReadTable => Some(Event::TableRead {
                table: self.kernel.read_table(ReadScope::All).unwrap(),
            }),
            Effect::Apply(plan) => Some(apply(&mut self.kernel, &plan, &self.kernel_counters)),
            Effect::Probe { id, probe } => Some(Event::Probed {
                probe: id,
                report: self.report(&probe),
            }),
            Effect::CheckNetwork { .. } => Some(Event::NetworkChecked {
                reached: Some(true),
            }),
            Effect::Persist { revision, .. } => Some(Event::Persisted {
                revision,
                failure: None,
            }),
            Effect::ReconcileHost(request) => Some(Event::HostReconciled {
                outcomes: request.wanted.into_iter().map(unchanged).collect(),
            }),
            Effect::Tell(notice) => {
                self.counters.noticed(&notice);
                None
            }
            Effect::Publish { .. }
            | Effect::Hold(_)
            | Effect::Notification(_)
            | Effect::Ready { .. }
            | Effect::Exit => None,
        }
    }

    fn report(&self, probe: &Probe) -> Report {
        let outcome = match self.dead.contains(&probe.address) {
            true => Outcome::Failed {
                reason: "connection refused".to_owned(),
            },
            false => Outcome::Good {
                detail: "connected".to_owned(),
            },
        };
        Report {
            outcome,
            took: Duration::from_millis(20),
            contact: Contact::Answered,
            phases: Phases::default(),
        }
    }

    pub(super) fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        let mut turns = 0;
        while let Some(next) = self.director.next_deadline().filter(|next| *next <= end) {
            turns += 1;
            assert!(turns < 10_000, "the director does not come to rest");
            self.now = self.now.max(next);
            self.event(Event::Woken);
        }
        self.now = end;
    }

    /// What clients get; at the start of the director it was 1,000,000 s after 1970.
    pub(super) fn overview(&self) -> Overview {
        let age = self.now.since(Moment::START);
        Overview {
            at: UNIX_EPOCH + Duration::from_secs(1_000_000) + age,
            counters: Counters {
                services: self.counters.services(),
                kernel_operations: self.kernel_counters.all(),
                drift_repaired: self.counters.drift_repaired(),
                configurations: self.counters.configurations(),
                notifications_failed: vec![("webhook", 2)],
            },
            peer: Some(PeerStatus {
                address: "10.0.0.3:9190".to_owned(),
                differences: Some(Vec::new()),
                error: None,
                unlike_seconds: None,
            }),
            observation: Some(ObservationStatus::of(
                Moment::START,
                &Differences::default(),
                self.now,
            )),
            ..Overview::of(self.director.snapshot(self.now), PathBuf::new())
        }
    }
}

/// The whole configuration after 20 s, with some servers dead, one failing since then, and one drained.
pub(super) fn story() -> Story {
    let mut story = Story::new();
    for dead in ["10.0.0.12", "10.0.0.31"] {
        story.dead.insert(dead.parse().unwrap());
    }
    story.load(CONFIGURATION);
    story.run(20);
    story.dead.insert("10.0.0.21".parse().unwrap());
    let snapshot = story.director.snapshot(story.now);
    let web = &snapshot.services[0];
    story.event(Event::OverrideCommanded {
        command: OverrideCommand::Set {
            author: "ann".to_owned(),
            overrides: vec![NewOverride {
                target: (web.id, web.servers[2].endpoint),
                kind: OverrideKind::Drain,
                reason: "disk".to_owned(),
                lasts: None,
            }],
        },
    });
    story.run(6);
    story
}

/// A change that the machine has already.
fn unchanged(change: HostChange) -> HostOutcome {
    HostOutcome {
        change,
        result: HostResult::Unchanged,
    }
}
