//! Seeded simulation: random definitions, deaths, returns, reloads, other people's changes, restarts and a kernel that
//! refuses every tenth operation. After every step the invariants hold; a failure prints the seed and its history.
//!
//! `SEEDS=10000` runs more of them, `SEED=17` one.

mod world;

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use director_core::director::Event;
use director_core::health::Verdict;
use director_core::model::{Family, OnFailure, Scheduling};
use director_core::table::{ServiceEntry, Table};
use world::{Brief, World, address, endpoint, service_id};

const VIPS: [&str; 3] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
const SERVERS: [&str; 5] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"];
const SORRY: &str = "10.0.0.99";
const FOREIGN: &str = "192.0.2.99";
/// Longest time from the end of all faults to rest: the longest pause between attempts, a whole reading, three probes.
const SETTLING: Duration = Duration::from_secs(60 + 10 + 3);

/// SplitMix64: small, seeded, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())]
    }
}

fn definitions(dice: &mut Dice) -> Vec<Brief> {
    let mut briefs = Vec::new();
    for vip in VIPS {
        if dice.roll(4) == 0 {
            continue;
        }
        let mut servers: Vec<(&'static str, i64)> = Vec::new();
        for server in SERVERS {
            if dice.roll(2) == 0 {
                servers.push((server, dice.roll(4) as i64));
            }
        }
        briefs.push(Brief {
            fallback: (dice.roll(2) == 0).then_some(SORRY),
            fall: 1 + dice.roll(3) as u64,
            on_failure: dice.pick(&[OnFailure::Remove, OnFailure::Quiesce]),
            ..Brief::new(vip, &servers)
        });
    }
    briefs
}

struct Simulation {
    dice: Dice,
    world: World,
    briefs: Vec<Brief>,
    /// A restart met services that were dropped from the definitions and not yet deleted; nobody knows that they were ours.
    leftovers: bool,
    history: Vec<String>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut kernel = Table::default();
        kernel.services.insert(service_id(FOREIGN), foreign());
        let briefs = definitions(&mut dice);
        let mut world = World::new(kernel);
        world.load(&briefs);
        Self {
            dice,
            world,
            briefs,
            leftovers: false,
            history: Vec::new(),
        }
    }

    fn step(&mut self) {
        let what = match self.dice.roll(9) {
            0 | 1 => self.change_a_server(),
            2 => self.reload(),
            3 => self.refuse_reload(),
            4 => self.meddle(),
            5 => self.restart(),
            6 => self.set_refusals(),
            _ => String::new(),
        };
        let span = Duration::from_millis(self.dice.roll(4_000) as u64);
        self.history
            .push(format!("{} {what}, then {span:?}", self.world.now));
        self.world.run(span);
        self.check_always();
    }

    fn change_a_server(&mut self) -> String {
        let server = self.dice.pick(&SERVERS);
        let ip = address(server);
        if self.world.dead.remove(&ip) {
            return format!("{server} returns");
        }
        self.world.dead.insert(ip);
        format!("{server} dies")
    }

    fn reload(&mut self) -> String {
        self.briefs = definitions(&mut self.dice);
        self.world.load(&self.briefs);
        format!("reload {:?}", self.briefs)
    }

    fn refuse_reload(&mut self) -> String {
        self.world.event(Event::LoadRefused {
            diagnostics: Vec::new(),
        });
        "broken reload".to_owned()
    }

    /// Somebody else changes one of our services.
    fn meddle(&mut self) -> String {
        let id = service_id(self.dice.pick(&VIPS));
        let server = endpoint(self.dice.pick(&SERVERS));
        let choice = self.dice.roll(4);
        // A service that is not defined now may be a stranger's tomorrow; only ours are put right.
        let ours = self.briefs.iter().any(|brief| service_id(brief.vip) == id);
        let Some(entry) = self.world.kernel.services.get_mut(&id).filter(|_| ours) else {
            return "nothing to meddle with".to_owned();
        };
        match choice {
            0 => drop(entry.servers.remove(&server)),
            1 => entry.scheduling = Scheduling::plain("sh", Family::Ipv4),
            2 => drop(self.world.kernel.services.remove(&id)),
            _ => {
                if let Some(known) = entry.servers.get_mut(&server) {
                    known.settings.weight = 7;
                }
            }
        }
        format!("somebody does {choice} to {id} {server}")
    }

    /// The daemon is killed and started again on the same kernel.
    fn restart(&mut self) -> String {
        let mut next = World::new(self.world.kernel.clone());
        next.now = self.world.now;
        next.dead = self.world.dead.clone();
        std::mem::swap(&mut next.refuse, &mut self.world.refuse);
        let unknown = |id: &&director_core::model::ServiceId| {
            **id != service_id(FOREIGN)
                && !self
                    .briefs
                    .iter()
                    .any(|brief| service_id(brief.vip) == **id)
        };
        self.leftovers |= next.kernel.services.keys().any(|id| unknown(&id));
        next.load(&self.briefs);
        self.world = next;
        "restart".to_owned()
    }

    fn set_refusals(&mut self) -> String {
        let mut dice = Dice(self.dice.roll(usize::MAX) as u64);
        if self.dice.roll(2) == 0 {
            self.world.refuse = Box::new(|_| false);
            return "the kernel obeys".to_owned();
        }
        self.world.refuse = Box::new(move |_| dice.roll(10) == 0);
        "the kernel refuses a tenth".to_owned()
    }

    fn check_always(&self) {
        assert_eq!(
            self.world.kernel.services.get(&service_id(FOREIGN)),
            Some(&foreign()),
            "foreign service touched"
        );
        assert_eq!(
            self.world.raised_known_bad, None,
            "a server known to be bad got weight"
        );
        for service in self.world.director.snapshot(self.world.now).services {
            // What the kernel refuses cannot be held against the director.
            let refused = service.trouble.is_some()
                || service
                    .servers
                    .iter()
                    .any(|server| server.trouble.is_some());
            let good = service.servers.iter().any(|server| {
                server.defined_weight > 0
                    && server
                        .health
                        .as_ref()
                        .is_some_and(|health| health.verdict == Verdict::Up && !health.presumed)
            });
            let seen = service.servers.iter().chain(&service.fallback);
            let serves = seen.into_iter().any(|server| {
                server
                    .observed
                    .is_some_and(|entry| entry.settings.weight > 0)
            });
            assert!(
                serves || !good || refused,
                "{} is empty while a server is good",
                service.id
            );
        }
    }

    /// All faults stop; the table must reach what definitions and servers ask for, and then nothing more is written.
    fn settle(&mut self) {
        self.world.refuse = Box::new(|_| false);
        self.history
            .push(format!("{} all faults stop", self.world.now));
        self.world.run(SETTLING);
        for brief in &self.briefs {
            self.check_service(brief);
        }
        let ours: Vec<_> = self
            .world
            .kernel
            .services
            .keys()
            .filter(|id| **id != service_id(FOREIGN))
            .copied()
            .collect();
        let forgotten: Vec<_> = ours
            .iter()
            .filter(|id| {
                !self
                    .briefs
                    .iter()
                    .any(|brief| service_id(brief.vip) == **id)
            })
            .collect();
        assert!(
            self.leftovers || forgotten.is_empty(),
            "left behind: {forgotten:?}"
        );
        self.world.writes.clear();
        self.world.run(Duration::from_secs(60));
        assert_eq!(self.world.writes, [], "writes without a change");
    }

    fn check_service(&self, brief: &Brief) {
        let alive = |server: &str| !self.world.dead.contains::<IpAddr>(&address(server));
        let mut anybody = false;
        for (server, weight) in &brief.servers {
            let expected = match (alive(server), brief.on_failure) {
                (true, _) => u32::try_from(*weight).ok(),
                (false, OnFailure::Quiesce) => Some(0),
                (false, OnFailure::Remove) => None,
            };
            anybody |= alive(server) && *weight > 0;
            assert_eq!(
                self.world.weight(brief.vip, server),
                expected,
                "{} {server}",
                brief.vip
            );
        }
        let fallback = brief.fallback.filter(|_| !anybody).map(|_| 1);
        assert_eq!(
            self.world.weight(brief.vip, SORRY),
            fallback,
            "{} fallback",
            brief.vip
        );
    }
}

fn foreign() -> ServiceEntry {
    ServiceEntry::new(Scheduling::plain("mh", Family::Ipv4))
}

fn simulate(seed: u64) {
    let mut simulation = Simulation::new(seed);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..40 {
            simulation.step();
        }
        simulation.settle();
    }));
    let history = simulation.history.join("\n");
    assert!(outcome.is_ok(), "SEED={seed} fails after:\n{history}");
}

fn setting(name: &str) -> Option<u64> {
    option_env_at_run_time(name)?.parse().ok()
}

/// The test's own knobs; the core itself never looks at the environment.
#[expect(clippy::disallowed_methods, reason = "a test's knobs, not the core's")]
fn option_env_at_run_time(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[test]
fn the_invariants_hold_for_every_seed() {
    match setting("SEED") {
        Some(seed) => simulate(seed),
        None => (0..setting("SEEDS").unwrap_or(500)).for_each(simulate),
    }
}
