//! Plays deeds: a director with everything around it on a virtual clock, and what the simulation itself knows of the world.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use director_core::director::Event;
use director_core::model::{Family, Scheduling, ServiceId};
use director_core::moment::Moment;
use director_core::overrides::{NewOverride, OverrideCommand, OverrideKind, Target};
use director_core::table::{ServiceEntry, Table};

use crate::deeds::{Deed, FOREIGN, Meddling, SECOND_PORT, SERVERS, Step};
use crate::dice::Dice;
use crate::invariants;
use crate::world::{Brief, World, address, endpoint, model_with, service_id};

/// Longest time from the end of all faults to rest: the longest pause between attempts, a whole reading, three probes,
/// and then a whole drain or slow start.
const SETTLING: Duration = Duration::from_secs(60 + 10 + 3 + 22);
/// Time without a change, in which nothing may be written.
const CALM: Duration = Duration::from_secs(60);

/// The world and what is known about it from outside.
pub(crate) struct Stage {
    pub(crate) world: World,
    /// The definitions in force.
    pub(crate) briefs: Vec<Brief>,
    /// How many servers have to fail at once for verdicts to stand still.
    freeze: Option<u64>,
    /// The overrides that were given, each with its end.
    pub(crate) overrides: BTreeMap<Target, (OverrideKind, Option<Moment>)>,
    /// The disk was slow or could not be written at some time, so that a restart may have lost what was not kept.
    pub(crate) forgetful: bool,
    /// Services that stood in the kernel at a restart when the disk did not know them as ours, and that nobody has defined
    /// since: no director can tell them from a stranger's.
    pub(crate) lost: BTreeSet<ServiceId>,
}

/// Plays a whole list: panics when an invariant is broken.
pub(crate) fn play(first: &[Brief], steps: &[Step], together: bool, compares_every: usize) {
    let mut stage = Stage::new(first, together, compares_every);
    for step in steps {
        stage.perform(&step.deed);
        stage.world.run(step.then);
        invariants::always(&stage);
        if stage.world.killed() {
            stage.restart();
        }
    }
    stage.settle();
}

impl Stage {
    fn new(first: &[Brief], together: bool, compares_every: usize) -> Self {
        let mut kernel = Table::default();
        kernel.services.insert(service_id(FOREIGN), foreign());
        let mut world = World::new(kernel);
        world.together = together;
        world.compares_every = compares_every;
        remember(&mut world);
        let mut stage = Self {
            world,
            briefs: first.to_vec(),
            freeze: None,
            overrides: BTreeMap::new(),
            forgetful: false,
            lost: BTreeSet::new(),
        };
        stage.load();
        stage
    }

    /// The definitions in force are loaded.
    fn load(&mut self) {
        let briefs = &self.briefs;
        let defined = |id: &ServiceId| briefs.iter().any(|brief| service_id(brief.vip) == *id);
        self.lost.retain(|id| !defined(id));
        if self.freeze.is_none() {
            return self.world.load(&self.briefs);
        }
        self.world.event(Event::Loaded {
            model: model_with(&self.briefs, self.freeze),
            warnings: Vec::new(),
        });
    }

    fn perform(&mut self, deed: &Deed) {
        match deed {
            Deed::Pause => {}
            Deed::Dies(server) => drop(self.world.dead.insert(address(server))),
            Deed::Returns(server) => drop(self.world.dead.remove(&address(server))),
            Deed::Closes(server) => {
                self.world.closed.insert((address(server), SECOND_PORT));
            }
            Deed::Opens(server) => {
                self.world.closed.remove(&(address(server), SECOND_PORT));
            }
            Deed::AllDie(network) => {
                self.world.network = *network;
                self.world.dead.extend(SERVERS.map(address));
            }
            Deed::Reload(briefs) => {
                self.briefs.clone_from(briefs);
                self.load();
            }
            Deed::Freezes(servers) => {
                self.freeze = *servers;
                self.load();
            }
            Deed::BrokenReload => self.world.event(Event::LoadRefused {
                diagnostics: Vec::new(),
            }),
            Deed::Meddles { vip, server, how } => self.meddle(vip, server, *how),
            Deed::Restart => self.restart(),
            Deed::Killed(after) => self.world.lives = Some(*after),
            Deed::Overrides {
                vip,
                server,
                kind,
                lasts,
            } => self.override_((service_id(vip), endpoint(server)), *kind, *lasts),
            Deed::Enables { vip, server } => {
                let target = (service_id(vip), endpoint(server));
                self.overrides.remove(&target);
                self.command(OverrideCommand::Clear {
                    author: "ben".to_owned(),
                    targets: vec![target],
                });
            }
            Deed::Connects {
                vip,
                server,
                active,
            } => self.connect(vip, server, *active),
            Deed::DiskTakes(span) => {
                self.world.disk.takes = *span;
                // The director waits a second for the disk and then goes on, at the price of what is not kept yet.
                self.forgetful |= *span >= Duration::from_secs(1);
            }
            Deed::DiskFails(fails) => {
                self.world.disk.fails = *fails;
                self.forgetful |= *fails;
            }
            Deed::Refuses(chance) => {
                let mut dice = Dice::new(*chance);
                self.world.refuse = Box::new(move |_| dice.one_in(10));
            }
            Deed::Obeys => self.world.refuse = Box::new(|_| false),
        }
    }

    /// Whether the definitions in force name this service.
    pub(crate) fn defines(&self, id: &ServiceId) -> bool {
        self.briefs.iter().any(|brief| service_id(brief.vip) == *id)
    }

    fn meddle(&mut self, vip: &str, server: &str, how: Meddling) {
        let id = service_id(vip);
        let server = endpoint(server);
        // A service that is not defined now may be a stranger's tomorrow; only ours are put right.
        if !self.defines(&id) {
            return;
        }
        let Some(entry) = self.world.kernel.services.get_mut(&id) else {
            return;
        };
        match how {
            Meddling::RemovesServer => drop(entry.servers.remove(&server)),
            Meddling::ChangesScheduler => entry.scheduling = Scheduling::plain("sh", Family::Ipv4),
            Meddling::RemovesService => drop(self.world.kernel.services.remove(&id)),
            Meddling::ChangesWeight => {
                if let Some(known) = entry.servers.get_mut(&server) {
                    known.settings.weight = 7;
                }
            }
        }
    }

    fn connect(&mut self, vip: &str, server: &str, active: u32) {
        let service = self.world.kernel.services.get_mut(&service_id(vip));
        let known = service.and_then(|service| service.servers.get_mut(&endpoint(server)));
        if let Some(known) = known {
            known.connections.active = active;
        }
    }

    fn override_(&mut self, target: Target, kind: OverrideKind, lasts: Option<Duration>) {
        let ends = lasts.map(|lasts| self.world.now + lasts);
        self.overrides.insert(target, (kind, ends));
        self.command(OverrideCommand::Set {
            author: "ann".to_owned(),
            overrides: vec![NewOverride {
                target,
                kind,
                reason: "kernel upgrade".to_owned(),
                lasts,
            }],
        });
    }

    fn command(&mut self, command: OverrideCommand) {
        self.world.event(Event::OverrideCommanded { command });
    }

    /// The override that stands about a server.
    pub(crate) fn override_about(&self, target: &Target) -> Option<OverrideKind> {
        let (kind, ends) = self.overrides.get(target)?;
        ends.is_none_or(|ends| ends > self.world.now)
            .then_some(*kind)
    }

    /// The director is killed, if it is not dead already, and begins again with what the disk holds.
    fn restart(&mut self) {
        let mut next = World::new(self.world.kernel.clone());
        next.now = self.world.now;
        next.together = self.world.together;
        next.compares_every = self.world.compares_every;
        next.dead = self.world.dead.clone();
        next.closed = self.world.closed.clone();
        next.network = self.world.network;
        next.disk = self.world.disk.clone();
        // What was being written is not on the disk, and nobody was told that it is.
        next.disk.writing = None;
        next.disk.revision = None;
        std::mem::swap(&mut next.refuse, &mut self.world.refuse);
        invariants::nothing_kept_is_lost(self);
        self.lost.extend(invariants::unknown_to_the_disk(self));
        let kept = next.disk.saved.overrides.iter();
        let kept = kept.map(|(target, override_)| (*target, (override_.kind, override_.expires)));
        self.overrides = kept.collect();
        remember(&mut next);
        self.world = next;
        self.load();
    }

    /// All faults stop; the table must reach what definitions and servers ask for, and then nothing more is written.
    fn settle(&mut self) {
        self.world.refuse = Box::new(|_| false);
        self.world.lives = None;
        self.world.disk.takes = Duration::ZERO;
        self.world.disk.fails = false;
        if self.freeze.is_some() {
            // Verdicts that stand still show nothing; a server that answers moves them.
            self.world.dead.clear();
            self.world.closed.clear();
        }
        let services = self.world.kernel.services.values_mut();
        for server in services.flat_map(|service| service.servers.values_mut()) {
            server.connections.active = 0;
        }
        self.world.run(SETTLING);
        invariants::at_rest(self);
        self.world.writes.clear();
        self.world.run(CALM);
        assert_eq!(self.world.writes, [], "writes without a change");
    }
}

/// The director begins with what the disk holds.
fn remember(world: &mut World) {
    let saved = world.disk.saved.clone();
    world.event(Event::Restored { saved });
}

/// A service that somebody else has made.
pub(crate) fn foreign() -> ServiceEntry {
    ServiceEntry::new(Scheduling::plain("mh", Family::Ipv4))
}
