//! Plays deeds: a director with everything around it on a virtual clock, and what the simulation itself knows of the world.

use std::collections::BTreeMap;
use std::time::Duration;

use director_core::director::Event;
use director_core::model::{Family, Scheduling, ServiceId};
use director_core::moment::Moment;
use director_core::overrides::{Command, Instruction, OrderKind, Target};
use director_core::table::{ServiceEntry, Table};

use crate::deeds::{Deed, FOREIGN, Meddling, Step};
use crate::dice::Dice;
use crate::invariants;
use crate::world::{Brief, World, address, endpoint, service_id};

/// Longest time from the end of all faults to rest: the longest pause between attempts, a whole reading, three probes.
const SETTLING: Duration = Duration::from_secs(60 + 10 + 3);
/// Time without a change, in which nothing may be written.
const CALM: Duration = Duration::from_secs(60);

/// The world and what is known about it from outside.
pub(crate) struct Stage {
    pub(crate) world: World,
    /// The definitions in force.
    pub(crate) briefs: Vec<Brief>,
    /// The orders that were given, each with its end.
    pub(crate) orders: BTreeMap<Target, (OrderKind, Option<Moment>)>,
    /// The disk could not be written at some time, so that a restart may have lost what is ours.
    pub(crate) forgetful: bool,
}

/// Plays a whole list: panics when an invariant is broken.
pub(crate) fn play(first: &[Brief], steps: &[Step]) {
    let mut stage = Stage::new(first);
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
    fn new(first: &[Brief]) -> Self {
        let mut kernel = Table::default();
        kernel.services.insert(service_id(FOREIGN), foreign());
        let mut world = World::new(kernel);
        remember(&mut world);
        world.load(first);
        Self {
            world,
            briefs: first.to_vec(),
            orders: BTreeMap::new(),
            forgetful: false,
        }
    }

    fn perform(&mut self, deed: &Deed) {
        match deed {
            Deed::Pause => {}
            Deed::Dies(server) => drop(self.world.dead.insert(address(server))),
            Deed::Returns(server) => drop(self.world.dead.remove(&address(server))),
            Deed::Reload(briefs) => {
                self.briefs.clone_from(briefs);
                self.world.load(briefs);
            }
            Deed::BrokenReload => self.world.event(Event::LoadRefused {
                diagnostics: Vec::new(),
            }),
            Deed::Meddles { vip, server, how } => self.meddle(vip, server, *how),
            Deed::Restart => self.restart(),
            Deed::Killed(after) => self.world.lives = Some(*after),
            Deed::Orders {
                vip,
                server,
                kind,
                lasts,
            } => self.order((service_id(vip), endpoint(server)), *kind, *lasts),
            Deed::Enables { vip, server } => {
                let target = (service_id(vip), endpoint(server));
                self.orders.remove(&target);
                self.command(Command::Lift {
                    author: "ben".to_owned(),
                    targets: vec![target],
                });
            }
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

    fn order(&mut self, target: Target, kind: OrderKind, lasts: Option<Duration>) {
        let ends = lasts.map(|lasts| self.world.now + lasts);
        self.orders.insert(target, (kind, ends));
        self.command(Command::Give {
            author: "ann".to_owned(),
            instructions: vec![Instruction {
                target,
                kind,
                reason: "kernel upgrade".to_owned(),
                lasts,
            }],
        });
    }

    fn command(&mut self, command: Command) {
        self.world.event(Event::Commanded { command });
    }

    /// The order that stands about a server.
    pub(crate) fn order_about(&self, target: &Target) -> Option<OrderKind> {
        let (kind, ends) = self.orders.get(target)?;
        ends.is_none_or(|ends| ends > self.world.now)
            .then_some(*kind)
    }

    /// The director is killed, if it is not dead already, and begins again with what the disk holds.
    fn restart(&mut self) {
        let mut next = World::new(self.world.kernel.clone());
        next.now = self.world.now;
        next.dead = self.world.dead.clone();
        next.disk = self.world.disk.clone();
        // What was being written is not on the disk, and nobody was told that it is.
        next.disk.writing = None;
        next.disk.revision = None;
        std::mem::swap(&mut next.refuse, &mut self.world.refuse);
        invariants::nothing_kept_is_lost(self);
        let kept = next.disk.memory.orders.iter();
        let kept = kept.map(|(target, order)| (*target, (order.kind, order.expires)));
        self.orders = kept.collect();
        remember(&mut next);
        next.load(&self.briefs);
        self.world = next;
    }

    /// All faults stop; the table must reach what definitions and servers ask for, and then nothing more is written.
    fn settle(&mut self) {
        self.world.refuse = Box::new(|_| false);
        self.world.lives = None;
        self.world.disk.takes = Duration::ZERO;
        self.world.disk.fails = false;
        self.world.run(SETTLING);
        invariants::at_rest(self);
        self.world.writes.clear();
        self.world.run(CALM);
        assert_eq!(self.world.writes, [], "writes without a change");
    }
}

/// The director begins with what the disk holds.
fn remember(world: &mut World) {
    let memory = world.disk.memory.clone();
    world.event(Event::Remembered { memory });
}

/// A service that somebody else has made.
pub(crate) fn foreign() -> ServiceEntry {
    ServiceEntry::new(Scheduling::plain("mh", Family::Ipv4))
}
