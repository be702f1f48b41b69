//! What a reader of the manual expects of the table when all faults have stopped for long enough. Nothing here asks the
//! director: definitions, overrides and the servers themselves give the expected weights.

use std::net::IpAddr;

use director_core::definitions::JudgingDefinition;
use director_core::model::{BelowMinimum, Combine, OnFailure, Quantity, Then};
use director_core::overrides::OverrideKind;

use crate::deeds::{LAST_TIER, SECOND_PORT, SORRY};
use crate::stage::Stage;
use crate::world::{Brief, address, endpoint, service_id};

/// The smallest weight that a slow start has room below.
const ROOM: i64 = 100;

/// The table of one service is what its definition, its servers and its overrides ask for.
pub(crate) fn as_defined(stage: &Stage, brief: &Brief) {
    let reading = Reading { stage, brief };
    let expected = reading.expected();
    for ((server, _), expected) in brief.servers.iter().zip(&expected.servers) {
        let found = stage.world.weight(brief.vip, server);
        // One that is kept after its drain is there when it was there before it left.
        let kept = expected.is_none() && found == Some(0) && reading.may_be_kept(server);
        assert!(
            found == *expected || (kept && !expected_withdrawn(&reading)),
            "{} {server} has {found:?} and should have {expected:?}",
            brief.vip
        );
    }
    let found = stage.world.weight(brief.vip, SORRY);
    let kept = expected.fallback.is_none() && found == Some(0) && reading.keeps();
    assert!(
        found == expected.fallback || (kept && !expected_withdrawn(&reading)),
        "{} fallback has {found:?} and should have {:?}",
        brief.vip,
        expected.fallback
    );
    let strangers = stage.world.kernel.services.get(&service_id(brief.vip));
    let strangers = strangers.into_iter().flat_map(|entry| entry.servers.keys());
    let named = |server: &&_| {
        let mut names = brief.servers.iter().map(|(name, _)| *name);
        names.any(|name| endpoint(name) == **server) || **server == endpoint(SORRY)
    };
    let strangers: Vec<_> = strangers.filter(|server| !named(server)).collect();
    assert!(
        strangers.is_empty(),
        "{} still has {strangers:?}",
        brief.vip
    );
}

fn expected_withdrawn(reading: &Reading<'_>) -> bool {
    reading.too_few() == Some(BelowMinimum::Withdraw)
}

/// The weights of one service.
struct Expected {
    servers: Vec<Option<u32>>,
    fallback: Option<u32>,
}

/// One service with everything that its weights depend on.
struct Reading<'a> {
    stage: &'a Stage,
    brief: &'a Brief,
}

impl Reading<'_> {
    fn expected(&self) -> Expected {
        let way = self.too_few();
        if way == Some(BelowMinimum::Withdraw) {
            return Expected {
                servers: vec![None; self.brief.servers.len()],
                fallback: None,
            };
        }
        let own: Vec<Option<u32>> = (self.brief.servers.iter())
            .map(|(server, weight)| self.alone(server, *weight))
            .collect();
        let open = self.open();
        let named = || self.brief.servers.iter().map(|(server, _)| *server);
        let closed = |server: &str| self.tier(server) > open;
        let anybody = named()
            .zip(&own)
            .any(|(server, weight)| *weight > Some(0) && !closed(server));
        let replaced = way == Some(BelowMinimum::Fallback) && self.brief.fallback.is_some();
        // With no server up the fallback serves.
        let keeps = way == Some(BelowMinimum::KeepAll)
            && (self.available(LAST_TIER) > 0 || self.brief.fallback.is_none());
        let together = self.brief.servers.iter().zip(&own);
        let together = together.map(|((server, full), own)| match *own {
            Some(1..) if replaced || (closed(server) && anybody) => Some(0),
            Some(1..) => *own,
            _ if keeps => self.kept(server, *full).or(*own),
            _ => *own,
        });
        let servers: Vec<Option<u32>> = together.collect();
        let serving = servers.iter().any(|weight| *weight > Some(0));
        Expected {
            fallback: self.brief.fallback.filter(|_| !serving).map(|_| 1),
            servers,
        }
    }

    /// The weight of a server for all that is known of itself.
    fn alone(&self, server: &str, weight: i64) -> Option<u32> {
        let out = match self.brief.on_failure {
            OnFailure::Quiesce => Some(0),
            OnFailure::Remove | OnFailure::Drain => None,
        };
        let judged = if self.alive(server) {
            self.scaled(weight)
        } else {
            out
        };
        match self.override_(server) {
            None => judged,
            Some(OverrideKind::Disable) => None,
            Some(OverrideKind::Maintenance) => out,
            Some(OverrideKind::Drain) if self.leaves_when_drained() => None,
            Some(OverrideKind::Drain) => judged.map(|_| 0),
            Some(OverrideKind::Weight(overridden)) => judged.and_then(|judged| match judged {
                0 => Some(0),
                _ => self.scaled(overridden.into()),
            }),
        }
    }

    /// The weight of a server whose verdict is not believed; none when it stays as it is.
    fn kept(&self, server: &str, weight: i64) -> Option<u32> {
        match self.override_(server) {
            _ if weight == 0 => None,
            None => self.scaled(weight),
            Some(OverrideKind::Weight(overridden @ 1..)) => self.scaled(overridden.into()),
            Some(_) => None,
        }
    }

    /// The weight in the kernel; a slow start wants room.
    fn scaled(&self, weight: i64) -> Option<u32> {
        let smallest = self.weighty().map(|(_, weight)| *weight).min();
        let smallest = smallest.unwrap_or(ROOM);
        let room = match self.brief.recovery.slow_start {
            Some(_) => (ROOM + smallest - 1) / smallest,
            None => 1,
        };
        u32::try_from(weight * room).ok()
    }

    fn alive(&self, server: &str) -> bool {
        let address: IpAddr = address(server);
        let world = &self.stage.world;
        let first = !world.dead.contains(&address);
        let mut judging = JudgingDefinition::default();
        (self.brief.evaluate)(&mut judging);
        if judging.further_checks.is_empty() {
            return first;
        }
        let second = first && !world.closed.contains(&(address, SECOND_PORT));
        match judging.combine.map(|combine| combine.value) {
            Some(Combine::Any) => first || second,
            _ => first && second,
        }
    }

    fn override_(&self, server: &str) -> Option<OverrideKind> {
        let target = (service_id(self.brief.vip), endpoint(server));
        self.stage.override_about(&target)
    }

    fn weighty(&self) -> impl Iterator<Item = &(&'static str, i64)> {
        self.brief.servers.iter().filter(|(_, weight)| *weight > 0)
    }

    fn tier(&self, server: &str) -> u64 {
        let mut named = self.brief.tiers.iter();
        named
            .find(|(name, _)| *name == server)
            .map_or(1, |(_, tier)| *tier)
    }

    /// Available servers up to a tier.
    fn available(&self, highest: u64) -> usize {
        let servers = self.weighty().map(|(server, _)| *server);
        let overridden_out = |server| self.override_(server).is_some_and(OverrideKind::takes_out);
        servers
            .filter(|server| self.tier(server) <= highest)
            .filter(|server| self.alive(server) && !overridden_out(server))
            .count()
    }

    /// How many servers the service needs.
    fn needed(&self) -> usize {
        let minimum = self.brief.recovery.minimum_healthy.as_ref();
        let servers = minimum.and_then(|minimum| minimum.servers.as_ref());
        match servers.map(|servers| servers.value) {
            Some(Quantity::Number(number)) => number as usize,
            _ => 1,
        }
    }

    /// The highest open tier.
    fn open(&self) -> u64 {
        let mut tiers = 1..=LAST_TIER;
        tiers
            .find(|tier| self.available(*tier) >= self.needed())
            .unwrap_or(LAST_TIER)
    }

    /// What has to happen while too few servers are available; none while they are enough.
    fn too_few(&self) -> Option<BelowMinimum> {
        let minimum = self.brief.recovery.minimum_healthy.as_ref()?;
        let below = minimum.below.as_ref().map(|below| below.value);
        (self.available(LAST_TIER) < self.needed()).then(|| below.unwrap_or_default())
    }

    /// Whether a drain ends with the server being removed.
    fn leaves_when_drained(&self) -> bool {
        self.brief.recovery.drain.is_some() && !self.keeps()
    }

    /// Whether servers stay with weight 0 after their drain.
    fn keeps(&self) -> bool {
        let drain = self.brief.recovery.drain.as_ref();
        let then = drain.and_then(|drain| drain.then.as_ref());
        then.is_some_and(|then| then.value == Then::Keep)
    }

    /// Whether a server that is out may stand in the table with weight 0.
    fn may_be_kept(&self, server: &str) -> bool {
        let drained = self.override_(server) == Some(OverrideKind::Drain);
        self.keeps() && (drained || self.brief.on_failure == OnFailure::Drain)
    }
}
