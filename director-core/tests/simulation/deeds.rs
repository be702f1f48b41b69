//! What can happen in a simulation, and how a seed becomes a list of it. A deed holds all that it needs, so that a list
//! from which deeds were dropped can still be played.
//!
//! Another feature takes part by a deed of its own here, what it does in `stage.rs`, and what must hold in
//! `invariants.rs`; a setting of the definitions takes part by a line in `definitions.rs`.

use std::time::Duration;

use director_core::overrides::OverrideKind;

use crate::definitions::definitions;
use crate::dice::Dice;
use crate::world::Brief;

pub(crate) const VIPS: [&str; 3] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
pub(crate) const SERVERS: [&str; 5] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"];
pub(crate) const SORRY: &str = "10.0.0.99";
pub(crate) const FOREIGN: &str = "192.0.2.99";
/// Where the second check of a server asks.
pub(crate) const SECOND_PORT: u16 = 81;
/// The highest number of a tier.
pub(crate) const LAST_TIER: u64 = 3;

/// Deeds of one seed.
const DEEDS: usize = 40;
/// Longest time between two deeds, in milliseconds.
const LONGEST_PAUSE: usize = 4_000;

/// Something that happens, and the time that passes then.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) deed: Deed,
    pub(crate) then: Duration,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// Nothing.
    Pause,
    /// A server no longer answers.
    Dies(&'static str),
    /// It does again.
    Returns(&'static str),
    /// Only its second check fails from now on.
    Closes(&'static str),
    /// And succeeds again.
    Opens(&'static str),
    /// All servers fall silent at once, and a gateway answers or does not, or there is none.
    AllDie(Option<bool>),
    /// Other definitions.
    Reload(Vec<Brief>),
    /// The same definitions, with verdicts that stand still when so many servers fail at once, or never.
    Freezes(Option<u64>),
    /// Definitions with faults.
    BrokenReload,
    /// Somebody else changes one of our services.
    Meddles {
        vip: &'static str,
        server: &'static str,
        how: Meddling,
    },
    /// The daemon is killed and started again on the same kernel.
    Restart,
    /// It is killed after so many further wishes and operations, in the midst of whatever it does then.
    Killed(usize),
    /// An operator overrides something about a server, for so long.
    Overrides {
        vip: &'static str,
        server: &'static str,
        kind: OverrideKind,
        lasts: Option<Duration>,
    },
    /// An operator lifts an override.
    Enables {
        vip: &'static str,
        server: &'static str,
    },
    /// So many connections are active at a server of a service.
    Connects {
        vip: &'static str,
        server: &'static str,
        active: u32,
    },
    /// From now on a writing to the disk takes this long.
    DiskTakes(Duration),
    /// The disk can be written, or not.
    DiskFails(bool),
    /// From now on the kernel refuses every tenth operation, by this chance.
    Refuses(u64),
    /// It obeys again.
    Obeys,
}

/// What somebody else does to one of our services.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meddling {
    RemovesServer,
    ChangesScheduler,
    RemovesService,
    ChangesWeight,
}

/// The definitions that a seed begins with, and what happens then.
pub(crate) fn of_seed(seed: u64) -> (Vec<Brief>, Vec<Step>) {
    let mut dice = Dice::new(seed);
    let first = definitions(&mut dice);
    let steps = (0..DEEDS).map(|_| Step {
        deed: deed(&mut dice),
        then: Duration::from_millis(dice.roll(LONGEST_PAUSE) as u64),
    });
    let steps = steps.collect();
    (first, steps)
}

fn deed(dice: &mut Dice) -> Deed {
    match dice.roll(18) {
        0 | 1 => Deed::Dies(dice.pick(&SERVERS)),
        2 | 3 => Deed::Returns(dice.pick(&SERVERS)),
        4 => Deed::Reload(definitions(dice)),
        5 => Deed::BrokenReload,
        6 => Deed::Meddles {
            vip: dice.pick(&VIPS),
            server: dice.pick(&SERVERS),
            how: dice.pick(&[
                Meddling::RemovesServer,
                Meddling::ChangesScheduler,
                Meddling::RemovesService,
                Meddling::ChangesWeight,
            ]),
        },
        7 => Deed::Restart,
        9 => Deed::Killed(1 + dice.roll(25)),
        10 => override_(dice),
        11 => Deed::Enables {
            vip: dice.pick(&VIPS),
            server: dice.pick(&SERVERS),
        },
        12 if dice.one_in(3) => Deed::DiskFails(dice.one_in(2)),
        12 => Deed::DiskTakes(Duration::from_millis(dice.pick(&[0, 0, 5, 40, 3_000]))),
        13 => Deed::Connects {
            vip: dice.pick(&VIPS),
            server: dice.pick(&SERVERS),
            active: dice.roll(3) as u32,
        },
        14 => Deed::Closes(dice.pick(&SERVERS)),
        15 => Deed::Opens(dice.pick(&SERVERS)),
        16 if dice.one_in(3) => Deed::AllDie(dice.pick(&[None, Some(true), Some(false)])),
        16 if dice.one_in(4) => Deed::Freezes(dice.pick(&[None, Some(2), Some(3)])),
        8 if dice.one_in(2) => Deed::Obeys,
        8 => Deed::Refuses(dice.next()),
        _ => Deed::Pause,
    }
}

fn override_(dice: &mut Dice) -> Deed {
    let weight = u32::try_from(dice.roll(4)).unwrap_or_default();
    let kinds = [
        OverrideKind::Drain,
        OverrideKind::Disable,
        OverrideKind::Maintenance,
        OverrideKind::Weight(weight),
    ];
    Deed::Overrides {
        vip: dice.pick(&VIPS),
        server: dice.pick(&SERVERS),
        kind: dice.pick(&kinds),
        lasts: dice
            .one_in(2)
            .then(|| Duration::from_secs(1 + dice.roll(30) as u64)),
    }
}
