//! Random definitions: a setting of the definitions takes part in the simulation by a line here.

use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, DrainDefinition, JudgingDefinition, MinimumDefinition, PortDefinition,
    RecoveryDefinition, SlowStartDefinition,
};
use director_core::model::{BelowMinimum, Combine, OnFailure, Quantity, Then};

use crate::deeds::{LAST_TIER, SECOND_PORT, SERVERS, SORRY, VIPS};
use crate::dice::Dice;
use crate::world::{Brief, place, placed};

/// Each service may be there, with some of the servers, weights from 0 to 3.
pub(crate) fn definitions(dice: &mut Dice) -> Vec<Brief> {
    let mut briefs = Vec::new();
    for vip in VIPS {
        if dice.one_in(4) {
            continue;
        }
        let mut servers: Vec<(&'static str, i64)> = Vec::new();
        for server in SERVERS {
            if dice.one_in(2) {
                servers.push((server, dice.roll(4) as i64));
            }
        }
        briefs.push(Brief {
            fallback: dice.one_in(2).then_some(SORRY),
            fall: 1 + dice.roll(3) as u64,
            on_failure: dice.pick(&[OnFailure::Remove, OnFailure::Quiesce, OnFailure::Drain]),
            recovery: recovery(dice),
            tiers: tiers(dice),
            evaluate: dice.pick(&[|_| {}, |_| {}, both_checks, either_check]),
            ..Brief::new(vip, &servers)
        });
    }
    briefs
}

/// A third of the services have tiers.
fn tiers(dice: &mut Dice) -> Vec<(&'static str, u64)> {
    if !dice.one_in(3) {
        return Vec::new();
    }
    let mut tier = || 1 + dice.roll(LAST_TIER as usize) as u64;
    SERVERS.map(|server| (server, tier())).to_vec()
}

/// Half of the services have no settings of failure and return.
fn recovery(dice: &mut Dice) -> RecoveryDefinition {
    if dice.one_in(2) {
        return RecoveryDefinition::default();
    }
    RecoveryDefinition {
        drain: dice.one_in(2).then(|| drain(dice)),
        slow_start: dice.one_in(3).then(|| slow_start(dice)),
        minimum_healthy: dice.one_in(2).then(|| minimum(dice)),
        fallback_pool: None,
    }
}

fn drain(dice: &mut Dice) -> DrainDefinition {
    DrainDefinition {
        off: false,
        place: place(),
        timeout: Some(placed(Duration::from_secs(1 + dice.roll(20) as u64))),
        then: Some(placed(dice.pick(&[Then::Remove, Then::Keep]))),
    }
}

fn slow_start(dice: &mut Dice) -> SlowStartDefinition {
    SlowStartDefinition {
        place: place(),
        window: Some(placed(Duration::from_secs(2 + dice.roll(10) as u64))),
        aggression: None,
        from: None,
    }
}

fn minimum(dice: &mut Dice) -> MinimumDefinition {
    let ways = [
        BelowMinimum::Fallback,
        BelowMinimum::KeepAll,
        BelowMinimum::Withdraw,
    ];
    MinimumDefinition {
        place: place(),
        servers: Some(placed(Quantity::Number(1 + dice.roll(3) as u64))),
        back_at: None,
        below: Some(placed(dice.pick(&ways))),
    }
}

fn both_checks(judging: &mut JudgingDefinition) {
    judging.further_checks.push(CheckDefinition {
        name: Some(placed("second".to_owned())),
        port: Some(placed(PortDefinition::Number(SECOND_PORT.into()))),
        every: Some(placed(Duration::from_secs(1))),
        fall: Some(placed(2)),
        ..CheckDefinition::default()
    });
}

fn either_check(judging: &mut JudgingDefinition) {
    both_checks(judging);
    judging.combine = Some(placed(Combine::Any));
}
