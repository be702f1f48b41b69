//! Plays deeds: a director with everything around it on a virtual clock, and what the simulation itself knows of the world.

use std::time::Duration;

use director_core::director::Event;
use director_core::model::{Family, Scheduling, ServiceId};
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
    /// A restart met services that were dropped from the definitions and not yet deleted; nobody knows that they were ours.
    pub(crate) leftovers: bool,
}

/// Plays a whole list: panics when an invariant is broken.
pub(crate) fn play(first: &[Brief], steps: &[Step]) {
    let mut stage = Stage::new(first);
    for step in steps {
        stage.perform(&step.deed);
        stage.world.run(step.then);
        invariants::always(&stage);
    }
    stage.settle();
}

impl Stage {
    fn new(first: &[Brief]) -> Self {
        let mut kernel = Table::default();
        kernel.services.insert(service_id(FOREIGN), foreign());
        let mut world = World::new(kernel);
        world.load(first);
        Self {
            world,
            briefs: first.to_vec(),
            leftovers: false,
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

    fn restart(&mut self) {
        let mut next = World::new(self.world.kernel.clone());
        next.now = self.world.now;
        next.dead = self.world.dead.clone();
        std::mem::swap(&mut next.refuse, &mut self.world.refuse);
        self.leftovers |= !invariants::forgotten(self).is_empty();
        next.load(&self.briefs);
        self.world = next;
    }

    /// All faults stop; the table must reach what definitions and servers ask for, and then nothing more is written.
    fn settle(&mut self) {
        self.world.refuse = Box::new(|_| false);
        self.world.run(SETTLING);
        invariants::at_rest(self);
        self.world.writes.clear();
        self.world.run(CALM);
        assert_eq!(self.world.writes, [], "writes without a change");
    }
}

/// A service that somebody else has made.
pub(crate) fn foreign() -> ServiceEntry {
    ServiceEntry::new(Scheduling::plain("mh", Family::Ipv4))
}
